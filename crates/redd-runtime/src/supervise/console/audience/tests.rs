use rustix::net::{RecvFlags, recv};

use super::*;

fn audience() -> Audience {
    Audience::new(&MachineName::from_file_name("machine").unwrap())
}

/// What somebody gets next, where something is there.
fn next(seat: &OwnedFd) -> Option<Vec<u8>> {
    let mut packet = vec![0; PACKET_MAX];
    let (length, _) = recv(seat, &mut packet[..], RecvFlags::DONTWAIT).ok()?;
    packet.truncate(length);
    Some(packet)
}

fn output(text: &[u8]) -> Option<Vec<u8>> {
    Some(FromConsole::Output(text).encode())
}

fn say(seat: &OwnedFd, packet: &ToConsole<'_>) {
    send(seat, &packet.encode(), SendFlags::empty()).unwrap();
}

/// Attends to everybody once; what was said.
fn attend(audience: &mut Audience, room: Room) -> Vec<Said> {
    let numbers: Vec<u64> = audience.interests(room).map(|(number, ..)| number).collect();
    numbers.into_iter().filter_map(|number| audience.attend(number, room)).collect()
}

#[test]
fn who_comes_later_gets_what_was_written_and_then_what_is() {
    let mut audience = audience();
    audience.hear(b"before");
    let seats = [Attach::Watch, Attach::Drive, Attach::Watch]
        .map(|how| audience.attach(how, Terminal::Absent).unwrap());
    audience.hear(b"after");
    for seat in &seats {
        assert_eq!((next(seat), next(seat), next(seat)), (output(b"before"), output(b"after"), None));
    }
}

#[test]
fn one_drives_and_another_one_only_by_taking_over() {
    let mut audience = audience();
    let first = audience.attach(Attach::Drive, Terminal::Absent).unwrap();
    assert_eq!(audience.attach(Attach::Drive, Terminal::Absent).unwrap_err(), Refusal::Taken("client"));
    let second = audience.attach(Attach::TakeOver, Terminal::Absent).unwrap();
    assert_eq!(next(&first), Some(FromConsole::Demoted.encode()));
    say(&first, &ToConsole::Input(b"one"));
    say(&first, &ToConsole::Window { rows: 1, columns: 1 });
    say(&second, &ToConsole::Input(b"two"));
    assert_eq!(attend(&mut audience, Room::Some), [Said::Input(b"two".to_vec())]);
    audience.hear(b"for both");
    assert_eq!((next(&first), next(&second)), (output(b"for both"), output(b"for both")));
}

#[test]
fn a_driver_who_left_makes_room_for_another() {
    let mut audience = audience();
    drop(audience.attach(Attach::Drive, Terminal::Absent).unwrap());
    assert!(audience.attach(Attach::Drive, Terminal::Absent).is_ok());
}

#[test]
fn a_terminal_that_is_there_is_not_taken_over() {
    let mut audience = audience();
    for how in [Attach::Drive, Attach::TakeOver] {
        assert_eq!(audience.attach(how, Terminal::Present).unwrap_err(), Refusal::Taken("terminal"));
    }
    assert!(audience.attach(Attach::Watch, Terminal::Present).is_ok());
}

#[test]
fn there_are_not_more_than_there_is_place_for() {
    let mut audience = audience();
    let mut attach = || audience.attach(Attach::Watch, Terminal::Absent);
    let seats: Vec<OwnedFd> = (0..SEATS_MAX).map(|_| attach().unwrap()).collect();
    assert_eq!(attach().unwrap_err(), Refusal::Full);
    drop(seats);
    assert!(attach().is_ok());
}

#[test]
fn what_is_typed_waits_while_the_payload_takes_nothing() {
    let mut audience = audience();
    let driver = audience.attach(Attach::Drive, Terminal::Absent).unwrap();
    say(&driver, &ToConsole::Input(b"text"));
    assert!(attend(&mut audience, Room::None).is_empty());
    assert_eq!(attend(&mut audience, Room::Some), [Said::Input(b"text".to_vec())]);
}

/// R30: who does not read is told of what is missing, and nobody else misses anything.
#[test]
fn who_does_not_read_loses_what_does_not_fit_and_is_told() {
    let mut audience = audience();
    let idle = audience.attach(Attach::Watch, Terminal::Absent).unwrap();
    let reader = audience.attach(Attach::Watch, Terminal::Absent).unwrap();
    let line = [b'x'; 4000];
    for _ in 0..1000 {
        audience.hear(&line);
        assert_eq!(next(&reader), output(&line));
    }
    let mut got = 0;
    while let Some(packet) = next(&idle) {
        assert_eq!(Some(packet), output(&line));
        got += 1;
    }
    assert!((1..1000).contains(&got), "{got}");
    assert!(attend(&mut audience, Room::Some).is_empty());
    assert_eq!(next(&idle), Some(FromConsole::Lost.encode()));
    audience.hear(b"new");
    assert_eq!((next(&idle), next(&idle)), (output(b"new"), None));
}

#[test]
fn any_packet_is_answered_by_nothing_worse_than_silence() {
    let mut audience = audience();
    let driver = audience.attach(Attach::Drive, Terminal::Absent).unwrap();
    for packet in [&b"x"[..], b"w", b"w123", b"w12345", &[0xff; 16]] {
        send(&driver, packet, SendFlags::empty()).unwrap();
        assert!(attend(&mut audience, Room::Some).is_empty());
    }
    say(&driver, &ToConsole::Window { rows: 24, columns: 80 });
    assert_eq!(attend(&mut audience, Room::Some), [Said::Window { rows: 24, columns: 80 }]);
}
