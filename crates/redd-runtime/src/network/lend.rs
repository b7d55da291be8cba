//! A link of the host goes into a machine's network namespace, and comes back.
//!
//! The kernel destroys virtual links with their namespace, and hands devices to the initial one under whatever name is
//! free. So whoever gives back holds the namespace, and knows the link by its number there: the payload can change
//! everything else of it.

use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};

use netlink_packet_core::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkMessage, Prop};
use redd_plan::link::LentLink;
use redd_sys::Errno;
use redd_sys::single_thread::SingleThreaded;

use super::link::Link;
use super::rtnetlink::{Rtnetlink, Which, own_namespace};
use crate::StepError;
use crate::error::best_effort;

/// How often a payload may get in between.
const ATTEMPTS: usize = 8;
/// What a link is called whose name somebody else has taken meanwhile.
const SPARE_NAME: &str = "redd%d";

/// Puts it into a namespace, under its name there.
pub(crate) fn lend(host: &Rtnetlink, lent: &LentLink, namespace: BorrowedFd<'_>) -> Result<(), StepError> {
    let move_inside = || {
        let link = host.link(Which::Named(&lent.link.name))?.ok_or(Errno::NODEV)?;
        let mut message = LinkMessage::default();
        message.header.index = link.index;
        message.attributes = vec![
            LinkAttribute::NetNsFd(namespace.as_raw_fd()),
            LinkAttribute::IfName(lent.inside.clone()),
            LinkAttribute::NewIfIndex(i32::try_from(lent.index).map_err(|_too_big| Errno::RANGE)?),
        ];
        host.request(RouteNetlinkMessage::SetLink(message), 0)
    };
    move_inside().map_err(|errno| {
        let error = StepError::about(format!("moving {} into the machine", lent.link.name))(errno);
        match errno {
            Errno::INVAL => {
                error.with_hint("the kernel keeps some kinds of links where they are, bridges for one")
            }
            _ => error,
        }
    })
}

/// Gives it back, if it is still there. A namespace that nobody holds any more is gone, and what was in it.
pub(crate) fn give_back(lent: &LentLink, namespace: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
    let host = Rtnetlink::open()?;
    if let Some(namespace) = namespace {
        let proof = SingleThreaded::check().map_err(|_threads| Errno::BUSY)?;
        let inside = Rtnetlink::open_in(&proof, namespace)?;
        if find_inside(&inside, lent)?.is_some() {
            return fetch(&host, &inside, lent);
        }
    }
    restore_stray(&host, lent)
}

/// The lent link where it is there: what has its number could be another one, of the payload's making.
pub(crate) fn find_inside(inside: &Rtnetlink, lent: &LentLink) -> Result<Option<Link>, Errno> {
    Ok(inside.link(Which::Numbered(lent.index))?.filter(|link| is_same(link, lent)))
}

fn is_same(link: &Link, lent: &LentLink) -> bool {
    link.kind == lent.link.kind && link.permanent_address == lent.link.permanent_address
}

/// One device that the kernel has put into the host's namespace by itself.
fn restore_stray(host: &Rtnetlink, lent: &LentLink) -> Result<(), Errno> {
    if lent.link.permanent_address.is_none() || host.link(Which::Named(&lent.link.name))?.is_some() {
        return Ok(());
    }
    let Some(stray) = host.links()?.into_iter().find(|link| is_same(link, lent)) else { return Ok(()) };
    let mut message = LinkMessage::default();
    message.header.index = stray.index;
    message.attributes = vec![LinkAttribute::IfName(lent.link.name.clone())];
    host.request(RouteNetlinkMessage::SetLink(message), 0)?;
    restore(host, lent, &lent.link.name)
}

fn fetch(host: &Rtnetlink, inside: &Rtnetlink, lent: &LentLink) -> Result<(), Errno> {
    let own = own_namespace()?;
    for _ in 0..ATTEMPTS {
        let Some(link) = find_inside(inside, lent)? else { return Ok(()) };
        // One that the host has too would keep it inside.
        forget_names(inside, &link)?;
        let name = match host.link(Which::Named(&lent.link.name))? {
            None => lent.link.name.as_str(),
            Some(_somebody_else) => SPARE_NAME,
        };
        match move_to(inside, lent, &own, name) {
            // A payload that lives gave it a name again, or somebody took the one on the host.
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno),
            Ok(()) if name == SPARE_NAME => return Ok(()),
            Ok(()) => return restore(host, lent, name),
        }
    }
    Err(Errno::EXIST)
}

/// Under the number that it had, where that is free.
fn move_to(inside: &Rtnetlink, lent: &LentLink, namespace: &OwnedFd, name: &str) -> Result<(), Errno> {
    let mut message = LinkMessage::default();
    message.header.index = lent.index;
    message.attributes =
        vec![LinkAttribute::NetNsFd(namespace.as_raw_fd()), LinkAttribute::IfName(name.to_owned())];
    let mut numbered = message.clone();
    numbered.attributes.extend(i32::try_from(lent.link.index).map(LinkAttribute::NewIfIndex));
    match inside.request(RouteNetlinkMessage::SetLink(numbered), 0) {
        Err(Errno::BUSY) => inside.request(RouteNetlinkMessage::SetLink(message), 0),
        result => result,
    }
}

fn forget_names(inside: &Rtnetlink, link: &Link) -> Result<(), Errno> {
    if link.alternative_names.is_empty() {
        return Ok(());
    }
    inside.request(RouteNetlinkMessage::DelLinkProp(names(link.index, &link.alternative_names)), 0)
}

fn names(index: u32, names: &[String]) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    let names = names.iter().cloned().map(Prop::AltIfName).collect();
    message.attributes = vec![LinkAttribute::PropList(names)];
    message
}

/// Undoes what the payload may have changed. What cannot be is no reason to keep the link.
fn restore(host: &Rtnetlink, lent: &LentLink, name: &str) -> Result<(), Errno> {
    let Some(link) = host.link(Which::Named(name))? else { return Ok(()) };
    let missing: Vec<String> = lent
        .link
        .alternative_names
        .iter()
        .filter(|name| !link.alternative_names.contains(name))
        .cloned()
        .collect();
    if !missing.is_empty() {
        let flags = NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND;
        best_effort(host.request(RouteNetlinkMessage::NewLinkProp(names(link.index, &missing)), flags));
    }
    let change = |attribute: LinkAttribute| {
        let mut message = LinkMessage::default();
        message.header.index = link.index;
        message.attributes = vec![attribute];
        best_effort(host.request(RouteNetlinkMessage::SetLink(message), 0));
    };
    if link.address != lent.link.address {
        change(LinkAttribute::Address(lent.link.address.clone()));
    }
    if link.mtu != lent.link.mtu {
        change(LinkAttribute::Mtu(lent.link.mtu));
    }
    Ok(())
}
