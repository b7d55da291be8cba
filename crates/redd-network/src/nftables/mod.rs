//! Rules for the kernel's packet filter, as the messages of nf_tables: nothing is executed for it.
//!
//! A [`Batch`] is done as a whole or not at all. Only what redd has a use for can be said here.

mod expression;
mod message;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use expression::{Comparison, Expression, Verdict};
use expression::{Meta, Nat};
use message::{Attributes, Message};

use crate::address::{Ipv4Network, Ipv6Network};

/// Which packets a table sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Those of IPv4 and IPv6.
    Inet,
    /// Whatever comes in at a link.
    Netdev,
}

impl Family {
    const fn number(self) -> u8 {
        match self {
            Self::Inet => 1,
            Self::Netdev => 5,
        }
    }
}

/// A table, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table<'name> {
    /// Which packets it sees.
    pub family: Family,
    /// What it is called.
    pub name: &'name str,
}

/// Where a chain is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hook {
    /// Packets that came, before it is known where they go; their destination may be changed.
    Destination,
    /// Packets of the host's own, likewise.
    OwnDestination,
    /// Packets that go out; their source may be changed.
    Source,
    /// Packets that are passed on.
    Forward,
    /// Whatever comes in at this link.
    Ingress {
        /// The link's name.
        link: String,
    },
}

impl Hook {
    /// Type, number and priority.
    const fn parts(&self) -> (&'static str, u32, i32) {
        match self {
            Self::Destination => ("nat", 0, -100),
            Self::OwnDestination => ("nat", 3, -100),
            Self::Source => ("nat", 4, 100),
            Self::Forward => ("filter", 2, 0),
            Self::Ingress { .. } => ("filter", 0, -500),
        }
    }
}

/// A protocol with ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }
}

/// What a packet has to be like, and what is done with it then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule(Vec<Expression>);

impl Rule {
    /// Any packet.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    fn and(mut self, expressions: impl IntoIterator<Item = Expression>) -> Self {
        self.0.extend(expressions);
        self
    }

    /// It came in at this link.
    #[must_use]
    pub fn in_at(self, link: &str) -> Self {
        self.and([Expression::Meta(Meta::InName), Expression::is(link_name(link))])
    }

    /// It did not come in at this link.
    #[must_use]
    pub fn not_in_at(self, link: &str) -> Self {
        self.and([Expression::Meta(Meta::InName), Expression::is_not(link_name(link))])
    }

    /// It goes out at this link.
    #[must_use]
    pub fn out_at(self, link: &str) -> Self {
        self.and([Expression::Meta(Meta::OutName), Expression::is(link_name(link))])
    }

    /// It does not go out at this link.
    #[must_use]
    pub fn not_out_at(self, link: &str) -> Self {
        self.and([Expression::Meta(Meta::OutName), Expression::is_not(link_name(link))])
    }

    /// It goes out at a link whose name begins so.
    #[must_use]
    pub fn out_at_any(self, prefix: &str) -> Self {
        self.and([Expression::Meta(Meta::OutName), Expression::is(prefix.as_bytes().to_vec())])
    }

    /// It comes from this network.
    #[must_use]
    pub fn from(self, network: Ipv4Network) -> Self {
        let mask = network.mask().octets().to_vec();
        let first = network.address(0).unwrap_or(Ipv4Addr::UNSPECIFIED).octets().to_vec();
        self.ipv4().and([Expression::network(12, 4), Expression::Mask(mask), Expression::is(first)])
    }

    /// It comes from this network.
    #[must_use]
    pub fn from_ipv6(self, network: Ipv6Network) -> Self {
        let first = network.address(0).octets()[..8].to_vec();
        self.ipv6().and([Expression::network(8, 8), Expression::is(first)])
    }

    /// It goes to this address.
    #[must_use]
    pub fn to(self, address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => {
                self.ipv4().and([Expression::network(16, 4), Expression::is(address.octets().to_vec())])
            }
            IpAddr::V6(address) => {
                self.ipv6().and([Expression::network(24, 16), Expression::is(address.octets().to_vec())])
            }
        }
    }

    /// It goes to an address of the host's own.
    #[must_use]
    pub fn to_the_host(self) -> Self {
        self.and([Expression::DestinationKind, Expression::is(2_u32.to_ne_bytes().to_vec())])
    }

    /// It belongs to a conversation that was allowed.
    #[must_use]
    pub fn established(self) -> Self {
        let states = 6_u32.to_ne_bytes().to_vec();
        self.and([Expression::ConnectionState, Expression::Mask(states), Expression::is_not(vec![0; 4])])
    }

    /// It is of this protocol and goes to this port.
    #[must_use]
    pub fn to_port(self, protocol: Protocol, port: u16) -> Self {
        self.and([
            Expression::Meta(Meta::Protocol),
            Expression::is(vec![protocol.number()]),
            Expression::transport(2, 2),
            Expression::is(port.to_be_bytes().to_vec()),
        ])
    }

    /// It is a frame of another sender than this one.
    #[must_use]
    pub fn not_from_hardware(self, hardware: [u8; 6]) -> Self {
        self.and([Expression::link(6, 6), Expression::is_not(hardware.to_vec())])
    }

    /// It is a frame that carries this kind of packet (`ETH_P_*`).
    #[must_use]
    pub fn carries(self, kind: u16) -> Self {
        self.and([Expression::Meta(Meta::EtherType), Expression::is(kind.to_be_bytes().to_vec())])
    }

    /// It is of IPv4 and comes from another address than these.
    #[must_use]
    pub fn not_from_addresses(self, addresses: &[Ipv4Addr]) -> Self {
        let others = addresses.iter().map(|address| Expression::is_not(address.octets().to_vec()));
        self.carries(0x0800).and([Expression::network(12, 4)]).and(others)
    }

    /// It is a word of ARP for another address than these.
    #[must_use]
    pub fn not_arp_of(self, addresses: &[Ipv4Addr]) -> Self {
        let others = addresses.iter().map(|address| Expression::is_not(address.octets().to_vec()));
        self.carries(0x0806).and([Expression::network(14, 4)]).and(others)
    }

    /// It is of IPv6 and comes neither from this network nor from a link's own address.
    #[must_use]
    pub fn not_from_ipv6(self, network: Ipv6Network) -> Self {
        let first = |address: Ipv6Addr| address.octets()[..8].to_vec();
        let own = first(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0));
        let others = [first(network.address(0)), own, vec![0; 8]].map(Expression::is_not);
        self.carries(0x86dd).and([Expression::network(8, 8)]).and(others)
    }

    fn ipv4(self) -> Self {
        self.and([Expression::Meta(Meta::Family), Expression::is(vec![2])])
    }

    fn ipv6(self) -> Self {
        self.and([Expression::Meta(Meta::Family), Expression::is(vec![10])])
    }

    /// It is let pass, by this chain.
    #[must_use]
    pub fn accept(self) -> Self {
        self.and([Expression::Verdict(Verdict::Accept)])
    }

    /// It is lost.
    #[must_use]
    pub fn drop(self) -> Self {
        self.and([Expression::Verdict(Verdict::Drop)])
    }

    /// It goes out with the host's own address.
    #[must_use]
    pub fn masquerade(self) -> Self {
        self.and([Expression::Masquerade])
    }

    /// It goes there instead.
    #[must_use]
    pub fn redirect(self, address: IpAddr, port: u16) -> Self {
        self.and([Expression::Nat(Nat { address, port })])
    }
}

