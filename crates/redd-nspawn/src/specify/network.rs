//! Which network namespace, with which links.

use redd_spec::network::{Bridge, Link, Network};

use crate::persona::NetworkDefault;
use crate::refusal::Refusal;
use crate::settings::IsolationSettings;

/// Asking for a private network alone means no `host0`, as it always did; a link that is named comes beside the default.
pub(super) fn network(settings: &IsolationSettings, default: NetworkDefault) -> Result<Network, Refusal> {
    let conflict = |one, other, reason| Err(Refusal::Conflict { one, other, reason });
    let bridge = match (&settings.network_bridge, &settings.network_zone) {
        (Some(_), Some(_)) => {
            return conflict("--network-bridge", "--network-zone", ": a link is in one bridge");
        }
        (bridge, zone) => bridge.as_ref().or(zone.as_ref()),
    };
    let named = settings.links.first().map(option_of).or_else(|| bridge.map(option_of_bridge));
    let has_host0 = match (settings.private_network, settings.network_veth, named) {
        (Some(false), Some(true), _) => {
            return conflict(
                "--private-network=no",
                "--network-veth",
                ": the link needs a network namespace",
            );
        }
        (Some(false), _, Some(other)) => {
            return conflict("--private-network=no", other, ": the link needs a network namespace");
        }
        (Some(false), _, None) => return Ok(Network::Host),
        (None, Some(false) | None, None) if default == NetworkDefault::Host => return Ok(Network::Host),
        (_, Some(chosen), _) => chosen,
        (Some(true), None, _) => bridge.is_some(),
        (None, None, _) => bridge.is_some() || default == NetworkDefault::Veth,
    };
    let host0 = match (has_host0, bridge) {
        (false, Some(bridge)) => {
            let reason = ": there is no link to be in it";
            return conflict("--network-veth=no", option_of_bridge(bridge), reason);
        }
        (false, None) => None,
        (true, Some(bridge)) => Some(Link::Bridged(bridge.clone())),
        (true, None) => Some(Link::Veth),
    };
    Ok(Network::Private(host0.into_iter().chain(settings.links.iter().cloned()).collect()))
}

const fn option_of_bridge(bridge: &Bridge) -> &'static str {
    match bridge {
        Bridge::Named(_) => "--network-bridge",
        Bridge::Zone(_) => "--network-zone",
    }
}

const fn option_of(link: &Link) -> &'static str {
    match link {
        Link::Veth => "--network-veth",
        Link::Bridged(bridge) => option_of_bridge(bridge),
        Link::ExtraVeth(_) => "--network-veth-extra",
        Link::Interface(_) => "--network-interface",
        Link::Macvlan(_) => "--network-macvlan",
        Link::Ipvlan(_) => "--network-ipvlan",
    }
}
