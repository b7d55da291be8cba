//! The control socket: who connects, what they ask, what they are told. It lasts over all boots of a machine.
//!
//! Nobody is waited for, and nobody can make the supervisor keep more than a little (R30).

mod connection;
pub(super) mod instance;
mod request;
mod service;

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Instant;

use redd_control::event::Occurrence;
use redd_control::message::Reply;
use redd_sys::Errno;
use rustix::event::PollFlags;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, listen, socket_with,
};
use rustix::process::geteuid;
use serde::{Deserialize, Serialize};

use connection::{Connection, ConnectionState, Standing};
pub(super) use connection::{ConnectionId, Interest};
use request::{Answer, Read};
pub(super) use request::{Interface, Request};

use crate::error::best_effort;
use crate::handover::{HandOver, Incoming, Number, Outgoing, Refusal};

/// How many may be connected; one more ends the connection that was used least lately.
const CONNECTIONS_MAX: usize = 128;
/// How many may wait to be accepted.
const BACKLOG: i32 = 64;

/// The socket, and everybody who is connected to it.
#[derive(Debug, Default)]
pub(super) struct Control {
    listener: Option<OwnedFd>,
    connections: Vec<Connection>,
    connected: u64,
}

/// Something to attend to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    /// Somebody wants to connect.
    Arrival,
    /// This one says something, or is gone.
    Input(ConnectionId),
    /// This one has room for what waits.
    Room(ConnectionId),
}

/// Who wants what.
#[derive(Debug)]
pub(super) struct Asked {
    /// Whom to answer; nobody, where no answer is wanted.
    pub(super) asker: Option<ConnectionId>,
    pub(super) interface: Interface,
    pub(super) request: Request,
}

impl Control {
    /// Listens from now on, in place of what a killed supervisor left there. A machine that cannot be asked runs all the same.
    pub(super) fn listen_at(&mut self, path: &Path) {
        if self.listener.is_none() {
            self.listener = listener_at(path).ok();
        }
    }

    /// What to wait for.
    pub(super) fn interests(&self) -> impl Iterator<Item = (Happening, BorrowedFd<'_>, PollFlags)> {
        let listener =
            self.listener.iter().map(|listener| (Happening::Arrival, listener.as_fd(), PollFlags::IN));
        // Who does not take answers is not asked what else they want.
        let connections = self.connections.iter().map(|connection| {
            let descriptor = connection.descriptor();
            match connection.is_behind() {
                true => (Happening::Room(connection.id), descriptor, PollFlags::OUT),
                false => (Happening::Input(connection.id), descriptor, PollFlags::IN),
            }
        });
        listener.chain(connections)
    }

    /// What somebody wants now.
    pub(super) fn attend(&mut self, happening: Happening, now: Instant) -> Vec<Asked> {
        match happening {
            Happening::Arrival => self.accept(now),
            Happening::Input(id) => return self.receive(id, now),
            Happening::Room(id) => self.with(id, Connection::flush),
        }
        Vec::new()
    }

    /// Tells one what came of their request.
    pub(super) fn answer(&mut self, asker: Option<ConnectionId>, reply: &Reply, descriptors: Vec<OwnedFd>) {
        if let Some(id) = asker {
            self.with(id, |connection| connection.send(reply, descriptors));
        }
    }

    /// From now on this one hears what happens.
    pub(super) fn subscribe(&mut self, asker: Option<ConnectionId>, interest: Interest) {
        if let Some(id) = asker {
            self.with(id, |connection| {
                connection.interest = interest;
                Standing::Open
            });
        }
    }

    /// Tells everybody who wants to know.
    pub(super) fn publish(&mut self, occurrence: &Occurrence) {
        self.connections.retain_mut(|connection| {
            let reply = match &connection.interest {
                Interest::Answers => None,
                Interest::Events => Some(Reply::continued(occurrence)),
                Interest::Instance(filter) => instance::told(occurrence, filter),
            };
            reply.is_none_or(|reply| connection.send(&reply, Vec::new()) == Standing::Open)
        });
    }

