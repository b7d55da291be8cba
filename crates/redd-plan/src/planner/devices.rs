//! Devices of the host: a node inside, and a rule in the device filter.

use redd_filter::device::{DeviceAccess, DeviceKind, DevicePolicy, DeviceRule};
use redd_spec::devices::{DeviceNeed, DeviceNode, DeviceUse};
use redd_spec::ids::HostId;
use redd_spec::mounts::{Bind, BindIdMap, CustomMount};
use redd_spec::root::Access;
use redd_spec::unit::UnitProperty;

use super::check::PlanError;
use super::context::{Context, Steps};
use crate::action::{Entry, EntryKind};
use crate::facts::{DeviceClass, DeviceFacts, DeviceNumber, Grants};

pub(super) fn refuse_missing(devices: &[DeviceNode], grants: &Grants) -> Result<(), PlanError> {
    for (node, facts) in devices.iter().zip(&grants.devices) {
        let path = node.host_path();
        match (facts, node.need) {
            (DeviceFacts::Absent, DeviceNeed::Required) => return Err(PlanError::NoDevice { path }),
            (DeviceFacts::NoDevice, _) => return Err(PlanError::NotADevice { path }),
            (DeviceFacts::Absent, DeviceNeed::WhereOpenable) | (DeviceFacts::Node(..), _) => {}
        }
    }
    Ok(())
}

/// What the payload may use: what every payload may, and what the user named, be it by a bind mount.
pub(super) fn policy(context: &Context<'_>) -> DevicePolicy {
    let mut policy = DevicePolicy::container_default();
    policy.rules.extend(nodes(context).map(|(node, number, _)| node_rule(number, node.usage)));
    policy.rules.extend(bound(context).map(|(bind, number, _)| match bind.access {
        Access::ReadWrite => rule(number, DeviceAccess::READ_WRITE),
        Access::ReadOnly => rule(number, DeviceAccess::READ),
    }));
    policy
}

/// What the user named, for the unit that the machine runs in.
pub(super) fn allowances(context: &Context<'_>) -> impl Iterator<Item = UnitProperty> {
    let named = nodes(context).map(|(node, number, _)| (number, node.usage));
    let bound = bound(context).map(|(bind, number, _)| match bind.access {
        Access::ReadWrite => (number, DeviceUse::ReadWrite),
        Access::ReadOnly => (number, DeviceUse::Read),
    });
    named.chain(bound).map(|(number, usage)| allowance(number, usage))
}

/// A device for everything in a unit. By its number: its node may have any name.
#[must_use]
pub fn allowance(number: DeviceNumber, usage: DeviceUse) -> UnitProperty {
    let DeviceNumber { kind, major, minor } = number;
    let directory = match kind {
        DeviceClass::Block => "block",
        DeviceClass::Character => "char",
    };
    UnitProperty::device(&format!("/dev/{directory}/{major}:{minor}"), usage.letters())
}

/// A node that is bound belongs to whoever it belongs to outside, which is nobody in a user namespace.
pub(super) fn warn_of_foreign_binds(context: &Context<'_>, steps: &mut Steps) {
    let Some(ids) = context.ids else { return };
    for (bind, _, owner) in bound(context) {
        let is_inside = owner.0 >= ids.start.0 && owner.0 - ids.start.0 < ids.count;
        if bind.id_map == BindIdMap::Unmapped && !is_inside {
            steps.warn(format!(
                "the device node bound to {} belongs to nobody inside: --device= gives the payload one of its own",
                bind.destination
            ));
        }
    }
}

/// Entries of `/dev` for what the user named: directories first.
pub(super) fn entries(context: &Context<'_>, entries: &mut Vec<Entry>) {
    for (node, number, mode) in nodes(context) {
        let name = node.name();
        if entries.iter().any(|entry| entry.path == name) {
            continue;
        }
        for (at, _) in name.match_indices('/') {
            add_directory(&name[..at], entries);
        }
        let DeviceNumber { kind, major, minor } = number;
        let (directory, kind) = match kind {
            DeviceClass::Block => ("block", EntryKind::Block { major, minor }),
            DeviceClass::Character => ("char", EntryKind::Character { major, minor }),
        };
        add_directory(directory, entries);
        let link = format!("{directory}/{major}:{minor}");
        if !entries.iter().any(|entry| entry.path == link) {
            let kind = EntryKind::Link(format!("../{name}"));
            entries.push(Entry { path: link, mode: 0o777, kind });
        }
        entries.push(Entry { path: name, mode, kind });
    }
}

fn add_directory(path: &str, entries: &mut Vec<Entry>) {
    if !entries.iter().any(|entry| entry.path == path) {
        entries.push(Entry { path: path.to_owned(), mode: 0o755, kind: EntryKind::Directory });
    }
}

fn nodes<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a DeviceNode, DeviceNumber, u32)> {
    let facts = context.grants.devices.iter();
    context.spec.devices.iter().zip(facts).filter_map(|(node, facts)| match *facts {
        DeviceFacts::Node(number, mode) => Some((node, number, mode)),
        DeviceFacts::Absent | DeviceFacts::NoDevice => None,
    })
}

fn bound<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a Bind, DeviceNumber, HostId)> {
    let facts = context.grants.binds.iter();
    context.spec.mounts.iter().zip(facts).filter_map(|(mount, facts)| match mount {
        CustomMount::Bind(bind) => facts.device.map(|number| (bind, number, facts.source_owner)),
        _ => None,
    })
}

/// What a device that a machine has a node of its own for may be used for.
#[must_use]
pub const fn node_rule(number: DeviceNumber, usage: DeviceUse) -> DeviceRule {
    let access = match usage {
        DeviceUse::Everything => DeviceAccess::ALL,
        DeviceUse::ReadWrite => DeviceAccess::READ_WRITE,
        DeviceUse::Read => DeviceAccess::READ,
    };
    rule(number, access)
}

const fn rule(number: DeviceNumber, access: DeviceAccess) -> DeviceRule {
    let kind = match number.kind {
        DeviceClass::Block => DeviceKind::Block,
        DeviceClass::Character => DeviceKind::Character,
    };
    DeviceRule { kind, major: number.major, minor: Some(number.minor), access }
}
