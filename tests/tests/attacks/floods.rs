//! A payload that says too much.

use std::io::Read as _;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redd_tests::{Leftovers, Need, held_by, needs, redd, unique_name};

use rustix::io::retry_on_intr;
use rustix::net::{RecvFlags, recv};

use crate::registry::Held::Always;
use crate::registry::{Attack, Users, test, wait_until};

pub(crate) const ATTACKS: &[Attack] = &[
    test(
        "A27 flood the notify socket, with descriptors and up to 4 MiB",
        Always,
        a_notify_flood_costs_nothing_that_adds_up,
    ),
    test("A27 notify as another process", Always, a_notify_flood_costs_nothing_that_adds_up),
    test("A48 flood a console that is logged", Always, a_log_has_an_end),
    test("A28 flood a console that nobody reads, then be stopped", Always, a_stop_works_while_nobody_reads),
];

/// A payload as PID 1, which prints a word when it is there.
fn start(users: Users, name: &str, options: &[&str], perl: &str, socket: Option<&std::path::Path>) -> Child {
    let mut command = redd();
    command.args(["run", "--as-pid1", "-x", "-M", name, "--network-veth=no", users.option()]).args(options);
    command.arg(Need::Debian13.tree()).args(["--", "/usr/bin/perl", "-e", perl]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(socket) = socket {
        command.env("NOTIFY_SOCKET", socket);
    }
    command.spawn().unwrap()
}

fn wait_for_word(child: &mut Child, word: &str) {
    let (mut seen, mut byte) = (String::new(), [0]);
    while !seen.ends_with(word) {
        assert_eq!(
            child.stdout.as_mut().unwrap().read(&mut byte).unwrap(),
            1,
            "{word} does not come: {seen}"
        );
        seen.push(char::from(byte[0]));
    }
}

/// Each kind of message many times; a child that is not PID 1 says it is ready. `sendmsg` with 200 descriptors is made
/// by hand.
const NOTIFY_FLOOD: &str = r#"
use Socket; $| = 1; socket(S, AF_UNIX, SOCK_DGRAM, 0); connect(S, sockaddr_un($ENV{NOTIFY_SOCKET})) or die;
setsockopt(S, SOL_SOCKET, SO_SNDBUF, 8 << 20);
print "start\n";
open(N, "<", "/dev/null"); $fds = pack("i*", (fileno(N)) x 200);
$control = pack("QiiA*", 16 + length $fds, 1, 1, $fds); $text = "STATUS=with descriptors";
$vector = pack("PQ", $text, length $text);
$message = pack("QIxxxxPQPQi", 0, 0, $vector, 1, $control, length $control, 0);
if (!fork) { send(S, "READY=1\nSTATUS=child", 0) for 1..50; exit 0 } wait;
for (1..20) {
  syscall(46, fileno(S), $message, 0) for 1..20;
  for $size (1024, 4097, 65536, 1 << 20, 4 << 20) { send(S, "STATUS=" . "z" x $size, 0) }
  send(S, "", 0); send(S, "\n" x 4000, 0); send(S, "X=" x 2000, 0);
}
send(S, "STATUS=end", 0); print "end\n"; sleep 1000;
"#;

#[test]
fn a_notify_flood_costs_nothing_that_adds_up() {
    needs!(Need::Root, Need::Debian13);
    for users in Users::BOTH {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("notify");
        let listener = UnixDatagram::bind(&socket).unwrap();
        listener.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let name = unique_name();
        let leftovers = Leftovers::before(&name);
        let mut child = start(users, &name, &["-P", "--notify-ready=yes"], NOTIFY_FLOOD, Some(&socket));
        wait_for_word(&mut child, "start\n");
        let before = held_by(&child.id().to_string());
        let (mut messages, mut buffer) = (Vec::new(), [0; 65536]);
        while messages.last().is_none_or(|message| message != "STATUS=end") {
            let length = retry_on_intr(|| Ok(recv(&listener, &mut buffer, RecvFlags::empty())?.0)).unwrap();
            messages.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
        }
        // The last ones are still being closed, by a process of their own.
        let held = || held_by(&child.id().to_string());
        wait_until("descriptors are closed", || held().0 <= before.0);
        let after = held();
        assert!(after.1 <= before.1 + 1024, "{before:?}, then {after:?}");
        let mut others =
            messages.iter().filter(|message| message.contains("READY") || message.contains("child"));
        assert_eq!(others.next(), None, "only PID 1 is listened to");
        // The text came, the descriptors did not.
        assert!(messages.iter().any(|message| message == "STATUS=with descriptors"));
        assert!(messages.iter().all(|message| message.len() < 1200));
        child.kill().unwrap();
        child.wait().unwrap();
        leftovers.assert_none();
    }
}

/// R29, for a console of redd's and for a pipe that is the payload's own.
#[test]
fn a_stop_works_while_nobody_reads() {
    needs!(Need::Root, Need::Debian13);
    let flood = "$| = 1; $SIG{TERM} = \"IGNORE\"; print \"start\\n\"; print \"y\" x 65536 while 1";
    for users in Users::BOTH {
        for console in ["--console=pipe", "--console=read-only"] {
            let name = unique_name();
            let leftovers = Leftovers::before(&name);
            let mut child = start(users, &name, &[console, "--stop-timeout=1s"], flood, None);
            wait_for_word(&mut child, "start");
            wait_until_full(&child);
            assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
            wait_until("redd ends", || child.try_wait().unwrap().is_some());
            leftovers.assert_none();
        }
    }
}

/// Until a pipe has tens of KiB and gets no more.
fn wait_until_full(child: &Child) {
    let output = child.stdout.as_ref().unwrap();
    let (mut before, mut now) = (0, 0);
    wait_until("the payload floods", || {
        (before, now) = (now, rustix::io::ioctl_fionread(output).unwrap());
        now >= 16 * 1024 && now == before
    });
}

/// Two files of 4 MiB, however much is written; a disk that does not answer is tried in `tests/tests/console_log.rs`.
#[test]
fn a_log_has_an_end() {
    needs!(Need::Root, Need::Debian13);
    for users in Users::BOTH {
        let name = unique_name();
        let perl = r#"$x = "x" x 65535; for (1..600) { syswrite STDOUT, "$x\n" or die } print "the end\n""#;
        let mut flood = start(users, &name, &["--console=kept"], perl, None);
        assert!(flood.wait().unwrap().success());
        let logs = std::path::Path::new("/var/lib/redd/logs").join(&name);
        let read = |file: &str| std::fs::read(logs.join(file)).unwrap();
        let (old, new) = (read("console.log.1"), read("console.log"));
        assert!(old.len() <= 4 << 20 && new.len() <= 4 << 20, "{} and {} bytes", old.len(), new.len());
        assert!(new.ends_with(b"the end\r\n"));
        std::fs::remove_dir_all(logs).unwrap();
    }
}
