//! The network as the payload sees it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

/// The longest name of a link, without its terminator.
const LINK_NAME_MAX: usize = 15;
/// The longest alternative name.
const ALTERNATIVE_NAME_MAX: usize = 127;

/// Which network namespace, with which links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub enum Network {
    /// The host's.
    Host,
    /// Its own, with the loopback link and these.
    Private(Vec<Link>),
}

/// As it is written: most have one link, or none.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Written {
    Host,
    Private,
    Veth,
    Links(Vec<Link>),
}

impl From<Written> for Network {
    fn from(written: Written) -> Self {
        match written {
            Written::Host => Self::Host,
            Written::Private => Self::Private(Vec::new()),
            Written::Veth => Self::veth(),
            Written::Links(links) => Self::Private(links),
        }
    }
}

impl From<Network> for Written {
    fn from(network: Network) -> Self {
        match network {
            Network::Host => Self::Host,
            Network::Private(links) if links.is_empty() => Self::Private,
            Network::Private(links) if links == [Link::Veth] => Self::Veth,
            Network::Private(links) => Self::Links(links),
        }
    }
}

/// A link beside the loopback one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// `host0` inside and `ve-NAME` outside (NET1, NET2).
    Veth,
    /// `host0` inside and `vb-NAME` outside, which is in a bridge.
    Bridged(Bridge),
    /// Another pair, under names of its own.
    ExtraVeth(LinkPair),
    /// One of the host's, which comes back when the machine ends.
    Interface(LinkPair),
    /// One with an address of its own on a link of the host's.
    Macvlan(LinkPair),
    /// One with the address of a link of the host's.
    Ipvlan(LinkPair),
}

/// A bridge of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bridge {
    /// One that is there.
    Named(LinkName),
    /// One that is there while some machine is in it, under this name.
    Zone(LinkName),
}

impl Bridge {
    /// What the host calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) | Self::Zone(name) => name.as_str(),
        }
    }
}

impl Network {
    /// Its own, with `host0`.
    #[must_use]
    pub fn veth() -> Self {
        Self::Private(vec![Link::Veth])
    }

    /// Whether the payload has a network namespace of its own.
    #[must_use]
    pub const fn is_private(&self) -> bool {
        match self {
            Self::Host => false,
            Self::Private(_) => true,
        }
    }

    /// The links that are its own; the host's are not.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        match self {
            Self::Host => &[],
            Self::Private(links) => links,
        }
    }
}

/// A link of the host's, and what it, or what is made of it, is called inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkPair {
    /// One of its names on the host.
    pub host: AnyLinkName,
    /// Its name inside; the kernel takes a short form of one that is too long.
    pub inside: AnyLinkName,
}

/// A name that a link may have: up to 15 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkName(String);

/// A name that a link may have beside its own: up to 127 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AnyLinkName(String);

/// Why a text is no name of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a link's name has 1 to {limit} printable characters, no ':', '/' or '%', not digits alone, and is not all or default"
)]
pub struct LinkNameError {
    limit: usize,
}

fn check_name(text: &str, limit: usize) -> Result<String, LinkNameError> {
    let is_reserved = matches!(text, "." | ".." | "all" | "default");
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b':' | b'/' | b'%');
    if is_reserved || is_number || text.len() > limit || !text.bytes().all(fits) {
        return Err(LinkNameError { limit });
    }
    Ok(text.to_owned())
}

impl FromStr for LinkName {
    type Err = LinkNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        check_name(text, LINK_NAME_MAX).map(Self)
    }
}

impl FromStr for AnyLinkName {
    type Err = LinkNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        check_name(text, ALTERNATIVE_NAME_MAX).map(Self)
    }
}

impl TryFrom<String> for LinkName {
    type Error = LinkNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for AnyLinkName {
    type Error = LinkNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<LinkName> for String {
    fn from(LinkName(name): LinkName) -> Self {
        name
    }
}

impl From<AnyLinkName> for String {
    fn from(AnyLinkName(name): AnyLinkName) -> Self {
        name
    }
}

impl From<LinkName> for AnyLinkName {
    fn from(LinkName(name): LinkName) -> Self {
        Self(name)
    }
}

impl LinkName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AnyLinkName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LinkName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for AnyLinkName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_links_are_what_the_kernel_and_networkd_take() {
        for name in ["eth0", "ve-a.b_c", "a2", "fifteen-letters"] {
            assert_eq!(name.parse::<LinkName>().unwrap().as_str(), name);
        }
        for name in
            ["", ".", "..", "all", "default", "42", "a b", "a:b", "a/b", "a%d", "é", "sixteen-letters-"]
        {
            assert!(name.parse::<LinkName>().is_err(), "{name}");
        }
        assert!("sixteen-letters-".parse::<AnyLinkName>().is_ok());
        assert!("x".repeat(128).parse::<AnyLinkName>().is_err());
    }
}
