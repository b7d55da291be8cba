//! One who asks: what came of them, and what waits for them.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::Instant;

use redd_control::frame::{CALL_MAX, Frames};
use redd_control::message::{self, Reply};
use redd_sys::Errno;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde::{Deserialize, Serialize};

use crate::handover::moment::Moment;
use crate::handover::{Bytes, Incoming, Number, Outgoing, Refusal};

/// How much may wait for somebody who does not read, in bytes.
const UNREAD_MAX: usize = 256 * 1024;
/// How much is read at a time.
const READ_SIZE: usize = 16 * 1024;
/// How many descriptors go with a reply at most.
const DESCRIPTORS_MAX: usize = 4;

/// A number that no other connection of this supervisor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::supervise) struct ConnectionId(pub(super) u64);

/// Whether somebody wants to hear what happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::supervise) enum Interest {
    /// In answers alone.
    Answers,
    /// In everything that happens.
    Events,
    /// In events of these names, as systemd's tools call them; without names in all.
    Instance(Vec<String>),
}

/// Whether a connection is of any use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It goes on.
    Open,
    /// It is closed.
    Over,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    socket: OwnedFd,
    frames: Frames,
    waiting: VecDeque<Message>,
    pub(super) interest: Interest,
    pub(super) last_used: Instant,
}

#[derive(Debug)]
struct Message {
    bytes: Vec<u8>,
    sent: usize,
    descriptors: Vec<OwnedFd>,
}

impl Connection {
    pub(super) const fn new(id: ConnectionId, socket: OwnedFd, now: Instant) -> Self {
        let frames = Frames::new(CALL_MAX);
        Self { id, socket, frames, waiting: VecDeque::new(), interest: Interest::Answers, last_used: now }
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Whether something waits to be sent.
    pub(super) fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Reads once; what whole messages there are then.
    pub(super) fn receive(&mut self) -> (Vec<Vec<u8>>, Standing) {
        let mut buffer = [0; READ_SIZE];
        match rustix::io::read(&self.socket, &mut buffer) {
            Ok(0) => return (Vec::new(), Standing::Over),
            Ok(length) => self.frames.extend(&buffer[..length]),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => return (Vec::new(), Standing::Over),
        }
        let mut messages = Vec::new();
        loop {
            match self.frames.next_message() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => return (messages, Standing::Open),
                Err(_too_long) => return (messages, Standing::Over),
            }
        }
    }

    /// Queues a reply, and sends what there is room for. Who lets too much wait is given up.
    pub(super) fn send(&mut self, reply: &Reply, descriptors: Vec<OwnedFd>) -> Standing {
        self.waiting.push_back(Message { bytes: message::encode(reply), sent: 0, descriptors });
        let standing = self.flush();
        let unread: usize = self.waiting.iter().map(|message| message.bytes.len() - message.sent).sum();
        if unread > UNREAD_MAX { Standing::Over } else { standing }
    }

    /// Sends what there is room for.
    pub(super) fn flush(&mut self) -> Standing {
        while let Some(message) = self.waiting.front_mut() {
            match message.send_some(self.socket.as_fd()) {
                Ok(()) if message.sent == message.bytes.len() => drop(self.waiting.pop_front()),
                Ok(()) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Standing::Open,
                Err(_) => return Standing::Over,
            }
        }
        Standing::Open
    }
}

/// As it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ConnectionState {
    id: ConnectionId,
    socket: Number,
    /// The beginning of a message.
    unread: Bytes,
    /// What waits to be sent.
    unsent: Bytes,
    interest: Interest,
    last_used: Moment,
}

impl Connection {
    /// What goes over to another program. One who waits for descriptors does not: they are closed, and ask again.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> Option<ConnectionState> {
        if self.waiting.iter().any(|message| !message.descriptors.is_empty()) {
            return None;
        }
        let unsent = self.waiting.iter().flat_map(|message| &message.bytes[message.sent..]);
        Some(ConnectionState {
            id: self.id,
            socket: outgoing.add(&self.socket),
            unread: Bytes(self.frames.unread().to_vec()),
            unsent: Bytes(unsent.copied().collect()),
            interest: self.interest.clone(),
            last_used: Moment(self.last_used),
        })
    }

    /// Goes on where another program was.
    pub(super) fn take_over(state: ConnectionState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let ConnectionState { id, socket, unread, unsent, interest, last_used: Moment(last_used) } = state;
        let mut frames = Frames::new(CALL_MAX);
        frames.extend(&unread.0);
        let message = Message { bytes: unsent.0, sent: 0, descriptors: Vec::new() };
        let waiting = (!message.bytes.is_empty()).then_some(message).into_iter().collect();
        Ok(Self { id, socket: incoming.take(socket)?, frames, waiting, interest, last_used })
    }
}

impl Message {
    /// The descriptors go with the first byte.
    fn send_some(&mut self, socket: BorrowedFd<'_>) -> Result<(), Errno> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let descriptors: Vec<BorrowedFd<'_>> = self.descriptors.iter().map(OwnedFd::as_fd).collect();
        if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)) {
            return Err(Errno::TOOBIG);
        }
        let rest = &[IoSlice::new(&self.bytes[self.sent..])];
        let length = sendmsg(socket, rest, &mut ancillary, SendFlags::NOSIGNAL)?;
        self.sent += length;
        self.descriptors.clear();
        Ok(())
    }
}
