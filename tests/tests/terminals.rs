//! Terminals beside the console, the keys at it, and its colour.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::os::fd::OwnedFd;

use redd_sys::channel::Channel;
use redd_tests::{Leftovers, Machine, Need, Run, at_a_terminal, covers, needs, run, unique_name};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

fn tree() -> String {
    Need::Debian13.tree().display().to_string()
}

/// A terminal of a machine's own, as long as it is held.
struct Terminal {
    _connection: Channel,
    name: String,
    manager: OwnedFd,
    seen: String,
}

impl Terminal {
    fn of(machine: &Machine) -> Option<Self> {
        let path = format!("/run/redd/machines/{}/terminals", machine.name);
        let connection =
            socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        connect(&connection, &SocketAddrUnix::new(path).unwrap()).unwrap();
        let connection = Channel::from(connection);
        let mut buffer = vec![0; 65536];
        let mut received = connection.receive(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer[..received.length]).into_owned();
        let (name, seen) = text.split_once('\n')?;
        let manager = received.descriptors.pop().unwrap();
        Some(Self { _connection: connection, name: name.to_owned(), manager, seen: seen.to_owned() })
    }

    fn wait_for(&mut self, text: &str) {
        while !self.seen.contains(text) {
            let mut polled = [PollFd::new(&self.manager, PollFlags::IN)];
            let limit = Timespec { tv_sec: 60, tv_nsec: 0 };
            assert_eq!(poll(&mut polled, Some(&limit)).unwrap(), 1, "no {text:?} after {:?}", self.seen);
            let mut buffer = [0; 4096];
            match rustix::io::read(&self.manager, &mut buffer) {
                Ok(length) => self.seen.push_str(&String::from_utf8_lossy(&buffer[..length])),
                // A getty that begins hangs up whoever had the terminal before, redd too.
                Err(Errno::IO) => std::thread::sleep(std::time::Duration::from_millis(20)),
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn enter(&mut self, text: &str) {
        self.seen.clear();
        rustix::io::write(&self.manager, text.as_bytes()).unwrap();
    }
}

/// What an active check says of one of its checks.
fn verdict(run: &Run, id: &str) -> String {
    let report: serde_json::Value = serde_json::from_str(&run.output).unwrap();
    let judgements = report["judgements"].as_array().unwrap();
    let judgement = judgements.iter().find(|judgement| judgement["check"] == id).unwrap();
    judgement["verdict"].as_str().unwrap().to_owned()
}

#[test]
fn further_terminals_have_login_prompts_and_are_handed_out() {
    needs!(Need::Root, Need::Debian13);
    covers!(EV3, EE5);
    let machine = Machine::boot(&Need::Debian13.tree(), &["--ttys=2"]);
    machine.assert_runs_clean();
    assert_eq!(machine.state()["terminals"], serde_json::json!(["pts/1", "pts/2"]));
    let units = "container-getty@1 container-getty@2 console-getty";
    assert_eq!(machine.shell(&format!("systemctl is-active {units}")), "active\nactive\nactive");
    let checked = run(["check", "--json", &machine.name]);
    assert_eq!((verdict(&checked, "EV3.1"), verdict(&checked, "EV3.2")), ("pass".into(), "pass".into()));
    let mut first = Terminal::of(&machine).unwrap();
    // The prompt was written before anybody came.
    first.wait_for("login: ");
    first.enter("nobody\r");
    first.wait_for("Password: ");
    let mut second = Terminal::of(&machine).unwrap();
    second.wait_for("login: ");
    assert_eq!((first.name.as_str(), second.name.as_str()), ("pts/1", "pts/2"));
    assert!(Terminal::of(&machine).is_none(), "a terminal was handed out twice");
    drop(second);
    // A getty that ends is followed by another one, and the terminal stays.
    assert!(machine.succeeds("systemctl restart container-getty@2"));
    let mut again = Terminal::of(&machine).unwrap();
    again.enter("\r");
    again.wait_for("login: ");
    assert_eq!(again.name, "pts/2");
    assert_eq!(machine.stop(), 0);
}

#[test]
fn nobody_inside_waits_for_a_reader_of_a_further_terminal() {
    needs!(Need::Root, Need::Debian13);
    covers!(EV3);
    // Where the command has redd's own streams there is no console, and the first pty is a further one.
    let script = "echo $container_ttys; seq 100000 > /dev/pts/0 && ls -l /dev/console 2>/dev/null; echo done";
    let run = run(["run", "-x", "-P", "--ttys=1", &tree(), "sh", "-c", script]);
    assert_eq!((run.status, run.output.as_str()), (0, "pts/0\ndone"), "{}", run.errors);
}

#[test]
fn a_machine_boots_again_with_its_terminals_and_leaves_no_socket() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &["--ttys=1"]);
    let (leftovers, name) = (Leftovers::before(&machine.name), machine.name.clone());
    let leader = machine.leader();
    drop(machine.inside(&["systemctl", "reboot"]));
    machine.wait_for_message("READY=1");
    assert_ne!(machine.leader(), leader);
    let mut terminal = Terminal::of(&machine).unwrap();
    terminal.wait_for("login: ");
    assert_eq!(machine.stop(), 0);
    assert!(!std::path::Path::new(&format!("/run/redd/machines/{name}")).exists());
    leftovers.assert_no_mounts();
}

#[test]
fn keys_at_the_console_reboot_and_power_off_in_an_orderly_way() {
    needs!(Need::Root, Need::Debian13);
    for (keys, status, last) in [(b"\x1d\x1dr", 133, "reboot.target"), (b"\x1d\x1dp", 0, "poweroff.target")] {
        let boot = format!("REDD boot --keep-unit -x -M {} {}", unique_name(), tree());
        let seen = at_a_terminal(&boot, "login:", keys);
        assert!(seen.contains(&format!("status {status}")), "{seen}");
        let name = if last == "reboot.target" { "Reboot" } else { "Power Off" };
        assert!(seen.contains(last) || seen.contains(name), "{seen}");
        assert!(seen.contains("^]^]r reboots"), "{seen}");
    }
}

#[test]
fn keys_stop_a_command_and_are_not_named_to_whom_does_not_want_that() {
    needs!(Need::Root, Need::Debian13);
    let command = format!("REDD run -q -x {} sh -c 'echo ready; sleep 1000'", tree());
    let seen = at_a_terminal(&command, "ready", b"\x1d\x1dp");
    assert!(seen.contains("status 143"), "{seen}");
    assert!(!seen.contains("kills"), "{seen}");
}

#[test]
fn the_console_is_tinted_until_its_end() {
    needs!(Need::Root, Need::Debian13);
    let script = "sh -c 'printf \"one\\033[0mtwo\\n\"'";
    let run = |options: &str| {
        let command = format!("TERM=xterm REDD run -q {options} -x {} {script}", tree());
        at_a_terminal(&command, "one", b"")
    };
    let seen = run("--background=44");
    assert!(seen.contains("\x1b[44m\x1b[Jone\x1b[0;44mtwo\r\n\x1b[0m\x1b[J"), "{seen:?}");
    for options in ["", "--background="] {
        assert!(run(options).contains("one\x1b[0mtwo\r\nstatus 0"), "{options}");
    }
    let dumb = format!("TERM=dumb REDD run -q --background=44 -x {} {script}", tree());
    assert!(at_a_terminal(&dumb, "one", b"").contains("one\x1b[0mtwo\r\nstatus 0"));
    let mut elsewhere = redd_tests::redd();
    elsewhere.args(["run", "--console=read-only", "--background=44", "-x", &tree()]);
    let output = elsewhere.args(["printf", "x"]).env("TERM", "xterm").output().unwrap();
    assert_eq!(output.stdout, b"x");
}

/// A terminal has one session: that of the command, not that of the small init above it.
#[test]
fn a_command_at_a_terminal_is_interrupted_from_there() {
    needs!(Need::Root, Need::Debian13);
    // A shell that is just starting a program may lose the signal for it, so none runs for long.
    let script = "sh -c ': > /dev/tty && echo controlled; for turn in $(seq 1000); do sleep 0.1; done; echo not reached'";
    let seen = at_a_terminal(&format!("REDD run -q -x {} {script}", tree()), "controlled", b"\x03");
    assert!(seen.contains("status 130"), "{seen}");
}
