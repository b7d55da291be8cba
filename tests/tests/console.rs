//! What the payload writes to its console arrives, all of it and in order.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::{Need, needs, redd, unique_name};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A command that writes so many numbered lines of 20 bytes, which become 21 on a terminal.
fn lines(name: &str, count: usize) -> Command {
    let mut command = redd();
    command.args(["run", "--ephemeral", "-M", name]).arg(Need::Debian13.tree());
    command.args(["seq", "-f", "%019.0f", &count.to_string()]);
    command
}

/// Runs a command on a terminal; the terminal's other end.
fn at_terminal(command: &mut Command) -> (OwnedFd, Child) {
    let manager = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&manager).unwrap();
    unlockpt(&manager).unwrap();
    let name = ptsname(&manager, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = openat(CWD, OsStr::from_bytes(name.as_bytes()), flags, Mode::empty()).unwrap();
    let process = command.stdin(terminal.try_clone().unwrap()).stdout(terminal).spawn().unwrap();
    // The command has the terminal open as well, and its end is seen when nobody has.
    command.stdin(Stdio::null()).stdout(Stdio::null());
    (manager, process)
}

/// All that comes until the end, which a terminal tells as an error; `pause` is called after each piece.
fn read_all(terminal: &OwnedFd, pause: impl Fn(usize)) -> Vec<u8> {
    let (mut all, mut piece) = (Vec::new(), [0; 3000]);
    while let Ok(length @ 1..) = rustix::io::read(terminal, &mut piece) {
        all.extend_from_slice(&piece[..length]);
        pause(all.len());
    }
    all
}

#[track_caller]
fn assert_complete(text: &[u8], count: usize) {
    let expected: Vec<u8> = (1..=count).flat_map(|number| format!("{number:019}\r\n").into_bytes()).collect();
    let same = text.iter().zip(&expected).take_while(|(one, other)| one == other).count();
    assert!(
        text == expected,
        "{} bytes of {} came, the first {same} of them as they should: {:?}",
        text.len(),
        expected.len(),
        String::from_utf8_lossy(&text[same..text.len().min(same + 60)])
    );
}

#[test]
fn a_slow_reader_gets_everything() {
    needs!(Need::Root, Need::Debian13);
    const LINES: usize = 1_000_000;
    let (terminal, mut redd) = at_terminal(&mut lines(&unique_name(), LINES));
    // Fast, with pauses in which everything on the way fills up.
    let text = read_all(&terminal, |length| {
        if length % 500_000 < 3000 {
            sleep(Duration::from_millis(20));
        }
    });
    assert!(redd.wait().unwrap().success());
    assert_complete(&text, LINES);
}

#[test]
fn what_was_written_before_the_end_is_read_after_it() {
    needs!(Need::Root, Need::Debian13);
    // More than the caller's terminal keeps, less than both terminals do.
    const LINES: usize = 1_600;
    let name = unique_name();
    let (terminal, mut redd) = at_terminal(&mut lines(&name, LINES));
    wait_for_end_of_payload(&name);
    let text = read_all(&terminal, |_length| {});
    assert!(redd.wait().unwrap().success());
    assert_complete(&text, LINES);
}

fn wait_for_end_of_payload(name: &str) {
    let state = Path::new("/run/redd/machines").join(name).join("state.json");
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut leader = None;
    loop {
        assert!(Instant::now() < deadline, "the payload does not end");
        sleep(Duration::from_millis(5));
        if leader.is_none() {
            let text = fs::read(&state).unwrap_or_default();
            let state: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
            leader = state["leader"].as_u64();
        }
        if leader.is_some_and(|leader| !Path::new(&format!("/proc/{leader}")).exists()) {
            return;
        }
    }
}

#[test]
fn output_goes_behind_what_a_file_has() {
    needs!(Need::Root, Need::Debian13);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let mut file = File::create(&path).unwrap();
    file.write_all(b"before\n").unwrap();
    let mut command = redd();
    command.args(["run", "--ephemeral", "--console=read-only"]).arg(Need::Debian13.tree());
    assert!(command.args(["echo", "after"]).stdout(file).status().unwrap().success());
    assert_eq!(fs::read_to_string(path).unwrap(), "before\nafter\r\n");
}

/// What a console is like from inside, in each mode, for a caller without a terminal.
#[test]
fn every_mode_has_its_console_and_its_streams() {
    needs!(Need::Root, Need::Debian13);
    let script = "stty size < /dev/pts/0; test -c /dev/console && echo a console; read line; echo got $line; \
                  (: > /dev/tty) && echo a terminal of its own; echo to stderr >&2";
    let inside = |mode: &str| {
        let mut command = redd();
        command.args(["run", "--ephemeral", &format!("--console={mode}")]).arg(Need::Debian13.tree());
        command.args(["sh", "-c", &format!("({script}) 2>&1 | tee /var/tmp/seen; cat /var/tmp/seen >&2")]);
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = process.spawn().unwrap();
        process.stdin.take().unwrap().write_all(b"typed\n").unwrap();
        let output = process.wait_with_output().unwrap();
        String::from_utf8_lossy(&output.stdout).replace('\r', "")
    };
    let interactive = inside("interactive");
    for line in ["24 80", "a console", "got typed", "a terminal of its own", "to stderr"] {
        assert!(interactive.contains(line), "{line}: {interactive}");
    }
    for mode in ["pipe", "autopipe"] {
        let pipe = inside(mode);
        assert!(pipe.contains("got typed") && pipe.contains("to stderr"), "{pipe}");
        assert!(!pipe.contains("a console") && !pipe.contains("a terminal of its own"), "{pipe}");
    }
}

/// What is typed does not reach the payload, and what it writes reaches nobody where nobody is connected.
#[test]
fn a_console_that_is_read_only_takes_nothing_and_a_passive_one_gives_nothing() {
    needs!(Need::Root, Need::Debian13);
    for (mode, expected) in [("read-only", "written\r\n"), ("passive", "")] {
        let mut command = redd();
        command.args(["run", "--ephemeral", &format!("--console={mode}")]).arg(Need::Debian13.tree());
        let script = "timeout --foreground 1 cat; echo written";
        command.args(["sh", "-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        process.stdin.take().unwrap().write_all(b"typed\n").unwrap();
        let output = process.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8_lossy(&output.stdout).as_ref()),
            (Some(0), expected)
        );
    }
}
