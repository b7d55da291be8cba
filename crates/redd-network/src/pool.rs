//! Which network a link gets, and which address a machine in it: the same at every start, and nobody else's.

use std::hash::Hasher as _;
use std::net::Ipv4Addr;

use redd_spec::name::MachineName;
use redd_spec::uuid::Uuid;
use siphasher::sip::SipHasher24;

use crate::address::{Ipv4Network, Ipv6Network};

/// Where networks are taken from, where nobody says otherwise: of what RFC 1918 leaves to everybody, a part that
/// neither container engines nor home routers use by themselves.
pub const DEFAULT_POOL: Ipv4Network = Ipv4Network::of(Ipv4Addr::new(10, 176, 0, 0), 12);
/// The prefix of the network between one machine and the host.
pub const LINK_PREFIX: u8 = 29;
/// The prefix of a zone's network.
pub const ZONE_PREFIX: u8 = 24;

/// Whose network or address it is, and where.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The host's machine id: two hosts whose machines meet differ.
    pub host: Option<Uuid>,
    /// The machine or the zone.
    pub name: &'a str,
}

impl<'a> Owner<'a> {
    /// A machine of this host.
    #[must_use]
    pub fn machine(host: Option<Uuid>, name: &'a MachineName) -> Self {
        Self { host, name: name.as_str() }
    }

    fn hash(self, salt: u64) -> u64 {
        // Any key will do, as long as it stays: the networks of machines depend on it.
        let mut hasher = SipHasher24::new_with_keys(0x7265_6464_206e_6574, salt);
        hasher.write(&self.host.map_or([0; 16], |id| *id.as_bytes()));
        hasher.write(self.name.as_bytes());
        hasher.finish()
    }
}

/// A network of the pool that overlaps none of those that are in use; `None` where there is none left.
///
/// The one that its owner had last time, unless somebody has taken it.
#[must_use]
pub fn network(
    pool: Ipv4Network,
    prefix_length: u8,
    owner: Owner<'_>,
    in_use: &[Ipv4Network],
) -> Option<Ipv4Network> {
    let count = pool.size() >> (32_u8.checked_sub(prefix_length)?);
    let first = owner.hash(1).checked_rem(count)?;
    let candidates = (0..count).filter_map(|step| pool.part((first + step) % count, prefix_length));
    candidates.into_iter().find(|candidate| !in_use.iter().any(|used| used.overlaps(*candidate)))
}

/// An address in a network that nobody has; never its first two, which are the network's own and the host's, nor its last.
#[must_use]
pub fn address(network: Ipv4Network, owner: Owner<'_>, in_use: &[Ipv4Addr]) -> Option<Ipv4Addr> {
    let count = network.size().checked_sub(3)?;
    let first = owner.hash(2).checked_rem(count)?;
    let mut candidates = (0..count).filter_map(|step| network.address(2 + (first + step) % count));
    candidates.find(|candidate| !in_use.contains(candidate))
}

/// The host's own address in a network.
#[must_use]
pub fn gateway(network: Ipv4Network) -> Option<Ipv4Addr> {
    network.address(1).filter(|_| network.size() > 3)
}

/// A unique local network that is not in use; `None` where there is none left.
#[must_use]
pub fn local_network(owner: Owner<'_>, in_use: &[Ipv6Network]) -> Option<Ipv6Network> {
    let host = Owner { name: "", ..owner }.hash(3);
    let [first, second, ..] = owner.hash(4).to_le_bytes();
    let first = u16::from_le_bytes([first, second]);
    let mut candidates = (0..=u16::MAX).map(|step| Ipv6Network::unique_local(host, first.wrapping_add(step)));
    candidates.find(|candidate| !in_use.contains(candidate))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owner(name: &str) -> Owner<'_> {
        Owner { host: None, name }
    }

    #[test]
    fn a_machine_has_the_same_network_at_every_start() {
        let given = |name| network(DEFAULT_POOL, LINK_PREFIX, owner(name), &[]);
        assert_eq!(given("web"), given("web"));
        assert_ne!(given("web"), given("mail"));
    }

    #[test]
    fn another_host_has_other_networks() {
        let host: Uuid = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let there = Owner { host: Some(host), name: "web" };
        assert_ne!(local_network(owner("web"), &[]), local_network(there, &[]));
    }

    #[test]
    fn a_pool_without_room_gives_nothing() {
        let pool: Ipv4Network = "10.0.0.0/24".parse().unwrap();
        assert_eq!(network(pool, 28, owner("web"), &[pool]), None);
        assert_eq!(network(pool, 16, owner("web"), &[]), None);
        assert_eq!(network(pool, 33, owner("web"), &[]), None);
    }

    #[test]
    fn a_network_too_small_for_two_gives_no_address() {
        for text in ["10.0.0.0/31", "10.0.0.0/32"] {
            let network: Ipv4Network = text.parse().unwrap();
            assert_eq!(address(network, owner("web"), &[]), None);
            assert_eq!(gateway(network), None);
        }
    }

    proptest! {
        #[test]
        fn nobody_shares_a_network_or_an_address(names in prop::collection::vec("[a-z]{1,3}", 1..40)) {
            let pool: Ipv4Network = "10.0.0.0/22".parse().unwrap();
            let (mut networks, mut addresses, mut local) = (Vec::new(), Vec::new(), Vec::new());
            let zone: Ipv4Network = "10.1.0.0/24".parse().unwrap();
            for name in &names {
                let network = network(pool, 28, owner(name), &networks).unwrap();
                prop_assert!(!networks.iter().any(|used: &Ipv4Network| used.overlaps(network)));
                networks.push(network);
                let address = address(zone, owner(name), &addresses).unwrap();
                prop_assert!(!addresses.contains(&address) && zone.contains(address));
                prop_assert!(address != gateway(zone).unwrap() && address != zone.broadcast());
                addresses.push(address);
                let network = local_network(owner(name), &local).unwrap();
                prop_assert!(!local.contains(&network));
                local.push(network);
            }
        }
    }
}
