//! A start while many other machines live.

use std::path::Path;
use std::process::Command;

use crate::machine::Fleet;
use crate::measure::{Cost, Series, compare, processor, wall};
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
         name of its own, all in the same tree, which has a lock of each. What the kernel needs more with every process \
         of the host is in the floor's figures too: pivot_root(2) looks at each of them. The goal is that what redd needs \
         beside the floor stays within a tenth.\n"
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
    for (index, series) in levels[0].iter().enumerate() {
        print_line(series.name, levels, |level, cost| level[index].median(cost));
    }
    for (name, of, floor) in
        [("redd, no users, less the floor", 2, 0), ("redd, less the floor with users and veth", 3, 1)]
    {
        print_line(name, levels, |level, cost| level[of].median(cost) - level[floor].median(cost));
    }
    println!();
}

fn print_line(name: &str, levels: &[Vec<Series>], figure: impl Fn(&[Series], fn(&Cost) -> f64) -> f64) {
    let of = |cost: fn(&Cost) -> f64| levels.iter().map(|level| figure(level, cost)).collect::<Vec<f64>>();
    let (times, walls) = (of(processor), of(wall));
    let cells: Vec<String> = times.iter().map(|time| format!("{time:.2}")).collect();
    let last = LEVELS.len() - 1;
    println!(
        "| {name} | {} | {:.2} | {:.2} |",
        cells.join(" | "),
        times[last] / times[0],
        walls[last] / walls[0]
    );
}
