//! Works on the project: `cargo xtask help`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a tool for people at a terminal")]
#![expect(clippy::print_stderr, reason = "a tool for people at a terminal")]

mod bench;
mod binary;
mod checks;
mod clauses;
mod demo;
mod documents;
mod fuzz;
mod host_tree;
mod lab;
mod layering;
mod peers;
mod setup;
mod shell;
mod trees;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

/// What may go wrong: said once, at the end.
type Failure = Box<dyn std::error::Error>;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Works on the project")]
enum Task {
    /// Install what builds and tests need, and make the test trees
    Setup,
    /// Build the static release binary
    Build,
    /// Boot a Debian, from nothing
    Demo {
        /// A tree to boot instead of a new one
        #[arg(long)]
        tree: Option<PathBuf>,
    },
    /// Run every check and every test; FILTER selects tests
    Test { filter: Option<String> },
    /// Kill redd at every system call of whole lives and of verbs, and look what is left: an hour
    KillSweep,
    /// Make every system call of a start fail in every way, and look what runs: half an hour
    ErrorSweep,
    /// Do verbs to machines in random orders, and compare with what a model says: half an hour
    Interleave {
        /// How many orders
        #[arg(long, default_value_t = 1000)]
        count: u32,
        /// The same one makes the same orders
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Look for inputs that a parser cannot take: one target's or all
    Fuzz {
        /// A directory of fuzz/seeds
        target: Option<String>,
        /// How long each target runs
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Measure redd against its peers, and write docs/performance.md: all, or the named cases
    Bench { cases: Vec<String> },
    /// Judge other container managers, and write docs/conformance.md and docs/conformance.html
    CheckPeers,
    /// Make a host that systemd runs, for a moment: for a shell, a command, or tests
    #[command(subcommand)]
    Lab(lab::Lab),
    /// Check that crates depend downwards only, and the like
    Layering,
    /// Write docs/clauses.md, or check it
    Clauses {
        #[arg(long)]
        check: bool,
    },
    /// Write the man page and completions, or check them
    Docs {
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let result = match Task::parse() {
        Task::Setup => setup::setup(),
        Task::Build => binary::build().map(|path| println!("{}", path.display())),
        Task::Demo { tree } => demo::demo(tree),
        Task::Test { filter } => checks::test(filter.as_deref()),
        Task::KillSweep => checks::sweep(&["kill_sweep", "verb_sweep", "upgrade_sweep"]),
        Task::ErrorSweep => checks::sweep(&["error_sweep"]),
        Task::Interleave { count, seed } => checks::interleave(count, seed),
        Task::Fuzz { target, seconds } => fuzz::fuzz(target.as_deref(), fuzz::Length::Seconds(seconds)),
        Task::Bench { cases } => bench::bench(&cases),
        Task::CheckPeers => peers::check_peers(),
        Task::Lab(lab) => lab::lab(lab),
        Task::Layering => layering::check(),
        Task::Clauses { check } => clauses::generate(documents::Mode::from(check)),
        Task::Docs { check } => documents::generate(documents::Mode::from(check)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The checkout's root.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Where builds go.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
