//! DHCP for one machine (RFC 2131): its link leads to nobody else, so there is one address to give, and nothing that a
//! hostile client could use up.

use std::net::Ipv4Addr;
use std::time::Duration;

use smoltcp::wire::{DhcpMessageType, DhcpOption, DhcpPacket, DhcpRepr, EthernetAddress};

use crate::address::Ipv4Network;

/// Codes of options (RFC 2132, RFC 3442).
mod option {
    pub(super) const RESOLVERS: u8 = 6;
    pub(super) const HOST_NAME: u8 = 12;
    pub(super) const DOMAIN: u8 = 15;
    pub(super) const MTU: u8 = 26;
    pub(super) const BROADCAST: u8 = 28;
    pub(super) const REQUESTED_ADDRESS: u8 = 50;
    pub(super) const MESSAGE_TYPE: u8 = 53;
    pub(super) const SERVER: u8 = 54;
    pub(super) const RENEWAL_TIME: u8 = 58;
    pub(super) const REBINDING_TIME: u8 = 59;
    pub(super) const CLIENT_IDENTIFIER: u8 = 61;
    pub(super) const CLASSLESS_ROUTES: u8 = 121;
}

/// The port of servers.
pub const SERVER_PORT: u16 = 67;
/// The port of clients.
pub const CLIENT_PORT: u16 = 68;
/// The longest message that is read, in bytes: what a link carries at once.
pub const MESSAGE_MAX: usize = 1500;
/// The longest client identifier that is repeated to its client (RFC 6842).
const IDENTIFIER_MAX: usize = 64;
/// Ethernet, and the length of its addresses.
const ETHERNET: [u8; 2] = [1, 6];
/// What stands before a message's options.
const MAGIC_NUMBER: [u8; 4] = [0x63, 0x82, 0x53, 0x63];
/// The length that RFC 1542 asks for, and some clients insist on.
const MESSAGE_MIN: usize = 300;

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its address.
    pub address: Ipv4Addr,
    /// The network that is in.
    pub network: Ipv4Network,
    /// The host, which answers.
    pub server: Ipv4Addr,
    /// Who forwards; nobody where the link leads to the host only.
    pub router: Option<Ipv4Addr>,
    /// Further routes by the host, where they are told without a router.
    pub routes: Vec<Ipv4Network>,
    /// Who resolves names.
    pub resolvers: Vec<Ipv4Addr>,
    /// Where names without dots are looked for.
    pub domain: Option<String>,
    /// What the client may call itself.
    pub host_name: Option<String>,
    /// The largest packet.
    pub mtu: u16,
    /// How long the address is good.
    pub lifetime: Duration,
}

/// An answer, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The message.
    pub message: Vec<u8>,
    /// The client's address, or everybody's.
    pub address: Ipv4Addr,
    /// The client's hardware address, or everybody's.
    pub hardware: [u8; 6],
    /// What it says.
    pub kind: AnswerKind,
}

/// What an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// An address can be had.
    Offered,
    /// The client has the address.
    Leased,
    /// It may not use what it asked for.
    Refused,
    /// It has an address, and was told the rest.
    Informed,
}

/// What a client's message comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is answered.
    Answer(Answer),
    /// The client gives its address back.
    Released,
    /// The client says that somebody else uses the address.
    Declined,
    /// It is nothing for this server, or nonsense.
    Nothing,
}

/// What matters of a client's message.
struct Question {
    kind: DhcpMessageType,
    transaction: u32,
    hardware: [u8; 6],
    /// The address it has and can be reached at.
    own: Ipv4Addr,
    wants_broadcast: bool,
    requested: Option<Ipv4Addr>,
    server: Option<Ipv4Addr>,
    identifier: Option<Vec<u8>>,
}

