//! Mounts that the user asked for, in the order of their destinations.

use redd_spec::ids::{ContainerId, IdRange};
use redd_spec::mounts::{Bind, BindIdMap, BindSource, CustomMount, TmpfsOption};
use redd_spec::path::PathInRoot;
use redd_spec::root::Access;

use super::context::{Context, Steps};
use super::owners;
use crate::action::{Action, FileSystem, Missing, MountFlags, MountPoint, MountSource, StageIdMap};
use crate::descriptor::Slot;
use crate::facts::{BindFacts, FileKind};
use crate::step::Undo;

/// Copies the sources' mounts.
pub(super) fn prepare(context: &Context<'_>, steps: &mut Steps) {
    for (index, bind, _) in binds(context) {
        let source = match &bind.source {
            BindSource::Tree(_) => continue,
            BindSource::Host(path) => MountSource::Host { path: path.clone(), submounts: bind.submounts },
            BindSource::Temporary => {
                let path = context.temporary_directory(index);
                let undo = Undo::RemoveDirectory { path: path.clone() };
                let owner = context.root_id();
                steps.host_undone(Action::CreateHostDirectory { path: path.clone(), owner }, &[], undo);
                MountSource::Own { path }
            }
        };
        steps.host(Action::CopyMount { slot: Slot::custom(index), source }, &[]);
    }
}

/// Prepares bind mounts on the host's side: the child's copies have their flags locked.
pub(super) fn stage(context: &Context<'_>, steps: &mut Steps) {
    for (index, bind, facts) in binds(context) {
        if matches!(bind.source, BindSource::Host(_) | BindSource::Temporary) {
            let id_map = id_map(context, bind, facts);
            steps.host(Action::Stage { slot: Slot::custom(index), id_map, flags: bind_flags(bind) }, &[]);
        }
    }
}

pub(super) fn attach(context: &Context<'_>, steps: &mut Steps) {
    let mut ordered: Vec<(usize, &CustomMount)> = context.spec.mounts.iter().enumerate().collect();
    ordered.sort_by_key(|(_, mount)| mount.destination());
    for (index, mount) in ordered {
        let facts = context.grants.binds.get(index);
        match mount {
            CustomMount::Bind(bind) => attach_bind(index, bind, facts, steps),
            CustomMount::Tmpfs(tmpfs) => {
                make_directory(&tmpfs.destination, steps);
                let file_system = memory_file_system(&tmpfs.options);
                steps.child(Action::Mount { target: tmpfs.destination.clone(), file_system }, &[]);
            }
            CustomMount::Overlay(overlay) => {
                let (slot, target) = (Slot::custom(index), overlay.destination.clone());
                steps.child(Action::AttachStaged { slot, target, create: MountPoint::Directory }, &[]);
            }
            CustomMount::Inaccessible(path) => {
                steps.child(Action::Cover { path: path.clone(), missing: Missing::Refuse }, &[]);
            }
            CustomMount::Masked(path) => {
                steps.child(Action::Cover { path: path.clone(), missing: Missing::Skip }, &[]);
            }
            CustomMount::ReadOnly(path) => {
                let (source, target) = (path.clone(), path.clone());
                let (flags, missing, create) = (MountFlags::READ_ONLY, Missing::Skip, MountPoint::Required);
                steps.child(Action::Bind { source, target, flags, missing, create }, &[]);
            }
        }
    }
}

fn binds<'a>(context: &Context<'a>) -> impl Iterator<Item = (usize, &'a Bind, Option<&'a BindFacts>)> {
    let facts = &context.grants.binds;
    context.spec.mounts.iter().enumerate().filter_map(move |(index, mount)| match mount {
        CustomMount::Bind(bind) => Some((index, bind, facts.get(index))),
        CustomMount::Tmpfs(_)
        | CustomMount::Overlay(_)
        | CustomMount::Inaccessible(_)
        | CustomMount::Masked(_)
        | CustomMount::ReadOnly(_) => None,
    })
}

fn attach_bind(index: usize, bind: &Bind, facts: Option<&BindFacts>, steps: &mut Steps) {
    let target = bind.destination.clone();
    let create = match facts.map(|facts| facts.kind) {
        Some(FileKind::Regular | FileKind::Link | FileKind::Other) => MountPoint::File,
        Some(FileKind::Missing | FileKind::Directory) | None => MountPoint::Directory,
    };
    match &bind.source {
        BindSource::Tree(source) => {
            let (source, flags) = (source.clone(), bind_flags(bind));
            steps.child(Action::Bind { source, target, flags, missing: Missing::Refuse, create }, &[]);
        }
        BindSource::Host(_) | BindSource::Temporary => {
            steps.child(Action::AttachStaged { slot: Slot::custom(index), target, create }, &[]);
        }
    }
}

fn make_directory(path: &PathInRoot, steps: &mut Steps) {
    steps.child(Action::EnsureDirectory { path: path.clone(), mode: 0o755 }, &[]);
}

fn bind_flags(bind: &Bind) -> MountFlags {
    match bind.access {
        Access::ReadWrite => MountFlags::NONE,
        Access::ReadOnly => MountFlags::READ_ONLY,
    }
}

fn id_map(context: &Context<'_>, bind: &Bind, facts: Option<&BindFacts>) -> StageIdMap {
    let (Some(ids), Some(facts)) = (context.ids, facts) else { return StageIdMap::Unmapped };
    let single = |id| {
        let to = ids.to_host(id)?;
        Some(StageIdMap::Range { from: facts.source_owner, to: IdRange { start: to, count: 1 } })
    };
    match bind.id_map {
        BindIdMap::Unmapped => StageIdMap::Unmapped,
        BindIdMap::Identity => StageIdMap::Container(ids),
        BindIdMap::Root => single(ContainerId(0)).unwrap_or(StageIdMap::Unmapped),
        BindIdMap::Owner => {
            let owner =
                facts.destination_owner.map_or(Some(ContainerId(0)), |owner| owners::inside(context, owner));
            owner.and_then(single).unwrap_or(StageIdMap::Unmapped)
        }
    }
}

/// Flags of mount(8) are flags of the mount; everything else is the file system's own.
fn memory_file_system(options: &[TmpfsOption]) -> FileSystem {
    let mut file_system = FileSystem { kind: "tmpfs", options: Vec::new(), flags: MountFlags::NO_DEVICES };
    for option in options {
        match option.name.as_str() {
            "ro" => file_system.flags = file_system.flags.and(MountFlags::READ_ONLY),
            "nosuid" => file_system.flags = file_system.flags.and(MountFlags::NO_SUID),
            "noexec" => file_system.flags = file_system.flags.and(MountFlags::NO_EXEC),
            "nosymfollow" => file_system.flags = file_system.flags.and(MountFlags::NO_SYMLINKS),
            "nodev" | "rw" => {}
            _ => file_system.options.push(option.clone()),
        }
    }
    // With options the kernel's own default holds, as people know it: everybody's, and sticky.
    if options.is_empty() {
        file_system.options.push(TmpfsOption { name: "mode".to_owned(), value: Some("0755".to_owned()) });
    }
    file_system
}
