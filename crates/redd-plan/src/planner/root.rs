//! The container's root.

use std::path::Path;

use redd_spec::ids::HostId;
use redd_spec::mounts::Submounts;
use redd_spec::root::{Access, Persistence, Volatile};

use super::check::is_overlay;
use super::context::{Context, Steps, path, tmpfs};
use super::owners;
use crate::action::{
    Action, LayerPlace, LayerRoot, MountFlags, MountPoint, MountSource, StageIdMap, Substitutes, UpperLayer,
};
use crate::clause::Clause::{FW2, UP2};
use crate::descriptor::Slot;
use crate::step::Undo;

/// Makes what an ephemeral machine's changes are kept in, and copies the mounts that the root is made of.
pub(super) fn prepare(context: &Context<'_>, steps: &mut Steps) {
    if let (Persistence::Ephemeral, Some(directory)) =
        (context.spec.root.persistence, &context.grants.ephemeral_directory)
    {
        let undo = Undo::RemoveDirectory { path: directory.clone() };
        let action = Action::CreateHostDirectory { path: directory.clone(), owner: HostId(0) };
        steps.host_undone(action, &[FW2], undo);
    }
    if let (true, Some(ids)) = (owners::is_changed(context), context.ids) {
        steps.host(Action::ChangeOwners { ids }, &[]);
    }
    if let Some(place) = written_place(context).map(|place| work_place(context, place)) {
        let owner = owners::on_disk(owners::of_tree(context));
        let undo = Undo::RemoveWorkDirectory { place: place.clone() };
        steps.host_undone(Action::CreateWorkDirectory { place, owner }, &[FW2], undo);
    }
    for layer in layers(context) {
        steps.host(Action::CopyMount { slot: layer.slot, source: layer.source }, &[FW2]);
    }
}

/// Maps owners layer by layer, and lays an overlay over what is not to be changed.
pub(super) fn stage(context: &Context<'_>, steps: &mut Steps) {
    let whole = whole_slot(context);
    let mut lower = Vec::new();
    for Layer { slot, id_map, .. } in layers(context) {
        let flags = match slot {
            Slot::TreeParent => MountFlags::NONE,
            slot if slot == whole => access_flags(context.root_access()),
            _ => MountFlags::READ_ONLY,
        };
        steps.host(Action::Stage { slot, id_map, flags }, &[FW2, UP2]);
        if matches!(slot, Slot::RootLayer(_)) {
            lower.push(slot);
        }
    }
    if !lower.is_empty() {
        let flags = access_flags(context.root_access());
        let marks = context.overlay_marks();
        let upper = upper_layer(context);
        if context.spec.root.persistence == Persistence::Ephemeral && matches!(upper, UpperLayer::Memory(_)) {
            steps.warn("redd's own directory is on an overlay: changes of the copy go to memory, and are lost at a reboot");
        }
        let list = context.spec.root.substitutes.clone();
        let substitutes = Substitutes { owner: context.root_id(), list };
        steps.host(Action::StageOverlay { slot: whole, lower, upper, flags, marks, substitutes }, &[FW2]);
    }
    if let Some(pivot) = &context.spec.root.pivot {
        steps.host(Action::StagePivot { new: pivot.new.clone() }, &[FW2]);
    }
}

/// A mount that the root is, or is made of.
struct Layer {
    slot: Slot,
    source: MountSource,
    id_map: StageIdMap,
}

