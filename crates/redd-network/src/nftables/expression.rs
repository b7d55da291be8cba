//! What rules consist of: each expression reads or writes the one register that redd's rules need.

use std::net::IpAddr;

use super::message::Attributes;

/// `NFT_REG_1` and, for a port, `NFT_REG_2`.
const REGISTER: u32 = 1;
const PORT_REGISTER: u32 = 2;
/// `NFT_REG_VERDICT`
const VERDICT_REGISTER: u32 = 0;

/// One step of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// Takes something that the kernel knows of the packet.
    Meta(Meta),
    /// Takes bytes of the packet.
    Payload {
        /// Of which of its heads.
        head: Head,
        /// From where.
        offset: u32,
        /// How many.
        length: u32,
    },
    /// Leaves these bits of what was taken.
    Mask(Vec<u8>),
    /// Goes on only where this holds of what was taken.
    Compare(Comparison, Vec<u8>),
    /// Takes what kind of address the packet goes to.
    DestinationKind,
    /// Takes the state of the conversation that the packet belongs to.
    ConnectionState,
    /// Changes the source to the host's own.
    Masquerade,
    /// Changes the destination.
    Nat(Nat),
    /// Ends it.
    Verdict(Verdict),
}

/// What the kernel knows of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meta {
    /// `ETH_P_*`
    EtherType,
    /// The link it came in at.
    InName,
    /// The link it goes out at.
    OutName,
    /// `AF_*`
    Family,
    /// `IPPROTO_*`
    Protocol,
}

/// A head of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// The frame's.
    Link,
    /// That of IP.
    Network,
    /// That of TCP or UDP.
    Transport,
}

/// How things are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// They are the same.
    Same,
    /// They differ.
    Different,
}

/// Another destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nat {
    /// Where to.
    pub address: IpAddr,
    /// To which port.
    pub port: u16,
}

/// How a rule ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The packet is lost.
    Drop,
    /// It passes this chain.
    Accept,
}

impl Expression {
    pub(super) const fn is(value: Vec<u8>) -> Self {
        Self::Compare(Comparison::Same, value)
    }

    pub(super) const fn is_not(value: Vec<u8>) -> Self {
        Self::Compare(Comparison::Different, value)
    }

    pub(super) const fn link(offset: u32, length: u32) -> Self {
        Self::Payload { head: Head::Link, offset, length }
    }

    pub(super) const fn network(offset: u32, length: u32) -> Self {
        Self::Payload { head: Head::Network, offset, length }
    }

    pub(super) const fn transport(offset: u32, length: u32) -> Self {
        Self::Payload { head: Head::Transport, offset, length }
    }

    /// The kernel's names of it, with what they need.
    pub(super) fn encode(&self) -> Vec<(&'static str, Attributes)> {
        let mut data = Attributes::default();
        let name = match self {
            Self::Meta(meta) => {
                data.number(1, REGISTER).number(2, meta.key());
                "meta"
            }
            Self::Payload { head, offset, length } => {
                data.number(1, REGISTER).number(2, head.base()).number(3, *offset).number(4, *length);
                "payload"
            }
            Self::Mask(mask) => {
                let length = u32::try_from(mask.len()).unwrap_or(u32::MAX);
                data.number(1, REGISTER).number(2, REGISTER).number(3, length);
                data.nested(4, value(mask)).nested(5, value(&vec![0; mask.len()]));
                "bitwise"
            }
            Self::Compare(comparison, bytes) => {
                let operator = u32::from(*comparison == Comparison::Different);
                data.number(1, REGISTER).number(2, operator).nested(3, value(bytes));
                "cmp"
            }
            Self::DestinationKind => {
                data.number(1, REGISTER).number(2, 3).number(3, 2);
                "fib"
            }
            Self::ConnectionState => {
                data.number(1, REGISTER).number(2, 0);
                "ct"
            }
            Self::Masquerade => "masq",
            Self::Nat(nat) => return nat.encode(),
            Self::Verdict(verdict) => {
                let mut code = Attributes::default();
                code.number(1, u32::from(*verdict == Verdict::Accept));
                let mut inner = Attributes::default();
                inner.nested(2, code);
                data.number(1, VERDICT_REGISTER).nested(2, inner);
                "immediate"
            }
        };
        vec![(name, data)]
    }
}

impl Nat {
    fn encode(self) -> Vec<(&'static str, Attributes)> {
        let (family, address) = match self.address {
            IpAddr::V4(address) => (2, address.octets().to_vec()),
            IpAddr::V6(address) => (10, address.octets().to_vec()),
        };
        let load = |register, bytes: &[u8]| {
            let mut data = Attributes::default();
            data.number(1, register).nested(2, value(bytes));
            ("immediate", data)
        };
        let mut nat = Attributes::default();
        // The flag says that a port is chosen, too.
        nat.number(1, 1).number(2, family).number(3, REGISTER).number(5, PORT_REGISTER).number(7, 2);
        vec![load(REGISTER, &address), load(PORT_REGISTER, &self.port.to_be_bytes()), ("nat", nat)]
    }
}

impl Meta {
    const fn key(self) -> u32 {
        match self {
            Self::EtherType => 1,
            Self::InName => 6,
            Self::OutName => 7,
            Self::Family => 15,
            Self::Protocol => 16,
        }
    }
}

impl Head {
    const fn base(self) -> u32 {
        match self {
            Self::Link => 0,
            Self::Network => 1,
            Self::Transport => 2,
        }
    }
}

fn value(bytes: &[u8]) -> Attributes {
    let mut data = Attributes::default();
    data.bytes(1, bytes);
    data
}
