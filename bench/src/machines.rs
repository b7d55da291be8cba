//! Machines in the background: entering, looking, starting and stopping, freezing.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::bundle::{self, Filter};
use crate::measure::{Case, Goal, compare, print_costs, print_goals};
use crate::start::case;
use crate::{Paths, tools, trace, trees};

const ROUNDS: usize = 40;
/// How many machines there are in the second list.
const MANY: usize = 100;

const GOALS: [Goal; 2] = [
    Goal { of: "redd exec", to: "crun exec", most: Some(0.5) },
    Goal { of: "redd start, stop", to: "crun run, kill, delete", most: None },
];

pub(crate) fn bench(paths: &Paths) {
    println!("## Machines in the background\n");
    println!(
        "An init that is ready at once, in a small tree. *exec* is `true` in one that runs; *list* with one machine and with \
         {MANY}. The goals: at most 6 ms for an exec, at most 50 ms for a list of {MANY}. crun has no supervisor, no device \
         filter and no console that is kept; its container runs a `sleep`. machinectl cannot take part: there is no bus here. podman \
         needs a right that this machine's root has not got.\n"
    );
    let tree = trees::small(paths);
    start(paths, &tree, "bench-one");
    let bundle = bundle::make("crun", Filter::No, &tree, &["/bin/sleep", "100000"], &paths.scratch);
    crun_start(&bundle, "bench-one");
    let few = cases(paths, &tree, &bundle);
    let mut series = compare(paths, &few, ROUNDS);
    let count = |case: &Case<'_>| trace::count(paths, &(case.command)(ROUNDS + 100));
    let mut calls: Vec<trace::Calls> = few.iter().map(count).collect();
    for number in 0..MANY - 1 {
        start(paths, &tree, &format!("bench-many{number}"));
    }
    let many = [case("redd list, 100 machines", |_| redd(paths, &["list"]))];
    series.extend(compare(paths, &many, ROUNDS));
    calls.extend(many.iter().map(count));
    print_costs(&series, &calls);
    print_goals(&series, &GOALS);
    for number in 0..MANY - 1 {
        run(&mut redd(paths, &["terminate", &format!("bench-many{number}")]));
    }
    run(&mut redd(paths, &["terminate", "bench-one"]));
    run(Command::new("crun").args(["delete", "--force", "bench-one"]));
    tools::print_setting(paths, &["crun"]);
}

fn cases<'a>(paths: &'a Paths, tree: &'a Path, bundle: &'a Path) -> Vec<Case<'a>> {
    vec![
        case("redd exec", |_| redd(paths, &["exec", "bench-one", "/bin/true"])),
        case("crun exec", |_| crun(&["exec", "bench-one", "/bin/true"])),
        case("redd list", |_| redd(paths, &["list"])),
        case("crun list", |_| crun(&["list"])),
        case("redd pause, resume", |_| {
            script(&format!("{0} pause bench-one && {0} resume bench-one", paths.redd.display()))
        }),
        case("crun pause, resume", |_| script("crun pause bench-one && crun resume bench-one")),
        case("redd start, stop", move |round| {
            let redd = paths.redd.display();
            let start = format!("{redd} start --read-only -M bench-s{round} -D {}", tree.display());
            script(&format!("{start} && {redd} stop bench-s{round}"))
        }),
        case("crun run, kill, delete", move |round| {
            let bundle = bundle.display();
            script(&format!(
                "crun run --detach --bundle {bundle} bench-s{round} < /dev/null > /dev/null 2>&1 && \
                 crun kill bench-s{round} KILL && crun delete --force bench-s{round}"
            ))
        }),
    ]
}

fn start(paths: &Paths, tree: &Path, name: &str) {
    let tree = tree.display().to_string();
    run(&mut redd(paths, &["start", "--read-only", "-M", name, "-D", &tree]));
}

fn crun_start(bundle: &Path, name: &str) {
    let mut command = crun(&["run", "--detach", "--bundle"]);
    run(command.arg(bundle).arg(name));
}

fn redd(paths: &Paths, words: &[&str]) -> Command {
    let mut command = Command::new(&paths.redd);
    command.args(words);
    command
}

fn crun(words: &[&str]) -> Command {
    let mut command = Command::new("crun");
    command.args(words);
    command
}

fn script(text: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", text]);
    command
}

fn run(command: &mut Command) {
    // A container that runs on would hold whatever this writes to.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
