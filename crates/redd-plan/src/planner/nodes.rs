//! Device nodes in a container. redd can neither make nodes there nor attach a filter. Nobody inside can do the former,
//! either, and what is staged is staged so that no node on it can be opened: the nodes that are bound here are all there are
//! (ADR 11).

use std::path::Path;

use redd_spec::mounts::CustomMount;

use super::context::{Context, Steps};
use crate::action::{Action, Entry, EntryKind, Missing, MountFlags};
use crate::clause::Clause::{EE3, RH2};
use crate::descriptor::Slot;

/// A node, and its path in its file system.
type Node = (String, EntryKind);

/// Takes nodes that cannot be made out of the entries of a file system, and leaves files to bind them over.
pub(super) fn take(context: &Context<'_>, entries: &mut [Entry]) -> Vec<Node> {
    if !context.host.user_namespace.is_inner() {
        return Vec::new();
    }
    let replace = |entry: &mut Entry| {
        can_be_refused(&entry.kind)
            .then(|| (entry.path.clone(), std::mem::replace(&mut entry.kind, EntryKind::File(Vec::new()))))
    };
    entries.iter_mut().filter_map(replace).collect()
}

/// The kernel lets everybody make a character device 0:0, which is none.
const fn can_be_refused(kind: &EntryKind) -> bool {
    match kind {
        EntryKind::Character { major, minor } => *major != 0 || *minor != 0,
        EntryKind::Block { .. } => true,
        EntryKind::Directory
        | EntryKind::File(_)
        | EntryKind::Link(_)
        | EntryKind::Fifo
        | EntryKind::Socket => false,
    }
}

/// Binds the nodes of the same names in a directory of redd's own.
pub(super) fn bind(slot: Slot, nodes: Vec<Node>, directory: &Path, missing: Missing, steps: &mut Steps) {
    let serves = if slot == Slot::HostDirectory { &[RH2] } else { &[EE3] };
    for (name, node) in nodes {
        let source = directory.join(&name);
        steps.host(Action::StageNode { slot, name, source, node, missing }, serves);
    }
}

/// Nodes in trees and mounts cannot be opened, whatever part of the planner stages them; a node that the user binds can.
pub(super) fn refuse_staged(context: &Context<'_>, steps: &mut Steps) {
    let bound = named(context);
    for step in &mut steps.steps {
        match &mut step.action {
            Action::Stage { slot, .. } if bound.contains(slot) => {}
            Action::Stage { flags, .. } | Action::StageOverlay { flags, .. } => {
                *flags = flags.and(MountFlags::NO_DEVICES);
            }
            _ => {}
        }
    }
}

fn named(context: &Context<'_>) -> Vec<Slot> {
    let mounts = context.spec.mounts.iter().zip(&context.grants.binds).enumerate();
    mounts
        .filter(|(_, (mount, facts))| matches!(mount, CustomMount::Bind(_)) && facts.device.is_some())
        .map(|(index, _)| Slot::custom(index))
        .collect()
}