/// What a message of a client comes to.
#[must_use]
pub fn answer(offer: &Offer, message: &[u8]) -> Outcome {
    let Some(question) = parse(message) else { return Outcome::Nothing };
    match question.kind {
        DhcpMessageType::Discover => reply(offer, &question, AnswerKind::Offered),
        DhcpMessageType::Request => answer_request(offer, &question),
        DhcpMessageType::Inform if offer.network.contains(question.own) => {
            reply(offer, &question, AnswerKind::Informed)
        }
        DhcpMessageType::Release if question.own == offer.address => Outcome::Released,
        DhcpMessageType::Decline if question.requested == Some(offer.address) => Outcome::Declined,
        _ => Outcome::Nothing,
    }
}

/// Of the four ways to ask for an address (RFC 2131, 4.3.2), only one names a server, and may mean another one.
fn answer_request(offer: &Offer, question: &Question) -> Outcome {
    if question.server.is_some_and(|server| server != offer.server) {
        return Outcome::Nothing;
    }
    let asked_for = question.requested.unwrap_or(question.own);
    let kind = if asked_for == offer.address { AnswerKind::Leased } else { AnswerKind::Refused };
    reply(offer, question, kind)
}

fn parse(message: &[u8]) -> Option<Question> {
    let packet = DhcpPacket::new_checked(message).ok()?;
    // What a relay passes on is not of this link.
    let is_direct = packet.relay_agent_ip().is_unspecified() && message.first() == Some(&1);
    let is_ethernet = message.get(1..3) == Some(&ETHERNET);
    if !is_direct || !is_ethernet || message.get(236..240) != Some(&MAGIC_NUMBER) {
        return None;
    }
    let mut question = Question {
        kind: DhcpMessageType::Unknown(0),
        transaction: packet.transaction_id(),
        hardware: packet.client_hardware_address().0,
        own: packet.client_ip(),
        wants_broadcast: message.get(10).is_some_and(|flags| flags & 0x80 != 0),
        requested: None,
        server: None,
        identifier: None,
    };
    for DhcpOption { kind, data } in packet.options() {
        let address = || <[u8; 4]>::try_from(data).ok().map(Ipv4Addr::from);
        match (kind, data) {
            (option::MESSAGE_TYPE, [kind]) => question.kind = DhcpMessageType::from(*kind),
            (option::REQUESTED_ADDRESS, _) => question.requested = address(),
            (option::SERVER, _) => question.server = address(),
            (option::CLIENT_IDENTIFIER, data) if data.len() <= IDENTIFIER_MAX => {
                question.identifier = Some(data.to_owned())
            }
            _ => {}
        }
    }
    let is_unicast = question.hardware[0] & 1 == 0 && question.hardware != [0; 6];
    is_unicast.then_some(question)
}

fn reply(offer: &Offer, question: &Question, kind: AnswerKind) -> Outcome {
    let texts = Texts::of(offer, kind);
    let mut options = texts.options();
    options.extend(
        question.identifier.as_deref().map(|data| DhcpOption { kind: option::CLIENT_IDENTIFIER, data }),
    );
    let has_address = matches!(kind, AnswerKind::Offered | AnswerKind::Leased);
    let message = DhcpRepr {
        message_type: match kind {
            AnswerKind::Offered => DhcpMessageType::Offer,
            AnswerKind::Leased | AnswerKind::Informed => DhcpMessageType::Ack,
            AnswerKind::Refused => DhcpMessageType::Nak,
        },
        transaction_id: question.transaction,
        secs: 0,
        client_hardware_address: EthernetAddress(question.hardware),
        client_ip: if kind == AnswerKind::Refused { Ipv4Addr::UNSPECIFIED } else { question.own },
        your_ip: if has_address { offer.address } else { Ipv4Addr::UNSPECIFIED },
        server_ip: Ipv4Addr::UNSPECIFIED,
        router: offer.router.filter(|_| kind != AnswerKind::Refused),
        subnet_mask: (kind != AnswerKind::Refused).then(|| offer.network.mask()),
        relay_agent_ip: Ipv4Addr::UNSPECIFIED,
        broadcast: question.wants_broadcast,
        requested_ip: None,
        client_identifier: None,
        server_identifier: Some(offer.server),
        parameter_request_list: None,
        dns_servers: None,
        max_size: None,
        lease_duration: has_address.then(|| seconds(offer.lifetime)),
        renew_duration: None,
        rebind_duration: None,
        additional_options: &options,
    };
    emit(&message).map_or(Outcome::Nothing, |message| {
        let (address, hardware) = destination(offer, question, kind);
        Outcome::Answer(Answer { message, address, hardware, kind })
    })
}

