use proptest::prelude::*;
use rstest::rstest;

use super::*;

const HARDWARE: [u8; 6] = [2, 0, 0, 0, 0, 7];

fn offer() -> Offer {
    Offer {
        address: Ipv4Addr::new(10, 176, 0, 2),
        network: Ipv4Network::of(Ipv4Addr::new(10, 176, 0, 0), 29),
        server: Ipv4Addr::new(10, 176, 0, 1),
        router: Some(Ipv4Addr::new(10, 176, 0, 1)),
        routes: Vec::new(),
        resolvers: vec![Ipv4Addr::new(10, 176, 0, 1)],
        domain: Some("redd.internal".to_owned()),
        host_name: Some("web".to_owned()),
        mtu: 1500,
        lifetime: Duration::from_secs(3600),
    }
}

/// A client's message with these options.
fn message(kind: DhcpMessageType, own: Ipv4Addr, options: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; 240];
    bytes[..4].copy_from_slice(&[1, 1, 6, 0]);
    bytes[4..8].copy_from_slice(&[1, 2, 3, 4]);
    bytes[12..16].copy_from_slice(&own.octets());
    bytes[28..34].copy_from_slice(&HARDWARE);
    bytes[236..].copy_from_slice(&[0x63, 0x82, 0x53, 0x63]);
    bytes.extend([53, 1, kind.into()]);
    for (code, data) in options {
        bytes.extend([*code, u8::try_from(data.len()).unwrap()]);
        bytes.extend_from_slice(data);
    }
    bytes.push(255);
    bytes
}

fn answer_to(kind: DhcpMessageType, own: Ipv4Addr, options: &[(u8, &[u8])]) -> Outcome {
    answer(&offer(), &message(kind, own, options))
}

fn kind_of(outcome: &Outcome) -> Option<AnswerKind> {
    match outcome {
        Outcome::Answer(answer) => Some(answer.kind),
        Outcome::Released | Outcome::Declined | Outcome::Nothing => None,
    }
}

const NOTHING: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
const OURS: &[u8] = &[10, 176, 0, 2];
const OTHER: &[u8] = &[10, 9, 9, 9];
const SERVER: &[u8] = &[10, 176, 0, 1];

#[rstest]
#[case::first_of_all(DhcpMessageType::Discover, NOTHING, &[], Some(AnswerKind::Offered))]
#[case::of_this_server(DhcpMessageType::Request, NOTHING, &[(50, OURS), (54, SERVER)], Some(AnswerKind::Leased))]
#[case::of_another_server(DhcpMessageType::Request, NOTHING, &[(50, OURS), (54, OTHER)], None)]
#[case::from_last_time(DhcpMessageType::Request, NOTHING, &[(50, OURS)], Some(AnswerKind::Leased))]
#[case::from_elsewhere(DhcpMessageType::Request, NOTHING, &[(50, OTHER)], Some(AnswerKind::Refused))]
#[case::again(DhcpMessageType::Request, Ipv4Addr::new(10, 176, 0, 2), &[], Some(AnswerKind::Leased))]
#[case::what_was_never_given(DhcpMessageType::Request, Ipv4Addr::new(10, 176, 0, 3), &[], Some(AnswerKind::Refused))]
#[case::all_but_an_address(DhcpMessageType::Inform, Ipv4Addr::new(10, 176, 0, 3), &[], Some(AnswerKind::Informed))]
#[case::with_an_address_of_elsewhere(DhcpMessageType::Inform, Ipv4Addr::new(9, 9, 9, 9), &[], None)]
#[case::an_answer(DhcpMessageType::Ack, NOTHING, &[], None)]
fn a_client_asks(
    #[case] kind: DhcpMessageType,
    #[case] own: Ipv4Addr,
    #[case] options: &[(u8, &[u8])],
    #[case] expected: Option<AnswerKind>,
) {
    assert_eq!(kind_of(&answer_to(kind, own, options)), expected);
}

#[test]
fn a_client_gives_its_address_back_or_finds_it_taken() {
    assert_eq!(answer_to(DhcpMessageType::Release, offer().address, &[]), Outcome::Released);
    assert_eq!(answer_to(DhcpMessageType::Decline, NOTHING, &[(50, OURS)]), Outcome::Declined);
    assert_eq!(answer_to(DhcpMessageType::Release, NOTHING, &[]), Outcome::Nothing);
}

#[test]
fn a_client_is_told_address_network_router_and_resolver() {
    let outcome = answer_to(DhcpMessageType::Discover, NOTHING, &[(61, b"\xff1234567890")]);
    let Outcome::Answer(answer) = outcome else { panic!("{outcome:?}") };
    assert_eq!((answer.address, answer.hardware), (offer().address, HARDWARE));
    let packet = DhcpPacket::new_checked(answer.message.as_slice()).unwrap();
    assert_eq!(packet.your_ip(), offer().address);
    assert_eq!(packet.transaction_id(), 0x0102_0304);
    let option =
        |kind| packet.options().find(|option| option.kind == kind).map(|option| option.data.to_vec());
    assert_eq!(option(1), Some(vec![255, 255, 255, 248]));
    assert_eq!(option(3), Some(SERVER.to_vec()));
    assert_eq!(option(6), Some(SERVER.to_vec()));
    assert_eq!(option(12), Some(b"web".to_vec()));
    assert_eq!(option(51), Some(vec![0, 0, 0x0e, 0x10]));
    assert_eq!(option(58), Some(vec![0, 0, 0x07, 0x08]));
    assert_eq!(option(61), Some(b"\xff1234567890".to_vec()));
    assert_eq!(option(121), None);
}

#[test]
fn routes_are_told_with_the_default_one_among_them() {
    let offer = Offer { routes: vec!["192.168.7.0/24".parse().unwrap()], ..offer() };
    assert_eq!(encoded_routes(&offer), [24, 192, 168, 7, 10, 176, 0, 1, 0, 10, 176, 0, 1]);
}

#[test]
fn a_client_without_an_address_that_cannot_hear_is_answered_with_everybody() {
    let mut discover = message(DhcpMessageType::Discover, NOTHING, &[]);
    discover[10] = 0x80;
    let Outcome::Answer(answer) = answer(&offer(), &discover) else { panic!() };
    assert_eq!((answer.address, answer.hardware), (Ipv4Addr::BROADCAST, [0xff; 6]));
}

#[test]
fn what_a_relay_passes_on_is_not_answered() {
    let mut discover = message(DhcpMessageType::Discover, NOTHING, &[]);
    discover[24] = 10;
    assert_eq!(answer(&offer(), &discover), Outcome::Nothing);
}

proptest! {
    #[test]
    fn any_message_is_taken(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        drop(answer(&offer(), &bytes));
    }

    #[test]
    fn whatever_a_client_says_it_gets_its_own_address_only(
        kind in 1..=8_u8,
        own in any::<[u8; 4]>(),
        options in prop::collection::vec((1..=254_u8, prop::collection::vec(any::<u8>(), 0..40)), 0..8),
        at in 0..240_usize,
        byte in any::<u8>(),
    ) {
        let options: Vec<(u8, &[u8])> = options.iter().map(|(code, data)| (*code, data.as_slice())).collect();
        let mut bytes = message(DhcpMessageType::from(kind), Ipv4Addr::from(own), &options);
        bytes[at] = byte;
        if let Outcome::Answer(answer) = answer(&offer(), &bytes) {
            let packet = DhcpPacket::new_checked(answer.message.as_slice()).unwrap();
            prop_assert!([offer().address, NOTHING].contains(&packet.your_ip()));
            prop_assert!(answer.message.len() <= 576);
        }
    }
}
