//! Mounts that cannot be made.

use redd_spec::Spec;
use redd_spec::ids::UserNamespace;
use redd_spec::mounts::{Bind, BindIdMap, BindSource, CustomMount, LayerSource, Overlay, UpperSource};
use redd_spec::root::{Access, Volatile};
use redd_spec::text::escape_path;

use super::{PlanError, is_overlay};
use crate::facts::{BindFacts, FileKind, LayerFacts};
use crate::planner::context::Context;
use crate::planner::owners;

pub(super) fn refuse(context: &Context<'_>) -> Result<(), PlanError> {
    let (spec, grants) = (context.spec, context.grants);
    for (index, mount) in spec.mounts.iter().enumerate() {
        match mount {
            CustomMount::Bind(bind) => refuse_bind(context, bind, grants.binds.get(index))?,
            CustomMount::Overlay(overlay) => {
                let facts = grants.layers.get(index).map_or(&[][..], Vec::as_slice);
                refuse_overlay(spec, overlay, facts)?;
            }
            CustomMount::Tmpfs(_)
            | CustomMount::Inaccessible(_)
            | CustomMount::Masked(_)
            | CustomMount::ReadOnly(_) => {}
        }
    }
    Ok(())
}

fn refuse_bind(context: &Context<'_>, bind: &Bind, facts: Option<&BindFacts>) -> Result<(), PlanError> {
    let path = match &bind.source {
        BindSource::Host(path) => escape_path(path),
        BindSource::Tree(path) => path.to_string(),
        BindSource::Temporary => "a temporary directory".to_owned(),
    };
    if let (BindSource::Host(path), Some(FileKind::Missing)) = (&bind.source, facts.map(|facts| facts.kind)) {
        return Err(PlanError::NoBindSource { path: path.clone() });
    }
    if bind.id_map == BindIdMap::Unmapped {
        return Ok(());
    }
    if context.spec.users == UserNamespace::Host {
        return Err(PlanError::IdMapWithoutUserNamespace { path });
    }
    let maps_one = matches!(bind.id_map, BindIdMap::Root | BindIdMap::Owner);
    if maps_one && matches!(bind.source, BindSource::Tree(_)) {
        let reason = "it is mapped as the tree is; rootidmap and owneridmap are for paths of the host";
        return Err(PlanError::UnfitIdMap { path, reason });
    }
    let destination = facts.and_then(|facts| facts.destination_owner);
    let is_nobodys = destination.is_some_and(|owner| owners::inside(context, owner).is_none());
    if bind.id_map == BindIdMap::Owner && is_nobodys {
        let reason = "the owner of the destination is none of the container's";
        return Err(PlanError::UnfitIdMap { path, reason });
    }
    Ok(())
}

fn refuse_overlay(spec: &Spec, overlay: &Overlay, facts: &[LayerFacts]) -> Result<(), PlanError> {
    let destination = overlay.destination.to_string();
    let upper = match &overlay.upper {
        UpperSource::Given(source) => Some(source),
        UpperSource::Temporary => None,
    };
    for (source, facts) in overlay.lower.iter().chain(upper).zip(facts) {
        let path = words(source);
        match facts.kind {
            FileKind::Directory => {}
            FileKind::Missing => return Err(PlanError::NoLayer { path, destination }),
            FileKind::Link | FileKind::Regular | FileKind::Other => {
                return Err(PlanError::LayerIsNoDirectory { path, destination });
            }
        }
        if matches!(source, LayerSource::Tree(_)) && spec.root.volatile == Volatile::Yes {
            let (one, other) = ("--overlay with a layer of the tree", "--volatile=yes");
            return Err(PlanError::Conflict { one, other, reason: ": the root is made of /usr alone" });
        }
    }
    let (Some(source), Access::ReadWrite) = (upper, overlay.access) else { return Ok(()) };
    let refuse = |reason| Err(PlanError::UnfitUpperLayer { path: words(source), destination, reason });
    let is_in_tree = matches!(source, LayerSource::Tree(_));
    if is_in_tree
        && (is_overlay(spec) || spec.root.access == Access::ReadOnly || spec.root.volatile != Volatile::No)
    {
        return refuse("it is in a tree that is not written to");
    }
    if is_in_tree && spec.root.pivot.is_some() {
        return refuse("it is in a tree of which only a directory is the root");
    }
    if facts.last().is_some_and(|facts| facts.place.is_none()) {
        return refuse("it is a mount point, and an overlay works in a directory beside it");
    }
    Ok(())
}

fn words(source: &LayerSource) -> String {
    match source {
        LayerSource::Host(path) => escape_path(path),
        LayerSource::Tree(path) => path.to_string(),
    }
}
