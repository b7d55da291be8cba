//! The network namespace and its links (NET1 to NET3).

use std::hash::Hasher as _;

use redd_spec::name::MachineName;
use redd_spec::network::{Bridge, Link, LinkName};
use redd_spec::uuid::Uuid;
use siphasher::sip::SipHasher24;

use super::PlanError;
use super::context::{Context, Steps};
use crate::action::{Action, MacAddress, VethPair};
use crate::clause::Clause::{NET1, NET2, NET3};
use crate::link::{self, HostLink, InnerKind, InnerLink, LentLink, LinkError};
use crate::step::Undo;

/// The longest name of a link, without its terminator.
const LINK_NAME_MAX: usize = 15;
/// What the link is called that every machine has inside.
const HOST0: &str = "host0";
/// Keys of the hashes that addresses and short names are made of; they are those systemd's own container
/// manager uses, so that a machine keeps its addresses when it changes managers (NET3).
const HOST_MAC_KEY: u128 = 0x1a37_6fc7_46ec_450b_ada3_d531_0660_5db1;
const CONTAINER_MAC_KEY: u128 = 0xc3c4_f919_b557_b21c_e6cf_1427_039c_eea2;
const EXTRA_HOST_MAC_KEY: u128 = 0x48c7_f6b7_ea9d_4c9e_b728_d4de_91d5_bf66;
const EXTRA_CONTAINER_MAC_KEY: u128 = 0xaf50_1761_cef9_4d35_840d_2b20_54be_ce59;
const MACVLAN_MAC_KEY: u128 = 0x0013_6dbc_6683_4481_bb0c_f951_1f24_a66f;
const SHORT_NAME_KEY: u128 = 0xe190_a404_a8ef_4b51_8ccc_c33a_9f11_fca2;

/// In the order in which systemd's own manager makes them.
pub(super) fn create(context: &Context<'_>, steps: &mut Steps) {
    let machine = &context.spec.name;
    for (link, found) in links(context) {
        if let Link::Interface(pair) = link
            && let Ok(lent) = LentLink::of(machine, pair, found)
        {
            steps.host_undone(Action::LendLink(lent.clone()), &[], Undo::ReturnLink(lent));
        }
    }
    let mut extra = 0;
    for link in context.spec.network.links() {
        match link {
            Link::Veth => {
                create_host0(context, "ve-", steps);
            }
            Link::Bridged(bridge) => {
                let link = create_host0(context, "vb-", steps);
                join(context, link, bridge, steps);
            }
            Link::ExtraVeth(pair) => {
                let host_id = context.host.machine_id;
                let pair = VethPair {
                    machine: machine.clone(),
                    host_name: pair.host.to_string(),
                    alternative_name: None,
                    host_mac: mac_address(EXTRA_HOST_MAC_KEY, host_id, machine, extra),
                    container_name: pair.inside.to_string(),
                    container_mac: mac_address(EXTRA_CONTAINER_MAC_KEY, host_id, machine, extra),
                };
                extra += 1;
                create_veth(pair, steps);
            }
            Link::Interface(_) | Link::Macvlan(_) | Link::Ipvlan(_) => {}
        }
    }
    for link in inner(context).flatten() {
        let undo = Undo::RemoveInnerLinks { parent: link.parent_index };
        steps.host_undone(Action::CreateInnerLink(link), &[], undo);
    }
}

/// What it is called outside.
fn create_host0(context: &Context<'_>, prefix: &str, steps: &mut Steps) -> String {
    let mut pair = host0_pair(&context.spec.name, prefix, context.host.machine_id);
    pair.container_mac = context.spec.identity.link_address.unwrap_or(pair.container_mac);
    let name = pair.host_name.clone();
    create_veth(pair, steps);
    name
}

fn create_veth(pair: VethPair, steps: &mut Steps) {
    let undo = Undo::RemoveLink { name: pair.host_name.clone(), machine: pair.machine.clone() };
    steps.host_undone(Action::CreateVeth(pair), &[NET1, NET2, NET3], undo);
}

fn join(context: &Context<'_>, link: String, bridge: &Bridge, steps: &mut Steps) {
    let name = bridge.name().to_owned();
    match bridge {
        Bridge::Named(_) => steps.host(Action::JoinBridge { link, bridge: name }, &[]),
        Bridge::Zone(_) => {
            let machine = context.spec.name.clone();
            let undo = Undo::LeaveZone { bridge: name.clone(), link: link.clone(), machine };
            steps.host_undone(Action::JoinZone { link, bridge: name }, &[], undo);
        }
    }
}

/// The Spec's links, each with the one of the host that it needs.
fn links<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a Link, Option<&'a HostLink>)> {
    let mut facts = context.grants.links.iter();
    let links = context.spec.network.links().iter();
    links.map(move |link| {
        let found = link::needed_by(link).and_then(|_needed| facts.next());
        (link, found.and_then(Option::as_ref))
    })
}

