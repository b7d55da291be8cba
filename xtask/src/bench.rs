//! Measures, and writes down what came out.

use std::fs;
use std::process::Command;

use crate::trees::{self, Suite};
use crate::{Failure, binary, root, setup, shell, target};

/// What stands above the tables.
const METHOD: &str = "\
# Performance

Written by `cargo xtask bench`; the figures are those of one machine, and only ratios carry over. All cases run in each round,
in turning order; figures are medians, and ratios are taken round by round. CPU time is user and system time of the command
and of all it waited for; it is steadier than wall time, which a busy machine stretches at every wait. Each redd is a machine of
another name, in a mount namespace with version 2 of cgroups alone and a tmpfs at `/run`.

";

/// Version 2 of cgroups alone, a cgroup of one's own, a tmpfs: nothing of it is seen outside.
const SURROUNDINGS: &str = "\
mount -t cgroup2 none /sys/fs/cgroup && mount -t tmpfs none /run && mkdir /sys/fs/cgroup/redd-bench-$$ &&
echo $$ > /sys/fs/cgroup/redd-bench-$$/cgroup.procs && exec \"$@\"";

pub(crate) fn bench() -> Result<(), Failure> {
    setup::setup()?;
    setup::install_peers()?;
    let redd = binary::build()?;
    let programs = binary::build_package("redd-bench")?;
    let scratch = target().join("bench");
    fs::create_dir_all(&scratch)?;
    let tree = scratch.join("debian-13");
    if !tree.exists() {
        let source = trees::ensure(Suite::Debian13)?;
        shell::run(Command::new("cp").arg("-a").arg(source).arg(&tree))?;
    }
    let mut bench = Command::new("unshare");
    bench.args(["--mount", "sh", "-c", SURROUNDINGS, "sh"]).arg(programs.join("redd-bench"));
    bench.arg(redd).arg(programs.join("redd-floor")).arg(tree).arg(scratch);
    let tables = shell::output(&mut bench)?;
    remove_empty_cgroups();
    let breakdown = fs::read_to_string(root().join("bench/breakdown.md"))?;
    let page = format!("{METHOD}{tables}{breakdown}");
    fs::write(root().join("docs/performance.md"), page)?;
    println!("{tables}");
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
