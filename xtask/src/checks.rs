//! Every check and every test, cheap ones first.

use std::process::Command;

use crate::documents::Mode;
use crate::{Failure, binary, clauses, documents, fuzz, lab, layering, root, setup, shell, trees};

/// What a machine like CI's has: a test that lacks it fails there instead of being passed over.
const REQUIRED: &str = "root,debian-12,debian-13,debian-13-users,debian-13-nesting,debian-13-sysvinit,debian-13-openrc,\
     debian-13-runit,nspawn,systemd-host,strace,valgrind,compiler,attributes,chromium";

/// Inputs for each fuzz target: some seconds for all of them.
const FUZZ_RUNS: u32 = 5000;

/// Runs everything; a filter selects tests and leaves the other checks out.
pub(crate) fn test(filter: Option<&str>) -> Result<(), Failure> {
    setup::setup()?;
    if filter.is_none() {
        shell::run(cargo().args(["fmt", "--all", "--check"]))?;
        shell::run(cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]))?;
        layering::check()?;
        clauses::generate(Mode::Check)?;
        documents::generate(Mode::Check)?;
    }
    let mut tests = tests(&[])?;
    shell::run(tests.args(filter))?;
    if filter.is_none() {
        lab::test_on_machines()?;
        fuzz::fuzz(None, fuzz::Length::Runs(FUZZ_RUNS))?;
    }
    Ok(())
}

/// The tests that need a host of the lab; a filter selects some.
pub(crate) fn on_hosts(filter: Option<&str>) -> Result<(), Failure> {
    setup::prepare_machine()?;
    let mut tests = tests(&["--package", "redd-tests", "--test", "systemd_host"])?;
    shell::run(tests.args(filter))
}

/// Every point of sweeps, of which the tests take a sample.
pub(crate) fn sweep(suites: &[&str]) -> Result<(), Failure> {
    setup::setup()?;
    let suites = suites.iter().flat_map(|suite| ["--test", suite]);
    let part: Vec<&str> = ["--package", "redd-tests"].into_iter().chain(suites).collect();
    shell::run(tests(&part)?.args(["--no-capture"]).env("REDD_SWEEP", "all"))
}

/// Verbs in as many random orders as are wanted.
pub(crate) fn interleave(count: u32, seed: u64) -> Result<(), Failure> {
    setup::setup()?;
    let mut interleave = tests(&["--package", "redd-tests", "--test", "interleavings"])?;
    interleave.arg("--no-capture").env("REDD_COUNT", count.to_string()).env("REDD_SEED", seed.to_string());
    shell::run(&mut interleave)
}

/// The tests of the whole project, or of a part, with what they need in their environment.
fn tests(part: &[&str]) -> Result<Command, Failure> {
    let redd = binary::build()?;
    let mut tests = cargo();
    if shell::exists("cargo-nextest") {
        tests.args(["nextest", "run"]);
    } else {
        tests.arg("test");
    }
    tests.args(if part.is_empty() { &["--workspace"] } else { part }).arg("--no-fail-fast");
    tests.env("REDD_BINARY", redd).env("REDD_TREES", trees::directory()).env("REDD_REQUIRE", REQUIRED);
    Ok(tests)
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}
