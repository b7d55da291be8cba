//! Inputs made up by libFuzzer for the targets of `fuzz/`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{Failure, root, shell, target};

/// What libFuzzer learns of an input by: which edges it takes, and what was compared.
const COVERAGE: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];
/// An input that takes longer is one that a parser does not come to an end of, in seconds.
const TIMEOUT: u32 = 10;
/// What a target's process may have in all, in MiB: a target measures itself more exactly.
const MEMORY: u32 = 2048;
/// How long one process runs, in seconds: redd leaves the definition of its command line to the end of its process, so
/// one that reads a thousand command lines grows.
const ROUND: u32 = 20;

/// How long each target runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Length {
    /// So many inputs.
    Runs(u32),
    /// So many seconds.
    Seconds(u32),
}

/// Runs one target, or all of them; the first input that breaks a promise ends it.
pub(crate) fn fuzz(name: Option<&str>, length: Length) -> Result<(), Failure> {
    let binary = build()?;
    let known = targets()?;
    if let Some(name) = name.filter(|name| !known.iter().any(|known| known == name)) {
        return Err(format!("{name:?} is no target; there are {}", known.join(", ")).into());
    }
    known
        .iter()
        .filter(|known| name.is_none_or(|name| name == *known))
        .try_for_each(|name| run(&binary, name, length))
}

/// Each target has its seeds: a test checks that.
fn targets() -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("fuzz/seeds"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Apart from other builds, because of the flags; a target triple keeps them from build scripts.
fn build() -> Result<PathBuf, Failure> {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let directory = target().join("fuzz");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args([
        "build",
        "--quiet",
        "--package",
        "redd-fuzz",
        "--features",
        "libfuzzer",
        "--profile",
        "fuzz",
    ]);
    build.args(["--target", &triple, "--target-dir"]).arg(&directory);
    shell::run(build.env("RUSTFLAGS", COVERAGE.join(" ")).current_dir(root()))?;
    Ok(directory.join(triple).join("fuzz/redd-fuzz"))
}

fn run(binary: &Path, name: &str, length: Length) -> Result<(), Failure> {
    let work = target().join("fuzz").join(name);
    fs::create_dir_all(&work)?;
    println!("fuzzing {name}; see {}", work.join("log").display());
    match length {
        Length::Runs(runs) => {
            // From nothing but the seeds, so that the inputs are the same each time.
            let found = work.join("short");
            if found.exists() {
                fs::remove_dir_all(&found)?;
            }
            run_process(binary, name, &found, &[format!("-runs={runs}"), "-seed=1".to_owned()])
        }
        Length::Seconds(seconds) => {
            let end = Instant::now() + Duration::from_secs(seconds.into());
            while Instant::now() < end {
                let round = ROUND.min(seconds);
                run_process(binary, name, &work.join("found"), &[format!("-max_total_time={round}")])?;
            }
            Ok(())
        }
    }
}

/// `found` is where inputs are kept that reach something new, for the next process to go on from.
fn run_process(binary: &Path, name: &str, found: &Path, length: &[String]) -> Result<(), Failure> {
    let (seeds, work) = (root().join("fuzz/seeds").join(name), target().join("fuzz").join(name));
    let log = work.join("log");
    fs::create_dir_all(found)?;
    let mut fuzzer = Command::new(binary);
    fuzzer.env("REDD_FUZZ_TARGET", name).stderr(File::create(&log)?).args(length);
    fuzzer.args([
        format!("-timeout={TIMEOUT}"),
        format!("-rss_limit_mb={MEMORY}"),
        "-max_len=4096".to_owned(),
    ]);
    fuzzer.arg(format!("-dict={}", root().join("fuzz/words.dict").display()));
    fuzzer.arg(format!("-artifact_prefix={}/", work.display()));
    shell::run(fuzzer.arg(found).arg(&seeds)).map_err(|_status| {
        let seeds = seeds.display();
        format!("{name} broke a promise, see {}; the input it names becomes a test in {seeds}", log.display())
            .into()
    })
}
