//! A machine that is frozen, has no memory, or whose root hangs: whoever looks at it or ends it does not hang with it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use redd_control::machine::{Done, Stop, StopMode, method};
use redd_tests::small::{MountNamespace, Place};
use redd_tests::{Background, Need, Run, finish_within, needs, time_limit, tiny_tree};

/// Far more than an answer takes; that it comes at all is what counts.
const BOUND: Duration = Duration::from_secs(20);

/// What holds for every machine that cannot do anything: others go on, it is seen, nothing enters it, and it ends.
fn assert_answers(machine: Background, exec: impl Fn(&Run) -> bool) {
    let bounded = |verb: &[&str], words: &[&str]| finish_within(machine.command(verb, words), BOUND);
    let mut list = redd_tests::redd();
    list.args(["list", "--json"]);
    let list = finish_within(list, BOUND);
    assert!(list.status == 0 && list.output.contains(&machine.name), "{list:?}");
    let status = bounded(&["status"], &[]);
    assert!(status.status == 0 && status.output.contains(&machine.name), "{status:?}");
    let entered = bounded(&["exec"], &["--", "/usr/bin/true"]);
    assert!(exec(&entered), "{entered:?}");
    let stopped = bounded(&["stop", "--timeout=1"], &[]);
    assert_eq!(stopped.status, 0, "{stopped:?}");
    machine.assert_gone();
}

/// A word why not, and the status of redd's own refusals.
fn is_refused(run: &Run) -> bool {
    run.status == 125 && run.errors.contains("redd:")
}

#[test]
fn a_machine_that_redd_has_frozen_is_seen_and_ends() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &["--read-only"]);
    machine.does(&["pause"], &[]);
    assert_answers(machine, is_refused);
}

/// By version 2, or by the freezer of version 1.
#[test]
fn a_machine_that_somebody_else_has_frozen_is_seen_and_ends() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &["--read-only"]);
    let cgroups: Vec<PathBuf> = machine.description().cgroups.iter().map(PathBuf::from).collect();
    let switches = [("cgroup.freeze", "1"), ("freezer.state", "FROZEN")];
    let switch = switches.iter().find_map(|(file, word)| {
        let path = cgroups.iter().map(|cgroup| cgroup.join(file)).find(|path| path.exists())?;
        Some(fs::write(path, word))
    });
    switch.unwrap().unwrap();
    assert_answers(machine, is_refused);
}

#[test]
fn a_machine_that_takes_more_memory_than_there_is_is_seen_and_ends() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start_with(tree.path(), &["--read-only", "--memory=16M"], &["greedy"]);
    // The kernel may choose what was executed.
    assert_answers(machine, |run| [0, 125, 137].contains(&run.status));
}

/// With version 1 the kernel can be told not to kill: then everybody waits who wants memory.
#[test]
fn a_machine_whose_processes_wait_for_memory_is_seen_and_ends() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start_with(tree.path(), &["--read-only", "--memory=16M"], &["greedy"]);
    let cgroups = machine.description().cgroups;
    let switch = cgroups.iter().map(|cgroup| Path::new(cgroup).join("memory.oom_control"));
    let Some(switch) = switch.into_iter().find(|path| path.exists()) else {
        return redd_tests::skip("needs version 1 of the memory controller");
    };
    fs::write(&switch, "1").unwrap();
    let deadline = Instant::now() + time_limit(BOUND);
    while !fs::read_to_string(&switch).unwrap().contains("under_oom 1") {
        assert!(Instant::now() < deadline, "there is always more memory");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_answers(machine, |run| run.status != 0);
}

/// A tree behind a file system that a process serves.
struct Served {
    namespace: MountNamespace,
    server: Child,
    place: Place,
}

impl Served {
    fn new(tree: &Path) -> Self {
        let (namespace, place) = (MountNamespace::new(), Place::new());
        let root = place.path("root");
        fs::create_dir(&root).unwrap();
        let mut server = namespace.command("bindfs".as_ref());
        server.args(["-f", "-o", "attr_timeout=0,entry_timeout=0"]).arg(tree).arg(&root);
        let mut served = Self { namespace, server: server.spawn().unwrap(), place };
        let seen = served.namespace.from_outside(&served.root().join("usr"));
        while !seen.exists() {
            assert_eq!(served.server.try_wait().unwrap(), None, "the server ended");
            std::thread::sleep(Duration::from_millis(5));
        }
        served
    }

    fn root(&self) -> PathBuf {
        self.place.path("root")
    }

    /// From now on nobody gets an answer.
    fn hang(&self) {
        let pid = self.server.id().to_string();
        assert!(Command::new("kill").args(["-STOP", &pid]).status().unwrap().success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

#[test]
fn a_machine_whose_root_hangs_is_seen_and_ends() {
    needs!(Need::Root, Need::Fuse, Need::Bindfs);
    let tree = tiny_tree();
    let served = Served::new(tree.path());
    let machine = Background::start_by(
        served.namespace.redd(),
        &served.root(),
        &["--private-users=no", "--network-veth=no"],
    );
    served.hang();
    machine.does(&["kill", "--signal=HUP"], &[]);
    assert_answers(machine, |run| run.status != 0);
}

/// Frozen, it would not hear that it is to end, and be killed when its time is over.
#[test]
fn a_machine_that_is_being_stopped_is_not_frozen() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start_with(tree.path(), &["--read-only"], &["deaf"]);
    let orderly = Stop { mode: StopMode::Orderly, timeout: None };
    let Done {} = machine.client().call(method::STOP, &orderly).unwrap();
    let paused = machine.verb(&["pause"], &[]);
    assert_eq!(paused.status, 1, "{paused:?}");
    machine.does(&["stop", "--now"], &[]);
    machine.assert_gone();
}
