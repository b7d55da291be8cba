//! The `/run/host` hierarchy (RH1 to RH8), made on the host's side and read-only inside.

use std::path::Path;

use super::bound_users;
use super::context::{Context, Steps, path, tmpfs};
use super::nodes;
use crate::action::{Action, Entry, EntryKind, FileSystem, Missing, MountFlags, MountPoint};
use crate::clause::Clause::{AI3, AI6, EV5, RH0, RH1, RH2, RH3, RH4, RH5, RH6, RH7, RH8, RH10, UN2};
use crate::descriptor::Slot;

/// Where the notify socket is, inside.
pub(super) const NOTIFY_SOCKET: &str = "/run/host/notify";
/// Where credentials are, inside.
pub(super) const CREDENTIALS: &str = "/run/host/credentials";

pub(super) fn stage(context: &Context<'_>, steps: &mut Steps) {
    stage_host_directory(context, steps);
    stage_unix_export(context, steps);
    stage_credentials(context, steps);
}

pub(super) fn attach(context: &Context<'_>, steps: &mut Steps) {
    let create = MountPoint::Directory;
    steps.child(
        Action::AttachStaged { slot: Slot::HostDirectory, target: path("/run/host"), create },
        &[RH0, RH1, RH2, RH3, RH4, RH5, RH6],
    );
    let target = path("/run/host/unix-export");
    let create = MountPoint::Required;
    steps.child(Action::AttachStaged { slot: Slot::UnixExport, target, create }, &[RH8]);
    if !context.grants.credentials.is_empty() {
        let target = path(CREDENTIALS);
        steps.child(Action::AttachStaged { slot: Slot::Credentials, target, create }, &[EV5, RH7]);
    }
}

fn stage_host_directory(context: &Context<'_>, steps: &mut Steps) {
    let (slot, owner) = (Slot::HostDirectory, context.root_id());
    let file_system = tmpfs(&host_directory_options(context), MountFlags::READ_ONLY_DATA);
    let mut entries = host_directory_entries(context);
    let nodes = nodes::take(context, &mut entries);
    let serves: &[_] = if context.grants.bound_users.is_empty() {
        &[RH0, RH1, RH2, RH4, RH5, RH6]
    } else {
        &[RH0, RH1, RH2, RH4, RH5, RH6, RH10]
    };
    steps.host(Action::StageFileSystem { slot, file_system, owner, entries }, serves);
    // An inaccessible disk is there where the manager outside keeps to the same interface.
    nodes::bind(slot, nodes, Path::new("/run/host"), Missing::Skip, steps);
    steps.host(
        Action::CreateNotifySocket { slot, name: "notify", owner: context.root_id() },
        &[AI3, AI6, RH3],
    );
    steps.host(Action::OpenKernelMessages { slot, name: "proc-kmsg" }, &[UN2]);
}

/// Records of bound users are many small files.
fn host_directory_options(context: &Context<'_>) -> [(&'static str, &'static str); 3] {
    let (size, inodes) = if context.grants.bound_users.is_empty() { ("4m", "1k") } else { ("32m", "8k") };
    [("mode", "0755"), ("size", size), ("nr_inodes", inodes)]
}

fn host_directory_entries(context: &Context<'_>) -> Vec<Entry> {
    let directory = |path: &str, mode| Entry { path: path.to_owned(), mode, kind: EntryKind::Directory };
    let file = |path: &str, mode, contents: Vec<u8>| Entry {
        path: path.to_owned(),
        mode,
        kind: EntryKind::File(contents),
    };
    let mut entries = vec![
        directory("incoming", 0o755),
        directory("inaccessible", 0o755),
        directory("unix-export", 0o755),
        file("os-release", 0o444, context.host.os_release.contents.clone()),
        file("container-manager", 0o444, format!("{}\n", context.manager()).into_bytes()),
        file("container-uuid", 0o444, format!("{}\n", context.uuid).into_bytes()),
        file("proc-sys-kernel-random-boot-id", 0o444, format!("{}\n", context.grants.boot_id).into_bytes()),
        Entry { path: "proc-kmsg".to_owned(), mode: 0o600, kind: EntryKind::Fifo },
    ];
    if !context.grants.credentials.is_empty() {
        entries.push(directory("credentials", 0o500));
    }
    let inaccessible = [
        ("reg", EntryKind::File(Vec::new())),
        ("dir", EntryKind::Directory),
        ("fifo", EntryKind::Fifo),
        ("sock", EntryKind::Socket),
        ("chr", EntryKind::Character { major: 0, minor: 0 }),
        ("blk", EntryKind::Block { major: 0, minor: 0 }),
    ];
    entries.extend(bound_users::host_directory_entries(context));
    entries.extend(inaccessible.map(|(name, kind)| Entry {
        path: format!("inaccessible/{name}"),
        mode: 0,
        kind,
    }));
    entries
}

/// Small, so that a payload cannot fill the host's memory; without links that a program of the host would follow.
fn stage_unix_export(context: &Context<'_>, steps: &mut Steps) {
    let flags = MountFlags::DATA.and(MountFlags::NO_SYMLINKS);
    let action = Action::StageFileSystem {
        slot: Slot::UnixExport,
        file_system: tmpfs(&[("mode", "0755"), ("size", "4m"), ("nr_inodes", "64")], flags),
        owner: context.root_id(),
        entries: Vec::new(),
    };
    steps.host(action, &[RH8]);
    steps.host(Action::OpenUnixExport { slot: Slot::UnixExport }, &[RH8]);
}

/// ramfs is never swapped. A command that is somebody else than root gets them as its own: nobody else is there to hand them on.
fn stage_credentials(context: &Context<'_>, steps: &mut Steps) {
    let credentials = &context.grants.credentials;
    if credentials.is_empty() {
        return;
    }
    let entry = |(name, value): &(String, Vec<u8>)| Entry {
        path: name.clone(),
        mode: 0o400,
        kind: EntryKind::File(value.clone()),
    };
    let action = Action::StageFileSystem {
        slot: Slot::Credentials,
        file_system: FileSystem {
            kind: "ramfs",
            options: super::context::options_of(&[("mode", "0500")]),
            flags: MountFlags::READ_ONLY_DATA.and(MountFlags::NO_SYMLINKS),
        },
        owner: context.user_id(),
        entries: credentials.iter().map(entry).collect(),
    };
    steps.host(action, &[EV5, RH7]);
}
