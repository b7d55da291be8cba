//! A verb is killed at its system calls: the machine is as it was or as it was to be, and the same verb mends the rest.
//!
//! A spread sample by default; every point with `cargo xtask kill-sweep`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(clippy::print_stderr, reason = "a sweep says how far it went")]

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use redd_tests::model::{Code, Life, Machine, Step, Verb};
use redd_tests::small::Place;
use redd_tests::sweep::{Fault, Point, Scope, command_points, selected, with_fault};
use redd_tests::world::{await_start, settled};
use redd_tests::{Background, Need, finish, needs, run, tiny_tree, unique_name};

/// A verb that is killed, the state of the machine before, and what it takes to do it.
struct Sweep<'a> {
    verb: Verb,
    tree: &'a Path,
    /// Verbs before that get a machine into the state.
    before: &'a [Verb],
    command: &'a dyn Fn(&Background) -> Command,
}

impl Sweep<'_> {
    fn run(&self, sample: usize) {
        let points = selected(self.points(), sample);
        let hits = points.iter().filter(|point| self.kill_at(point)).count();
        eprintln!("{:?}: killed at {hits} of {} points", self.verb, points.len());
        assert!(hits * 2 >= points.len(), "only {hits} of {} points were met", points.len());
    }

    fn points(&self) -> Vec<Point> {
        let (background, _) = self.prepared();
        let points = command_points(&(self.command)(&background));
        self.end(&background);
        points
    }

    /// Whether the point was met.
    fn kill_at(&self, point: &Point) -> bool {
        let (background, machine) = self.prepared();
        let command = (self.command)(&background);
        let mut killed = with_fault(&command, Scope::Supervisor, point, Fault::Killed);
        let status = killed.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let machine = machine.after(Step::Cut(self.verb), &[]).unwrap();
        await_start(&background.name);
        self.look(&background, &machine, point);
        // What was cut can be done again, and everything else after it.
        let again = Code(finish((self.command)(&background)).status);
        let machine = machine.after(Step::One(self.verb), &[again]);
        let machine = machine.unwrap_or_else(|reason| panic!("after {point}: {reason}"));
        self.look(&background, &machine, point);
        self.end(&background);
        status.signal() == Some(9)
    }

    fn look(&self, background: &Background, machine: &Machine, point: &Point) {
        if let Err(seen) = settled(&background.name, &machine.settled()) {
            panic!("{:?} killed at {point}: {seen:?}, not one of {:?}", self.verb, machine.settled());
        }
    }

    fn prepared(&self) -> (Background, Machine) {
        let background = Background::named(&unique_name());
        let done = |machine: Machine, verb: &Verb| {
            let command = background.carried_out(*verb, self.tree).unwrap();
            let code = Code(finish(command).status);
            machine.after(Step::One(*verb), &[code]).unwrap()
        };
        let machine = self.before.iter().fold(Machine::default(), done);
        (background, machine)
    }

    fn end(&self, background: &Background) {
        drop(background.verb(&["terminate"], &[]));
        assert_eq!(run(["gc"]).status, 0);
        background.assert_gone();
        assert_eq!(settled(&background.name, &[Life::Stopped].into()), Ok(Life::Stopped));
    }
}

macro_rules! sweeps {
    ($($name:ident: $before:expr, $verb:expr, $sample:expr;)+) => {$(
        #[test]
        fn $name() {
            needs!(Need::Root, Need::Strace);
            let tree = tiny_tree();
            let command = |machine: &Background| machine.carried_out($verb, tree.path()).unwrap();
            Sweep { verb: $verb, tree: tree.path(), before: &$before, command: &command }.run($sample);
        }
    )+};
}