    fn accept(&mut self, now: Instant) {
        let Some(listener) = &self.listener else { return };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let Ok(socket) = accept_with(listener, flags) else { return };
        // The directory lets nobody else in; a descriptor that was passed on might.
        let is_trusted = |uid: rustix::process::Uid| uid.is_root() || uid == geteuid();
        if !socket_peercred(&socket).is_ok_and(|peer| is_trusted(peer.uid)) {
            return;
        }
        if self.connections.len() >= CONNECTIONS_MAX {
            self.give_up_oldest();
        }
        self.connected += 1;
        self.connections.push(Connection::new(ConnectionId(self.connected), socket, now));
    }

    fn give_up_oldest(&mut self) {
        let oldest = self.connections.iter().enumerate().min_by_key(|(_, connection)| connection.last_used);
        if let Some((index, _)) = oldest {
            self.connections.swap_remove(index);
        }
    }

    fn receive(&mut self, id: ConnectionId, now: Instant) -> Vec<Asked> {
        let mut asked = Vec::new();
        self.with(id, |connection| {
            connection.last_used = now;
            let (messages, mut standing) = connection.receive();
            for message in messages {
                match request::read(&message) {
                    Read::Request(request, interface, answer) => {
                        let asker = (answer == Answer::Wanted).then_some(id);
                        asked.push(Asked { asker, interface, request });
                    }
                    Read::Reply(reply) => standing = connection.send(&reply, Vec::new()),
                    Read::Nothing => {}
                    Read::Garbage => standing = Standing::Over,
                }
                if standing == Standing::Over {
                    break;
                }
            }
            standing
        });
        asked
    }

    /// Does something with a connection that is still there, and closes it where that was its end.
    fn with(&mut self, id: ConnectionId, work: impl FnOnce(&mut Connection) -> Standing) {
        let Some(index) = self.connections.iter().position(|connection| connection.id == id) else { return };
        if work(&mut self.connections[index]) == Standing::Over {
            self.connections.swap_remove(index);
        }
    }
}

/// As it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ControlState {
    listener: Option<Number>,
    connections: Vec<ConnectionState>,
    connected: u64,
}

impl HandOver for Control {
    type State = ControlState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> ControlState {
        ControlState {
            listener: self.listener.as_ref().map(|listener| outgoing.add(listener)),
            connections: self
                .connections
                .iter()
                .filter_map(|connection| connection.hand_over(outgoing))
                .collect(),
            connected: self.connected,
        }
    }

    fn take_over(state: ControlState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let listener = state.listener.map(|listener| incoming.take(listener)).transpose()?;
        let connections = state.connections.into_iter().map(|state| Connection::take_over(state, incoming));
        Ok(Self { listener, connections: connections.collect::<Result<_, _>>()?, connected: state.connected })
    }
}

fn listener_at(path: &Path) -> Result<OwnedFd, Errno> {
    best_effort(std::fs::remove_file(path));
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let listener = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    bind(&listener, &SocketAddrUnix::new(path)?)?;
    listen(&listener, BACKLOG)?;
    Ok(listener)
}

/// What messages come to that come in pieces, as over a socket.
#[cfg(feature = "fuzzing")]
pub(super) fn understood(stream: &[u8]) -> Vec<crate::fuzzing::Understood> {
    use crate::fuzzing::Understood;
    use redd_control::frame::{CALL_MAX, Frames};
    let (mut frames, mut all) = (Frames::new(CALL_MAX), Vec::new());
    for piece in stream.chunks(16 * 1024) {
        frames.extend(piece);
        loop {
            match frames.next_message().map(|message| message.map(|message| request::read(&message))) {
                Ok(Some(Read::Request(..))) => all.push(Understood::Request),
                Ok(Some(Read::Reply(reply))) => all.push(Understood::Refused(reply)),
                Ok(Some(Read::Nothing)) => all.push(Understood::Nothing),
                Ok(None) => break,
                // The end of the connection.
                Ok(Some(Read::Garbage)) | Err(_) => return all,
            }
        }
    }
    all
}
