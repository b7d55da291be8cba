//! Whose the files of a tree are, and whose they are shown as.

use redd_spec::ids::{ContainerId, FOREIGN_START, HostId, IdRange, Ownership, RANGE_SIZE};
use redd_spec::root::Persistence;

use super::context::Context;
use crate::action::StageIdMap;

/// The map that shows the tree's owners as the container's.
pub(super) fn of_tree(context: &Context<'_>) -> StageIdMap {
    let Some(ids) = context.ids else { return StageIdMap::Unmapped };
    match context.spec.ownership {
        Ownership::Off => StageIdMap::Unmapped,
        Ownership::Chown if context.spec.root.persistence == Persistence::Kept => StageIdMap::Unmapped,
        // A copy that is thrown away looks the same when its owners are mapped.
        Ownership::Auto | Ownership::Map | Ownership::Foreign | Ownership::Chown => {
            of_owner(ids, context.tree.owner)
        }
    }
}

/// The map that shows the owners of what a tree lies over as the container's.
pub(super) const fn of_template(context: &Context<'_>, owner: HostId) -> StageIdMap {
    match (context.ids, context.spec.ownership) {
        (None, _) | (_, Ownership::Off) => StageIdMap::Unmapped,
        (Some(ids), Ownership::Auto | Ownership::Map | Ownership::Foreign | Ownership::Chown) => {
            of_owner(ids, owner)
        }
    }
}

/// Who an owner in the tree is inside; nobody there, if it is none of the container's.
pub(super) fn inside(context: &Context<'_>, owner: HostId) -> Option<ContainerId> {
    let ids = context.ids?;
    if is_changed(context) {
        return Some(ContainerId(owner.0 % RANGE_SIZE));
    }
    match of_tree(context) {
        StageIdMap::Unmapped | StageIdMap::Account { .. } => ids.to_container(owner),
        StageIdMap::Container(_) => Some(ContainerId(owner.0)),
        StageIdMap::Range { from, to } => IdRange { start: from, ..to }.to_container(owner),
    }
}

/// Whether the container's root has no rights in the tree (`--private-users-ownership=off`).
pub(super) fn is_somebody_elses(context: &Context<'_>) -> bool {
    context.ids.is_some() && inside(context, context.tree.owner).is_none()
}

/// Whether the tree's owners are changed on disk.
pub(super) fn is_changed(context: &Context<'_>) -> bool {
    let is_wanted =
        context.spec.ownership == Ownership::Chown && context.spec.root.persistence == Persistence::Kept;
    let is_right = |ids: IdRange| range_start(context.tree.owner) == ids.start.0;
    is_wanted && context.ids.is_some_and(|ids| !is_right(ids))
}

/// The map that shows files as the container's, judged by the owner of the directory they are in. Where ranges begin is
/// where systemd lets them begin, at multiples of 65536.
pub(super) const fn of_owner(ids: IdRange, owner: HostId) -> StageIdMap {
    let start = HostId(range_start(owner));
    match start.0 {
        _ if start.0 == ids.start.0 => StageIdMap::Unmapped,
        0 => StageIdMap::Container(ids),
        // Between ranges that are no multiple it may lie in the container's all the same.
        _ if ids.to_container(owner).is_some() => StageIdMap::Unmapped,
        _ => StageIdMap::Range { from: start, to: ids },
    }
}

/// Where the range begins that an id lies in.
const fn range_start(id: HostId) -> u32 {
    id.0 & !(RANGE_SIZE - 1)
}

/// What an owner on disk appears as on the host, below a map.
pub(super) fn shown_as(id_map: StageIdMap, owner: HostId) -> HostId {
    let (ids, inside) = match id_map {
        StageIdMap::Unmapped | StageIdMap::Account { .. } => return owner,
        StageIdMap::Container(ids) => (ids, owner.0),
        StageIdMap::Range { from, to } => (to, owner.0.wrapping_sub(from.0)),
    };
    ids.to_host(ContainerId(inside)).unwrap_or(ids.start)
}

/// Who on disk is shown as the container's root; the host's root where there is no map.
pub(super) const fn on_disk(id_map: StageIdMap) -> HostId {
    match id_map {
        StageIdMap::Unmapped | StageIdMap::Container(_) | StageIdMap::Account { .. } => HostId(0),
        StageIdMap::Range { from, .. } => from,
    }
}

/// Whether a tree's files belong to the range that is set aside for trees.
pub(super) const fn is_foreign(owner: HostId) -> bool {
    range_start(owner) == FOREIGN_START.0
}

/// Whether somebody of no range that could be told owns a tree.
pub(super) const fn is_unclear(ids: IdRange, owner: HostId) -> bool {
    owner.0 >= RANGE_SIZE && owner.0 != range_start(owner) && ids.to_container(owner).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: IdRange = IdRange { start: HostId(0x8_0000), count: RANGE_SIZE };

    #[test]
    fn owners_are_mapped_from_whichever_range_they_are_in() {
        assert_eq!(of_owner(IDS, HostId(0)), StageIdMap::Container(IDS));
        assert_eq!(of_owner(IDS, HostId(1000)), StageIdMap::Container(IDS));
        assert_eq!(of_owner(IDS, HostId(0x8_0001)), StageIdMap::Unmapped);
        assert_eq!(of_owner(IDS, HostId(0x9_0001)), StageIdMap::Range { from: HostId(0x9_0000), to: IDS });
        assert_eq!(of_owner(IDS, FOREIGN_START), StageIdMap::Range { from: FOREIGN_START, to: IDS });
        let identity = IdRange { start: HostId(0), count: RANGE_SIZE };
        assert_eq!(of_owner(identity, HostId(5)), StageIdMap::Unmapped);
        let odd = IdRange { start: HostId(100_000), count: RANGE_SIZE };
        assert_eq!(of_owner(odd, HostId(100_000)), StageIdMap::Unmapped);
    }

    #[test]
    fn an_owner_is_shown_as_the_same_id_of_the_container() {
        for owner in [HostId(7), HostId(0x9_0007), HostId(FOREIGN_START.0 + 7)] {
            assert_eq!(shown_as(of_owner(IDS, owner), owner), HostId(0x8_0007));
        }
    }
}