sweeps! {
    a_killed_stop_leaves_a_machine_that_runs_or_none: [Verb::Start], Verb::Stop, 12;
    a_killed_terminate_leaves_a_machine_that_runs_or_none: [Verb::Start], Verb::Terminate, 12;
    a_killed_pause_can_be_done_again: [Verb::Start], Verb::Pause, 12;
    a_killed_resume_can_be_done_again: [Verb::Start, Verb::Pause], Verb::Resume, 12;
    a_killed_set_is_finished_or_taken_back: [Verb::Start], Verb::Set(123), 16;
    a_killed_exec_can_be_done_again: [Verb::Start], Verb::Exec, 12;
    a_killed_start_leaves_a_machine_or_none: [], Verb::Start, 16;
    a_killed_restart_leaves_a_machine: [Verb::Start], Verb::Restart, 12;
    a_killed_stop_of_a_frozen_machine_can_be_done_again: [Verb::Start, Verb::Pause], Verb::Stop, 8;
}

/// Kills a command at each selected point, and has somebody look.
fn killed_at_each_point(command: &Command, sample: usize, look: impl Fn(&Point)) {
    let points = selected(command_points(command), sample);
    // What the look expects is what one that was not killed leaves.
    look(&Point { system_call: "none".to_owned(), occurrence: 0 });
    for point in &points {
        let mut killed = with_fault(command, Scope::Supervisor, point, Fault::Killed);
        killed.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        look(point);
    }
}

#[test]
fn a_killed_mount_is_made_or_taken_back() {
    needs!(Need::Root, Need::Strace);
    let (tree, place) = (tiny_tree(), Place::new());
    let source = place.directory("source", 0, 0o755);
    let machine = Background::start(tree.path(), &[]);
    let mounts = || machine.does(&["exec"], &["cat", "/proc/self/mountinfo"]);
    let before = mounts();
    let add = machine.command(&["mount", "add"], &[&source, "/mnt"]);
    killed_at_each_point(&add, 12, |point| {
        let again = machine.verb(&["mount", "add"], &[&source, "/mnt"]);
        assert!([0, 6].contains(&again.status), "after {point}: {again:?}");
        assert_eq!(machine.does(&["exec"], &["cat", "/mnt/source"]), "source", "after {point}");
        machine.does(&["mount", "remove"], &["/mnt"]);
        assert_eq!(mounts(), before, "after {point}");
    });
    machine.stop();
}

#[test]
fn a_killed_removal_of_a_mount_can_be_done_again() {
    needs!(Need::Root, Need::Strace);
    let (tree, place) = (tiny_tree(), Place::new());
    let source = place.directory("source", 0, 0o755);
    let machine = Background::start(tree.path(), &[]);
    let mounts = || machine.does(&["exec"], &["cat", "/proc/self/mountinfo"]);
    let before = mounts();
    machine.does(&["mount", "add"], &[&source, "/mnt"]);
    let remove = machine.command(&["mount", "remove"], &["/mnt"]);
    killed_at_each_point(&remove, 10, |point| {
        let again = machine.verb(&["mount", "remove"], &["/mnt"]);
        // It may have been done.
        assert!(again.status == 0 || mounts() == before, "after {point}: {again:?}");
        assert_eq!(mounts(), before, "after {point}");
        machine.does(&["mount", "add"], &[&source, "/mnt"]);
    });
    machine.stop();
}

#[test]
fn a_killed_copy_can_be_done_again_and_leaves_nothing_of_its_own() {
    needs!(Need::Root, Need::Strace);
    let (tree, place) = (tiny_tree(), Place::new());
    let source = format!("{}/.", place.directory("source", 0, 0o755));
    let machine = Background::start(tree.path(), &[]);
    let empty = || drop(machine.does(&["exec"], &["sh", "-c", "cd /tmp; rm -rf copied; mkdir copied"]));
    let target = format!("{}:/tmp/copied", machine.name);
    let copy = |options: &[&str]| {
        let mut command = redd_tests::redd();
        command.arg("copy").args(options).args([&source, &target]);
        command
    };
    empty();
    killed_at_each_point(&copy(&[]), 16, |point| {
        let again = finish(copy(&["--force"]));
        assert_eq!(again.status, 0, "after {point}: {again:?}");
        let seen = machine.does(&["exec"], &["sh", "-c", "cd /tmp; ls -A . copied; cat copied/source"]);
        assert_eq!(seen, ".:\ncopied\n\ncopied:\nsource\nsource", "after {point}");
        empty();
    });
    machine.stop();
}
