//! What a systemd below 233 needs: a hierarchy of version 1 without controllers, named `systemd`, below `/sys/fs/cgroup`.
//!
//! The payload gets a cgroup of its own there, and sees that as the root in its cgroup namespace.

use std::path::Path;

use redd_spec::init::InitKind;
use redd_spec::mounts::TmpfsOption;
use redd_spec::payload::Payload;

use super::context::{Context, Steps, options_of, path, tmpfs};
use crate::action::{Action, Entry, EntryKind, FileSystem, MountFlags, MountPoint};
use crate::cgroup::NamedCgroup;
use crate::clause::Clause::{AI5, EE6, NO6, UP2};
use crate::descriptor::Slot;
use crate::step::{NamedHierarchy, Undo};

/// The first systemd that boots where version 2 is all there is, whatever else is mounted.
const KNOWS_VERSION_2: u32 = 233;

/// Whether the payload needs it.
pub(super) fn is_needed(context: &Context<'_>) -> bool {
    let version = context.tree.init.as_ref().and_then(|init| init.systemd);
    matches!(context.spec.payload, Payload::Boot { .. })
        && context.init_kind() == InitKind::Systemd
        && version.is_some_and(|version| version < KNOWS_VERSION_2)
}

pub(super) fn prepare(context: &Context<'_>, steps: &mut Steps) {
    if is_needed(context) {
        let (path, owner) = (machine_cgroup(context), context.root_id());
        let hierarchy = match context.host.cgroups.named {
            Some(_) => NamedHierarchy::Host,
            None => NamedHierarchy::Payloads,
        };
        let undo = Undo::RemoveNamedCgroup { path: path.clone(), hierarchy };
        steps.host_undone(Action::CreateNamedCgroup { path, owner }, &[EE6, AI5, UP2], undo);
    }
}

/// Before the child has its cgroup namespace, whose root this becomes.
pub(super) fn join(context: &Context<'_>, steps: &mut Steps) {
    if is_needed(context) {
        steps.host(Action::JoinNamedCgroup { path: machine_cgroup(context) }, &[EE6]);
    }
}

/// The directory for the hierarchies, in which the payload makes nothing.
pub(super) fn stage(context: &Context<'_>, steps: &mut Steps) {
    if is_needed(context) {
        let directory = Entry { path: "systemd".to_owned(), mode: 0o755, kind: EntryKind::Directory };
        let options = [("mode", "0755"), ("size", "64k"), ("nr_inodes", "16")];
        let action = Action::StageFileSystem {
            slot: Slot::CgroupDirectory,
            file_system: tmpfs(&options, MountFlags::READ_ONLY_DATA),
            owner: context.root_id(),
            entries: vec![directory],
        };
        steps.host(action, &[EE6]);
    }
}

/// In place of the unified hierarchy, which such a systemd takes for a broken one.
pub(super) fn mount(steps: &mut Steps) {
    let (target, create) = (path("/sys/fs/cgroup"), MountPoint::Required);
    steps.child(Action::AttachStaged { slot: Slot::CgroupDirectory, target, create }, &[EE6]);
    let mut options = vec![TmpfsOption { name: "none".to_owned(), value: None }];
    options.extend(options_of(&[("name", "systemd")]));
    let file_system = FileSystem { kind: "cgroup", options, flags: MountFlags::DATA };
    steps.child(Action::Mount { target: path("/sys/fs/cgroup/systemd"), file_system }, &[EE6, NO6]);
}

fn machine_cgroup(context: &Context<'_>) -> NamedCgroup {
    let own = context.host.cgroups.named.as_deref().unwrap_or(Path::new("/"));
    NamedCgroup(own.join(format!("redd-{}", context.spec.name)))
}
