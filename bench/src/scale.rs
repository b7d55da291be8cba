//! A start while many other machines live.

use std::path::Path;
use std::process::Command;

use crate::machine::Fleet;
use crate::measure::{Series, compare, processor, wall};
use crate::start::{NO_USERS, case, redd, words};
use crate::{Paths, tools, trees};

/// How many live meanwhile.
const LEVELS: [usize; 3] = [0, 100, 500];
const ROUNDS: usize = 25;
/// How many are started at once.
const BATCH: usize = 20;

pub(crate) fn bench(paths: &Paths) {
    let tree = trees::small(paths);
    println!("## Start while many others live\n");
    println!(
        "`true` in a small tree, while so many others run a `sleep` below the stub, each with users, a link and a \
         name of its own. The goal is that the CPU time stays within a tenth. What the kernel needs more with every \
         machine is in the floor's figures too.\n"
    );
    let mut fleets = Vec::new();
    let mut levels = Vec::new();
    for level in LEVELS {
        while fleets.len() * BATCH < level {
            fleets.push(start_batch(paths, &tree, fleets.len()));
        }
        levels.push(measure(paths, &tree, level));
    }
    for mut fleet in fleets {
        fleet.stop();
    }
    print(&levels);
    tools::print_setting(paths, &[]);
}

fn start_batch(paths: &Paths, tree: &Path, number: usize) -> Fleet {
    let machine = |index: usize| {
        let mut command = Command::new(&paths.redd);
        command.args(["run", "-P", "--read-only", "-M", &format!("live{number}-{index}")]).arg(tree);
        command.args(["--", "/bin/sleep", "100000"]);
        command
    };
    let fleet = Fleet::start((0..BATCH).map(machine), paths);
    assert_eq!(fleet.wait_until_ready().1, BATCH);
    fleet
}

fn measure(paths: &Paths, tree: &Path, level: usize) -> Vec<Series> {
    let floor = paths.program("redd-floor");
    let name = |kind: &str, round: usize| format!("bench{level}-{kind}{round}");
    let read_only = ["--read-only"];
    let no_users = [&NO_USERS[..], &read_only].concat();
    compare(
        paths,
        &[
            case("floor", |_| words(&floor, &[tree.as_os_str(), "/bin/true".as_ref()])),
            case("floor, users and veth", |_| {
                words(&floor, &["--users-and-veth".as_ref(), tree.as_os_str(), "/bin/true".as_ref()])
            }),
            case("redd, no users", |round| redd(paths, tree, &name("n", round), &no_users)),
            case("redd", |round| redd(paths, tree, &name("", round), &read_only)),
        ],
        ROUNDS,
    )
}

fn print(levels: &[Vec<Series>]) {
    let heads: Vec<String> = LEVELS.iter().map(|level| format!("{level} live")).collect();
    println!("| CPU ms | {} | last to first | wall, last to first |", heads.join(" | "));
    println!("|---|{}---|---|", "---|".repeat(LEVELS.len()));
    for index in 0..levels[0].len() {
        let times: Vec<f64> = levels.iter().map(|level| level[index].median(processor)).collect();
        let walls: Vec<f64> = levels.iter().map(|level| level[index].median(wall)).collect();
        let cells: Vec<String> = times.iter().map(|time| format!("{time:.2}")).collect();
        println!(
            "| {} | {} | {:.2} | {:.2} |",
            levels[0][index].name,
            cells.join(" | "),
            times[LEVELS.len() - 1] / times[0],
            walls[LEVELS.len() - 1] / walls[0]
        );
    }
    println!();
}
