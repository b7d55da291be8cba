//! The container's root.

use redd_spec::ids::{ContainerId, HostId, Ownership, RANGE_SIZE};
use redd_spec::mounts::Submounts;
use redd_spec::root::{Access, Persistence, Volatile};

use super::check::is_overlay;
use super::context::{Context, Steps, path, tmpfs};
use crate::action::{Action, MountFlags, MountPoint, MountSource, StageIdMap, UpperLayer};
use crate::clause::Clause::{FW2, UP2};
use crate::descriptor::Slot;
use crate::step::Undo;

/// Makes what an ephemeral machine's changes are kept in, and copies the tree's mount.
pub(super) fn prepare(context: &Context<'_>, steps: &mut Steps) {
    if let (Persistence::Ephemeral, Some(directory)) =
        (context.spec.root.persistence, &context.grants.ephemeral_directory)
    {
        let undo = Undo::RemoveDirectory { path: directory.clone() };
        let action = Action::CreateHostDirectory { path: directory.clone(), owner: HostId(0) };
        steps.host_undone(action, &[FW2], undo);
    }
    let subdirectory = (context.spec.root.volatile == Volatile::Yes).then(|| path("/usr"));
    let source = MountSource::Tree { subdirectory, submounts: Submounts::Included };
    steps.host(Action::CopyMount { slot: tree_slot(context), source }, &[FW2]);
}

/// Maps the tree's owners, and lays an overlay over it where it is not to be changed.
pub(super) fn stage(context: &Context<'_>, steps: &mut Steps) {
    let id_map = id_map(context);
    let slot = tree_slot(context);
    let flags = match slot {
        Slot::Root => access_flags(context.root_access()),
        _ => MountFlags::READ_ONLY,
    };
    steps.host(Action::Stage { slot, id_map, flags }, &[FW2, UP2]);
    if slot == Slot::Lower {
        let owner = mapped_owner(context, id_map);
        let flags = access_flags(context.root_access());
        let upper = upper_layer(context);
        steps.host(Action::StageOverlay { upper, owner, mode: context.tree.mode, flags }, &[FW2]);
    }
}

/// What the tree itself becomes.
const fn tree_slot(context: &Context<'_>) -> Slot {
    match context.spec.root.volatile {
        Volatile::Yes => Slot::Usr,
        _ if is_overlay(context.spec) => Slot::Lower,
        _ => Slot::Root,
    }
}

/// The upper layer's root belongs to whom the tree's root belongs to, as the payload sees it.
fn mapped_owner(context: &Context<'_>, id_map: StageIdMap) -> HostId {
    let owner = context.tree.owner;
    match id_map {
        StageIdMap::Container(ids) => ids.to_host(ContainerId(owner.0)).unwrap_or(ids.start),
        StageIdMap::Unmapped | StageIdMap::Single { .. } | StageIdMap::Account { .. } => owner,
    }
}

/// Attaches the root; every later path is resolved below it.
pub(super) fn attach(context: &Context<'_>, steps: &mut Steps) {
    match context.spec.root.volatile {
        Volatile::Yes => {
            let file_system =
                tmpfs(&[("mode", "0755"), ("size", "25%"), ("nr_inodes", "1m")], MountFlags::NONE);
            let links = context.tree.usr_links.clone();
            steps.child(Action::AttachEmptyRoot { file_system, links }, &[FW2]);
            let target = path("/usr");
            steps.child(
                Action::AttachStaged { slot: Slot::Usr, target, create: MountPoint::Directory },
                &[FW2],
            );
        }
        Volatile::State => {
            steps.child(Action::AttachRoot, &[FW2]);
            let file_system = tmpfs(&[("mode", "0755"), ("size", "25%")], MountFlags::NONE);
            steps.child(Action::Mount { target: path("/var"), file_system }, &[FW2]);
        }
        Volatile::No | Volatile::Overlay => steps.child(Action::AttachRoot, &[FW2]),
    }
}

/// A tree that already belongs to the range is left as it is.
fn id_map(context: &Context<'_>) -> StageIdMap {
    let Some(ids) = context.ids else { return StageIdMap::Unmapped };
    let shifted = context.tree.owner.0 >= RANGE_SIZE;
    match context.spec.ownership {
        _ if ids.start == HostId(0) => StageIdMap::Unmapped,
        Ownership::Off => StageIdMap::Unmapped,
        Ownership::Auto if shifted => StageIdMap::Unmapped,
        Ownership::Auto | Ownership::Map => StageIdMap::Container(ids),
    }
}

fn upper_layer(context: &Context<'_>) -> UpperLayer {
    match (context.spec.root.persistence, &context.grants.ephemeral_directory) {
        (Persistence::Ephemeral, Some(directory)) => UpperLayer::Directory(directory.clone()),
        (Persistence::Ephemeral, None) | (Persistence::Kept, _) => UpperLayer::Memory,
    }
}

const fn access_flags(access: Access) -> MountFlags {
    match access {
        Access::ReadWrite => MountFlags::NONE,
        Access::ReadOnly => MountFlags::READ_ONLY,
    }
}
