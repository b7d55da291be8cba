//! A connection to the link tables of a network namespace.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer, NetlinkHeader,
    NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkExtentMask, LinkMessage};
use redd_sys::clone::Namespaces;
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

use super::link::{self, Link};

/// The most that the kernel sends at once.
const MESSAGE_MAX: usize = 64 * 1024;
const RTM_NEWLINK: u16 = 16;

/// A connection to the kernel's tables.
#[derive(Debug)]
pub(crate) struct Rtnetlink(OwnedFd);

/// How a link is found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which<'a> {
    /// By one of its names.
    Named(&'a str),
    /// By its number.
    Numbered(u32),
}

impl Rtnetlink {
    /// That of this process's namespace.
    pub(crate) fn open() -> Result<Self, Errno> {
        socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None).map(Self)
    }

    /// That of another one: a socket stays in the namespace that it was made in.
    pub(crate) fn open_in(proof: &SingleThreaded, namespace: BorrowedFd<'_>) -> Result<Self, Errno> {
        let own = own_namespace()?;
        process::enter_namespace(proof, namespace, Namespaces::NETWORK)?;
        let opened = Self::open();
        process::enter_namespace(proof, own.as_fd(), Namespaces::NETWORK)?;
        opened
    }

    /// Sends one request and waits for the kernel's word on it.
    pub(crate) fn request(&self, message: RouteNetlinkMessage, flags: u16) -> Result<(), Errno> {
        self.send(message, NLM_F_ACK | flags)?;
        let mut buffer = [0; 8192];
        let (length, _) = rustix::io::retry_on_intr(|| recv(&self.0, &mut buffer, RecvFlags::empty()))?;
        let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(&buffer[..length]);
        match answer.map(|answer| answer.payload) {
            Ok(NetlinkPayload::Error(error)) => match error.code {
                None => Ok(()),
                Some(code) => Err(Errno::from_raw_os_error(code.get().saturating_abs())),
            },
            Ok(_) | Err(_) => Err(Errno::PROTO),
        }
    }

    fn send(&self, message: RouteNetlinkMessage, flags: u16) -> Result<(), Errno> {
        let mut packet = NetlinkMessage::new(NetlinkHeader::default(), NetlinkPayload::from(message));
        packet.header.flags = NLM_F_REQUEST | flags;
        packet.finalize();
        let mut buffer = vec![0; packet.buffer_len()];
        packet.serialize(&mut buffer);
        send(&self.0, &buffer, SendFlags::empty()).map(drop)
    }

    /// A link, where there is one.
    pub(crate) fn link(&self, which: Which<'_>) -> Result<Option<Link>, Errno> {
        let mut message = LinkMessage::default();
        match which {
            Which::Named(name) => message.attributes.push(link::any_name(name)),
            Which::Numbered(index) => message.header.index = index,
        }
        message.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
        self.send(RouteNetlinkMessage::GetLink(message), 0)?;
        match self.links_of_one_answer(&mut Vec::new()) {
            Ok((links, _)) => Ok(links.into_iter().next()),
            Err(Errno::NODEV) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// All links.
    pub(crate) fn links(&self) -> Result<Vec<Link>, Errno> {
        let mut message = LinkMessage::default();
        message.attributes.push(LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]));
        self.send(RouteNetlinkMessage::GetLink(message), NLM_F_DUMP)?;
        let (mut all, mut buffer) = (Vec::new(), Vec::new());
        loop {
            let (links, end) = self.links_of_one_answer(&mut buffer)?;
            all.extend(links);
            if end == End::Last {
                return Ok(all);
            }
        }
    }

    fn links_of_one_answer(&self, buffer: &mut Vec<u8>) -> Result<(Vec<Link>, End), Errno> {
        buffer.resize(MESSAGE_MAX, 0);
        let (length, whole) =
            rustix::io::retry_on_intr(|| recv(&self.0, buffer.as_mut_slice(), RecvFlags::TRUNC))?;
        let mut rest = buffer.get(..length.min(whole)).ok_or(Errno::PROTO)?;
        let mut links = Vec::new();
        while !rest.is_empty() {
            let message = NetlinkBuffer::new_checked(rest).map_err(|_malformed| Errno::PROTO)?;
            match message.message_type() {
                RTM_NEWLINK => links.extend(Link::read(message.payload())),
                NLMSG_DONE => return Ok((links, End::Last)),
                NLMSG_ERROR => return Err(errno_in(message.payload())),
                _ => {}
            }
            let next = usize::try_from(message.length()).unwrap_or(usize::MAX).next_multiple_of(4);
            rest = rest.get(next..).unwrap_or_default();
        }
        Ok((links, End::MoreToCome))
    }
}

/// Whether an answer is the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    MoreToCome,
    Last,
}

fn errno_in(payload: &[u8]) -> Errno {
    let number = payload.first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes));
    Errno::from_raw_os_error(number.saturating_abs())
}

/// This process's network namespace.
pub(crate) fn own_namespace() -> Result<OwnedFd, Errno> {
    openat(CWD, "/proc/self/ns/net", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}
