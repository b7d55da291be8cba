//! Address families of sockets.

use serde::{Deserialize, Serialize};

/// A set of address families, bit N for number N of address_families(7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressFamilySet(u64);

/// Names and numbers, as the C library has them. Where a number has two names the first one is the usual one.
const FAMILIES: [(&str, u8); 48] = [
    ("AF_UNIX", 1),
    ("AF_LOCAL", 1),
    ("AF_FILE", 1),
    ("AF_INET", 2),
    ("AF_AX25", 3),
    ("AF_IPX", 4),
    ("AF_APPLETALK", 5),
    ("AF_NETROM", 6),
    ("AF_BRIDGE", 7),
    ("AF_ATMPVC", 8),
    ("AF_X25", 9),
    ("AF_INET6", 10),
    ("AF_ROSE", 11),
    ("AF_DECnet", 12),
    ("AF_NETBEUI", 13),
    ("AF_SECURITY", 14),
    ("AF_KEY", 15),
    ("AF_NETLINK", 16),
    ("AF_ROUTE", 16),
    ("AF_PACKET", 17),
    ("AF_ASH", 18),
    ("AF_ECONET", 19),
    ("AF_ATMSVC", 20),
    ("AF_RDS", 21),
    ("AF_SNA", 22),
    ("AF_IRDA", 23),
    ("AF_PPPOX", 24),
    ("AF_WANPIPE", 25),
    ("AF_LLC", 26),
    ("AF_IB", 27),
    ("AF_MPLS", 28),
    ("AF_CAN", 29),
    ("AF_TIPC", 30),
    ("AF_BLUETOOTH", 31),
    ("AF_IUCV", 32),
    ("AF_RXRPC", 33),
    ("AF_ISDN", 34),
    ("AF_PHONET", 35),
    ("AF_IEEE802154", 36),
    ("AF_CAIF", 37),
    ("AF_ALG", 38),
    ("AF_NFC", 39),
    ("AF_VSOCK", 40),
    ("AF_KCM", 41),
    ("AF_QIPCRTR", 42),
    ("AF_SMC", 43),
    ("AF_XDP", 44),
    ("AF_MCTP", 45),
];

impl AddressFamilySet {
    /// The set of one family, by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FAMILIES.iter().find(|(known, _)| *known == name).map(|(_, number)| Self(1 << number))
    }

    /// The set with these bits; bits without a name are left out.
    #[must_use]
    pub fn of_bits(bits: u64) -> Self {
        Self(FAMILIES.iter().fold(0, |known, (_, number)| known | 1 << number) & bits)
    }

    /// Bit N for family N.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without the other.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The usual names, in the order of their numbers.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let is_first = |at: usize| at == 0 || FAMILIES[at - 1].1 != FAMILIES[at].1;
        FAMILIES.into_iter().enumerate().filter_map(move |(at, (name, number))| {
            (is_first(at) && self.0 >> number & 1 == 1).then_some(name)
        })
    }
}

impl Serialize for AddressFamilySet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

/// Which sockets the payload may make (`--restrict-address-families=`). The protocol of AF_NETLINK that speaks to the
/// kernel's audit is refused in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressFamilies {
    /// All but AF_VSOCK, which no namespace confines.
    #[default]
    Default,
    /// These alone; none at all where the set is empty.
    Only(AddressFamilySet),
    /// All but these, and AF_VSOCK.
    AllBut(AddressFamilySet),
}
