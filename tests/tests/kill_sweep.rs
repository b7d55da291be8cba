//! redd is killed at system calls of whole lives (G1): the next start succeeds, and nothing is left.
//!
//! A spread sample by default; every point with `cargo xtask kill-sweep`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(clippy::print_stderr, reason = "a sweep says how far it went")]

use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redd_tests::sweep::{
    Fault, Point, Scope, kill_supervisor, points, selected, supervisor_points, with_fault,
};
use redd_tests::world::processes;
use redd_tests::{Background, Leftovers, Need, finish, needs, redd, run, tiny_tree, unique_name};

fn command(name: &str, words: &[&str]) -> Command {
    let mut command = redd();
    command.args(&words[..1]).args(["-M", name]).args(&words[1..]);
    command
}

/// Kills at each selected point, and looks.
fn sweep(name: &str, command: &Command, sample: usize, live: impl Fn(&mut Child)) {
    sweep_and_look(name, command, sample, live, |_point| {});
}

/// The same, with one more look after each point, before anything is cleaned up.
fn sweep_and_look(
    name: &str,
    command: &Command,
    sample: usize,
    live: impl Fn(&mut Child),
    look: impl Fn(&Point),
) {
    let points = selected(points(command, Scope::Supervisor, |process| live(process)), sample);
    let mut hits = 0;
    for (number, point) in points.iter().enumerate() {
        hits += usize::from(kill_at(name, command, point, &live));
        look(point);
        if number % 2 == 0 {
            assert_eq!(run(["gc"]).status, 0, "after {point}");
            Leftovers::before(name).assert_none();
        }
        let next = run(["run", "-M", name, "--ephemeral", tree(), "--", "/bin/true"]);
        assert_eq!((next.status, next.errors.contains("cannot")), (0, false), "after {point}: {next:?}");
        Leftovers::before(name).assert_none();
    }
    eprintln!("killed at {hits} of {} points", points.len());
    // How often something is polled varies; most points have to be met.
    assert!(hits * 4 >= points.len() * 3, "only {hits} of {} points were met", points.len());
}

/// Whether the point was met.
fn kill_at(name: &str, command: &Command, point: &Point, live: &impl Fn(&mut Child)) -> bool {
    let before = Leftovers::before(name);
    let mut process = with_fault(command, Scope::Supervisor, point, Fault::Killed)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    live(&mut process);
    let status = process.wait().unwrap();
    before.assert_no_mounts();
    status.signal() == Some(9)
}

fn tree() -> &'static str {
    Box::leak(Need::Debian13.tree().display().to_string().into_boxed_str())
}

fn until_it_ends(_process: &mut Child) {}

macro_rules! sweeps_of_a_command {
    ($($name:ident: $options:expr, $sample:expr;)+) => {$(
        #[test]
        fn $name() {
            needs!(Need::Root, Need::Debian13, Need::Strace);
            let options: &[&str] = &$options;
            let name = unique_name();
            let command = command(&name, &[&["run"], options, &[tree(), "--", "/bin/true"]].concat());
            sweep(&name, &command, $sample, until_it_ends);
        }
    )+};
}

sweeps_of_a_command! {
    a_killed_start_leaves_nothing_with_a_user_namespace: ["--read-only", "--network-veth=no"], 40;
    a_killed_start_leaves_nothing_without_one: ["--read-only", "--private-users=no", "--network-veth=no"], 40;
    a_killed_start_leaves_nothing_with_links: ["--read-only"], 40;
    a_killed_start_leaves_nothing_of_an_ephemeral_copy: ["--ephemeral", "--network-veth=no"], 40;
    a_killed_start_leaves_nothing_of_temporary_mounts: ["-x", "--bind=:/mnt", "--tmpfs=/opt"], 30;
    a_killed_start_leaves_nothing_of_a_temporary_overlay: ["-x", "--overlay=/usr/lib::/mnt", "--network-veth=no"], 30;
}