/// A link's name as the kernel compares it: with its end.
fn link_name(name: &str) -> Vec<u8> {
    let mut name = name.as_bytes().to_vec();
    name.resize(16, 0);
    name
}

/// Changes that are done as a whole.
#[derive(Debug, Default)]
pub struct Batch(Vec<Message>);

impl Batch {
    /// Makes a table, unless it is there.
    pub fn add_table(&mut self, table: Table<'_>) {
        let mut attributes = Attributes::default();
        attributes.text(1, table.name).number(2, 0);
        self.0.push(Message::create(message::NEW_TABLE, table.family, attributes));
    }

    /// Removes a table with all that is in it.
    pub fn remove_table(&mut self, table: Table<'_>) {
        let mut attributes = Attributes::default();
        attributes.text(1, table.name);
        self.0.push(Message::change(message::DELETE_TABLE, table.family, attributes));
    }

    /// Makes a chain that packets enter by a hook, and that lets pass what no rule speaks of.
    pub fn add_chain(&mut self, table: Table<'_>, name: &str, hook: &Hook) {
        let (kind, number, priority) = hook.parts();
        let mut place = Attributes::default();
        place.number(1, number).number(2, priority.cast_unsigned());
        if let Hook::Ingress { link } = hook {
            place.text(3, link);
        }
        let mut attributes = Attributes::default();
        attributes.text(1, table.name).text(3, name).nested(4, place).number(5, 1).text(7, kind);
        self.0.push(Message::create(message::NEW_CHAIN, table.family, attributes));
    }

    /// Removes a chain's rules, and then the chain.
    pub fn remove_chain(&mut self, table: Table<'_>, name: &str) {
        let mut rules = Attributes::default();
        rules.text(1, table.name).text(2, name);
        self.0.push(Message::change(message::DELETE_RULE, table.family, rules));
        let mut chain = Attributes::default();
        chain.text(1, table.name).text(3, name);
        self.0.push(Message::change(message::DELETE_CHAIN, table.family, chain));
    }

    /// Appends a rule to a chain.
    pub fn add_rule(&mut self, table: Table<'_>, chain: &str, rule: &Rule) {
        let mut expressions = Attributes::default();
        for expression in &rule.0 {
            for (name, data) in expression.encode() {
                let mut encoded = Attributes::default();
                encoded.text(1, name).nested(2, data);
                expressions.nested(1, encoded);
            }
        }
        let mut attributes = Attributes::default();
        attributes.text(1, table.name).text(2, chain).nested(4, expressions);
        self.0.push(Message::append(message::NEW_RULE, table.family, attributes));
    }

    /// How many changes there are: the kernel says one word on each.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As it is sent to `NETLINK_NETFILTER`. Each change is answered by its number, counted from 1.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        message::batch(&self.0)
    }
}

/// The question for the chains of a table, answered by a list of messages.
#[must_use]
pub fn list_chains(family: Family) -> Vec<u8> {
    message::dump(message::GET_CHAIN, family)
}

#[cfg(test)]
mod tests;
