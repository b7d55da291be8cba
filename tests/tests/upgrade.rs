//! `redd upgrade`: another redd goes on with a machine, and nobody notices.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_control::event::{Event, Occurrence, Phase};
use redd_control::machine::method;
use redd_tests::{
    Background, Leftovers, Need, Run, at_a_terminal, finish, needs, redd, tiny_tree, unique_name,
};

/// Writes numbered lines until there is a file of that name, and says how many there were.
const LINES: &str =
    "n=0; while [ ! -e /run/enough ]; do n=$((n+1)); echo line $n; done; echo $n lines; exit 7";
/// The same, for those who are not waited for.
const SLOW_LINES: &str = "n=0; while [ ! -e /run/enough ]; do \
                          for i in 0 1 2 3 4 5 6 7 8 9; do n=$((n+1)); echo line $n; done; sleep 0.01; done; echo $n lines";

fn upgrade(name: &str, options: &[&str]) -> Run {
    let mut command = redd();
    command.arg("upgrade").args(options).arg(name);
    finish(command)
}

fn upgrades(name: &str, times: usize) {
    for _ in 0..times {
        let run = upgrade(name, &[]);
        assert_eq!((run.status, run.errors.as_str()), (0, ""));
    }
}

fn wait_until(what: &str, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !look() {
        assert!(Instant::now() < deadline, "not: {what}");
        sleep(Duration::from_millis(5));
    }
}

/// A command whose redd the test has started itself.
fn command(tree: &Path, options: &[&str], script: &str) -> (String, Child) {
    let name = unique_name();
    let mut command = redd();
    command.args(["run", "-M", &name, "-x", "--network-veth=no"]).args(options).arg(tree);
    command.args(["--", "/bin/sh", "-c", script]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let state = Path::new("/run/redd/machines").join(&name).join("state.json");
    wait_until("the machine runs", || state.exists());
    (name, child)
}

fn exec(name: &str, words: &[&str]) -> Run {
    let mut command = redd();
    command.args(["exec", name, "--"]).args(words);
    finish(command)
}

/// Reads without a pause, so that nobody who writes has to wait for the test.
struct Reader {
    process: Child,
    text: tempfile::NamedTempFile,
}

impl Reader {
    fn of(stream: ChildStdout) -> Self {
        let text = tempfile::NamedTempFile::new().unwrap();
        let mut cat = Command::new("cat");
        cat.stdin(stream).stdout(text.reopen().unwrap());
        Self { process: cat.spawn().unwrap(), text }
    }

    /// All of it, when nothing more can come.
    fn text(mut self) -> String {
        assert!(self.process.wait().unwrap().success());
        String::from_utf8_lossy(&fs::read(self.text.path()).unwrap()).into_owned()
    }
}

/// Every line is there once, in order, and so many as were written.
fn assert_complete(text: &str) {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    let first = lines.iter().position(|line| line.starts_with("line ")).unwrap();
    let last = lines.iter().rposition(|line| line.ends_with(" lines")).unwrap();
    let (written, count) = (&lines[first..last], lines[last].trim_end_matches(" lines"));
    for (number, line) in (1..).zip(written) {
        assert_eq!(*line, format!("line {number}"));
    }
    assert_eq!(written.len().to_string(), count);
}

#[test]
fn the_caller_gets_every_byte_and_the_status_while_redd_is_replaced_twenty_times() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let (name, mut child) = command(tree.path(), &["--console=read-only"], LINES);
    let read = Reader::of(child.stdout.take().unwrap());
    upgrades(&name, 20);
    assert_eq!(exec(&name, &["/bin/sh", "-c", ": > /run/enough"]).status, 0);
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert_complete(&read.text());
    Leftovers::before(&name).assert_none();
}