/// Links that are lent come back, and a zone without machines has no bridge.
#[test]
fn a_killed_start_leaves_no_link_and_takes_none_away() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    let (name, number) = (unique_name(), std::process::id() % 1_000_000);
    let ip = |words: &str| {
        let status = Command::new("ip").args(words.split_whitespace()).stdout(Stdio::null()).status();
        status.unwrap().success()
    };
    let is_there = |link: &str| Path::new("/sys/class/net").join(link).exists();
    let (lent, parent) = (format!("l{number}"), format!("p{number}"));
    let (zone, extra) = (format!("vz-{number}z"), format!("x{number}"));
    assert!(ip(&format!("link add {lent} type veth peer name {parent}")));
    let options = [
        format!("--network-zone={number}z"),
        format!("--network-veth-extra={extra}:in"),
        format!("--network-interface={lent}"),
        format!("--network-macvlan={parent}"),
    ];
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let words = [&["run", "--read-only"], &*options, &[tree(), "--", "/bin/true"]].concat();
    sweep(&name, &command(&name, &words), 40, until_it_ends);
    let left: Vec<&String> = [&zone, &extra].into_iter().filter(|link| is_there(link)).collect();
    assert!(left.is_empty() && is_there(&lent), "{left:?}");
    assert!(ip(&format!("link delete {lent}")));
}

/// What was worked in is beside a directory of the user's.
#[test]
fn a_killed_start_leaves_nothing_beside_the_layer_of_an_overlay() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    let name = unique_name();
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let upper = place.path().join("upper");
    std::fs::create_dir(&upper).unwrap();
    let option = format!("--overlay=/usr/lib:{}:/mnt", upper.display());
    let command = command(&name, &["run", "-x", "--network-veth=no", &option, tree(), "--", "/bin/true"]);
    sweep(&name, &command, 24, until_it_ends);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

/// A tree that is not finished has not got its name; one that has can be started.
#[test]
fn a_killed_start_leaves_a_whole_tree_or_none() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    let name = unique_name();
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let made = place.path().join("made");
    let (path, template) = (made.display().to_string(), format!("--template={}", tree()));
    let command = command(&name, &["run", "--network-veth=no", "-D", &path, &template, "--", "/bin/true"]);
    let look = |point: &Point| {
        if made.exists() {
            let run = run(["run", "-M", &name, "--network-veth=no", "-D", &path, "--", "/bin/true"]);
            assert_eq!((run.status, run.errors.contains("cannot")), (0, false), "after {point}: {run:?}");
            std::fs::remove_dir_all(&made).unwrap();
        }
    };
    sweep_and_look(&name, &command, 40, |process| drop(process.wait()), look);
    assert_eq!(run(["gc"]).status, 0);
    let left: Vec<_> = std::fs::read_dir(place.path()).unwrap().flatten().map(|entry| entry.path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// From the first system call to the last of an orderly stop.
#[test]
fn a_killed_boot_and_a_killed_stop_leave_nothing() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("notify");
    let listener = UnixDatagram::bind(&socket).unwrap();
    listener.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    let stop_when_ready = |process: &mut Child| {
        let mut buffer = [0; 4096];
        while process.try_wait().unwrap().is_none() {
            let Ok(length) = listener.recv(&mut buffer) else { continue };
            if buffer[..length].starts_with(b"READY=1") {
                let pid = process.id().to_string();
                assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
            }
        }
    };
    let name = unique_name();
    let mut command = command(&name, &["boot", "--ephemeral", tree()]);
    command.env("NOTIFY_SOCKET", &socket);
    sweep(&name, &command, 24, stop_when_ready);
}

/// From its birth to the last thing that it does in an orderly stop: whoever comes next meets nothing of it.
#[test]
fn a_killed_supervisor_leaves_nothing() {
    needs!(Need::Root, Need::Strace);
    let tree = tiny_tree();
    let points = {
        let machine = Background::named(&unique_name());
        let stop = || drop(machine.does(&["stop"], &[]));
        supervisor_points(&machine.starting(tree.path(), &["--read-only"]), stop)
    };
    let points = selected(points, 40);
    let mut hits = 0;
    for (number, point) in points.iter().enumerate() {
        let machine = Background::named(&unique_name());
        let start = machine.starting(tree.path(), &["--read-only"]);
        // There is nothing to stop where it was killed before.
        hits += usize::from(kill_supervisor(&start, point, || drop(machine.verb(&["stop"], &[]))));
        if number % 2 == 0 {
            assert_eq!(run(["gc"]).status, 0, "after {point}");
            machine.assert_gone();
        }
        let next = finish(start);
        assert_eq!(next.status, 0, "after {point}: {next:?}");
        let stopped = machine.verb(&["stop"], &[]);
        assert_eq!(stopped.status, 0, "after {point}: {stopped:?}");
        machine.assert_gone();
        assert_eq!(processes(&machine.name), Vec::<String>::new(), "after {point}");
    }
    eprintln!("killed at {hits} of {} points", points.len());
    assert!(hits * 4 >= points.len() * 3, "only {hits} of {} points were met", points.len());
}
