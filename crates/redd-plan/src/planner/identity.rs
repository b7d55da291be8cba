//! Host name and uuid.

use std::hash::Hasher as _;

use redd_spec::Spec;
use redd_spec::root::Persistence;
use redd_spec::uuid::Uuid;
use siphasher::sip128::{Hasher128 as _, SipHasher24};

use super::context::{Context, Steps};
use crate::action::Action;
use crate::clause::Clause::EE1;
use crate::facts::{Grants, HostFacts, TreeFacts};

/// Where a tree says which system it is.
const MACHINE_ID: &str = "/etc/machine-id";
/// Tells this use of the hash from any other one.
const UUID_KEY: [u8; 16] = *b"redd-machine-uid";

/// The uuid of the container (EV2): the tree's own; else what the user chose; else one that is the same at every
/// start of this name on this tree, and another one for a copy of the tree. Ephemeral machines get a new one.
#[must_use]
pub fn uuid(spec: &Spec, host: &HostFacts, tree: &TreeFacts, grants: &Grants) -> Uuid {
    let is_seen = !spec.root.replaces(MACHINE_ID);
    if let Some(own) = tree.machine_id.filter(|_| is_seen) {
        return own;
    }
    if let Some(chosen) = spec.identity.uuid {
        return chosen;
    }
    match spec.root.persistence {
        Persistence::Ephemeral => grants.random_uuid,
        Persistence::Kept => derived_uuid(spec, host, tree),
    }
}

fn derived_uuid(spec: &Spec, host: &HostFacts, tree: &TreeFacts) -> Uuid {
    let mut hasher = SipHasher24::new_with_key(&UUID_KEY);
    if let Some(machine_id) = host.machine_id {
        hasher.write(machine_id.as_bytes());
    }
    hasher.write(spec.name.as_str().as_bytes());
    hasher.write(&tree.identity.device.to_le_bytes());
    hasher.write(&tree.identity.inode.to_le_bytes());
    Uuid::from_random_bytes(hasher.finish128().as_bytes())
}

/// The payload's own /etc/hostname wins later; it is not edited (EE1).
pub(super) fn set_hostname(context: &Context<'_>, steps: &mut Steps) {
    let chosen = context.spec.identity.hostname.clone();
    let hostname = chosen.unwrap_or_else(|| context.spec.name.as_hostname());
    steps.child(Action::SetHostname { hostname }, &[EE1]);
}
