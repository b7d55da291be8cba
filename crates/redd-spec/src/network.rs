//! The network as the payload sees it.

use serde::Serialize;

/// Which network namespace, with which links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
