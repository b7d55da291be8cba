//! Measures redd against its peers, in interleaved rounds, and prints tables.
//!
//! Expects a mount namespace of its own with cgroup2 at /sys/fs/cgroup and a tmpfs at /run: `cargo xtask bench`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the tables are the result")]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

mod boot;
mod measure;
mod start;
mod tools;

use std::path::PathBuf;

/// Where things are.
#[derive(Debug)]
struct Paths {
    redd: PathBuf,
    floor: PathBuf,
    /// A Debian that boots; written to.
    tree: PathBuf,
    /// For what is made on the way.
    scratch: PathBuf,
}

fn main() {
    let words: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [redd, floor, tree, scratch] = <[PathBuf; 4]>::try_from(words).unwrap();
    let paths = Paths { redd, floor, tree, scratch };
    tools::print(&paths);
    start::bench(&paths);
    boot::bench(&paths);
}
