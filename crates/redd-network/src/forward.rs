//! Questions that others have to answer: passed on, and their answers back. However many are asked, a few wait.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How many questions wait for an answer at once.
pub const WAITING_MAX: usize = 128;
/// How many of those one client may have asked.
pub const WAITING_OF_CLIENT_MAX: usize = 64;
/// How long one server may take before the next one is asked.
const SERVER_TIME: Duration = Duration::from_secs(2);
/// How often a question is passed on.
const ATTEMPTS: usize = 3;
/// Of a message: the number, and where the question begins.
const NUMBER: std::ops::Range<usize> = 0..2;
const HEAD: usize = 12;

/// A message, and who gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// A server, or a client.
    pub to: SocketAddr,
    /// What is sent.
    pub message: Vec<u8>,
}

#[derive(Debug)]
struct Waiting {
    client: SocketAddr,
    /// The number that the client gave it.
    number: [u8; 2],
    /// As it is passed on.
    message: Vec<u8>,
    server: SocketAddr,
    attempts: usize,
    until: Instant,
}

/// Questions that wait for an answer.
#[derive(Debug, Default)]
pub struct Forwarder {
    servers: Vec<SocketAddr>,
    waiting: Vec<Waiting>,
}

/// What time has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expired {
    /// Another server is asked.
    Again(Packet),
    /// Nobody answered: the client's question, with its own number.
    Failed(Packet),
}

impl Forwarder {
    /// Whom to ask from now on. What waits is not asked again.
    pub fn set_servers(&mut self, servers: Vec<SocketAddr>) {
        self.servers = servers;
    }

    /// Passes a question on with a number that nobody can guess; `None` where there is nobody to ask or no room.
    pub fn ask(
        &mut self,
        client: SocketAddr,
        question: &[u8],
        number: [u8; 2],
        now: Instant,
    ) -> Option<Packet> {
        let server = *self.servers.first()?;
        let own = question.get(NUMBER).filter(|_| question.len() > HEAD)?;
        let of_client = self.waiting.iter().filter(|waiting| waiting.client.ip() == client.ip()).count();
        let is_taken = self.waiting.iter().any(|waiting| waiting.message.starts_with(&number));
        if self.waiting.len() >= WAITING_MAX || of_client >= WAITING_OF_CLIENT_MAX || is_taken {
            return None;
        }
        let mut message = question.to_vec();
        message[NUMBER].copy_from_slice(&number);
        self.waiting.push(Waiting {
            client,
            number: [own[0], own[1]],
            message: message.clone(),
            server,
            attempts: 1,
            until: now + SERVER_TIME,
        });
        Some(Packet { to: server, message })
    }

    /// Passes an answer back, where it is one of the server that was asked, to the question that it was asked.
    pub fn answer(&mut self, server: SocketAddr, answer: &[u8]) -> Option<Packet> {
        let is_answered = |waiting: &Waiting| waiting.server == server && is_answer(answer, &waiting.message);
        let at = self.waiting.iter().position(is_answered)?;
        let waiting = self.waiting.swap_remove(at);
        let mut message = answer.to_vec();
        message[NUMBER].copy_from_slice(&waiting.number);
        Some(Packet { to: waiting.client, message })
    }

    /// When something is to be done without anybody saying anything.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.waiting.iter().map(|waiting| waiting.until).min()
    }

    /// What is to be done where servers took too long.
    pub fn expire(&mut self, now: Instant) -> Vec<Expired> {
        let mut expired = Vec::new();
        let servers = &self.servers;
        self.waiting.retain_mut(|waiting| {
            if waiting.until > now {
                return true;
            }
            let next = servers.get(waiting.attempts % servers.len().max(1));
            match next.filter(|_| waiting.attempts < ATTEMPTS) {
                Some(&server) => {
                    waiting.server = server;
                    waiting.attempts += 1;
                    waiting.until = now + SERVER_TIME;
                    expired.push(Expired::Again(Packet { to: server, message: waiting.message.clone() }));
                    true
                }
                None => {
                    let mut message = waiting.message.clone();
                    message[NUMBER].copy_from_slice(&waiting.number);
                    expired.push(Expired::Failed(Packet { to: waiting.client, message }));
                    false
                }
            }
        });
        expired
    }
}

/// The number and the question have to be the same; letters of either case are (RFC 1035, 2.3.3).
fn is_answer(answer: &[u8], question: &[u8]) -> bool {
    let Some(length) = question_length(question) else { return false };
    let (Some(head), Some(asked), Some(repeated)) =
        (answer.get(..HEAD), question.get(HEAD..HEAD + length), answer.get(HEAD..HEAD + length))
    else {
        return false;
    };
    let is_answer = head[2] & 0x80 != 0 && head[NUMBER] == question[NUMBER];
    is_answer && head[4..6] == [0, 1] && asked.eq_ignore_ascii_case(repeated)
}

