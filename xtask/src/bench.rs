//! Measures, and writes down what came out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::trees::{self, Suite};
use crate::{Failure, binary, root, setup, shell, target};

/// What can be measured, in the order of the page.
const CASES: [&str; 8] = ["start", "tiny", "scale", "boot", "stop", "console", "memory", "machines"];

/// What stands above the tables.
const METHOD: &str = "\
# Performance

Written by `cargo xtask bench [CASE…]`, from the files in `bench/results`: each case has one, and can be measured anew alone. The
figures are those of one machine, and only ratios carry over. All that is compared runs in each round, in turning order; figures
are medians, ratios are taken round by round, and rounds that only warm caches are left out. CPU time is user and system time of
the command and of all it waited for; it is steadier than wall time, which a busy machine stretches at every wait. Peak memory is
that of the largest process, as wait4(2) tells it to a small launcher. System calls are those of all processes in one run below
strace(1), the payload's own included. Everything runs in a mount and network namespace of its own, with version 2 of cgroups
alone and a tmpfs at `/run`; each redd is a machine of another name. No figure here is an assertion of a test: what tests hold redd
to are counts (`tests/budget.txt`).

";

/// Version 2 of cgroups alone, a cgroup of one's own, a tmpfs: nothing of it is seen outside.
const SURROUNDINGS: &str = "\
mount -t cgroup2 none /sys/fs/cgroup && mount -t tmpfs none /run && mkdir /sys/fs/cgroup/redd-bench-$$ &&
echo $$ > /sys/fs/cgroup/redd-bench-$$/cgroup.procs && exec \"$@\"";

/// What redd-bench is given.
struct Programs {
    redd: PathBuf,
    directory: PathBuf,
    tree: PathBuf,
    scratch: PathBuf,
}

pub(crate) fn bench(cases: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = cases.iter().find(|case| !CASES.contains(&case.as_str())) {
        return Err(format!("there is no case {unknown}; there are {}", CASES.join(", ")).into());
    }
    setup::setup()?;
    setup::install_peers()?;
    let programs = build()?;
    let results = root().join("bench/results");
    fs::create_dir_all(&results)?;
    for case in CASES.into_iter().filter(|case| cases.is_empty() || cases.iter().any(|word| word == case)) {
        let tables = measure(case, &programs)?;
        println!("{tables}");
        fs::write(results.join(format!("{case}.md")), tables)?;
        write_page(&results)?;
    }
    Ok(())
}

fn build() -> Result<Programs, Failure> {
    let redd = binary::build()?;
    let directory = binary::build_package("redd-bench")?;
    let scratch = target().join("bench");
    fs::create_dir_all(&scratch)?;
    let tree = scratch.join("debian-13");
    if !tree.exists() {
        let source = trees::ensure(Suite::Debian13)?;
        shell::run(Command::new("cp").arg("-a").arg(source.join(".")).arg(&tree))?;
    }
    Ok(Programs { redd, directory, tree, scratch })
}

fn measure(case: &str, programs: &Programs) -> Result<String, Failure> {
    let mut bench = Command::new("unshare");
    bench
        .args(["--mount", "--net", "sh", "-c", SURROUNDINGS, "sh"])
        .arg(programs.directory.join("redd-bench"));
    bench.arg(case).arg(&programs.redd).arg(&programs.directory).arg(&programs.tree).arg(&programs.scratch);
    let tables = shell::output(&mut bench);
    remove_empty_cgroups();
    tables
}

/// The page has each case that was ever measured.
fn write_page(results: &Path) -> Result<(), Failure> {
    let mut page = METHOD.to_owned();
    for case in CASES {
        page += &fs::read_to_string(results.join(format!("{case}.md"))).unwrap_or_default();
    }
    page += &fs::read_to_string(root().join("bench/breakdown.md"))?;
    fs::write(root().join("docs/performance.md"), page)?;
    Ok(())
}

/// The cgroups that [`SURROUNDINGS`] made.
fn remove_empty_cgroups() {
    for parent in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("redd-bench-") {
                // One of a bench that still runs is not empty, and stays.
                drop(fs::remove_dir(entry.path()));
            }
        }
    }
}
