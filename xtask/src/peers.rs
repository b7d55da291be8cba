//! Judges the other container managers as redd is judged, and writes down what came out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use redd_conform::adapter::{self, peers};
use redd_conform::report::Report;
use redd_conform::{registry, render};

use crate::{Failure, binary, root, setup, shell, target};

/// What stands above the tables.
const METHOD: &str = "\
# Container managers and the Container Interface

Written by `cargo xtask check-peers`; [the same with the evidence of each verdict](conformance.html). Each manager boots the same
payload under `redd check --manager NAME --mode MODE`, in its default and in the configuration that its own documents recommend for
an operating system; `redd check --explain ID` says how a check is made. The figures are passed checks of those that could pass or
fail on this host: not applicable and not judged ones do not count.

| mode | what it is |
|---|---|
| systemd-nspawn default | `--boot` alone |
| systemd-nspawn user-namespace-and-veth | the options of systemd-nspawn@.service |
| lxc privileged | common.conf and a veth |
| lxc unprivileged | userns.conf beside it, /sys read-only, no audit capabilities, host0, no further ttys |
| podman default | `--systemd=always`, nothing else |
| podman capabilities | SYS_ADMIN, MKNOD, NET_ADMIN; a host name; `--cgroups=split` |
| podman privileged | `--privileged` |
| crun, runc edited-bundle | the runtime's own `spec`, with systemd's capabilities, `container=`, a writable cgroup, a tmpfs at /run |

Where root lacks CAP_SYS_RESOURCE, resource limits that crun cannot raise stay as they are instead of ending the start.

";

/// Namespaces of a host without a service manager: its own links in /sys, version 2 of cgroups alone, a cgroup of one's
/// own, ids for root, and crun as it is on a host that lets it raise limits. Nothing of it is seen outside.
const SURROUNDINGS: &str = "\
scratch=$1; cgroup=/sys/fs/cgroup/$2; shift 2
mount -t sysfs none /sys && mount -t cgroup2 none /sys/fs/cgroup && mount -t tmpfs none /run && mkdir -p /run/lock $cgroup && echo $$ > $cgroup/cgroup.procs &&
mount --bind $scratch/ids /etc/subuid && mount --bind $scratch/ids /etc/subgid && ip link set lo up || exit 2
if [ -x $scratch/crun ]; then mount --bind $scratch/crun $(command -v crun) || exit 2; fi
exec \"$@\"";

/// What crun is given where root may not raise limits.
const LIMITS: &str = r#"#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#define TOLERANT(name)                                                  \
	int name(int resource, const void *limit)                       \
	{                                                               \
		int (*real)(int, const void *) = dlsym(RTLD_NEXT, #name); \
		int result = real(resource, limit);                     \
		return result < 0 && errno == EPERM ? 0 : result;       \
	}
TOLERANT(setrlimit)
TOLERANT(setrlimit64)
"#;
const CAP_SYS_RESOURCE: u32 = 24;

/// Judges everybody, redd too.
pub(crate) fn check_peers() -> Result<(), Failure> {
    setup::setup()?;
    setup::install_judged()?;
    let redd = binary::build()?;
    let scratch = target().join("check-peers");
    fs::create_dir_all(&scratch)?;
    fs::write(scratch.join("ids"), "root:300000000:65536\n")?;
    if !may_raise_limits() {
        make_tolerant_crun(&scratch)?;
    }
    let image = scratch.join("image");
    if !image.join("usr").is_dir() {
        shell::run(Command::new(&redd).args(["check", "--make-image"]).arg(&image))?;
    }
    let mut reports = Vec::new();
    for (manager, mode) in everybody() {
        match judge(&redd, &scratch, &image, &manager, &mode)? {
            Ok(report) => reports.push(report),
            Err(why) => println!("{manager} {mode}: not judged: {why}"),
        }
    }
    let page = format!("{METHOD}{}", render::markdown(&reports, registry::all()));
    fs::write(root().join("docs/conformance.md"), page)?;
    fs::write(root().join("docs/conformance.html"), render::html(&reports, registry::all()))?;
    println!("{}", render::side_by_side(&reports, registry::all()));
    Ok(())
}

/// Every manager in each of its modes.
fn everybody() -> Vec<(String, String)> {
    let names = ["redd"].into_iter().chain(peers::NAMES);
    let all = names.flat_map(|name| adapter::named(name).into_iter().map(|adapter| adapter.manager()));
    all.map(|manager| (manager.name, manager.mode)).collect()
}

/// A report, or why there is none.
fn judge(
    redd: &Path,
    scratch: &Path,
    image: &Path,
    manager: &str,
    mode: &str,
) -> Result<Result<Report, String>, Failure> {
    let began = Instant::now();
    let cgroup = format!("redd-check-peers-{}", std::process::id());
    let mut command = Command::new("unshare");
    command.args(["--mount", "--net", "sh", "-c", SURROUNDINGS, "sh"]).arg(scratch).arg(&cgroup);
    let mode = format!("--mode={mode}");
    command.arg(redd).args(["check", "--manager", manager, &mode, "--json", "--image"]).arg(image);
    let output = command.output()?;
    remove_cgroups(&cgroup);
    println!("{manager} {mode}: {} after {} s", output.status, began.elapsed().as_secs());
    Ok(report_in(&output))
}

fn report_in(output: &Output) -> Result<Report, String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let complaint = || render::escape::printable(String::from_utf8_lossy(&output.stderr).trim());
    render::read_json(&text, registry::all()).map_err(|error| format!("{error}: {}", complaint()))
}

/// What LXC and Podman leave at the top of the tree.
const LEFT_BEHIND: [&str; 2] = ["lxc.pivot", "libpod_parent"];

/// The cgroup of [`SURROUNDINGS`], and what managers left in it or beside it, where no process is any more.
fn remove_cgroups(own: &str) {
    let parents = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(Path::new);
    let names = || LEFT_BEHIND.into_iter().chain([own]);
    for path in parents.into_iter().flat_map(|parent| names().map(|name| parent.join(name))) {
        if path.is_dir() {
            // What still has processes stays, and the next look at the machine shows it.
            drop(
                Command::new("find")
                    .arg(&path)
                    .args(["-depth", "-type", "d", "-exec", "rmdir", "{}", "+"])
                    .output(),
            );
        }
    }
}

fn may_raise_limits() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let set = set.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or_default();
    set & (1 << CAP_SYS_RESOURCE) != 0
}

fn make_tolerant_crun(scratch: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;

    let crun = PathBuf::from(shell::output(Command::new("sh").args(["-c", "command -v crun"]))?.trim());
    let (source, library, real, wrapper) = (
        scratch.join("limits.c"),
        scratch.join("limits.so"),
        scratch.join("crun.real"),
        scratch.join("crun"),
    );
    fs::write(&source, LIMITS)?;
    shell::run(Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source))?;
    fs::copy(crun, &real)?;
    let script = format!("#!/bin/sh\nLD_PRELOAD={} exec {} \"$@\"\n", library.display(), real.display());
    fs::write(&wrapper, script)?;
    Ok(fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?)
}
