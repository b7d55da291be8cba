//! Links in a machine's network namespace that are made on one of the host's.

use std::os::fd::{AsRawFd as _, BorrowedFd};

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoData, InfoIpVlan, InfoKind, InfoMacVlan, IpVlanMode, LinkAttribute, LinkInfo, LinkMessage,
    MacVlanMode,
};
use redd_plan::link::{InnerKind, InnerLink};
use redd_sys::Errno;
use redd_sys::single_thread::SingleThreaded;

use super::rtnetlink::Rtnetlink;

/// Makes one.
pub(crate) fn create(host: &Rtnetlink, link: &InnerLink, namespace: BorrowedFd<'_>) -> Result<(), Errno> {
    let (kind, data) = match link.kind {
        InnerKind::Macvlan => {
            (InfoKind::MacVlan, InfoData::MacVlan(vec![InfoMacVlan::Mode(MacVlanMode::Bridge)]))
        }
        InnerKind::Ipvlan => (InfoKind::IpVlan, InfoData::IpVlan(vec![InfoIpVlan::Mode(IpVlanMode::L2)])),
    };
    let mut message = LinkMessage::default();
    message.attributes = vec![
        LinkAttribute::Link(link.parent_index),
        LinkAttribute::IfName(link.name.clone()),
        LinkAttribute::NetNsFd(namespace.as_raw_fd()),
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(kind), LinkInfo::Data(data)]),
    ];
    message.attributes.extend(link.address.map(|address| LinkAttribute::Address(address.0.to_vec())));
    host.request(RouteNetlinkMessage::NewLink(message), NLM_F_CREATE | NLM_F_EXCL)
}

/// Removes those on one link of the host's. With a namespace that nobody holds they are gone, a moment later.
pub(crate) fn remove_all(parent: u32, namespace: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
    let Some(namespace) = namespace else { return Ok(()) };
    let proof = SingleThreaded::check().map_err(|_threads| Errno::BUSY)?;
    let inside = Rtnetlink::open_in(&proof, namespace)?;
    for link in inside.links()? {
        let is_inner = matches!(link.kind.as_deref(), Some("macvlan" | "ipvlan"));
        if !is_inner || !link.is_on_other_namespace || link.parent != Some(parent) {
            continue;
        }
        let mut message = LinkMessage::default();
        message.header.index = link.index;
        match inside.request(RouteNetlinkMessage::DelLink(message), 0) {
            Ok(()) | Err(Errno::NODEV) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
