//! redd dies; nothing of its machine outlives it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::{Leftovers, Need, needs, own_tree, redd, run, unique_name};

/// Clears the signal that ties it to redd's life, and tells by a lock in the tree that it is alone.
const HOSTILE: &str = "syscall(157, 1, 0, 0, 0, 0); open(F, '>>/var/tmp/alone'); flock(F, 6) or exit 99; \
                       $| = 1; print 'alone'; sleep 1000";

/// A payload as PID 1 that does not want to die with redd.
fn start_hostile(name: &str, tree: &std::path::Path) -> Child {
    let mut command = redd();
    command.args(["run", "-P", "-M", name, "--as-pid1", "--network-veth=no"]).arg(tree);
    command.args(["--", "/usr/bin/perl", "-e", HOSTILE]).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn wait_until_alone(payload: &mut Child) {
    let mut word = [0; 5];
    std::io::Read::read_exact(payload.stdout.as_mut().unwrap(), &mut word).unwrap();
    assert_eq!(&word, b"alone");
}

/// A payload that runs, in a tree of its own.
struct Hostile {
    name: String,
    tree: tempfile::TempDir,
    leftovers: Leftovers,
    supervisor: Child,
}

impl Hostile {
    fn start() -> Self {
        let (name, tree) = (unique_name(), own_tree());
        let leftovers = Leftovers::before(&name);
        let mut supervisor = start_hostile(&name, tree.path());
        wait_until_alone(&mut supervisor);
        Self { name, tree, leftovers, supervisor }
    }
}

fn kill(supervisor: &mut Child) {
    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
}

fn processes_of(name: &str) -> String {
    let output = Command::new("pgrep").args(["-f", &format!("-M {name} ")]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_payload_that_wants_to_outlive_redd_does_not() {
    needs!(Need::Root, Need::Debian13);
    let mut hostile = Hostile::start();
    kill(&mut hostile.supervisor);
    // No start and no `redd gc` comes after: the guard does it.
    hostile.leftovers.assert_none();
    assert_eq!(processes_of(&hostile.name), "");
}

#[test]
fn a_guard_that_is_killed_is_replaced() {
    needs!(Need::Root, Need::Debian13);
    let mut hostile = Hostile::start();
    let parent = hostile.supervisor.id().to_string();
    let guard = || {
        let output = Command::new("pgrep").args(["-P", &parent, "redd-guard"]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let first = guard();
    assert!(Command::new("kill").args(["-9", &first]).status().unwrap().success());
    let deadline = Instant::now() + Duration::from_secs(10);
    while guard().is_empty() || guard() == first {
        assert!(Instant::now() < deadline, "no new guard");
        sleep(Duration::from_millis(5));
    }
    kill(&mut hostile.supervisor);
    hostile.leftovers.assert_none();
}

/// G4: the next start waits for the guard, and never shares the tree with what is left of the one before.
#[test]
fn a_thousand_killed_redds_never_leave_two_payloads_on_one_tree() {
    needs!(Need::Root, Need::Debian13);
    let tree = own_tree();
    let name = unique_name();
    let mut previous: Option<Child> = None;
    for attempt in 0..1000 {
        previous.iter_mut().for_each(kill);
        // Another name each second time: the lock that counts is the tree's.
        let mut supervisor = start_hostile(&format!("{name}-{}", attempt % 2), tree.path());
        wait_until_alone(&mut supervisor);
        previous = Some(supervisor);
    }
    previous.iter_mut().for_each(kill);
    Leftovers::before(&name).assert_none();
}

#[test]
fn a_name_and_a_tree_that_are_in_use_are_refused_at_once() {
    needs!(Need::Root, Need::Debian13);
    let mut hostile = Hostile::start();
    let (name, path) = (&hostile.name, hostile.tree.path().to_str().unwrap());
    let again = run(["run", "-M", name, "-x", Need::Debian13.tree().to_str().unwrap(), "--", "/bin/true"]);
    assert!(again.errors.contains("is running"), "{again:?}");
    let shared = run(["run", "-M", "another", path, "--", "/bin/true"]);
    assert!(shared.errors.contains("is in use by another machine"), "{shared:?}");
    kill(&mut hostile.supervisor);
}
