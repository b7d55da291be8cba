//! Router advertisements (RFC 4861): a link's IPv6 network, its router and who resolves names.

use std::net::Ipv6Addr;
use std::time::Duration;

use crate::address::Ipv6Network;

/// The type of a router's advertisement.
const ADVERTISEMENT: u8 = 134;
/// The type of a question for one.
const SOLICITATION: u8 = 133;
/// On-link, and addresses configure themselves (RFC 4861, 4.6.2).
const ON_LINK_AND_AUTONOMOUS: u8 = 0xc0;
/// Hops that are left where nobody has forwarded the packet.
pub const HOP_LIMIT: u8 = 255;

/// What a link is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advertisement {
    /// Where addresses come from.
    pub network: Ipv6Network,
    /// The link's own hardware address.
    pub hardware: [u8; 6],
    /// How long the host forwards for others; none where it does not at all.
    pub router_lifetime: Duration,
    /// How long addresses are good.
    pub lifetime: Duration,
    /// The largest packet.
    pub mtu: u32,
    /// Who resolves names.
    pub resolver: Option<Ipv6Addr>,
    /// Where names without dots are looked for.
    pub domain: Option<String>,
}

impl Advertisement {
    /// The ICMPv6 message. Its checksum is the kernel's business.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let lifetime = seconds(self.lifetime).to_be_bytes();
        let router_lifetime = u16::try_from(self.router_lifetime.as_secs()).unwrap_or(u16::MAX);
        let mut message = vec![ADVERTISEMENT, 0, 0, 0, 64, 0];
        message.extend(router_lifetime.to_be_bytes());
        // Neither the reachable time nor the retransmission time is ours to say.
        message.extend([0; 8]);
        message.extend([1, 1]);
        message.extend(self.hardware);
        message.extend([5, 1, 0, 0]);
        message.extend(self.mtu.to_be_bytes());
        message.extend([3, 4, 64, ON_LINK_AND_AUTONOMOUS]);
        message.extend([lifetime, lifetime, [0; 4]].concat());
        message.extend(self.network.address(0).octets());
        if let Some(resolver) = self.resolver {
            message.extend([25, 3, 0, 0]);
            message.extend(lifetime);
            message.extend(resolver.octets());
        }
        if let Some(name) = self.domain.as_deref().and_then(encoded_name) {
            // In units of 8 bytes, of which the first is this head.
            message.extend([31, 1 + name.len().div_ceil(8).to_le_bytes()[0], 0, 0]);
            message.extend(lifetime);
            message.extend_from_slice(&name);
            message.resize(message.len().next_multiple_of(8), 0);
        }
        message
    }
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

/// A name as DNS writes it, where it is one.
fn encoded_name(name: &str) -> Option<Vec<u8>> {
    let mut encoded = Vec::new();
    for label in name.split('.') {
        encoded.push(u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?);
        encoded.extend(label.bytes());
    }
    encoded.push(0);
    (encoded.len() <= 255).then_some(encoded)
}

/// Whether an ICMPv6 message asks for an advertisement, and may: it came from the link itself.
#[must_use]
pub fn is_solicitation(message: &[u8], hop_limit: u8) -> bool {
    hop_limit == HOP_LIMIT && message.len() >= 8 && message.starts_with(&[SOLICITATION, 0])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Advertisement {
        Advertisement {
            network: Ipv6Network::unique_local(1, 2),
            hardware: [2, 0, 0, 0, 0, 1],
            router_lifetime: Duration::from_secs(1800),
            lifetime: Duration::from_secs(3600),
            mtu: 1500,
            resolver: Some(Ipv6Network::unique_local(1, 2).address(1)),
            domain: Some("redd.internal".to_owned()),
        }
    }

    /// Kind and length of each option.
    fn options(message: &[u8]) -> Vec<(u8, usize)> {
        let (mut at, mut options) = (16, Vec::new());
        while at < message.len() {
            let length = usize::from(message[at + 1]) * 8;
            options.push((message[at], length));
            at += length;
        }
        assert_eq!(at, message.len());
        options
    }

    #[test]
    fn an_advertisement_has_whole_options() {
        let message = sample().message();
        assert_eq!(options(&message), [(1, 8), (5, 8), (3, 32), (25, 24), (31, 24)]);
        assert_eq!(&message[..8], [134, 0, 0, 0, 64, 0, 7, 8]);
    }

    #[test]
    fn a_host_that_forwards_nothing_is_no_router() {
        let message = Advertisement { router_lifetime: Duration::ZERO, ..sample() }.message();
        assert_eq!(&message[6..8], [0, 0]);
    }

    #[test]
    fn a_question_that_somebody_forwarded_is_none() {
        assert!(is_solicitation(&[133, 0, 0, 0, 0, 0, 0, 0], 255));
        assert!(!is_solicitation(&[133, 0, 0, 0, 0, 0, 0, 0], 64));
        assert!(!is_solicitation(&[133, 0, 0, 0], 255));
        assert!(!is_solicitation(&[134, 0, 0, 0, 0, 0, 0, 0], 255));
    }

    proptest! {
        #[test]
        fn any_domain_makes_whole_options(domain in any::<String>()) {
            let message = Advertisement { domain: Some(domain), ..sample() }.message();
            options(&message);
        }
    }
}
