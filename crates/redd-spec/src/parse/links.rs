//! Links of the network.

use super::ParseError;
use crate::network::{AnyLinkName, LinkName, LinkPair};

/// `--network-interface=`: links of the host, and what they are called inside.
///
/// # Errors
/// A name is none.
pub fn network_interface(value: &str) -> Result<Vec<LinkPair>, ParseError> {
    pairs(value, |host| Ok(host.clone()))
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
            inside => inside.parse::<LinkName>().map_err(|error| refuse(&error))?.into(),
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
    fn a_link_has_its_own_name_inside_or_another() {
        let pair = |host: &str, inside: &str| (host.to_owned(), inside.to_owned());
        assert_eq!(read("eth0"), Some(vec![pair("eth0", "eth0")]));
        assert_eq!(read("eth0:lan eth1"), Some(vec![pair("eth0", "lan"), pair("eth1", "eth1")]));
        for value in ["", " ", ":lan", "eth0:a:b", "eth0:much-too-long-name", "eth0:a/b", "a%d"] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
