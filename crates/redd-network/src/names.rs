//! Names of machines, as DNS asks for them (RFC 1035).

use std::collections::BTreeMap;
use std::net::IpAddr;

use redd_spec::name::MachineName;
use simple_dns::rdata::{A, AAAA, PTR, RData};
use simple_dns::{
    CLASS, Name, OPCODE, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, ResourceRecord, TYPE,
};

/// Where machines are, as names with dots; `internal` is reserved for private use.
pub const DOMAIN: &str = "redd.internal";
/// The name of the host in it, and on its own.
pub const HOST: &str = "host";
/// How long a client may keep an answer, in seconds: machines come and go.
const TIME_TO_LIVE: u32 = 5;
/// The longest question that is read, in bytes.
pub const QUESTION_MAX: usize = 4096;
/// The length of a message's head.
const HEAD: usize = 12;

/// Who is known, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<String, Vec<IpAddr>>);

/// What is done about a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This is the answer.
    Answer(Vec<u8>),
    /// Somebody else may know.
    Forward,
    /// It is none.
    Nothing,
}

impl Names {
    /// Makes a machine known.
    pub fn add(&mut self, name: &MachineName, addresses: impl IntoIterator<Item = IpAddr>) {
        self.0.entry(name.as_str().to_ascii_lowercase()).or_default().extend(addresses);
    }

    /// Makes the host known, by the addresses it has towards the machines.
    pub fn add_host(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        self.0.entry(HOST.to_owned()).or_default().extend(addresses);
    }

    /// What is done about a message of a client.
    #[must_use]
    pub fn decide(&self, message: &[u8]) -> Decision {
        let Some(head) = message.get(..HEAD).filter(|_| message.len() <= QUESTION_MAX) else {
            return Decision::Nothing;
        };
        let is_question = head[2] & 0x80 == 0 && head[4..8] == [0, 1, 0, 0];
        if !is_question {
            return Decision::Nothing;
        }
        // What follows the question is not ours to read: it is left out, whatever it is.
        let mut alone = message.to_vec();
        alone[8..HEAD].fill(0);
        match Packet::parse(&alone) {
            Ok(packet) => self.decide_packet(&packet),
            // A type of question that is not known here may be known elsewhere.
            Err(simple_dns::SimpleDnsError::InvalidQType(_)) => Decision::Forward,
            Err(_) => Decision::Nothing,
        }
    }

    fn decide_packet(&self, packet: &Packet<'_>) -> Decision {
        let [question] = packet.questions.as_slice() else { return Decision::Nothing };
        if packet.opcode() != OPCODE::StandardQuery || question.qclass != QCLASS::CLASS(CLASS::IN) {
            return Decision::Forward;
        }
        match self.lookup(question) {
            Some(found) => reply(packet, question, found).map_or(Decision::Nothing, Decision::Answer),
            None => Decision::Forward,
        }
    }

    /// What is known here of a name; `None` where that is nothing.
    fn lookup(&self, question: &Question<'_>) -> Option<Found> {
        let name = question.qname.to_string().to_ascii_lowercase();
        let name = name.trim_end_matches('.');
        if question.qtype == QTYPE::TYPE(TYPE::PTR) {
            return self.named(reverse(name)?).map(Found::Name);
        }
        let own = name
            .strip_suffix(DOMAIN)
            .and_then(|rest| if rest.is_empty() { Some("") } else { rest.strip_suffix('.') });
        match (self.0.get(own.unwrap_or(name)), own) {
            (Some(addresses), _) => Some(Found::Addresses(of_type(addresses, question.qtype))),
            (None, Some("")) => Some(Found::Addresses(Vec::new())),
            (None, Some(_)) => Some(Found::NoSuchName),
            (None, None) => None,
        }
    }

    fn named(&self, address: IpAddr) -> Option<String> {
        let (name, _) = self.0.iter().find(|(_, addresses)| addresses.contains(&address))?;
        Some(format!("{name}.{DOMAIN}"))
    }
}

/// What is known of a name.
enum Found {
    Addresses(Vec<IpAddr>),
    Name(String),
    NoSuchName,
}

fn of_type(addresses: &[IpAddr], kind: QTYPE) -> Vec<IpAddr> {
    let is_wanted = |address: &&IpAddr| match kind {
        QTYPE::ANY => true,
        QTYPE::TYPE(TYPE::A) => address.is_ipv4(),
        QTYPE::TYPE(TYPE::AAAA) => address.is_ipv6(),
        _ => false,
    };
    addresses.iter().filter(is_wanted).copied().collect()
}

/// The address that a name of the reverse tree stands for.
fn reverse(name: &str) -> Option<IpAddr> {
    if let Some(digits) = name.strip_suffix(".in-addr.arpa") {
        let mut parts: Vec<&str> = digits.split('.').collect();
        parts.reverse();
        return parts.join(".").parse().ok().map(IpAddr::V4);
    }
    let digits: Vec<&str> = name.strip_suffix(".ip6.arpa")?.split('.').collect();
    if digits.len() != 32 || digits.iter().any(|digit| digit.len() != 1) {
        return None;
    }
    let number = digits.iter().rev().copied().collect::<String>();
    u128::from_str_radix(&number, 16).ok().map(|bits| IpAddr::V6(bits.into()))
}

