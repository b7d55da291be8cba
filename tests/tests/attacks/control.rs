//! Clients of a control socket that say anything, or nothing, and read nothing (R30).

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use redd_control::machine::method;
use redd_tests::{Background, Need, needs, tiny_tree};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::registry::Held::Always;
use crate::registry::{Attack, test};

pub(crate) const ATTACKS: &[Attack] = &[
    test("A30 10 000 idle clients of a control socket", Always, idle_clients_keep_nobody_from_being_answered),
    test("A30 a million messages to a control socket", Always, messages_that_mean_nothing_do_no_harm),
    test("A30 clients that read no answer and no event", Always, who_does_not_read_is_given_up),
];

const IDLE: usize = 10_000;

fn connect(machine: &Background) -> UnixStream {
    UnixStream::connect(format!("/run/redd/machines/{}/control", machine.name)).unwrap()
}

fn start(tree: &tempfile::TempDir) -> Background {
    Background::start(tree.path(), &["--read-only"])
}

#[test]
fn idle_clients_keep_nobody_from_being_answered() {
    needs!(Need::Root);
    let limit = getrlimit(Resource::Nofile);
    let wanted = Some(IDLE as u64 + 1000);
    let maximum = limit.maximum.max(wanted);
    setrlimit(Resource::Nofile, Rlimit { current: wanted, maximum }).unwrap();
    let tree = tiny_tree();
    let machine = start(&tree);
    let idle: Vec<UnixStream> = (0..IDLE).map(|_| connect(&machine)).collect();
    assert_eq!(machine.description().boots, 1);
    let descriptors = format!("/proc/{}/fd", machine.record().unwrap().supervisor);
    let open = std::fs::read_dir(descriptors).unwrap().count();
    assert!(open < 300, "the supervisor has {open} files open");
    machine.stop();
    drop(idle);
}

/// Most of them are tried without a socket, in `fuzz/tests/control.rs`.
#[test]
fn messages_that_mean_nothing_do_no_harm() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = start(&tree);
    let call = format!(r#"{{"method":"{}","parameters":{{"what":[1,2,3]}}}}"#, method::DESCRIBE);
    let calls: Vec<Vec<u8>> = (0..3000_usize)
        .map(|number| {
            let mut message = call.clone().into_bytes();
            let at = number % message.len();
            message[at] = u8::try_from(number * 31 % 256).unwrap();
            message.push(0);
            message
        })
        .collect();
    let garbage: [&[u8]; 5] =
        [b"\0\0\0", b"GET / HTTP/1.1\r\n\r\n\0", &[0xff; 100_000], &[b'['; 60_000], b"{}\0"];
    for message in calls.iter().map(Vec::as_slice).chain(garbage) {
        let mut client = connect(&machine);
        // It may close the connection in the middle.
        drop(client.write_all(message));
        drop(client.set_read_timeout(Some(Duration::from_millis(1))));
        drop(client.read(&mut [0; 64]));
    }
    assert_eq!(machine.description().boots, 1);
    machine.stop();
}

#[test]
fn who_does_not_read_is_given_up() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = start(&tree);
    let mut subscriber = connect(&machine);
    let subscribe = format!(r#"{{"method":"{}","more":true}}"#, method::SUBSCRIBE);
    subscriber.write_all(&[subscribe.as_bytes(), b"\0"].concat()).unwrap();
    let mut deaf = connect(&machine);
    deaf.set_nonblocking(true).unwrap();
    let describe = format!(r#"{{"method":"{}"}}"#, method::DESCRIBE);
    let describe = [describe.as_bytes(), b"\0"].concat();
    let deadline = Instant::now() + Duration::from_secs(60);
    // Until it takes no more, or has gone.
    let (mut refusals, mut at) = (0, 0);
    while refusals < 20 {
        assert!(Instant::now() < deadline, "everything is taken from one who reads nothing");
        match deaf.write(&describe[at..]) {
            Ok(length) => (refusals, at) = (0, (at + length) % describe.len()),
            Err(_) => {
                refusals += 1;
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
    machine.does(&["pause"], &[]);
    machine.does(&["resume"], &[]);
    let status = format!("/proc/{}/status", machine.record().unwrap().supervisor);
    let status = std::fs::read_to_string(status).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim();
    let kilobytes: u64 = resident.split_whitespace().next().unwrap().parse().unwrap();
    assert!(kilobytes < 64 * 1024, "the supervisor has {resident} of memory");
    machine.stop();
}
