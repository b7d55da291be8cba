//! DHCP and router advertisements as packets of IP: a client without an address can be told only so.

use std::net::{Ipv4Addr, Ipv6Addr};

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{IpProtocol, Ipv4Packet, Ipv4Repr, UdpPacket, UdpRepr};

use crate::dhcp::{CLIENT_PORT, SERVER_PORT};
use crate::router::{self, HOP_LIMIT};

/// `ETH_P_IP`
pub const IPV4: u16 = 0x0800;
/// `ETH_P_IPV6`
pub const IPV6: u16 = 0x86dd;
/// The frame that all nodes of a link take.
pub const ALL_NODES: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];
/// Where advertisements go.
const ALL_NODES_ADDRESS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ICMPV6: u8 = 58;
const IPV6_HEAD: usize = 40;

/// What of a link's traffic is for redd: questions for an address and for a router. Instructions of classic BPF, for
/// packets without their frame.
pub const FILTER: [u64; 16] = [
    load_half_word(PROTOCOL_OF_FRAME),
    jump(Test::Equal, IPV4 as u32, 0, 7),
    load_byte(9),
    jump(Test::Equal, 17, 0, 10),
    load_half_word(6),
    // Of a packet in parts only the first one has ports.
    jump(Test::AnyBit, 0x1fff, 8, 0),
    load_head_length(),
    load_half_word_behind_head(2),
    jump(Test::Equal, SERVER_PORT as u32, 6, 5),
    jump(Test::Equal, IPV6 as u32, 0, 4),
    load_byte(6),
    jump(Test::Equal, ICMPV6 as u32, 0, 2),
    load_byte(40),
    jump(Test::Equal, 133, 1, 0),
    accept(0),
    accept(u32::MAX),
];
/// `SKF_AD_OFF` and `SKF_AD_PROTOCOL`
const PROTOCOL_OF_FRAME: u32 = 0xffff_f000;

enum Test {
    Equal,
    AnyBit,
}

/// `struct sock_filter` as the kernel reads it: code, two jumps, a number.
const fn instruction(code: u16, then: u8, otherwise: u8, number: u32) -> u64 {
    let [a, b] = code.to_ne_bytes();
    let [c, d, e, f] = number.to_ne_bytes();
    u64::from_ne_bytes([a, b, then, otherwise, c, d, e, f])
}

const fn load_byte(at: u32) -> u64 {
    instruction(0x30, 0, 0, at)
}

const fn load_half_word(at: u32) -> u64 {
    instruction(0x28, 0, 0, at)
}

const fn load_half_word_behind_head(at: u32) -> u64 {
    instruction(0x48, 0, 0, at)
}

const fn load_head_length() -> u64 {
    instruction(0xb1, 0, 0, 0)
}

const fn jump(test: Test, number: u32, then: u8, otherwise: u8) -> u64 {
    let code = match test {
        Test::Equal => 0x15,
        Test::AnyBit => 0x45,
    };
    instruction(code, then, otherwise, number)
}

const fn accept(length: u32) -> u64 {
    instruction(0x06, 0, 0, length)
}

/// What a packet of a payload asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'packet> {
    /// This message of DHCP.
    Dhcp(&'packet [u8]),
    /// A router.
    Router,
    /// Nothing.
    Nothing,
}

/// What a packet asks for.
#[must_use]
pub fn asked(packet: &[u8]) -> Asked<'_> {
    match packet.first().map(|byte| byte >> 4) {
        Some(4) => dhcp_message(packet).map_or(Asked::Nothing, Asked::Dhcp),
        Some(6) if is_router_question(packet) => Asked::Router,
        _ => Asked::Nothing,
    }
}

fn dhcp_message(packet: &[u8]) -> Option<&[u8]> {
    let packet = Ipv4Packet::new_checked(packet).ok()?;
    let is_whole = !packet.more_frags() && packet.frag_offset() == 0;
    let datagram = UdpPacket::new_checked(packet.payload()).ok()?;
    let is_ours = packet.next_header() == IpProtocol::Udp && datagram.dst_port() == SERVER_PORT;
    (is_whole && is_ours).then(|| datagram.payload())
}

fn is_router_question(packet: &[u8]) -> bool {
    packet.get(6) == Some(&ICMPV6)
        && packet.get(IPV6_HEAD..).is_some_and(|message| router::is_solicitation(message, packet[7]))
}

