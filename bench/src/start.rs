//! `true`, from nothing to its exit status.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::bundle::{self, Filter};
use crate::measure::{Case, Goal, compare, print_costs, print_goals};
use crate::{Paths, tools, trace, trees};

const ROUNDS: usize = 40;
pub(crate) const NO_USERS: [&str; 3] = ["--private-users=no", "--private-network=yes", "--network-veth=no"];

const GOALS: [Goal; 9] = [
    Goal { of: "redd, no users", to: "floor", most: Some(1.6) },
    Goal { of: "redd", to: "floor, users and veth", most: Some(2.0) },
    Goal { of: "redd, no users", to: "crun", most: Some(0.6) },
    Goal { of: "redd", to: "crun", most: Some(0.6) },
    Goal { of: "redd, no users", to: "crun, filter", most: None },
    Goal { of: "redd, no users", to: "runc", most: None },
    Goal { of: "redd, no users", to: "bwrap", most: None },
    Goal { of: "redd, no users", to: "nspawn", most: Some(0.1) },
    Goal { of: "redd", to: "nspawn", most: Some(0.1) },
];

pub(crate) fn bench(paths: &Paths) {
    let tree = trees::small(paths);
    let make = |runtime, filter| bundle::make(runtime, filter, &tree, &["/bin/true"], &paths.scratch);
    let bundles = [make("crun", Filter::No), make("crun", Filter::Podman), make("runc", Filter::No)];
    println!("## Start: `true` in a small tree\n");
    println!(
        "The floor makes the same namespaces and mounts, and nothing else. redd has its device filter, its system call \
         filter, its guard and its own cgroup. crun and runc have the bundle that they write themselves, without a \
         device filter; *filter* is with podman's system call filter. bubblewrap does not wait for all that it starts, \
         so its CPU time lacks a part.\n"
    );
    let cases = cases(paths, &tree, &bundles);
    let all = compare(paths, &cases, ROUNDS);
    let calls: Vec<trace::Calls> =
        cases.iter().map(|case| trace::count(paths, &(case.command)(ROUNDS + 100))).collect();
    print_costs(&all, &calls);
    print_goals(&all, &GOALS);
    let names: Vec<&str> = cases.iter().map(|case| case.name).collect();
    println!(
        "What costs most, as counted by strace(1). For redd the goal is none, one, one and one; its stub, which is PID \
         1 before `true`, is a program of its own.\n"
    );
    trace::print(&names, &calls);
    tools::print_setting(paths, &["crun", "runc", "bwrap", "systemd-nspawn"]);
}

fn cases<'a>(paths: &'a Paths, tree: &'a Path, bundles: &'a [std::path::PathBuf; 3]) -> Vec<Case<'a>> {
    let [crun, crun_filter, runc] = bundles;
    let floor = paths.program("redd-floor");
    let floor_with_users = floor.clone();
    vec![
        case("floor", move |_| words(&floor, &[tree.as_os_str(), "/bin/true".as_ref()])),
        case("floor, users and veth", move |_| {
            words(&floor_with_users, &["--users-and-veth".as_ref(), tree.as_os_str(), "/bin/true".as_ref()])
        }),
        case("redd, no users", |round| redd(paths, tree, &format!("bench-n{round}"), &NO_USERS)),
        case("redd", |round| redd(paths, tree, &format!("bench-{round}"), &[])),
        case("crun", |round| oci("crun", crun, round)),
        case("crun, filter", |round| oci("crun", crun_filter, round)),
        case("runc", |round| oci("runc", runc, round)),
        case("bwrap", move |_| {
            let mut command = Command::new("bwrap");
            command.arg("--unshare-all").arg("--bind").arg(tree).arg("/");
            command.args(["--proc", "/proc", "--dev", "/dev", "/bin/true"]);
            command
        }),
        case("nspawn", move |_| {
            let mut command = Command::new("systemd-nspawn");
            command.args(["-q", "--register=no", "--keep-unit", "--private-network", "-D"]).arg(tree);
            command.arg("/bin/true");
            command
        }),
    ]
}

pub(crate) fn case<'a>(name: &'static str, command: impl Fn(usize) -> Command + 'a) -> Case<'a> {
    Case { name, command: Box::new(command) }
}

pub(crate) fn words(program: &Path, arguments: &[&OsStr]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// Another name each round, as a fleet has.
pub(crate) fn redd(paths: &Paths, tree: &Path, name: &str, options: &[&str]) -> Command {
    let mut command = Command::new(&paths.redd);
    command.args(["run", "-M", name]).args(options).arg(tree).args(["--", "/bin/true"]);
    command
}

fn oci(runtime: &str, bundle: &Path, round: usize) -> Command {
    let mut command = Command::new(runtime);
    command.args(["run", "--bundle"]).arg(bundle).arg(format!("bench-{round}"));
    command
}
