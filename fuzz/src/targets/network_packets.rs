//! What a payload's network stack sends to the host: DHCP, questions for names and for a router.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use redd_network::address::Ipv4Network;
use redd_network::dhcp::{self, Offer, Outcome};
use redd_network::forward::Forwarder;
use redd_network::names::{self, Decision, Names};
use redd_network::router;

pub(crate) fn run(input: &[u8]) {
    let Some((first, packet)) = input.split_first() else { return };
    match first % 4 {
        0 => dhcp(packet),
        1 => question(packet),
        2 => answer(packet),
        _ => drop(router::is_solicitation(packet, router::HOP_LIMIT)),
    }
}

fn dhcp(packet: &[u8]) {
    let network = Ipv4Network::of(Ipv4Addr::new(10, 176, 0, 0), 29);
    let offer = Offer {
        address: Ipv4Addr::new(10, 176, 0, 2),
        network,
        server: Ipv4Addr::new(10, 176, 0, 1),
        router: Some(Ipv4Addr::new(10, 176, 0, 1)),
        routes: vec![network],
        resolvers: vec![Ipv4Addr::new(10, 176, 0, 1)],
        domain: Some(names::DOMAIN.to_owned()),
        host_name: Some("machine".to_owned()),
        mtu: 1500,
        lifetime: Duration::from_secs(3600),
    };
    if let Outcome::Answer(answer) = dhcp::answer(&offer, packet) {
        let yours =
            Ipv4Addr::from(<[u8; 4]>::try_from(&answer.message[16..20]).expect("an answer has a head"));
        assert!(yours.is_unspecified() || yours == offer.address, "{yours}");
        assert!(answer.message.len() <= 576, "every client can take it");
    }
}

fn question(packet: &[u8]) {
    let mut known = Names::default();
    known.add(&"web".parse().expect("a name"), [IpAddr::from([10, 176, 0, 2])]);
    if let Decision::Answer(answer) = known.decide(packet) {
        assert_eq!(answer[..2], packet[..2], "an answer has its question's number");
        assert!(answer.len() <= packet.len() + 64, "an answer is no longer than its question makes it");
    }
    if let Some(failure) = names::failure(packet) {
        assert_eq!(failure.len(), 12);
    }
}

fn answer(packet: &[u8]) {
    const QUESTION: &[u8] = b"\x11\x22\x01\0\0\x01\0\0\0\0\0\0\x07example\x03org\0\0\x01\0\x01";
    let (client, server) = (SocketAddr::from(([10, 176, 0, 2], 999)), SocketAddr::from(([9, 9, 9, 9], 53)));
    let mut forwarder = Forwarder::default();
    forwarder.set_servers(vec![server]);
    forwarder.ask(client, QUESTION, [7, 7], Instant::now()).expect("there is room");
    if let Some(passed_on) = forwarder.answer(server, packet) {
        assert_eq!(passed_on.message[..2], QUESTION[..2]);
        assert_eq!(passed_on.message[2..], packet[2..]);
    }
}