fn reply(packet: &Packet<'_>, question: &Question<'_>, found: Found) -> Option<Vec<u8>> {
    let mut reply = Packet::new_reply(packet.id());
    reply.set_flags(PacketFlag::AUTHORITATIVE_ANSWER | PacketFlag::RECURSION_AVAILABLE);
    if packet.has_flags(PacketFlag::RECURSION_DESIRED) {
        reply.set_flags(PacketFlag::RECURSION_DESIRED);
    }
    let record = |data| ResourceRecord::new(question.qname.clone(), CLASS::IN, TIME_TO_LIVE, data);
    match found {
        Found::Addresses(addresses) => reply.answers.extend(addresses.into_iter().map(|address| {
            record(match address {
                IpAddr::V4(address) => RData::A(A { address: address.to_bits() }),
                IpAddr::V6(address) => RData::AAAA(AAAA { address: address.to_bits() }),
            })
        })),
        Found::Name(name) => {
            let name = Name::new(&name).ok()?.into_owned();
            reply.answers.push(record(RData::PTR(PTR(name))));
        }
        Found::NoSuchName => *reply.rcode_mut() = RCODE::NameError,
    }
    reply.questions.push(question.clone());
    reply.build_bytes_vec_compressed().ok()
}

/// What a client is told whose question nobody has answered.
#[must_use]
pub fn failure(question: &[u8]) -> Option<Vec<u8>> {
    let mut message = question.get(..HEAD)?.to_vec();
    // An answer, which says that the server failed; no section has anything in it.
    message[2] = message[2] & 0x79 | 0x80;
    message[3] = 0x82;
    message[4..].fill(0);
    Some(message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        let addresses = ["10.176.0.2", "fd00::2"].map(|text| text.parse().unwrap());
        names.add(&"Web".parse().unwrap(), addresses);
        names.add_host(["10.176.0.1".parse().unwrap()]);
        names
    }

    fn question(name: &str, kind: TYPE) -> Vec<u8> {
        let mut packet = Packet::new_query(7);
        packet.set_flags(PacketFlag::RECURSION_DESIRED);
        let name = Name::new(name).unwrap();
        packet.questions.push(Question::new(name, kind.into(), CLASS::IN.into(), false));
        packet.build_bytes_vec().unwrap()
    }

    /// The code of an answer, and what is in it.
    fn answered(decision: &Decision) -> Option<(RCODE, Vec<String>)> {
        let Decision::Answer(message) = decision else { return None };
        let packet = Packet::parse(message).unwrap();
        assert_eq!(packet.id(), 7);
        assert!(packet.has_flags(PacketFlag::RESPONSE | PacketFlag::RECURSION_DESIRED));
        let text = |record: &ResourceRecord<'_>| match &record.rdata {
            RData::A(data) => std::net::Ipv4Addr::from_bits(data.address).to_string(),
            RData::AAAA(data) => std::net::Ipv6Addr::from_bits(data.address).to_string(),
            RData::PTR(PTR(name)) => name.to_string(),
            other => panic!("{other:?}"),
        };
        Some((packet.rcode(), packet.answers.iter().map(text).collect()))
    }

    #[rstest]
    #[case("web", TYPE::A, &["10.176.0.2"])]
    #[case("WEB.redd.internal", TYPE::AAAA, &["fd00::2"])]
    #[case("web", TYPE::MX, &[])]
    #[case("host", TYPE::A, &["10.176.0.1"])]
    #[case("host.redd.internal", TYPE::AAAA, &[])]
    #[case("redd.internal", TYPE::SOA, &[])]
    #[case("2.0.176.10.in-addr.arpa", TYPE::PTR, &["web.redd.internal"])]
    #[case("2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", TYPE::PTR, &["web.redd.internal"])]
    fn a_machine_is_found_by_its_name(#[case] name: &str, #[case] kind: TYPE, #[case] expected: &[&str]) {
        let expected = expected.iter().map(|&text| text.to_owned()).collect();
        assert_eq!(answered(&names().decide(&question(name, kind))), Some((RCODE::NoError, expected)));
    }

    #[test]
    fn a_machine_that_is_not_there_has_no_name() {
        let decision = names().decide(&question("mail.redd.internal", TYPE::A));
        assert_eq!(answered(&decision), Some((RCODE::NameError, Vec::new())));
    }

    #[rstest]
    #[case("example.org", TYPE::A)]
    #[case("mail", TYPE::A)]
    #[case("notredd.internal", TYPE::A)]
    #[case("9.9.9.9.in-addr.arpa", TYPE::PTR)]
    fn what_is_not_known_here_may_be_known_elsewhere(#[case] name: &str, #[case] kind: TYPE) {
        assert_eq!(names().decide(&question(name, kind)), Decision::Forward);
    }

    #[test]
    fn an_answer_is_no_question() {
        let mut message = question("web", TYPE::A);
        message[2] |= 0x80;
        assert_eq!(names().decide(&message), Decision::Nothing);
    }

    #[test]
    fn a_type_that_is_new_is_asked_for_elsewhere() {
        let mut message = question("example.org", TYPE::A);
        let end = message.len();
        message[end - 4..end - 2].copy_from_slice(&[0xff, 0x00]);
        assert_eq!(names().decide(&message), Decision::Forward);
    }

    proptest! {
        #[test]
        fn any_message_is_taken(message in prop::collection::vec(any::<u8>(), 0..300)) {
            drop(names().decide(&message));
            drop(failure(&message));
        }

        #[test]
        fn a_question_with_anything_in_it_makes_a_message_or_none(
            name in "[a-z.-]{0,20}", at in 0..30_usize, byte in any::<u8>(), rest in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let Ok(name) = Name::new(&name) else { return Ok(()) };
            let mut packet = Packet::new_query(7);
            packet.questions.push(Question::new(name, TYPE::A.into(), CLASS::IN.into(), false));
            let mut message = packet.build_bytes_vec().unwrap();
            message.extend(rest);
            if let Some(place) = message.get_mut(at) {
                *place = byte;
            }
            if let Decision::Answer(answer) = names().decide(&message) {
                prop_assert!(Packet::parse(&answer).is_ok());
            }
        }
    }
}