#[test]
fn who_is_at_the_console_and_its_log_miss_nothing() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let (name, mut child) = command(tree.path(), &["--console=kept"], SLOW_LINES);
    let mut visitor = redd();
    visitor.args(["console", "--watch", &name]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut visitor = visitor.stderr(Stdio::null()).spawn().unwrap();
    let read = Reader::of(visitor.stdout.take().unwrap());
    upgrades(&name, 20);
    assert_eq!(exec(&name, &["/bin/sh", "-c", ": > /run/enough"]).status, 0);
    child.wait().unwrap();
    visitor.wait().unwrap();
    // What was written before it came is there too, as far as it is kept.
    let seen = read.text();
    let log = fs::read_to_string(format!("/var/lib/redd/logs/{name}/console.log")).unwrap();
    assert_complete(&log);
    assert!(!seen.contains("bytes lost") && seen.contains(" lines"), "{seen}");
    let numbers: Vec<u32> =
        seen.lines().filter_map(|line| line.trim_end().strip_prefix("line ")?.parse().ok()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
    assert!(numbers.len() > 20, "{numbers:?}");
    drop(fs::remove_dir_all(format!("/var/lib/redd/logs/{name}")));
}

#[test]
fn who_types_at_a_console_goes_on_typing() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let (name, mut child) = command(tree.path(), &["--console=kept"], "read a; read b; echo $a-$b; exit 3");
    let mut visitor = redd();
    visitor.args(["console", &name]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut visitor = visitor.spawn().unwrap();
    let (mut keyboard, screen) = (visitor.stdin.take().unwrap(), visitor.stdout.take().unwrap());
    let mut lines = BufReader::new(screen).lines();
    let mut read_until = |word: &str| while !lines.next().unwrap().unwrap().contains(word) {};
    keyboard.write_all(b"one\n").unwrap();
    read_until("one");
    upgrades(&name, 3);
    keyboard.write_all(b"two\n").unwrap();
    read_until("one-two");
    assert_eq!(child.wait().unwrap().code(), Some(3));
    drop(keyboard);
    visitor.wait().unwrap();
    drop(fs::remove_dir_all(format!("/var/lib/redd/logs/{name}")));
}

#[test]
fn a_terminal_has_its_modes_again_when_the_machine_ends() {
    needs!(Need::Root);
    let (tree, name) = (tiny_tree(), unique_name());
    let program = redd().get_program().to_str().unwrap().to_owned();
    // The payload asks by a file for what it cannot do itself: to have its redd replaced.
    let line = format!(
        "(while [ ! -e {0}/asked ]; do sleep 0.02; done; {program} upgrade {name}; echo upgrade $? > {0}/done) & \
         REDD run -P -q -M {name} --network-veth=no --private-users=no {0} -- /bin/sh -c \
         ': > /asked; while [ ! -e /done ]; do sleep 0.02; done; cat /done; echo over; read x; echo got $x'",
        tree.path().display()
    );
    let seen = at_a_terminal(&line.replace(" -P ", " "), "over", b"something\r");
    assert!(seen.contains("got something") && seen.contains("upgrade 0"), "{seen}");
    assert!(seen.contains("status 0"), "{seen}");
    // After the end the line editing of the terminal is as it was.
    let modes = &seen[seen.rfind("status 0").unwrap()..];
    assert!(modes.contains(" icanon") && modes.contains(" echo "), "{modes}");
}

#[test]
fn a_machine_notices_nothing_and_everything_can_be_done_to_it_afterwards() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &["-x", "--network-veth=no", "--ttys=1"]);
    let (before, described) = (machine.record().unwrap(), machine.description());
    let born = || fs::read_to_string(format!("/proc/{}/stat", before.leader)).unwrap();
    let (since, mut listener) = (born(), machine.client());
    listener.subscribe(method::SUBSCRIBE, &serde_json::json!({})).unwrap();
    let mut next = || listener.next_reply::<Occurrence>(Some(Instant::now() + Duration::from_secs(60)));
    assert!(matches!(next().unwrap().event, Event::Phase { phase: Phase::Running }));
    machine.does(&["set"], &["pids=900"]);
    upgrades(&machine.name, 3);
    // Who listens still does, and hears of it.
    let mut told = 0;
    while told < 3 {
        told += usize::from(
            matches!(next().unwrap().event, Event::Changed { what } if what.starts_with("redd=")),
        );
    }
    let (after, again) = (machine.record().unwrap(), machine.description());
    assert_eq!(before, after);
    assert_eq!(
        (described.started, described.booted, described.ready),
        (again.started, again.booted, again.ready)
    );
    assert_eq!((again.boots, again.phase, again.leader), (1, Phase::Running, described.leader));
    let start_time = |stat: &str| stat.rsplit(' ').nth(30).map(ToOwned::to_owned);
    assert_eq!(start_time(&since), start_time(&born()));
    assert_eq!(children(after.supervisor, "redd-guard"), 1);
    assert_eq!(zombies(after.supervisor), 0);
    assert_eq!(exec(&machine.name, &["/usr/bin/true"]).status, 0);
    machine.does(&["pause"], &[]);
    machine.does(&["resume"], &[]);
    assert!(machine.does(&["show"], &[]).contains("\"redd\""));
    machine.does(&["restart"], &[]);
    let limits = machine.does(&["show"], &[]);
    assert!(limits.contains("900"), "{limits}");
    machine.stop();
}

