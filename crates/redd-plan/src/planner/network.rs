//! The network namespace and its links (NET1 to NET3).

use std::hash::Hasher as _;

use redd_spec::name::MachineName;
use redd_spec::network::Link;
use redd_spec::uuid::Uuid;
use siphasher::sip::SipHasher24;

use super::PlanError;
use super::context::{Context, Steps};
use crate::action::{Action, MacAddress, VethPair};
use crate::clause::Clause::{NET1, NET2, NET3};
use crate::link::{self, LentLink, LinkError};
use crate::step::Undo;

/// The longest name of a link, without its terminator.
const LINK_NAME_MAX: usize = 15;
/// What the link is called that every machine has inside.
const HOST0: &str = "host0";
/// Keys of the hashes that addresses and short names are made of; they are those systemd's own container
/// manager uses, so that a machine keeps its addresses when it changes managers (NET3).
const HOST_MAC_KEY: u128 = 0x1a37_6fc7_46ec_450b_ada3_d531_0660_5db1;
const CONTAINER_MAC_KEY: u128 = 0xc3c4_f919_b557_b21c_e6cf_1427_039c_eea2;
const SHORT_NAME_KEY: u128 = 0xe190_a404_a8ef_4b51_8ccc_c33a_9f11_fca2;

pub(super) fn create(context: &Context<'_>, steps: &mut Steps) {
    for lent in lent(context).flatten() {
        steps.host_undone(Action::LendLink(lent.clone()), &[], Undo::ReturnLink(lent));
    }
    for link in context.spec.network.links() {
        match link {
            Link::Veth => {
                let mut pair = veth_pair(&context.spec.name, context.host.machine_id);
                pair.container_mac = context.spec.identity.link_address.unwrap_or(pair.container_mac);
                let undo =
                    Undo::RemoveLink { name: pair.host_name.clone(), machine: context.spec.name.clone() };
                steps.host_undone(Action::CreateVeth(pair), &[NET1, NET2, NET3], undo);
            }
            Link::Interface(_) => {}
        }
    }
}

/// Links of the host, in the order of the Spec.
fn lent(context: &Context<'_>) -> impl Iterator<Item = Result<LentLink, LinkError>> {
    let wanted = link::named_by(context.spec.network.links());
    wanted
        .zip(&context.grants.links)
        .map(|(wanted, found)| LentLink::of(&context.spec.name, wanted, found.as_ref()))
}

/// Whatever of it can be refused before anything is touched.
pub(super) fn refuse(context: &Context<'_>) -> Result<(), PlanError> {
    let mut names = Vec::new();
    for link in context.spec.network.links() {
        if *link == Link::Veth {
            names.push(HOST0.to_owned());
        }
    }
    for lent in lent(context) {
        names.push(lent.map_err(PlanError::Link)?.inside);
    }
    while let Some(name) = names.pop() {
        if names.contains(&name) {
            return Err(PlanError::Link(LinkError::Twice { name }));
        }
    }
    Ok(())
}

/// Before there is a guard, which holds the namespace too: what is the host's there outlives the payload.
pub(super) fn hold(context: &Context<'_>, steps: &mut Steps) {
    if lent(context).next().is_some() {
        steps.host(Action::HoldNetwork, &[]);
    }
}

pub(super) fn enable(context: &Context<'_>, steps: &mut Steps) {
    if context.spec.network.is_private() {
        steps.child(Action::EnableLoopback, &[]);
    }
}

fn veth_pair(machine: &MachineName, host_id: Option<Uuid>) -> VethPair {
    let full_name = format!("ve-{machine}");
    let host_name = host_link_name(&full_name);
    VethPair {
        machine: machine.clone(),
        alternative_name: (host_name != full_name).then_some(full_name),
        host_name,
        host_mac: mac_address(HOST_MAC_KEY, host_id, machine),
        container_name: HOST0.to_owned(),
        container_mac: mac_address(CONTAINER_MAC_KEY, host_id, machine),
    }
}

/// A link's name, shortened where the kernel's limit asks for it: the first 11 characters and 4 of a hash.
#[must_use]
pub fn host_link_name(full_name: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if full_name.len() <= LINK_NAME_MAX {
        return full_name.to_owned();
    }
    let hash = hash(SHORT_NAME_KEY, &[full_name.as_bytes()]);
    let mut name = full_name[..11].to_owned();
    for shift in [18, 12, 6, 0] {
        name.push(char::from(ALPHABET[(hash >> shift & 63) as usize]));
    }
    name
}

/// A locally administered unicast address from the host's and the machine's identity.
#[must_use]
pub fn mac_address(key: u128, host_id: Option<Uuid>, machine: &MachineName) -> MacAddress {
    let host_id = host_id.map_or([0; 16], |id| *id.as_bytes());
    let hash = hash(key, &[&host_id, machine.as_str().as_bytes()]).to_le_bytes();
    let mut address = [hash[0], hash[1], hash[2], hash[3], hash[4], hash[5]];
    address[0] = address[0] & 0xfe | 0x02;
    MacAddress(address)
}

fn hash(key: u128, parts: &[&[u8]]) -> u64 {
    let mut hasher = SipHasher24::new_with_key(&key.to_be_bytes());
    for part in parts {
        hasher.write(part);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_shortened_to_what_the_kernel_takes() {
        let name = host_link_name("ve-a-rather-long-machine-name");
        assert_eq!(name.len(), LINK_NAME_MAX);
        assert!(name.starts_with("ve-a-rather"));
        assert_eq!(host_link_name("ve-short"), "ve-short");
    }

    #[test]
    fn addresses_are_local_and_unicast_and_differ_at_both_ends() {
        let machine: MachineName = "debian".parse().unwrap();
        let pair = veth_pair(&machine, None);
        for address in [pair.host_mac, pair.container_mac] {
            assert_eq!(address.0[0] & 3, 2);
        }
        assert_ne!(pair.host_mac, pair.container_mac);
    }
}
