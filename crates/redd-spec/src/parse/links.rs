//! Links of the network.

use super::ParseError;
use crate::network::{AnyLinkName, Bridge, LinkName, LinkNameError, LinkPair};

/// `--network-interface=`: links of the host, and what they are called inside.
///
/// # Errors
/// A name is none.
pub fn network_interface(value: &str) -> Result<Vec<LinkPair>, ParseError> {
    pairs(value, |host| Ok(host.clone()))
}

/// `--network-macvlan=`: links of the host, and what those that are made on them are called inside: `mv-LINK`.
///
/// # Errors
/// A name is none.
pub fn network_macvlan(value: &str) -> Result<Vec<LinkPair>, ParseError> {
    pairs(value, |host| prefixed("mv-", host))
}

/// `--network-ipvlan=`: the same, with `iv-LINK`.
///
/// # Errors
/// A name is none.
pub fn network_ipvlan(value: &str) -> Result<Vec<LinkPair>, ParseError> {
    pairs(value, |host| prefixed("iv-", host))
}

/// `--network-veth-extra=`: what the ends of another pair are called.
///
/// # Errors
/// A name is none.
pub fn network_veth_extra(value: &str) -> Result<LinkPair, ParseError> {
    let (host, inside) = value.split_once(':').unwrap_or((value, value));
    Ok(LinkPair { host: link_name(host)?.into(), inside: link_name(inside)?.into() })
}

/// `--network-bridge=`: a bridge of the host.
///
/// # Errors
/// It is no name of a link.
pub fn network_bridge(value: &str) -> Result<Bridge, ParseError> {
    link_name(value).map(Bridge::Named)
}

/// `--network-zone=`: what the bridge is called behind `vz-`.
///
/// # Errors
/// It is none, or too long for that.
pub fn network_zone(value: &str) -> Result<Bridge, ParseError> {
    let name = if value.is_empty() { Err(ParseError::new(value, "write a zone's name")) } else { Ok(value) };
    link_name(&format!("vz-{}", name?)).map(Bridge::Zone)
}

fn link_name(text: &str) -> Result<LinkName, ParseError> {
    text.parse().map_err(|error: LinkNameError| ParseError::new(text, error.to_string()))
}

fn prefixed(prefix: &str, host: &AnyLinkName) -> Result<AnyLinkName, ParseError> {
    let name = format!("{prefix}{host}");
    name.parse().map_err(|error: LinkNameError| ParseError::new(&name, error.to_string()))
}

/// Words of the form `LINK[:INSIDE]`.
fn pairs(
    value: &str,
    by_default: impl Fn(&AnyLinkName) -> Result<AnyLinkName, ParseError>,
) -> Result<Vec<LinkPair>, ParseError> {
    let pair = |word: &str| {
        let refuse = |error: &dyn std::fmt::Display| ParseError::new(word, error.to_string());
        let (host, inside) = word.split_once(':').map_or((word, ""), |(host, inside)| (host, inside));
        let host: AnyLinkName = host.parse().map_err(|error| refuse(&error))?;
        let inside = match inside {
            "" => by_default(&host)?,
            inside => link_name(inside)?.into(),
        };
        Ok(LinkPair { host, inside })
    };
    let pairs: Vec<LinkPair> = value.split_whitespace().map(pair).collect::<Result<_, _>>()?;
    if pairs.is_empty() { Err(ParseError::new(value, "write LINK[:INSIDE]")) } else { Ok(pairs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<Vec<(String, String)>> {
        let names = |pair: LinkPair| (pair.host.to_string(), pair.inside.to_string());
        network_interface(value).ok().map(|pairs| pairs.into_iter().map(names).collect())
    }

    #[test]
    fn names_are_made_as_systemd_s_own_manager_makes_them() {
        let only =
            |pairs: Result<Vec<LinkPair>, ParseError>| pairs.unwrap().pop().unwrap().inside.to_string();
        assert_eq!(only(network_macvlan("eth0")), "mv-eth0");
        assert_eq!(only(network_macvlan("eth0:lan")), "lan");
        assert_eq!(only(network_ipvlan("eth0")), "iv-eth0");
        let extra = network_veth_extra("a:b").unwrap();
        assert_eq!((extra.host.as_str(), extra.inside.as_str()), ("a", "b"));
        assert_eq!(network_veth_extra("a").unwrap().inside.as_str(), "a");
        assert_eq!(network_zone("office").unwrap().name(), "vz-office");
        for value in ["", "a:", ":a", "a:b:c", "much-too-long-name"] {
            assert!(network_veth_extra(value).is_err(), "{value}");
        }
        for value in ["", "a b", "thirteen-char"] {
            assert!(network_zone(value).is_err(), "{value}");
        }
        assert!(network_bridge("").is_err());
    }

    #[test]
    fn a_link_has_its_own_name_inside_or_another() {
        let pair = |host: &str, inside: &str| (host.to_owned(), inside.to_owned());
        assert_eq!(read("eth0"), Some(vec![pair("eth0", "eth0")]));
        assert_eq!(read("eth0:lan eth1"), Some(vec![pair("eth0", "lan"), pair("eth1", "eth1")]));
        for value in ["", " ", ":lan", "eth0:a:b", "eth0:much-too-long-name", "eth0:a/b", "a%d"] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
