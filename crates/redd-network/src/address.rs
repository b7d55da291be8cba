//! Networks of both families, as their first address and the length of their prefix.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A network of IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ipv4Network {
    first: u32,
    prefix_length: u8,
}

/// Why a text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no network: write ADDRESS/PREFIX, as in 10.99.0.0/16, without bits beyond the prefix")]
pub struct InvalidNetwork {
    text: String,
}

impl Ipv4Network {
    /// The network that an address is in.
    ///
    /// A prefix of more than 32 bits is one of 32.
    #[must_use]
    pub const fn of(address: Ipv4Addr, prefix_length: u8) -> Self {
        let prefix_length = if prefix_length > 32 { 32 } else { prefix_length };
        Self { first: address.to_bits() & mask(prefix_length), prefix_length }
    }

    /// The length of its prefix, 0 to 32.
    #[must_use]
    pub const fn prefix_length(self) -> u8 {
        self.prefix_length
    }

    /// The mask that its prefix is.
    #[must_use]
    pub const fn mask(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(mask(self.prefix_length))
    }

    /// How many addresses it has.
    #[must_use]
    pub const fn size(self) -> u64 {
        1 << (32 - self.prefix_length)
    }

    /// Its address of this number, counted from its first one.
    #[must_use]
    pub fn address(self, number: u64) -> Option<Ipv4Addr> {
        let number = u32::try_from(number).ok().filter(|&number| u64::from(number) < self.size())?;
        Some(Ipv4Addr::from_bits(self.first | number))
    }

    /// The address that means all of it.
    #[must_use]
    pub const fn broadcast(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.first | !mask(self.prefix_length))
    }

    /// Whether an address is in it.
    #[must_use]
    pub const fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & mask(self.prefix_length) == self.first
    }

    /// Whether both have an address in common.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        let shorter = mask(self.prefix_length.min(other.prefix_length));
        self.first & shorter == other.first & shorter
    }

    /// Its part of this number, where it is cut into parts with this prefix.
    #[must_use]
    pub fn part(self, number: u64, prefix_length: u8) -> Option<Self> {
        let shift = 32_u32.checked_sub(u32::from(prefix_length))?;
        let address = self.address(number.checked_shl(shift)?)?;
        (prefix_length >= self.prefix_length).then(|| Self::of(address, prefix_length))
    }
}

const fn mask(prefix_length: u8) -> u32 {
    if prefix_length == 0 { 0 } else { u32::MAX << (32 - prefix_length) }
}

impl fmt::Display for Ipv4Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", Ipv4Addr::from_bits(self.first), self.prefix_length)
    }
}

impl Serialize for Ipv4Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Ipv4Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork { text: text.chars().take(64).collect() };
        let (address, prefix_length) = text.split_once('/').ok_or_else(invalid)?;
        let address: Ipv4Addr = address.parse().ok().ok_or_else(invalid)?;
        let is_number = prefix_length.bytes().all(|byte| byte.is_ascii_digit());
        let prefix_length: u8 = prefix_length.parse().ok().filter(|_| is_number).ok_or_else(invalid)?;
        let network = Self::of(address, prefix_length);
        (prefix_length <= 32 && network.first == address.to_bits()).then_some(network).ok_or_else(invalid)
    }
}

/// A network of IPv6 that addresses configure themselves in: 64 bits of prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ipv6Network(u64);

impl Ipv6Network {
    /// The network that an address is in.
    #[must_use]
    pub const fn of(address: Ipv6Addr) -> Self {
        Self((address.to_bits() >> 64) as u64)
    }

    /// A unique local one (RFC 4193): 40 bits that tell the host, 16 that tell the network.
    #[must_use]
    pub const fn unique_local(host: u64, network: u16) -> Self {
        Self(0xfd << 56 | (host & 0xff_ffff_ffff) << 16 | network as u64)
    }

    /// Its address of this number.
    #[must_use]
    pub const fn address(self, interface: u64) -> Ipv6Addr {
        Ipv6Addr::from_bits((self.0 as u128) << 64 | interface as u128)
    }

    /// The address that a link with this hardware address gives itself (RFC 4291, appendix A).
    #[must_use]
    pub const fn address_of(self, hardware: [u8; 6]) -> Ipv6Addr {
        let [a, b, c, d, e, f] = hardware;
        self.address(u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]))
    }

    /// Whether an address is in it.
    #[must_use]
    pub const fn contains(self, address: Ipv6Addr) -> bool {
        Self::of(address).0 == self.0
    }
}

impl fmt::Display for Ipv6Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/64", self.address(0))
    }
}

impl Serialize for Ipv6Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn network(text: &str) -> Ipv4Network {
        text.parse().unwrap()
    }

    #[rstest]
    #[case("10.0.0.0/8", "10.255.255.255", "255.0.0.0")]
    #[case("0.0.0.0/0", "255.255.255.255", "0.0.0.0")]
    #[case("192.0.2.7/32", "192.0.2.7", "255.255.255.255")]
    fn a_network_has_a_mask_and_a_broadcast_address(
        #[case] text: &str,
        #[case] broadcast: &str,
        #[case] mask: &str,
    ) {
        let network = network(text);
        assert_eq!(network.broadcast().to_string(), broadcast);
        assert_eq!(network.mask().to_string(), mask);
        assert_eq!(network.to_string(), text);
    }

    #[rstest]
    #[case("10.0.0.0")]
    #[case("10.0.0.1/8")]
    #[case("10.0.0.0/33")]
    #[case("10.0.0.0/+8")]
    #[case("fd00::/64")]
    #[case("")]
    fn what_is_no_network_is_refused(#[case] text: &str) {
        assert!(text.parse::<Ipv4Network>().is_err());
    }

    #[test]
    fn parts_of_a_network_lie_side_by_side() {
        let whole = network("10.96.0.0/16");
        assert_eq!(whole.part(0, 28), Some(network("10.96.0.0/28")));
        assert_eq!(whole.part(4095, 28), Some(network("10.96.255.240/28")));
        assert_eq!(whole.part(4096, 28), None);
        assert_eq!(whole.part(0, 8), None);
    }

    #[test]
    fn a_link_names_itself_after_its_hardware_address() {
        let network = Ipv6Network::unique_local(0x01_0203_0405, 6);
        assert_eq!(network.to_string(), "fd01:203:405:6::/64");
        let address = network.address_of([0x02, 0, 0x5e, 0x10, 0, 1]);
        assert_eq!(address.to_string(), "fd01:203:405:6:0:5eff:fe10:1");
        assert!(network.contains(address));
    }

    proptest! {
        #[test]
        fn networks_overlap_where_they_have_an_address_in_common(
            one in any::<u32>(), other in any::<u32>(), near in 0..64_u32, lengths in (0..=32_u8, 0..=32_u8),
        ) {
            for other in [other, one ^ near] {
                let one = Ipv4Network::of(Ipv4Addr::from_bits(one), lengths.0);
                let other = Ipv4Network::of(Ipv4Addr::from_bits(other), lengths.1);
                let first = |network: Ipv4Network| network.address(0).unwrap();
                let have_one = one.contains(first(other)) || other.contains(first(one));
                prop_assert_eq!(one.overlaps(other), have_one);
                prop_assert_eq!(other.overlaps(one), have_one);
            }
        }

        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            if let Ok(network) = text.parse::<Ipv4Network>() {
                prop_assert_eq!(network.to_string().parse(), Ok(network));
            }
        }
    }
}
