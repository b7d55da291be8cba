//! `/dev`, `/proc`, `/sys`, `/run`, `/tmp` (EE2, EE3).

use std::path::Path;

use redd_spec::api::{ApiAccess, TemporaryDirectory};
use redd_spec::ids::HostId;
use redd_spec::payload::Payload;
use redd_spec::root::{Access, Volatile};

use super::context::{Context, Steps, options_of, path, tmpfs};
use super::{devices, named_hierarchy, nodes, shared_cgroups};
use crate::action::{
    Action, Entry, EntryKind, FileSystem, Missing, MountFlags, MountPoint, MountSource, StageIdMap,
};
use crate::clause::Clause::{EE2, EE3, EE4, EE5, EE6, NO1, NO3, NO4, NO5, NO6, NO7, UN2};
use crate::descriptor::Slot;

/// The nodes of EE3: name, major, minor. `ptmx` is a link into the payload's own devpts.
const NODES: [(&str, u32, u32); 6] =
    [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

const LINKS: [(&str, &str); 6] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("core", "/proc/kcore"),
    ("ptmx", "pts/ptmx"),
];

/// What a payload has no use for, and anybody may read.
const COVERED: [&str; 2] = ["/proc/kallsyms", "/proc/keys"];

/// What the host's root alone may use, which a payload's root is without a user namespace.
const COVERED_FOR_ROOT: [&str; 3] = ["/proc/kcore", "/proc/sysrq-trigger", "/proc/timer_list"];

/// What may be read only. `/proc/sys/net` is the payload's own, where the network namespace is (EE2).
const READ_ONLY: [&str; 7] =
    ["/proc/acpi", "/proc/apm", "/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/scsi"];

/// Without a network namespace of its own the payload sees the host's sysfs, read-only.
pub(super) fn prepare(context: &Context<'_>, steps: &mut Steps) {
    if !context.spec.network.is_private() {
        steps.host(Action::CopyMount { slot: Slot::Sys, source: MountSource::HostSysfs }, &[EE2]);
    }
    if context.host.selinux.is_present() {
        let source = MountSource::Own { path: "/sys/fs/selinux".into() };
        steps.host(Action::CopyMount { slot: Slot::Selinux, source }, &[EE2]);
    }
    shared_cgroups::prepare(context, steps);
}

/// Device nodes need the host's privileges: inside a user namespace mknod(2) is refused. There redd binds those it has.
pub(super) fn stage(context: &Context<'_>, steps: &mut Steps) {
    let file_system = tmpfs(&[("mode", "0755"), ("size", "4m"), ("nr_inodes", "64k")], MountFlags::NO_SUID);
    let mut entries = device_entries(context);
    let nodes = nodes::take(context, &mut entries);
    let (slot, owner) = (Slot::Devices, context.root_id());
    steps.host(Action::StageFileSystem { slot, file_system, owner, entries }, &[EE3, NO3, NO4, NO5]);
    if context.host.user_namespace.is_inner() {
        steps.host(Action::VerifyNodesRefused, &[EE3, NO1, NO5]);
    }
    nodes::bind(slot, nodes, Path::new("/dev"), Missing::Refuse, steps);
    if !context.spec.network.is_private() {
        let flags = sysfs_flags(context);
        steps.host(Action::Stage { slot: Slot::Sys, id_map: StageIdMap::Unmapped, flags }, &[EE2]);
    }
    if context.host.selinux.is_present() {
        let (slot, flags) = (Slot::Selinux, MountFlags::READ_ONLY_DATA);
        steps.host(Action::Stage { slot, id_map: StageIdMap::Unmapped, flags }, &[EE2]);
    }
    shared_cgroups::stage(context, steps);
}

fn device_entries(context: &Context<'_>) -> Vec<Entry> {
    let directory = |name: &str| Entry { path: name.to_owned(), mode: 0o755, kind: EntryKind::Directory };
    let link = |path: String, target: String| Entry { path, mode: 0o777, kind: EntryKind::Link(target) };
    let mut entries: Vec<Entry> = ["pts", "shm", "mqueue", "char"].map(directory).into();
    for (name, major, minor) in NODES {
        let kind = EntryKind::Character { major, minor };
        entries.push(Entry { path: name.to_owned(), mode: 0o666, kind });
        entries.push(link(format!("char/{major}:{minor}"), format!("../{name}")));
    }
    entries.extend(LINKS.map(|(name, target)| link(name.to_owned(), target.to_owned())));
    devices::entries(context, &mut entries);
    entries
}

