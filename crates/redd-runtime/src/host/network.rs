//! Links, by rtnetlink; nothing is executed.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::thread::sleep;
use std::time::Duration;

use netlink_packet_core::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, Prop,
};
use redd_plan::action::VethPair;
use redd_plan::link::{InnerLink, LentLink};
use redd_spec::name::MachineName;
use redd_sys::Errno;
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::StepError;
use crate::launch::HostSide;
use crate::network::rtnetlink::Rtnetlink;
use crate::network::{bridge, inner, lend};

/// How often a name is tried that a network namespace on its way out still has: the kernel removes links late.
const NAME_ATTEMPTS: u32 = 200;
const NAME_INTERVAL: Duration = Duration::from_millis(10);

fn namespace(side: &HostSide) -> Result<OwnedFd, Errno> {
    let child = side.child.as_ref().ok_or(Errno::CHILD)?;
    let path = format!("/proc/{}/ns/net", child.pid.as_raw_nonzero());
    openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

/// The guard, which comes next, holds it too.
pub(super) fn hold(side: &HostSide) -> Result<(), StepError> {
    side.duties.state.hold_network(namespace(side)?);
    Ok(())
}

/// Moves a link of the host inside.
pub(super) fn lend(side: &HostSide, lent: &LentLink) -> Result<(), StepError> {
    lend::lend(&Rtnetlink::open()?, lent, namespace(side)?.as_fd())
}

/// Puts a link of the host into a bridge.
pub(super) fn join_bridge(link: &str, bridge: &str) -> Result<(), StepError> {
    Ok(bridge::join(&Rtnetlink::open()?, link, bridge)?)
}

/// The same with a zone's.
pub(super) fn join_zone(link: &str, bridge: &str) -> Result<(), StepError> {
    Ok(bridge::join_zone(&Rtnetlink::open()?, link, bridge)?)
}

/// Makes a link inside, on one of the host's.
pub(super) fn create_inner(side: &HostSide, link: &InnerLink) -> Result<(), StepError> {
    Ok(inner::create(&Rtnetlink::open()?, link, namespace(side)?.as_fd())?)
}

/// One message makes both ends, the inner one in the payload's namespace already: it is never seen outside.
pub(super) fn create_veth(side: &HostSide, pair: &VethPair) -> Result<(), StepError> {
    let namespace = namespace(side)?;
    let connection = Rtnetlink::open()?;
    let create = || {
        let message = RouteNetlinkMessage::NewLink(veth_message(pair, &namespace));
        connection.request(message, NLM_F_CREATE | NLM_F_EXCL)
    };
    retry_while_taken(create).map_err(StepError::about(pair.host_name.clone()))?;
    mark(&connection, pair).map_err(StepError::about(format!("marking {}", pair.host_name)))
}

fn retry_while_taken(mut create: impl FnMut() -> Result<(), Errno>) -> Result<(), Errno> {
    for _ in 1..NAME_ATTEMPTS {
        match create() {
            Err(Errno::EXIST) => sleep(NAME_INTERVAL),
            result => return result,
        }
    }
    create()
}

fn veth_message(pair: &VethPair, namespace: &OwnedFd) -> LinkMessage {
    let mut peer = LinkMessage::default();
    peer.attributes = vec![
        LinkAttribute::IfName(pair.container_name.clone()),
        LinkAttribute::Address(pair.container_mac.0.to_vec()),
        LinkAttribute::NetNsFd(namespace.as_fd().as_raw_fd()),
    ];
    let mut message = LinkMessage::default();
    message.attributes = vec![
        LinkAttribute::IfName(pair.host_name.clone()),
        LinkAttribute::Address(pair.host_mac.0.to_vec()),
        LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
        ]),
    ];
    message
}

/// The alias tells people, and `redd gc`, whose link it is; the alternative name is the full one (NET2).
fn mark(connection: &Rtnetlink, pair: &VethPair) -> Result<(), Errno> {
    let mut alias = LinkMessage::default();
    alias.attributes =
        vec![LinkAttribute::IfName(pair.host_name.clone()), LinkAttribute::IfAlias(alias_of(&pair.machine))];
    connection.request(RouteNetlinkMessage::SetLink(alias), 0)?;
    if let Some(full_name) = &pair.alternative_name {
        let mut named = LinkMessage::default();
        named.attributes = vec![
            LinkAttribute::IfName(pair.host_name.clone()),
            LinkAttribute::PropList(vec![Prop::AltIfName(full_name.clone())]),
        ];
        let flags = NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND;
        connection.request(RouteNetlinkMessage::NewLinkProp(named), flags)?;
    }
    Ok(())
}

const ALIAS: &str = "redd machine ";

fn alias_of(machine: &MachineName) -> String {
    format!("{ALIAS}{machine}")
}

/// The machine that a link belongs to, by its alias.
pub(crate) fn owner_of(alias: &str) -> Option<&str> {
    alias.strip_prefix(ALIAS)
}

/// Removes a machine's link if it is still there and still the machine's.
pub(crate) fn remove_link(name: &str, machine: &MachineName) -> Result<(), Errno> {
    let alias = std::fs::read_to_string(format!("/sys/class/net/{name}/ifalias")).unwrap_or_default();
    if alias.trim_end() != alias_of(machine) {
        return Ok(());
    }
    let mut message = LinkMessage::default();
    message.attributes = vec![LinkAttribute::IfName(name.to_owned())];
    match Rtnetlink::open()?.request(RouteNetlinkMessage::DelLink(message), 0) {
        // It went away by itself meanwhile, which is as good.
        Err(Errno::NODEV) => Ok(()),
        result => result,
    }
}

/// Brings the loopback link of this network namespace up.
pub(crate) fn enable_loopback() -> Result<(), StepError> {
    let mut message = LinkMessage::default();
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    message.attributes = vec![LinkAttribute::IfName("lo".to_owned())];
    Ok(Rtnetlink::open()?.request(RouteNetlinkMessage::SetLink(message), 0)?)
}
