//! What the kernel offers.

use std::fs;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use redd_plan::facts::{HostFacts, InotifyFacts, KernelVersion, Population};
use redd_spec::capability::CapabilitySet;
use redd_spec::ids::{HostId, IdRange};
use redd_sys::mount::{self, MountAttributes, Recursion};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, bpf};
use rustix::fs::{CWD, Mode, OFlags, openat};

use super::{Finding, Verdict};
use crate::StepError;
use crate::host::identity;
use crate::ids;

pub(super) fn version(host: &HostFacts) -> Finding {
    let KernelVersion { major, minor } = host.kernel;
    let value = format!("{major}.{minor}");
    match (major, minor) {
        (0..=4, _) | (5, 0..=11) => {
            Finding::new("kernel", Verdict::Missing, value, "redd needs 5.12 or newer, for idmapped mounts")
        }
        (5, _) | (6, 0..=2) => Finding::new(
            "kernel",
            Verdict::Limited,
            value,
            "tmpfs cannot be mapped before 6.3, overlays not before 5.19",
        ),
        _ => Finding::new("kernel", Verdict::Good, value, "everything redd uses is there"),
    }
}

pub(super) fn privileges(host: &HostFacts) -> Finding {
    let missing = CapabilitySet::ALL.difference(host.capabilities);
    let is_admin = host.capabilities.contains(CapabilitySet::of(&["CAP_SYS_ADMIN"]));
    match (is_admin, missing.is_empty()) {
        (true, true) => {
            Finding::new("privileges", Verdict::Good, "root with every capability", "nothing is out of reach")
        }
        (true, false) => {
            let effect = "hard limits can be lowered but not raised, and what else these allow does not work";
            Finding::new("privileges", Verdict::Limited, format!("root without {missing}"), effect)
        }
        (false, _) => Finding::new(
            "privileges",
            Verdict::Missing,
            "no root",
            "`redd plan` works; starting a machine does not",
        ),
    }
}

pub(super) fn cgroups(host: &HostFacts) -> Vec<Finding> {
    let facts = &host.cgroups;
    let (layout, verdict, effect) = match (&facts.unified, facts.legacy.is_empty()) {
        (Some(_), true) => {
            ("version 2", Verdict::Good, "machines get a cgroup of their own, and are born in it")
        }
        (Some(_), false) => (
            "hybrid",
            Verdict::Limited,
            "payloads see version 2; limits are set in version 1, which makes starts slower",
        ),
        (None, false) => {
            ("version 1", Verdict::Limited, "payloads that know only version 2 do not boot: mount a cgroup2")
        }
        (None, true) => {
            ("none", Verdict::Missing, "nothing can be started: mount -t cgroup2 none /sys/fs/cgroup")
        }
    };
    let mut findings = vec![Finding::new("cgroup layout", verdict, layout, effect)];
    findings.extend(facts.unified.as_ref().map(|unified| {
        let usable = match unified.population {
            Population::Shared => &unified.enabled,
            Population::Root | Population::OnlyRedd => &unified.controllers,
        };
        controllers("cgroup controllers, version 2", usable.iter().map(ToString::to_string).collect())
    }));
    if !facts.legacy.is_empty() {
        let names = facts
            .legacy
            .iter()
            .flat_map(|hierarchy| &hierarchy.controllers)
            .map(ToString::to_string)
            .collect();
        findings.push(controllers("cgroup controllers, version 1", names));
    }
    findings
}

fn controllers(name: &str, names: Vec<String>) -> Finding {
    if names.is_empty() {
        return Finding::new(name, Verdict::Limited, "none", "limits cannot be set in it");
    }
    Finding::new(name, Verdict::Good, names.join(" "), "limits of these kinds work")
}

fn read_number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

pub(super) fn user_namespaces() -> Finding {
    let name = "user namespaces";
    match with_mapped_namespace(|_namespace| Ok(())) {
        Ok(()) => Finding::new(name, Verdict::Good, "work", "a payload's root is nobody outside"),
        Err(cause) => {
            let limit = read_number("/proc/sys/user/max_user_namespaces").unwrap_or(0);
            let effect = format!("machines need --private-users=no, and are not isolated (limit: {limit})");
            Finding::new(name, Verdict::Missing, cause.to_string(), effect)
        }
    }
}