pub(super) fn mount(context: &Context<'_>, steps: &mut Steps) {
    ensure_mount_points(context, steps);
    mount_proc(context, steps);
    mount_sys(context, steps);
    mount_devices(context, steps);
    mount_memory(context, steps);
}

fn ensure_mount_points(context: &Context<'_>, steps: &mut Steps) {
    if context.root_access() == Access::ReadOnly {
        return;
    }
    let is_empty = context.spec.root.volatile == Volatile::Yes;
    for (directory, mode) in
        [("/dev", 0o755), ("/proc", 0o555), ("/sys", 0o555), ("/run", 0o755), ("/tmp", 0o1777)]
    {
        if is_empty || context.tree.missing_mount_points.contains(&directory) {
            steps.child(Action::EnsureDirectory { path: path(directory), mode }, &[]);
        }
    }
}

fn mount_proc(context: &Context<'_>, steps: &mut Steps) {
    let proc = FileSystem { kind: "proc", options: Vec::new(), flags: MountFlags::DATA };
    steps.child(Action::Mount { target: path("/proc"), file_system: proc }, &[EE2]);
    match context.spec.api.access {
        ApiAccess::Writable => {}
        ApiAccess::NetworkWritable => protect_proc(context, NetworkSettings::Writable, steps),
        ApiAccess::ReadOnly if context.spec.network.is_private() => {
            protect_proc(context, NetworkSettings::Writable, steps);
        }
        ApiAccess::ReadOnly => protect_proc(context, NetworkSettings::ReadOnly, steps),
    }
    for (file, target) in
        [("proc-sys-kernel-random-boot-id", "/proc/sys/kernel/random/boot_id"), ("proc-kmsg", "/proc/kmsg")]
    {
        let flags = if file == "proc-kmsg" { MountFlags::DATA } else { MountFlags::READ_ONLY_DATA };
        let target = path(target);
        steps.child(Action::AttachStagedFile { slot: Slot::HostDirectory, file, target, flags }, &[UN2]);
    }
}

/// `/proc/sys/net`
#[derive(Clone, Copy, PartialEq, Eq)]
enum NetworkSettings {
    Writable,
    ReadOnly,
}

fn protect_proc(context: &Context<'_>, network: NetworkSettings, steps: &mut Steps) {
    bind_over_itself("/proc/sys", MountFlags::READ_ONLY_DATA, Missing::Refuse, steps);
    if network == NetworkSettings::Writable {
        bind_over_itself("/proc/sys/net", MountFlags::DATA.and(MountFlags::WRITABLE), Missing::Skip, steps);
    }
    for name in COVERED {
        steps.child(Action::Cover { path: path(name), missing: Missing::Skip }, &[]);
    }
    // Root of a user namespace owns none of it, and may no more with it than everybody: unless it is the host's root.
    if context.ids.is_none_or(|ids| ids.start == HostId(0)) {
        for name in READ_ONLY {
            bind_over_itself(name, MountFlags::READ_ONLY_DATA, Missing::Skip, steps);
        }
        for name in COVERED_FOR_ROOT {
            steps.child(Action::Cover { path: path(name), missing: Missing::Skip }, &[]);
        }
    }
}

/// A container in the container mounts a procfs of its own, which the kernel allows where a whole one is there already: one
/// without anything mounted over parts of it, as over `/proc`. It needs no path, so `/run/host` goes over it.
///
/// The same with a sysfs, which may be written to where the one that is there may be.
pub(super) fn mount_hidden(context: &Context<'_>, steps: &mut Steps) {
    let nesting = context.spec.nesting.is_on();
    if nesting || matches!(context.spec.payload, Payload::Boot { .. }) {
        mount_out_of_sight("proc", "/run/host/proc", steps);
    }
    if nesting && context.spec.network.is_private() {
        mount_out_of_sight("sysfs", "/run/host/sys", steps);
    }
}

