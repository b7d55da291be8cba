//! From SIGTERM to the manager's end.

use crate::machine::{Fleet, Isolation, Manager};
use crate::measure::{median, millis, turn};
use crate::{Paths, tools, trees};

const ROUNDS: usize = 20;
const SHIM_ROUNDS: usize = 40;

pub(crate) fn bench(paths: &Paths) {
    println!("## Stop: from SIGTERM to the end\n");
    println!(
        "Of a Debian 13 that is ready; and of an init that ends at once, so that what is left is the manager's. The goal \
         is a ratio of at most 1.0.\n"
    );
    println!("| | redd ms | nspawn ms | ratio, round by round |\n|---|---|---|---|");
    let small = trees::small(paths);
    for (name, tree, rounds) in
        [("Debian 13", &paths.tree, ROUNDS), ("an init that ends at once", &small, SHIM_ROUNDS)]
    {
        let mut times: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
        for round in 0..=rounds {
            for index in turn(round, 2) {
                let command = Manager::BOTH[index].boot(paths, Isolation::Same, "bench", tree);
                let mut fleet = Fleet::start([command], paths);
                assert_eq!(fleet.wait_until_ready().1, 1, "{}", Manager::BOTH[index].name());
                let time = millis(fleet.stop());
                if round > 0 {
                    times[index].push(time);
                }
            }
        }
        let [redd, nspawn] = &times;
        let ratio = median(redd.iter().zip(nspawn).map(|(one, other)| one / other));
        let [redd, nspawn] = times.map(|times| median(times.into_iter()));
        println!("| {name} | {redd:.1} | {nspawn:.1} | {ratio:.2} |");
    }
    println!();
    tools::print_setting(paths, &["systemd-nspawn"]);
}
