//! Measures redd against its peers, in interleaved rounds, and prints tables.
//!
//! Expects namespaces of its own for mounts, with cgroup2 at /sys/fs/cgroup and a tmpfs at /run, and for the network:
//! `cargo xtask bench`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the tables are the result")]
#![expect(clippy::print_stderr, reason = "what goes on meanwhile")]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

mod boot;
mod bundle;
mod console;
mod machine;
mod machines;
mod measure;
mod memory;
mod scale;
mod start;
mod stop;
mod tiny;
mod tools;
mod trace;
mod trees;

use std::path::PathBuf;

/// Where things are.
#[derive(Debug)]
struct Paths {
    redd: PathBuf,
    /// The programs of this package.
    programs: PathBuf,
    /// A Debian that boots; written to.
    tree: PathBuf,
    /// For what is made on the way.
    scratch: PathBuf,
}

impl Paths {
    fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }
}

fn main() {
    let mut words = std::env::args().skip(1);
    let case = words.next().unwrap();
    let paths: Vec<PathBuf> = words.map(PathBuf::from).collect();
    let [redd, programs, tree, scratch] = <[PathBuf; 4]>::try_from(paths).unwrap();
    let paths = Paths { redd, programs, tree, scratch };
    match case.as_str() {
        "start" => start::bench(&paths),
        "tiny" => tiny::bench(&paths),
        "boot" => boot::bench(&paths),
        "stop" => stop::bench(&paths),
        "console" => console::bench(&paths),
        "memory" => memory::bench(&paths),
        "scale" => scale::bench(&paths),
        "machines" => machines::bench(&paths),
        other => panic!("there is no case {other}"),
    }
}
