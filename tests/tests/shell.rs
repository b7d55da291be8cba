//! `redd shell`: a session by the payload's own systemd, or a plain one, with its own end.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::{Machine, NamedTree, Need, at_a_terminal, needs, redd};

const USERS: [&str; 2] = ["--private-users=pick", "--private-users=no"];

fn shell(words: &[&str]) -> Output {
    redd().arg("shell").args(words).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n").trim_end().to_owned()
}

/// Until then nobody may log in.
fn wait_for_logins(machine: &Machine) {
    let words = ["exec", &machine.name, "systemctl", "is-system-running", "--wait"];
    drop(redd().args(words).output().unwrap());
}

fn wait_until(what: &str, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !look() {
        assert!(Instant::now() < deadline, "not: {what}");
        sleep(Duration::from_millis(20));
    }
}

fn units(machine: &Machine) -> String {
    let list = ["systemctl", "list-units", "--all", "--no-legend", "--plain", "redd-shell-*"];
    text(&redd().arg("exec").arg(&machine.name).args(list).output().unwrap().stdout)
}

#[test]
fn a_session_is_one_of_the_payloads_own_and_keeps_its_status() {
    needs!(Need::Root, Need::Debian13);
    for users in USERS {
        let machine = Machine::boot(&Need::Debian13.tree(), &[users]);
        wait_for_logins(&machine);
        let script = "id -un; tty; pwd; echo session $XDG_SESSION_ID; who; cat /proc/self/cgroup; exit 7";
        let run = shell(&[&machine.name, "sh", "-c", script]);
        let seen = text(&run.stdout);
        assert_eq!(run.status.code(), Some(7), "{users}: {seen} {}", text(&run.stderr));
        assert!(seen.starts_with("root\n/dev/pts/") && seen.contains("\n/root\nsession c"), "{seen}");
        // utmp, and a scope of logind's.
        assert!(seen.contains("root     pts/") && seen.contains("/session-c"), "{seen}");
        let killed = shell(&[&machine.name, "sh", "-c", "kill -s KILL $$"]);
        assert_eq!(killed.status.code(), Some(137), "{}", text(&killed.stdout));
        let guest = format!("daemon@{}", machine.name);
        let options = ["-w", "/usr", "-e", "ONE=$HOME two", &guest];
        let script = "id -un; pwd; echo \"$ONE\"; stat -c %U $(tty)";
        let run = shell(&[&options[..], &["sh", "-c", script]].concat());
        assert_eq!(text(&run.stdout), "daemon\n/usr\n$HOME two\ndaemon", "{}", text(&run.stderr));
        wait_until("nothing is left of them", || units(&machine).is_empty());
        for (words, status) in [
            (&["nobody-here@NAME", "true"][..], 125),
            (&["NAME", "no-such-command"], 127),
            (&["NAME", "/etc/passwd"], 126),
        ] {
            let words: Vec<String> = words.iter().map(|word| word.replace("NAME", &machine.name)).collect();
            let run = shell(&words.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(run.status.code(), Some(status), "{words:?}: {}", text(&run.stderr));
        }
    }
}

#[test]
fn somebody_at_a_terminal_logs_in_and_leaves() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    wait_for_logins(&machine);
    let line = format!("REDD shell {}", machine.name);
    let typed = b"echo $((6*7)) $0 $TERM; stty size; exit 5\n";
    let seen = at_a_terminal(&line, "# ", typed);
    assert!(seen.contains("42 -bash") && seen.contains("33 77") && seen.contains("status 5"), "{seen}");
    assert!(seen.contains(" icanon") && seen.contains(" echo "), "{seen}");
}

#[test]
fn a_session_ends_with_a_caller_that_is_killed() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    wait_for_logins(&machine);
    let mut command = redd();
    command.args(["shell", &machine.name, "sleep", "1000"]).stdout(Stdio::null());
    let mut child: Child = command.stdin(Stdio::piped()).spawn().unwrap();
    wait_until("the session is there", || units(&machine).contains("running"));
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("it is gone", || units(&machine).is_empty());
    // Neither does a signal leave anything.
    let mut child: Child = command.spawn().unwrap();
    wait_until("the session is there", || units(&machine).contains("running"));
    let status = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn where_there_is_no_service_manager_or_none_is_wanted_a_session_is_plain() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    let run = shell(&["--plain", &machine.name, "sh", "-c", "cat /proc/self/cgroup; exit 8"]);
    assert_eq!(run.status.code(), Some(8), "{}", text(&run.stderr));
    assert!(!text(&run.stdout).contains("session"), "{}", text(&run.stdout));
    let small = NamedTree::minimal().running(&[], &["/usr/bin/busybox", "sleep", "1000"]);
    let run = shell(&[&small.name, "busybox", "sh", "-c", "exit 9"]);
    assert_eq!(run.status.code(), Some(9), "{}", text(&run.stderr));
}

#[test]
fn a_frozen_machine_or_none_is_refused_at_once() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    assert!(redd().args(["pause", &machine.name]).status().unwrap().success());
    let run = shell(&[&machine.name, "true"]);
    assert_eq!(run.status.code(), Some(125));
    assert!(text(&run.stderr).contains("redd resume"), "{}", text(&run.stderr));
    assert!(redd().args(["resume", &machine.name]).status().unwrap().success());
    let run = shell(&["no-such-machine", "true"]);
    assert_eq!(run.status.code(), Some(125));
    assert!(text(&run.stderr).contains("does not run"), "{}", text(&run.stderr));
}