/// Where an answer goes (RFC 2131, 4.1).
fn destination(offer: &Offer, question: &Question, kind: AnswerKind) -> (Ipv4Addr, [u8; 6]) {
    let to_everybody = (Ipv4Addr::BROADCAST, [0xff; 6]);
    match kind {
        AnswerKind::Refused => to_everybody,
        _ if !question.own.is_unspecified() => (question.own, question.hardware),
        _ if question.wants_broadcast => to_everybody,
        _ => (offer.address, question.hardware),
    }
}

fn emit(message: &DhcpRepr<'_>) -> Option<Vec<u8>> {
    let mut bytes = vec![0; message.buffer_len().max(MESSAGE_MIN)];
    let mut packet = DhcpPacket::new_unchecked(bytes.as_mut_slice());
    message.emit(&mut packet).ok()?;
    Some(bytes)
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

/// Contents of options, which have to be somewhere.
struct Texts<'offer> {
    resolvers: Vec<u8>,
    routes: Vec<u8>,
    broadcast: [u8; 4],
    mtu: [u8; 2],
    times: [[u8; 4]; 2],
    domain: Option<&'offer str>,
    host_name: Option<&'offer str>,
    kind: AnswerKind,
}

impl<'offer> Texts<'offer> {
    fn of(offer: &'offer Offer, kind: AnswerKind) -> Self {
        let resolvers = offer.resolvers.iter().take(3);
        let lifetime = seconds(offer.lifetime);
        Self {
            resolvers: resolvers.flat_map(|resolver| resolver.octets()).collect(),
            routes: encoded_routes(offer),
            broadcast: offer.network.broadcast().octets(),
            mtu: offer.mtu.to_be_bytes(),
            times: [lifetime / 2, lifetime / 8 * 7].map(u32::to_be_bytes),
            domain: offer.domain.as_deref().filter(|text| is_short(text)),
            host_name: offer.host_name.as_deref().filter(|text| is_short(text)),
            kind,
        }
    }

    fn options(&self) -> Vec<DhcpOption<'_>> {
        if self.kind == AnswerKind::Refused {
            return Vec::new();
        }
        let mut options: Vec<(u8, &[u8])> = vec![
            (option::RESOLVERS, &self.resolvers),
            (option::CLASSLESS_ROUTES, &self.routes),
            (option::BROADCAST, &self.broadcast),
            (option::MTU, &self.mtu),
        ];
        if self.kind != AnswerKind::Informed {
            options.push((option::RENEWAL_TIME, &self.times[0]));
            options.push((option::REBINDING_TIME, &self.times[1]));
        }
        options.extend(self.domain.map(|text| (option::DOMAIN, text.as_bytes())));
        options.extend(self.host_name.map(|text| (option::HOST_NAME, text.as_bytes())));
        options.retain(|(_, data)| !data.is_empty());
        options.into_iter().map(|(kind, data)| DhcpOption { kind, data }).collect()
    }
}

fn is_short(text: &str) -> bool {
    text.len() <= usize::from(u8::MAX)
}

/// A client that reads these passes the router over, so that has to be among them.
fn encoded_routes(offer: &Offer) -> Vec<u8> {
    if offer.routes.is_empty() {
        return Vec::new();
    }
    let default = offer.router.map(|_| Ipv4Network::of(Ipv4Addr::UNSPECIFIED, 0));
    let mut encoded = Vec::new();
    for route in offer.routes.iter().copied().chain(default) {
        let significant = usize::from(route.prefix_length().div_ceil(8));
        let first = route.address(0).unwrap_or(Ipv4Addr::UNSPECIFIED).octets();
        encoded.push(route.prefix_length());
        encoded.extend(&first[..significant]);
        encoded.extend(offer.server.octets());
    }
    encoded.truncate(usize::from(u8::MAX) / 9 * 9);
    encoded
}

#[cfg(test)]
mod tests;
