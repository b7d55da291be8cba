//! Addresses of a machine, as the kernel tells them of its PID 1's network namespace: nobody has to enter that.

use std::fs::File;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// The most that is read of such a table, in bytes: a payload may have as many addresses as it likes.
const TABLE_MAX: u64 = 64 * 1024;
/// As many addresses are told.
const ADDRESSES_MAX: usize = 64;

/// The network a machine is in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "namespace", content = "addresses")]
pub enum Network {
    /// The host's own.
    Host,
    /// One of its own, with these addresses: those that others reach first.
    Private(Vec<IpAddr>),
    /// It has no PID 1 that could be asked.
    #[default]
    Unknown,
}

impl Network {
    /// That of a process.
    pub(crate) fn of(leader: i32) -> Self {
        let namespace = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).ok();
        let Some(theirs) = namespace(&leader.to_string()) else { return Self::Unknown };
        if namespace("self").is_some_and(|own| own == theirs) {
            return Self::Host;
        }
        let table = |name: &str| read(&format!("/proc/{leader}/net/{name}"));
        let mut addresses = version_4(&table("fib_trie"));
        addresses.extend(version_6(&table("if_inet6")));
        addresses.sort_by_key(|address| is_link_local(*address));
        addresses.truncate(ADDRESSES_MAX);
        Self::Private(addresses)
    }

    /// Its own addresses.
    #[must_use]
    pub fn addresses(&self) -> &[IpAddr] {
        match self {
            Self::Private(addresses) => addresses,
            Self::Host | Self::Unknown => &[],
        }
    }
}

fn read(path: &str) -> String {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(TABLE_MAX).read_to_end(&mut text));
    if read.is_err() {
        text.clear();
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Whether only neighbours on one link reach it.
#[must_use]
pub const fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

/// A leaf of the table is an address, and a line below it says that it is this host's.
fn version_4(table: &str) -> Vec<IpAddr> {
    let (mut addresses, mut leaf) = (Vec::new(), None);
    for line in table.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse::<Ipv4Addr>().ok();
        } else if line == "/32 host LOCAL"
            && let Some(address) = leaf.filter(|address| !address.is_loopback())
            && !addresses.contains(&IpAddr::V4(address))
        {
            addresses.push(IpAddr::V4(address));
        }
    }
    addresses
}

/// A line each: the address in hexadecimal digits, the link's number, the prefix, the scope, …
fn version_6(table: &str) -> Vec<IpAddr> {
    let address = |line: &str| {
        let digits = line.split_whitespace().next()?;
        let number = (digits.len() == 32).then(|| u128::from_str_radix(digits, 16).ok()).flatten()?;
        Some(Ipv6Addr::from_bits(number)).filter(|address| !address.is_loopback())
    };
    table.lines().filter_map(address).map(IpAddr::V6).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRIE: &str = "\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.0.0.0/24 2 0 1
        |-- 10.0.0.0
           /24 link UNICAST
        |-- 10.0.0.7
           /32 host LOCAL
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
Local:
        |-- 10.0.0.7
           /32 host LOCAL
        |-- 10.0.0.255
           /32 link BROADCAST
";

    #[test]
    fn own_addresses_of_version_4_are_told_once_and_no_others() {
        assert_eq!(version_4(TRIE), ["10.0.0.7".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn addresses_of_version_6_are_told_without_the_loopback() {
        let table = "00000000000000000000000000000001 01 80 10 80       lo\n\
                     fe80000000000000000000fffe000001 02 40 20 80    host0\n\
                     20010db8000000000000000000000002 02 40 00 80    host0\n";
        let found: Vec<String> = version_6(table).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["fe80::ff:fe00:1", "2001:db8::2"]);
    }

    #[test]
    fn this_process_is_in_the_host_s_network() {
        assert_eq!(Network::of(std::process::id().cast_signed()), Network::Host);
    }

    proptest! {
        #[test]
        fn any_table_is_taken(table in any::<String>()) {
            prop_assert!(version_4(&table).len() + version_6(&table).len() <= 2 * table.len());
        }
    }
}
