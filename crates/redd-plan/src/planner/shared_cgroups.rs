//! Control groups without a namespace of their own: the whole hierarchy is there, read-only, and the payload's own part of
//! it writable, as the interface asks for (NO6).

use std::path::Path;

use redd_spec::path::PathInRoot;

use super::cgroup::payload_cgroup;
use super::context::{Context, Steps};
use crate::action::{Action, MountFlags, MountPoint, MountSource, StageIdMap};
use crate::cgroup::PAYLOAD;
use crate::clause::Clause::{EE6, NO6};
use crate::descriptor::Slot;
use crate::facts::UnifiedHierarchy;

pub(super) fn prepare(context: &Context<'_>, steps: &mut Steps) {
    let Some(unified) = shared(context) else { return };
    let payload = payload_cgroup(context, unified);
    for (slot, path) in [(Slot::Cgroups, unified.mount.clone()), (Slot::PayloadCgroups, payload.0)] {
        steps.host(Action::CopyMount { slot, source: MountSource::Own { path } }, &[EE6]);
    }
}

pub(super) fn stage(context: &Context<'_>, steps: &mut Steps) {
    if shared(context).is_none() {
        return;
    }
    let flags = [(Slot::Cgroups, MountFlags::READ_ONLY_DATA), (Slot::PayloadCgroups, MountFlags::DATA)];
    for (slot, flags) in flags {
        steps.host(Action::Stage { slot, id_map: StageIdMap::Unmapped, flags }, &[EE6, NO6]);
    }
}

/// Whether that is how it is.
pub(super) fn attach(context: &Context<'_>, steps: &mut Steps) -> bool {
    let Some(unified) = shared(context) else { return false };
    let payload = payload_cgroup(context, unified);
    let below = payload.0.strip_prefix(&unified.mount).unwrap_or(Path::new(PAYLOAD));
    let root = Path::new("/sys/fs/cgroup");
    for (slot, target) in [(Slot::Cgroups, root.to_owned()), (Slot::PayloadCgroups, root.join(below))] {
        let target = PathInRoot::new(target).expect("a cgroup's path has no dots");
        steps.child(Action::AttachStaged { slot, target, create: MountPoint::Required }, &[EE6, NO6]);
    }
    true
}

fn shared<'a>(context: &Context<'a>) -> Option<&'a UnifiedHierarchy> {
    context.host.cgroups.unified.as_ref().filter(|_| context.spec.namespaces.cgroup.is_shared())
}