/// Those on links of the host, in their order.
fn inner(context: &Context<'_>) -> impl Iterator<Item = Result<InnerLink, LinkError>> {
    let (machine, host_id) = (&context.spec.name, context.host.machine_id);
    let is_macvlan = |(link, _): &(&Link, _)| matches!(link, Link::Macvlan(_));
    let is_ipvlan = |(link, _): &(&Link, _)| matches!(link, Link::Ipvlan(_));
    let mut count = 0;
    let all = links(context).filter(is_macvlan).chain(links(context).filter(is_ipvlan));
    all.filter_map(move |(link, found)| {
        let (pair, kind, address) = match link {
            Link::Macvlan(pair) => {
                count += 1;
                let address = mac_address(MACVLAN_MAC_KEY, host_id, machine, count - 1);
                (pair, InnerKind::Macvlan, Some(address))
            }
            Link::Ipvlan(pair) => (pair, InnerKind::Ipvlan, None),
            _ => return None,
        };
        Some(found.ok_or_else(|| LinkError::Missing { name: pair.host.to_string() }).map(|parent| {
            InnerLink {
                name: host_link_name(pair.inside.as_str()),
                kind,
                parent: parent.name.clone(),
                parent_index: parent.index,
                address,
            }
        }))
    })
}

/// Whatever of it can be refused before anything is touched.
pub(super) fn refuse(context: &Context<'_>) -> Result<(), PlanError> {
    let (mut outside, mut inside) = (Vec::new(), Vec::new());
    for (link, found) in links(context) {
        match link {
            Link::Veth => inside.push(HOST0.to_owned()),
            Link::Bridged(bridge) => {
                inside.push(HOST0.to_owned());
                if let Bridge::Named(name) = bridge {
                    refuse_other_than_bridge(name, found)?;
                }
            }
            Link::ExtraVeth(pair) => {
                outside.push(pair.host.to_string());
                inside.push(pair.inside.to_string());
            }
            Link::Interface(pair) => {
                inside.push(LentLink::of(&context.spec.name, pair, found).map_err(PlanError::Link)?.inside);
            }
            Link::Macvlan(_) | Link::Ipvlan(_) => {}
        }
    }
    for link in inner(context) {
        inside.push(link.map_err(PlanError::Link)?.name);
    }
    for mut names in [outside, inside] {
        while let Some(name) = names.pop() {
            if names.contains(&name) {
                return Err(PlanError::Link(LinkError::Twice { name }));
            }
        }
    }
    Ok(())
}

fn refuse_other_than_bridge(name: &LinkName, found: Option<&HostLink>) -> Result<(), PlanError> {
    let name = || name.to_string();
    match found {
        None => Err(PlanError::Link(LinkError::Missing { name: name() })),
        Some(link) if link.kind.as_deref() != Some("bridge") => {
            Err(PlanError::Link(LinkError::NoBridge { name: name() }))
        }
        Some(_) => Ok(()),
    }
}

/// Before there is a guard, which holds the namespace too: what is the host's there outlives the payload, and what is
/// made there is removed before somebody else wants the same.
pub(super) fn hold(context: &Context<'_>, steps: &mut Steps) {
    let is_held = |link: &Link| matches!(link, Link::Interface(_) | Link::Macvlan(_) | Link::Ipvlan(_));
    if context.spec.network.links().iter().any(is_held) {
        steps.host(Action::HoldNetwork, &[]);
    }
}

pub(super) fn enable(context: &Context<'_>, steps: &mut Steps) {
    if context.spec.network.is_private() {
        steps.child(Action::EnableLoopback, &[]);
    }
}

fn host0_pair(machine: &MachineName, prefix: &str, host_id: Option<Uuid>) -> VethPair {
    let full_name = format!("{prefix}{machine}");
    let host_name = host_link_name(&full_name);
    VethPair {
        machine: machine.clone(),
        alternative_name: (host_name != full_name).then_some(full_name),
        host_name,
        host_mac: mac_address(HOST_MAC_KEY, host_id, machine, 0),
        container_name: HOST0.to_owned(),
        container_mac: mac_address(CONTAINER_MAC_KEY, host_id, machine, 0),
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

/// A locally administered unicast address from the host's and the machine's identity, and how many there are before it.
#[must_use]
pub fn mac_address(key: u128, host_id: Option<Uuid>, machine: &MachineName, before: u64) -> MacAddress {
    let host_id = host_id.map_or([0; 16], |id| *id.as_bytes());
    let number = before.to_le_bytes();
    let number: &[u8] = if before == 0 { &[] } else { &number };
    let hash = hash(key, &[&host_id, machine.as_str().as_bytes(), number]).to_le_bytes();
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
        let pair = host0_pair(&machine, "ve-", None);
        for address in [pair.host_mac, pair.container_mac] {
            assert_eq!(address.0[0] & 3, 2);
        }
        assert_ne!(pair.host_mac, pair.container_mac);
    }
}