fn mount_out_of_sight(kind: &'static str, target: &'static str, steps: &mut Steps) {
    let target = path(target);
    steps.child(Action::EnsureDirectory { path: target.clone(), mode: 0o555 }, &[]);
    let file_system = FileSystem { kind, options: Vec::new(), flags: MountFlags::DATA };
    steps.child(Action::Mount { target, file_system }, &[EE2]);
}

fn bind_over_itself(name: &'static str, flags: MountFlags, missing: Missing, steps: &mut Steps) {
    let (source, target) = (path(name), path(name));
    steps.child(Action::Bind { source, target, flags, missing, create: MountPoint::Required }, &[EE2]);
}

/// A writable /sys is asked for by name, or it is none (NO7).
const fn sysfs_flags(context: &Context<'_>) -> MountFlags {
    match context.spec.api.access {
        ApiAccess::Writable => MountFlags::DATA,
        ApiAccess::ReadOnly | ApiAccess::NetworkWritable => MountFlags::READ_ONLY_DATA,
    }
}

/// A fresh sysfs shows the links of the payload's network namespace; without one there is only the host's.
fn mount_sys(context: &Context<'_>, steps: &mut Steps) {
    let target = path("/sys");
    if context.spec.network.is_private() {
        let sysfs = FileSystem { kind: "sysfs", options: Vec::new(), flags: sysfs_flags(context) };
        steps.child(Action::Mount { target, file_system: sysfs }, &[EE2, EE4, NO7]);
    } else {
        steps.child(
            Action::AttachStaged { slot: Slot::Sys, target, create: MountPoint::Required },
            &[EE2, EE4, NO7],
        );
    }
    if context.host.selinux.is_present() {
        let target = path("/sys/fs/selinux");
        steps.child(
            Action::AttachStaged { slot: Slot::Selinux, target, create: MountPoint::Required },
            &[EE2],
        );
    }
    if named_hierarchy::is_needed(context) {
        named_hierarchy::mount(steps);
    } else if !shared_cgroups::attach(context, steps) && context.host.cgroups.unified.is_some() {
        let cgroup = FileSystem { kind: "cgroup2", options: Vec::new(), flags: MountFlags::DATA };
        steps.child(Action::Mount { target: path("/sys/fs/cgroup"), file_system: cgroup }, &[EE6, NO6]);
    }
}

fn mount_devices(context: &Context<'_>, steps: &mut Steps) {
    let target = path("/dev");
    steps.child(
        Action::AttachStaged { slot: Slot::Devices, target, create: MountPoint::Required },
        &[EE3, EE5],
    );
    let pseudo_terminals = FileSystem {
        kind: "devpts",
        options: options_of(&[("ptmxmode", "0666"), ("mode", "0620"), ("gid", "5")]),
        flags: MountFlags::NO_SUID.and(MountFlags::NO_EXEC),
    };
    steps.child(Action::Mount { target: path("/dev/pts"), file_system: pseudo_terminals }, &[EE3]);
    let shared = tmpfs(&[("mode", "1777"), ("size", "10%"), ("nr_inodes", "400k")], memory_flags());
    steps.child(Action::Mount { target: path("/dev/shm"), file_system: shared }, &[EE3]);
    // The host's queues are not for a user namespace to mount.
    if !context.spec.namespaces.ipc.is_shared() || context.ids.is_none() {
        let queues = FileSystem { kind: "mqueue", options: Vec::new(), flags: MountFlags::DATA };
        steps.child(Action::Mount { target: path("/dev/mqueue"), file_system: queues }, &[EE3]);
    }
}

fn mount_memory(context: &Context<'_>, steps: &mut Steps) {
    let run = tmpfs(&[("mode", "0755"), ("size", "20%"), ("nr_inodes", "800k")], memory_flags());
    steps.child(Action::Mount { target: path("/run"), file_system: run }, &[]);
    if context.spec.api.temporary == TemporaryDirectory::Memory {
        let temporary = tmpfs(&[("mode", "1777"), ("size", "10%"), ("nr_inodes", "400k")], memory_flags());
        steps.child(Action::Mount { target: path("/tmp"), file_system: temporary }, &[]);
    }
}

const fn memory_flags() -> MountFlags {
    MountFlags::NO_SUID.and(MountFlags::NO_DEVICES)
}
