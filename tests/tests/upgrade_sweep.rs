//! Something goes wrong at system calls of an upgrade: redd is killed there, or the call fails. What is killed leaves nothing; what fails
//! leaves the machine to the redd that it had, or to nobody.
//!
//! A spread sample by default; every point with `cargo xtask kill-sweep`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::sweep::{Fault, Point, Scope, points, selected, with_fault};
use redd_tests::{Leftovers, Need, finish, needs, redd, run, tiny_tree, unique_name};

/// What is done to the machine while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum During {
    Nothing,
    Upgrade,
}

/// A machine whose redd is replaced.
struct Sweep {
    name: String,
    tree: tempfile::TempDir,
    command: Command,
}

impl Sweep {
    fn new() -> Self {
        let (name, tree) = (unique_name(), tiny_tree());
        let mut command = redd();
        command.args(["boot", "-M", &name, "-x", "--console=kept", "--ttys=1", "--private-users=pick"]);
        command.arg(tree.path());
        Self { name, tree, command }
    }

    fn record(&self) -> PathBuf {
        Path::new("/run/redd/machines").join(&self.name).join("state.json")
    }

    /// Waits until it runs, or is gone, or nothing comes of it.
    fn until_it_runs(&self, process: &mut Child) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.record().exists() && process.try_wait().unwrap().is_none() && Instant::now() < deadline {
            sleep(Duration::from_millis(5));
        }
    }

    fn live(&self, process: &mut Child, during: During) {
        self.until_it_runs(process);
        if during == During::Upgrade {
            drop(self.upgrade());
        }
        drop(run(["stop", "--now", &self.name]));
    }

    fn upgrade(&self) -> redd_tests::Run {
        run(["upgrade", &self.name])
    }

    /// Those that an upgrade adds to a life, and all that come after.
    fn points(&self) -> Vec<Point> {
        let count = |during| {
            let all = points(&self.command, Scope::Supervisor, |process| self.live(process, during));
            let mut last: BTreeMap<String, usize> = BTreeMap::new();
            all.iter()
                .for_each(|point| *last.entry(point.system_call.clone()).or_default() = point.occurrence);
            (all, last)
        };
        let ((_, without), (all, _)) = (count(During::Nothing), count(During::Upgrade));
        // Polls come as often as it pleases them.
        let is_added = |point: &Point| {
            point.system_call != "poll"
                && without.get(&point.system_call).is_none_or(|known| point.occurrence > *known)
        };
        let added: Vec<Point> = all.into_iter().filter(is_added).collect();
        assert!(added.len() > 40, "an upgrade has more than {} system calls", added.len());
        added
    }

    fn start(&self, point: &Point, fault: Fault) -> Child {
        with_fault(&self.command, Scope::Supervisor, point, fault)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Nothing is left, and the next start finds nothing in its way.
    fn assert_gone(&self, point: &Point) {
        assert_eq!(run(["gc"]).status, 0, "after {point}");
        Leftovers::before(&self.name).assert_none();
        let mut next = redd();
        next.args(["run", "-M", &self.name, "-x", "--network-veth=no"]).arg(self.tree.path());
        next.args(["--", "/bin/true"]);
        let next = finish(next);
        assert_eq!((next.status, next.errors.as_str()), (0, ""), "after {point}");
    }
}

#[test]
fn a_redd_that_is_killed_while_it_is_replaced_leaves_nothing() {
    needs!(Need::Root, Need::Strace);
    let sweep = Sweep::new();
    let points = selected(sweep.points(), 40);
    let mut hits = 0;
    for point in &points {
        let mut process = sweep.start(point, Fault::Killed);
        sweep.live(&mut process, During::Upgrade);
        hits += usize::from(process.wait().unwrap().signal() == Some(9));
        sweep.assert_gone(point);
    }
    eprintln!("killed at {hits} of {} points", points.len());
    assert!(hits * 4 >= points.len() * 3, "only {hits} of {} points were met", points.len());
}

#[test]
fn an_execve_that_fails_leaves_the_machine_to_the_redd_it_has() {
    needs!(Need::Root, Need::Strace);
    let sweep = Sweep::new();
    let point = Point { system_call: "execveat".to_owned(), occurrence: 1 };
    let mut process = sweep.start(&point, Fault::Fails("ENOMEM"));
    sweep.until_it_runs(&mut process);
    let refused = sweep.upgrade();
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.errors.contains("executing that program"), "{refused:?}");
    assert_eq!(run(["exec", &sweep.name, "--", "/usr/bin/true"]).status, 0);
    // The second time nothing is in the way.
    assert_eq!(sweep.upgrade().status, 0);
    assert_eq!(run(["stop", &sweep.name]).status, 0);
    process.wait().unwrap();
    sweep.assert_gone(&point);
}

#[test]
fn a_call_that_fails_while_redd_is_replaced_costs_the_upgrade_at_most() {
    needs!(Need::Root, Need::Strace);
    let sweep = Sweep::new();
    let (mut done, mut refused) = (0, 0);
    let points = selected(sweep.points(), 30);
    for point in &points {
        let mut process = sweep.start(point, Fault::Fails("ENOMEM"));
        sweep.until_it_runs(&mut process);
        let upgraded = sweep.upgrade();
        // Where it was refused the machine goes on, and does what it is told. A program that cannot even begin, once it has been
        // executed, ends with its machine.
        match upgraded.status {
            0 => done += 1,
            _ if upgraded.errors.contains("goes on with the redd it has") => {
                refused += 1;
                let exec = run(["exec", &sweep.name, "--", "/usr/bin/true"]);
                assert_eq!(exec.status, 0, "after {point}: {upgraded:?}, {exec:?}");
            }
            _ => eprintln!("{point}: {}", upgraded.errors),
        }
        drop(run(["stop", "--now", &sweep.name]));
        process.wait().unwrap();
        sweep.assert_gone(point);
    }
    eprintln!("{done} of {} upgrades were done, {refused} refused", points.len());
    assert!((done + refused) * 3 >= points.len() * 2, "{done} and {refused} of {}", points.len());
}
