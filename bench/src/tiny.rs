//! Commands that start nothing.

use crate::measure::{compare, print_costs};
use crate::start::{case, words};
use crate::{Paths, tools, trace};

const ROUNDS: usize = 60;

pub(crate) fn bench(paths: &Paths) {
    println!("## Small commands\n\nThe goal is at most 0.5 ms of CPU each; nothing runs meanwhile.\n");
    let cases = [
        case("redd --version", |_| words(&paths.redd, &["--version".as_ref()])),
        case("redd gc", |_| words(&paths.redd, &["gc".as_ref()])),
        case("crun --version", |_| words("crun".as_ref(), &["--version".as_ref()])),
        case("systemd-nspawn --version", |_| words("systemd-nspawn".as_ref(), &["--version".as_ref()])),
    ];
    let all = compare(paths, &cases, ROUNDS);
    let calls: Vec<trace::Calls> = cases.iter().map(|case| trace::count(paths, &(case.command)(0))).collect();
    print_costs(&all, &calls);
    tools::print_setting(paths, &["crun", "systemd-nspawn"]);
}