/// How long a message's first question is: labels, a type and a class.
fn question_length(message: &[u8]) -> Option<usize> {
    let mut at = HEAD;
    loop {
        match message.get(at)? {
            0 => return (at + 5 <= message.len()).then_some(at + 5 - HEAD),
            length @ 1..=63 => at += 1 + usize::from(*length),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUESTION: &[u8] = b"\x11\x22\x01\0\0\x01\0\0\0\0\0\0\x07example\x03org\0\0\x01\0\x01";

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn forwarder() -> Forwarder {
        let mut forwarder = Forwarder::default();
        forwarder.set_servers(vec![address("9.9.9.9:53"), address("8.8.8.8:53")]);
        forwarder
    }

    fn answer_to(question: &[u8]) -> Vec<u8> {
        let mut answer = question.to_vec();
        answer[2] |= 0x80;
        answer
    }

    #[test]
    fn an_answer_comes_back_with_the_clients_own_number() {
        let (mut forwarder, now) = (forwarder(), Instant::now());
        let sent = forwarder.ask(address("10.0.0.2:999"), QUESTION, [7, 7], now).unwrap();
        assert_eq!((sent.to, &sent.message[..2]), (address("9.9.9.9:53"), &[7, 7][..]));
        let back = forwarder.answer(sent.to, &answer_to(&sent.message)).unwrap();
        assert_eq!((back.to, &back.message[..2]), (address("10.0.0.2:999"), &[0x11, 0x22][..]));
        assert_eq!(forwarder.answer(sent.to, &answer_to(&sent.message)), None);
    }

    #[test]
    fn an_answer_of_somebody_else_or_to_something_else_is_passed_over() {
        let (mut forwarder, now) = (forwarder(), Instant::now());
        let sent = forwarder.ask(address("10.0.0.2:999"), QUESTION, [7, 7], now).unwrap();
        let good = answer_to(&sent.message);
        assert_eq!(forwarder.answer(address("8.8.8.8:53"), &good), None);
        for at in [1, 2, 5, 14, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= if at == 2 { 0x80 } else { 0x01 };
            assert_eq!(forwarder.answer(sent.to, &bad), None, "{at}");
        }
        assert_eq!(forwarder.answer(sent.to, &sent.message), None);
        assert!(forwarder.answer(sent.to, &good).is_some());
    }

    #[test]
    fn servers_that_do_not_answer_are_asked_in_turn_and_then_the_client_is_told() {
        let (mut forwarder, now) = (forwarder(), Instant::now());
        let sent = forwarder.ask(address("10.0.0.2:999"), QUESTION, [7, 7], now).unwrap();
        assert!(forwarder.expire(now).is_empty());
        let again = |server| vec![Expired::Again(Packet { to: address(server), ..sent.clone() })];
        let late = |times| now + SERVER_TIME * times;
        assert_eq!(forwarder.deadline(), Some(late(1)));
        assert_eq!(forwarder.expire(late(1)), again("8.8.8.8:53"));
        assert_eq!(forwarder.expire(late(2)), again("9.9.9.9:53"));
        let failed = Packet { to: address("10.0.0.2:999"), message: QUESTION.to_vec() };
        assert_eq!(forwarder.expire(late(3)), [Expired::Failed(failed)]);
        assert_eq!(forwarder.deadline(), None);
    }

    #[test]
    fn one_client_does_not_take_all_the_room() {
        let (mut forwarder, now) = (forwarder(), Instant::now());
        let mut number = 0_u16;
        let mut ask = |client| {
            number += 1;
            forwarder.ask(address(client), QUESTION, number.to_be_bytes(), now).is_some()
        };
        assert_eq!((0..1000).filter(|_| ask("10.0.0.2:999")).count(), WAITING_OF_CLIENT_MAX);
        assert!(ask("10.0.0.3:999"));
        assert_eq!(
            (0..1000).filter(|_| ask("10.0.0.4:999")).count(),
            WAITING_MAX - WAITING_OF_CLIENT_MAX - 1
        );
    }

    #[test]
    fn nobody_to_ask_is_said_at_once() {
        assert_eq!(Forwarder::default().ask(address("10.0.0.2:9"), QUESTION, [1, 1], Instant::now()), None);
    }

    proptest! {
        #[test]
        fn any_message_is_taken(question in prop::collection::vec(any::<u8>(), 0..60), answer in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut forwarder = forwarder();
            let sent = forwarder.ask(address("10.0.0.2:999"), &question, [7, 7], Instant::now());
            drop(forwarder.answer(address("9.9.9.9:53"), &answer));
            prop_assert_eq!(sent.is_some(), question.len() > HEAD);
        }
    }
}