/// A message of DHCP, as a packet of the server's.
#[must_use]
pub fn dhcp_packet(server: Ipv4Addr, client: Ipv4Addr, message: &[u8]) -> Vec<u8> {
    let udp = UdpRepr { src_port: SERVER_PORT, dst_port: CLIENT_PORT };
    let ip = Ipv4Repr {
        src_addr: server,
        dst_addr: client,
        next_header: IpProtocol::Udp,
        payload_len: udp.header_len() + message.len(),
        hop_limit: 64,
    };
    let checksums = ChecksumCapabilities::default();
    let mut bytes = vec![0; ip.buffer_len() + ip.payload_len];
    let mut packet = Ipv4Packet::new_unchecked(bytes.as_mut_slice());
    ip.emit(&mut packet, &checksums);
    let mut datagram = UdpPacket::new_unchecked(packet.payload_mut());
    let (from, to) = (server.into(), client.into());
    udp.emit(
        &mut datagram,
        &from,
        &to,
        message.len(),
        |payload| payload.copy_from_slice(message),
        &checksums,
    );
    bytes
}

/// A message of ICMPv6 to all nodes of a link, as a packet of the router's.
#[must_use]
pub fn advertisement_packet(router: Ipv6Addr, message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, length[0], length[1], ICMPV6, HOP_LIMIT];
    packet.extend(router.octets());
    packet.extend(ALL_NODES_ADDRESS.octets());
    packet.extend_from_slice(message);
    let checksum = checksum(&packet).to_be_bytes();
    if let Some(place) = packet.get_mut(IPV6_HEAD + 2..IPV6_HEAD + 4) {
        place.copy_from_slice(&checksum);
    }
    packet
}

/// The checksum of a packet of IPv6 whose own is 0 (RFC 8200, 8.1): over both addresses, length and kind, and the rest.
fn checksum(packet: &[u8]) -> u16 {
    let (head, message) = packet.split_at(IPV6_HEAD);
    let length = u64::try_from(message.len()).unwrap_or(0);
    let words = head[8..]
        .chunks(2)
        .chain(message.chunks(2))
        .map(|word| u64::from(u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)])));
    let mut sum = words.sum::<u64>() + length + u64::from(ICMPV6);
    while sum > u64::from(u16::MAX) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SERVER: Ipv4Addr = Ipv4Addr::new(10, 176, 0, 1);

    #[test]
    fn a_message_to_the_server_is_found_in_its_packet() {
        let mut packet = dhcp_packet(SERVER, Ipv4Addr::BROADCAST, b"message");
        assert_eq!(asked(&packet), Asked::Nothing);
        packet[22..24].copy_from_slice(&SERVER_PORT.to_be_bytes());
        assert_eq!(asked(&packet), Asked::Dhcp(b"message"));
        packet[6] = 0x20;
        assert_eq!(asked(&packet), Asked::Nothing);
    }

    #[test]
    fn an_answer_is_a_packet_that_others_can_read() {
        let packet = dhcp_packet(SERVER, Ipv4Addr::BROADCAST, b"message");
        let packet = Ipv4Packet::new_checked(packet.as_slice()).unwrap();
        assert!(packet.verify_checksum());
        let datagram = UdpPacket::new_checked(packet.payload()).unwrap();
        let (from, to) = (SERVER.into(), Ipv4Addr::BROADCAST.into());
        assert!(datagram.verify_checksum(&from, &to));
        assert_eq!((datagram.src_port(), datagram.dst_port()), (67, 68));
    }

    #[test]
    fn an_advertisement_has_a_checksum_that_makes_all_of_it_nothing() {
        for message in [vec![134, 0, 0, 0, 64, 0, 7, 8], vec![134, 0, 0, 0, 1, 2, 3]] {
            let packet = advertisement_packet(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1), &message);
            assert_eq!(checksum(&packet), 0);
        }
    }

    #[test]
    fn a_question_for_a_router_is_found() {
        let mut packet = advertisement_packet(Ipv6Addr::UNSPECIFIED, &[133, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(asked(&packet), Asked::Router);
        packet[7] = 64;
        assert_eq!(asked(&packet), Asked::Nothing);
    }

    proptest! {
        #[test]
        fn any_packet_is_taken(first in prop::sample::select(vec![0x45, 0x60, 0]), packet in prop::collection::vec(any::<u8>(), 0..120)) {
            let packet = [vec![first], packet].concat();
            prop_assert!(asked(&packet) != Asked::Dhcp(b"nobody says that"));
        }
    }
}