/// All of them, the lowest first.
fn layers(context: &Context<'_>) -> Vec<Layer> {
    let id_map = owners::of_tree(context);
    let root = &context.spec.root;
    let of_tree = |slot, subdirectory| {
        // What is mounted in a layer is not seen in an overlay, and may be nothing that owners can be mapped of.
        let submounts = match slot {
            Slot::RootLayer(_) => Submounts::Excluded,
            _ => Submounts::Included,
        };
        Layer { slot, source: MountSource::Tree { subdirectory, submounts }, id_map }
    };
    let host = |slot, path: &Path, id_map| {
        let source = MountSource::Host { path: path.to_owned(), submounts: Submounts::Excluded };
        Layer { slot, source, id_map }
    };
    let Some(template) = &context.tree.template else {
        return vec![match root.volatile {
            Volatile::Yes => of_tree(Slot::Usr, Some(path("/usr"))),
            _ if is_overlay(context.spec) => of_tree(Slot::RootLayer(0), None),
            _ => of_tree(whole_slot(context), None),
        }];
    };
    let lowest = host(Slot::RootLayer(0), &template.path, owners::of_template(context, template.owner));
    let highest = match written_place(context) {
        Some(place) => host(Slot::TreeParent, &place.parent, id_map),
        None => host(Slot::RootLayer(1), &root.path, id_map),
    };
    vec![lowest, highest]
}

/// Where the whole tree is staged: it is the root, or has the root in it.
const fn whole_slot(context: &Context<'_>) -> Slot {
    match context.spec.root.pivot {
        Some(_) => Slot::PivotedFrom,
        None => Slot::Root,
    }
}

/// Where the tree's own layer is, where it lies over a template and is written to.
fn written_place<'a>(context: &Context<'a>) -> Option<&'a LayerPlace> {
    let is_written = !is_overlay(context.spec) && context.root_access() == Access::ReadWrite;
    context.tree.template.as_ref().filter(|_| is_written).map(|template| &template.place)
}

/// What is worked in beside that layer.
fn work_place(context: &Context<'_>, place: &LayerPlace) -> LayerPlace {
    place.beside(format!(".#{}.{}.work", place.name, context.spec.name))
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
            let file_system =
                tmpfs(&[("mode", "0755"), ("size", "25%"), ("nr_inodes", "1m")], MountFlags::NONE);
            steps.child(Action::Mount { target: path("/var"), file_system }, &[FW2]);
        }
        Volatile::No | Volatile::Overlay => steps.child(Action::AttachRoot, &[FW2]),
    }
    make_base_directories(context, steps);
    if let Some(target) = context.spec.root.pivot.as_ref().and_then(|pivot| pivot.old.clone()) {
        let (slot, create) = (Slot::PivotedFrom, MountPoint::Directory);
        steps.child(Action::AttachStaged { slot, target, create }, &[FW2]);
    }
}

/// Directories that every system has, where a tree lacks them and may be written to.
fn make_base_directories(context: &Context<'_>, steps: &mut Steps) {
    if context.root_access() == Access::ReadOnly || owners::is_somebody_elses(context) {
        return;
    }
    for (directory, mode) in [("/root", 0o750), ("/var", 0o755)] {
        if context.tree.missing_mount_points.contains(&directory) {
            steps.child(Action::EnsureDirectory { path: path(directory), mode }, &[]);
        }
    }
}

fn upper_layer(context: &Context<'_>) -> UpperLayer {
    let id_map = owners::of_tree(context);
    if let Some(place) = written_place(context) {
        return UpperLayer::Given {
            slot: Slot::TreeParent,
            name: place.name.clone(),
            work: work_place(context, place).name,
            identity: context.tree.identity,
            mounter: context.mounter(id_map),
        };
    }
    if !is_overlay(context.spec) {
        return UpperLayer::None;
    }
    // It belongs to whom the tree's root belongs to, as the payload sees it.
    let owner = owners::shown_as(id_map, context.tree.owner);
    let layer = LayerRoot { owner, mode: context.tree.mode };
    match (context.spec.root.persistence, &context.grants.ephemeral_directory) {
        (Persistence::Ephemeral, Some(directory)) => UpperLayer::Directory(directory.clone(), layer),
        (Persistence::Ephemeral, None) | (Persistence::Kept, _) => UpperLayer::Memory(layer),
    }
}

const fn access_flags(access: Access) -> MountFlags {
    match access {
        Access::ReadWrite => MountFlags::NONE,
        Access::ReadOnly => MountFlags::READ_ONLY,
    }
}
