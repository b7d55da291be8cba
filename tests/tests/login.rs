//! `redd login`: a prompt of the payload's own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::{Background, Need, at_a_terminal, needs, redd, tiny_tree};

const LEAVE: &[u8] = b"\x1d\x1dd";
/// Its getty asks nobody for a name or a password.
const AUTOMATIC: [&str; 3] =
    ["--ephemeral", "--set-credential=agetty.autologin:root", "--set-credential=login.noauth:yes"];

fn login(name: &str) -> Command {
    let mut command = redd();
    command.args(["login", name]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn read_until(process: &mut Child, word: &str) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    let stream = process.stdout.as_mut().unwrap();
    while !text.contains(word) {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "no {word:?} in {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    text
}

/// The units that prompt at terminals that were made for somebody.
fn prompts(machine: &Background) -> String {
    let words =
        ["--", "systemctl", "list-units", "--no-legend", "--plain", "--state=active", "container-getty@*"];
    machine.does(&["exec"], &words)
}

fn wait_until(what: &str, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !look() {
        assert!(Instant::now() < deadline, "not: {what}");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_payloads_systemd_prompts_at_a_new_terminal_and_leaves_nothing_when_it_is_left() {
    needs!(Need::Root, Need::Debian13);
    let machine = Background::start(&Need::Debian13.tree(), &["--ephemeral", "--hostname=the-host"]);
    let seen = at_a_terminal(&format!("REDD login {}", machine.name), "the-host login: ", LEAVE);
    for word in ["^]^]d within a second leaves it", "redd: left ", "status 0", " icanon"] {
        assert!(seen.contains(word), "{word}: {seen}");
    }
    wait_until("the prompt is gone", || prompts(&machine).is_empty());
    let failed = machine.does(&["exec"], &["--", "systemctl", "--failed", "--no-legend", "--plain"]);
    assert_eq!(failed, "");
    machine.stop();
}

#[test]
fn who_logs_in_has_a_session_with_a_terminal_of_the_machines() {
    needs!(Need::Root, Need::Debian13);
    let machine = Background::start(&Need::Debian13.tree(), &AUTOMATIC);
    let mut process = login(&machine.name).spawn().unwrap();
    read_until(&mut process, "# ");
    let script = b"tty; echo session-$XDG_SESSION_ID; stat -c owner-%U $(tty); loginctl --no-legend | wc -l; echo end-$((6*7))\n";
    process.stdin.as_mut().unwrap().write_all(script).unwrap();
    let seen = read_until(&mut process, "end-42");
    for word in ["/dev/pts/1\r\n", "\nsession-", "\nowner-root"] {
        assert!(seen.contains(word), "{word}: {seen}");
    }
    assert!(!seen.contains("\nsession-\r"), "no session: {seen}");
    // The end of the input logs out.
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    machine.stop();
}

#[test]
fn two_may_be_at_prompts_of_their_own_and_the_machines_end_is_theirs() {
    needs!(Need::Root, Need::Debian13);
    let machine = Background::start(&Need::Debian13.tree(), &["--ephemeral", "--hostname=the-host"]);
    let mut both = [(); 2].map(|()| login(&machine.name).spawn().unwrap());
    both.iter_mut().for_each(|process| drop(read_until(process, "login: ")));
    assert_eq!(prompts(&machine).lines().count(), 2);
    machine.stop();
    for mut process in both {
        assert_eq!(process.wait().unwrap().code(), Some(0));
    }
}

/// Inits that know no units prompt where the machine was told to have terminals.
#[test]
fn a_machine_without_systemd_has_the_terminals_it_was_started_with() {
    needs!(Need::Root, Need::Runit);
    let machine = Background::start(&Need::Runit.tree(), &["--ephemeral", "--ttys=1", "--hostname=the-host"]);
    let pts = &machine.record().unwrap().terminals[0];
    let getty = format!("setsid agetty --noclear {pts} vt100 < /dev/null > /dev/null 2>&1 &");
    machine.does(&["exec"], &["--", "sh", "-c", &getty]);
    let seen = at_a_terminal(&format!("REDD login {}", machine.name), "the-host login: ", LEAVE);
    assert!(seen.contains("redd: left ") && seen.contains("status 0"), "{seen}");
    machine.stop();
}

#[test]
fn a_machine_that_offers_no_prompt_says_what_there_is_instead() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &["--read-only"]);
    let refused = machine.verb(&["login"], &[]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.errors.contains("redd shell") && refused.errors.contains("--ttys=1"), "{refused:?}");
    machine.does(&["pause"], &[]);
    let refused = machine.verb(&["login"], &[]);
    assert!(refused.status == 1 && refused.errors.contains("redd resume"), "{refused:?}");
    drop(machine.verb(&["terminate"], &[]));
    machine.assert_gone();
}