/// A user namespace with one id mapped, for as long as something is tried with it.
fn with_mapped_namespace(
    attempt: impl FnOnce(std::os::fd::BorrowedFd<'_>) -> Result<(), StepError>,
) -> Result<(), StepError> {
    let proof = SingleThreaded::check().map_err(StepError::from)?;
    let root = (HostId(0), IdRange { start: HostId(0), count: 1 });
    let namespace = identity::range_namespace(&proof, root, root)?;
    attempt(namespace.as_fd())
}

pub(super) fn id_ranges(host: &HostFacts) -> Finding {
    let taken = fs::read_dir(ids::DIRECTORY).map_or(0, Iterator::count);
    super::inside::id_ranges(host, taken)
}

/// For each file system that a tree is likely to be on.
pub(super) fn idmapped_mounts() -> Vec<Finding> {
    let mut seen = Vec::new();
    let mut findings = Vec::new();
    for place in ["/var/lib/machines", "/var/tmp", "/tmp", "/srv", "/home", "/"] {
        let Ok(metadata) = fs::metadata(place) else { continue };
        if seen.contains(&metadata.dev()) {
            continue;
        }
        seen.push(metadata.dev());
        findings.push(idmapped_mount(place));
    }
    findings
}

fn idmapped_mount(place: &str) -> Finding {
    let name = format!("idmapped mounts on {place}");
    let attempt = with_mapped_namespace(|namespace| {
        let directory = openat(CWD, Path::new(place), OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        let copy = mount::copy_tree(directory.as_fd(), c"", Recursion::Single)?;
        let mapped = MountAttributes { id_map: Some(namespace), ..MountAttributes::default() };
        Ok(mount::set_attributes(copy.as_fd(), Recursion::Single, &mapped)?)
    });
    match attempt {
        Ok(()) => Finding::new(
            &name,
            Verdict::Good,
            "work",
            "trees there can be used with a user namespace as they are",
        ),
        Err(cause) => {
            let effect = "trees there need --private-users-ownership=off with owners in the range, or another file system";
            Finding::new(&name, Verdict::Missing, cause.to_string(), effect)
        }
    }
}

pub(super) fn device_filter(host: &HostFacts) -> Finding {
    let name = "device filter";
    if host.user_namespace.is_inner() {
        let effect =
            "nobody in here can make device nodes: payloads get the standard ones, and open no others";
        return Finding::new(name, Verdict::Good, "the outer manager's", effect);
    }
    // r0 = 1; exit
    let allow_all = [0x0000_0001_0000_00b7_u64.to_le(), 0x0000_0000_0000_0095_u64.to_le()];
    match bpf::load_device_program(&allow_all) {
        Ok(_) if host.cgroups.unified.is_some() => {
            Finding::new(name, Verdict::Good, "BPF", "payloads open the standard devices and no others")
        }
        Ok(_) | Err(Errno::NOSYS) => Finding::new(
            name,
            Verdict::Limited,
            "the devices controller of version 1",
            "payloads open the standard devices and no others",
        ),
        Err(errno) => Finding::new(
            name,
            Verdict::Missing,
            errno.to_string(),
            "machines are refused: devices would be open to them",
        ),
    }
}

pub(super) fn seccomp() -> Finding {
    let actions = fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail").unwrap_or_default();
    if actions.contains("errno") {
        return Finding::new("seccomp", Verdict::Good, "filters work", "dangerous system calls are refused");
    }
    Finding::new(
        "seccomp",
        Verdict::Missing,
        "no filters",
        "machines are refused: system calls could not be filtered",
    )
}

/// Each systemd takes some instances, and machines without ids of their own share root's.
pub(super) fn inotify() -> Finding {
    let name = "inotify instances per user";
    let limit = read_number("/proc/sys/fs/inotify/max_user_instances").unwrap_or(0);
    let machines = limit / InotifyFacts::INSTANCES_PER_MACHINE;
    let effect = format!("about {machines} machines; for more: sysctl fs.inotify.max_user_instances=8192");
    let verdict = if limit < 1024 { Verdict::Limited } else { Verdict::Good };
    Finding::new(name, verdict, limit.to_string(), effect)
}