fn processes(supervisor: u32) -> Vec<String> {
    let output = Command::new("ps").args(["--ppid", &supervisor.to_string(), "-o", "stat=,comm="]).output();
    String::from_utf8_lossy(&output.unwrap().stdout).lines().map(ToOwned::to_owned).collect()
}

fn children(supervisor: u32, name: &str) -> usize {
    processes(supervisor).iter().filter(|line| line.contains(name)).count()
}

fn zombies(supervisor: u32) -> usize {
    processes(supervisor).iter().filter(|line| line.starts_with('Z')).count()
}

#[test]
fn a_machine_reboots_and_is_started_again_by_the_redd_that_took_it_over() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let policy =
        ["-x", "--network-veth=no", "--restart=on-failure", "--restart-delay=10ms", "--restart-limit=2"];
    let machine = Background::start(tree.path(), &policy);
    let crash = || {
        machine.wait_for(
            || drop(machine.verb(&["kill", "--signal=USR1"], &[])),
            |event| matches!(event, Event::Phase { phase: Phase::Running }),
        )
    };
    machine.does(&["set"], &["pids=901"]);
    upgrades(&machine.name, 1);
    crash();
    wait_until("it was booted again", || {
        machine.description().boots == 2 && machine.description().phase == Phase::Running
    });
    upgrades(&machine.name, 1);
    assert_eq!(machine.verb(&["kill", "--signal=USR1"], &[]).status, 0);
    wait_until("it was booted a third time", || {
        machine.description().boots == 3 && machine.description().phase == Phase::Running
    });
    let described = machine.description();
    assert_eq!((described.boots, described.restarts), (3, 2));
    assert!(machine.does(&["show"], &[]).contains("901"));
    upgrades(&machine.name, 1);
    // The limit of two in a row counts over all of them.
    assert_eq!(machine.verb(&["kill", "--signal=USR1"], &[]).status, 0);
    machine.assert_gone();
}

#[test]
fn a_stop_that_is_going_on_ends_in_its_time() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start_with(tree.path(), &["-x", "--network-veth=no"], &["deaf"]);
    let mut stop = machine.command(&["stop", "--timeout=3s"], &[]).spawn().unwrap();
    machine.wait_for_phase(Phase::Stopping);
    upgrades(&machine.name, 2);
    assert_eq!(machine.description().phase, Phase::Stopping);
    // The verb waits for the end of its connection, which the machine has, whoever supervises it.
    assert_eq!(stop.wait().unwrap().code(), Some(0));
    machine.assert_gone();
}

#[test]
fn a_start_that_is_waited_for_is_told_when_the_machine_is_ready() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::named(&unique_name());
    let mut starting = machine.starting(tree.path(), &["-x", "--network-veth=no", "--ready-timeout=4s"]);
    let mut starting = starting.args(["--", "unready"]).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("it runs", || machine.record().is_some());
    upgrades(&machine.name, 2);
    // It is not ready in time, which is counted from its start, and its starter hears of its end.
    let mut errors = String::new();
    starting.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(starting.wait().unwrap().code(), Some(1), "{errors}");
    machine.assert_gone();
}

#[test]
fn a_paused_machine_is_still_paused() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &["-x", "--network-veth=no"]);
    machine.does(&["pause"], &[]);
    upgrades(&machine.name, 2);
    assert!(machine.description().paused);
    machine.does(&["resume"], &[]);
    assert!(!machine.description().paused);
    machine.stop();
}

#[test]
fn between_two_boots_it_is_refused_with_a_word_and_possible_afterwards() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let policy = ["-x", "--network-veth=no", "--restart=always", "--restart-delay=1h"];
    let machine = Background::start(tree.path(), &policy);
    machine.wait_for(
        || drop(machine.verb(&["kill", "--signal=USR1"], &[])),
        |event| matches!(event, Event::Phase { phase: Phase::Waiting }),
    );
    let refused = upgrade(&machine.name, &[]);
    assert_eq!(refused.status, 1);
    assert!(refused.errors.contains("waiting"), "{refused:?}");
    machine
        .client()
        .call::<serde_json::Value>(method::STOP, &serde_json::json!({"mode": "restart"}))
        .unwrap();
    wait_until("it runs again", || machine.description().phase == Phase::Running);
    upgrades(&machine.name, 1);
    machine.stop();
}

