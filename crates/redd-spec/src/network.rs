//! The network as the payload sees it.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// Which network namespace, with which links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// The host's.
    Host,
    /// Its own, with the loopback link alone.
    Private,
    /// Its own, with `host0` inside and `ve-NAME` outside (NET1, NET2).
    Veth,
}

impl Network {
    /// Whether the payload has a network namespace of its own.
    #[must_use]
    pub const fn is_private(self) -> bool {
        match self {
            Self::Host => false,
            Self::Private | Self::Veth => true,
        }
    }
}

/// A link's hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// Whether a link can have it: it is one link's, not a group's and not nobody's.
    #[must_use]
    pub const fn is_unicast(self) -> bool {
        self.0[0] & 1 == 0 && !matches!(self.0, [0, 0, 0, 0, 0, 0])
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, f] = self.0;
        write!(formatter, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
    }
}

impl Serialize for MacAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
