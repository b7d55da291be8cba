//! A whole Debian: from execve(2) to READY=1.

use std::path::Path;

use redd_sys::resource_usage::of_children;

use crate::machine::{Fleet, Isolation, Manager};
use crate::measure::{median, millis, turn};
use crate::trees::{self, Copies};
use crate::{Paths, tools};

/// How many at once, and how often.
const FLEETS: [(usize, usize); 5] = [(1, 12), (4, 6), (16, 4), (32, 3), (50, 3)];
const SHARE_ROUNDS: usize = 30;

/// One life of a fleet.
#[derive(Debug, Clone, Copy)]
struct Life {
    boot: f64,
    /// CPU time from the start until the end.
    processor: f64,
    ready: usize,
}

pub(crate) fn bench(paths: &Paths) {
    println!("## Boot: Debian 13 until it is ready\n");
    own_share(paths);
    println!(
        "From execve(2) of the manager to `READY=1`, of all machines that were started at once. Each has an overlay over \
         the same tree, its changes in memory, namespaces without users, and a network without a link; *defaults* is \
         redd with users and a link, in a tree of its own. CPU is that of whole lives, until the end. The goal is a ratio of \
         at most 0.85 for one and for 16, and that all of 32 and 50 boot.\n"
    );
    println!(
        "| at once | redd ms | nspawn ms | ratio | redd CPU ms | nspawn CPU ms | ratio | ready |\n\
         |---|---|---|---|---|---|---|---|"
    );
    compare("1, defaults", FLEETS[0].1, &|manager| {
        let command = manager.boot(paths, Isolation::Default, "bench", &paths.tree);
        live(Fleet::start([command], paths))
    });
    for (count, rounds) in FLEETS {
        compare(&count.to_string(), rounds, &|manager| boot_copies(paths, manager, count));
    }
    println!();
    tools::print_setting(paths, &["systemd-nspawn"]);
}

fn boot_copies(paths: &Paths, manager: Manager, count: usize) -> Life {
    let copies = Copies::mount(&paths.tree, count, paths);
    let boot = |(number, root): (usize, &std::path::PathBuf)| {
        manager.boot(paths, Isolation::Same, &format!("bench{number}"), root)
    };
    live(Fleet::start(copies.roots.iter().enumerate().map(boot), paths))
}

/// Boots all that are started, and stops them.
fn live(mut fleet: Fleet) -> Life {
    let before = of_children().unwrap().processor_time;
    let (boot, ready) = fleet.wait_until_ready();
    fleet.stop();
    let processor = of_children().unwrap().processor_time.saturating_sub(before);
    Life { boot: millis(boot), processor: millis(processor), ready }
}

fn compare(name: &str, rounds: usize, life: &dyn Fn(Manager) -> Life) {
    let mut lives: [Vec<Life>; 2] = [Vec::new(), Vec::new()];
    for round in 0..=rounds {
        for index in turn(round, 2) {
            let life = life(Manager::BOTH[index]);
            // The first one fills caches, and gives the tree its machine id.
            if round > 0 {
                lives[index].push(life);
            }
        }
    }
    let of = |index: usize, figure: fn(&Life) -> f64| median(lives[index].iter().map(figure));
    let ratio = |figure: fn(&Life) -> f64| {
        median(lives[0].iter().zip(&lives[1]).map(|(one, other)| figure(one) / figure(other)))
    };
    let least = |index: usize| lives[index].iter().map(|life| life.ready).min().unwrap_or_default();
    let boot = |life: &Life| life.boot;
    let processor = |life: &Life| life.processor;
    println!(
        "| {name} | {:.0} | {:.0} | {:.2} | {:.0} | {:.0} | {:.2} | {} and {} |",
        of(0, boot),
        of(1, boot),
        ratio(boot),
        of(0, processor),
        of(1, processor),
        ratio(processor),
        least(0),
        least(1)
    );
}

/// How much of a boot is the manager's: the init of this tree is ready at once.
fn own_share(paths: &Paths) {
    let tree = trees::small(paths);
    let mut shares: [Vec<f64>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=SHARE_ROUNDS {
        for index in turn(round, 3) {
            let (manager, isolation) = [
                (Manager::Redd, Isolation::Same),
                (Manager::Redd, Isolation::Default),
                (Manager::Nspawn, Isolation::Same),
            ][index];
            let share = share_of(paths, manager, isolation, &tree);
            if round > 0 {
                shares[index].push(share);
            }
        }
    }
    let [same, default, nspawn] = shares.map(|shares| median(shares.into_iter()));
    println!(
        "The manager's share, from its execve(2) until an init that does nothing else has said that it is ready: redd \
         {same:.1} ms, with its defaults {default:.1} ms, nspawn {nspawn:.1} ms. The goal is at most 8 ms.\n"
    );
}

fn share_of(paths: &Paths, manager: Manager, isolation: Isolation, tree: &Path) -> f64 {
    let mut fleet = Fleet::start([manager.boot(paths, isolation, "bench", tree)], paths);
    let (share, ready) = fleet.wait_until_ready();
    assert_eq!(ready, 1, "{manager:?}");
    fleet.stop();
    millis(share)
}