#[test]
fn a_redd_that_dies_after_it_took_over_leaves_nothing() {
    needs!(Need::Root);
    let tree = tiny_tree();
    for _ in 0..5 {
        let machine = Background::start(tree.path(), &["-x", "--private-users=pick"]);
        upgrades(&machine.name, 1);
        machine.kill_supervisor();
        machine.assert_gone();
    }
}

/// A program, and what is said of it.
fn program(directory: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_program_that_cannot_go_on_is_refused_and_the_machine_does() {
    needs!(Need::Root);
    let (tree, place) = (tiny_tree(), tempfile::tempdir().unwrap());
    let machine = Background::start(tree.path(), &["-x", "--network-veth=no"]);
    let path = |name: &str| Need::Debian13.tree().join(name);
    let own = redd().get_program().to_owned();
    let half = place.path().join("half");
    fs::write(&half, &fs::read(&own).unwrap()[..100_000]).unwrap();
    fs::set_permissions(&half, fs::Permissions::from_mode(0o755)).unwrap();
    let cases = [
        (PathBuf::from("/bin/true"), "no redd"),
        (PathBuf::from("/bin/echo"), "no redd"),
        (PathBuf::from("/"), ""),
        (place.path().join("nothing"), "nothing"),
        (program(place.path(), "text", "hello", 0o644), "executed"),
        (program(place.path(), "script", "#!/bin/sh\nkill -SEGV $$\n", 0o755), ""),
        (half, ""),
        (path("usr/bin/yes"), ""),
    ];
    for (path, word) in cases {
        let refused = upgrade(&machine.name, &["--binary", path.to_str().unwrap()]);
        assert_eq!(refused.status, 1, "{path:?}: {refused:?}");
        assert!(refused.errors.contains(word), "{path:?}: {refused:?}");
        assert_eq!(machine.description().phase, Phase::Running);
        assert_eq!(zombies(machine.record().unwrap().supervisor), 0, "{path:?}");
    }
    // One that says nothing is not waited for longer than a moment.
    let init = tree.path().join("usr/lib/systemd/systemd");
    let silent = upgrade(&machine.name, &["--binary", init.to_str().unwrap()]);
    assert!(silent.status == 1 && silent.errors.contains("did not answer"), "{silent:?}");
    upgrades(&machine.name, 1);
    machine.stop();
}

#[test]
fn all_machines_are_upgraded_at_once_and_one_that_does_not_run_is_told() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machines = [(); 2].map(|()| Background::start(tree.path(), &["-x", "--network-veth=no"]));
    let mut command = redd();
    command.args(["upgrade", "--all"]);
    // Others may run machines of an older redd here.
    drop(finish(command));
    for machine in &machines {
        let log = fs::read_to_string(format!("/var/lib/redd/logs/{}/supervisor.log", machine.name)).unwrap();
        assert!(log.contains("goes on where redd"), "{log}");
    }
    machines.into_iter().for_each(Background::stop);
    assert_eq!(upgrade("nobody-of-that-name", &[]).status, 3);
}

#[test]
fn two_that_want_it_at_once_have_one_redd_in_the_end() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &["-x", "--network-veth=no"]);
    let asking: Vec<Child> =
        (0..4).map(|_| machine.command(&["upgrade"], &[]).stderr(Stdio::null()).spawn().unwrap()).collect();
    let statuses: Vec<_> = asking.into_iter().map(|mut child| child.wait().unwrap().code()).collect();
    assert!(statuses.contains(&Some(0)), "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, Some(0 | 1))), "{statuses:?}");
    assert_eq!(machine.description().phase, Phase::Running);
    machine.stop();
}

#[test]
fn a_systemd_inside_goes_on_as_it_was() {
    needs!(Need::Root, Need::Debian13);
    let machine = Background::start(&Need::Debian13.tree(), &["-x", "--network-veth=no"]);
    let units = || exec(&machine.name, &["systemctl", "is-system-running", "--wait"]);
    let before = units();
    upgrades(&machine.name, 3);
    assert_eq!(units(), before);
    // The notify socket is the same: what the init says of itself is heard.
    let rebooted = machine.wait_for(
        || drop(exec(&machine.name, &["systemctl", "reboot"])),
        |event| matches!(event, Event::Exited { .. }),
    );
    assert!(matches!(rebooted, Event::Exited { signal: Some(1), .. }), "{rebooted:?}");
    wait_until("it is ready again", || {
        let now = machine.description();
        (now.boots, now.phase) == (2, Phase::Running) && now.ready.is_some()
    });
    upgrades(&machine.name, 1);
    machine.stop();
}
