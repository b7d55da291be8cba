//! The ptys beside the console (EV3): nobody inside waits for a reader, and who wants one outside asks for it.
//!
//! Whoever connects to the socket in the machine's directory gets one message: the manager's end of a pty that nobody
//! else has, its name, a newline, and what was written there last. It is theirs until they close the connection. An
//! empty message means that none is left. `EIO` where they read is no end: a getty that begins hangs up the terminal.

use std::collections::VecDeque;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use redd_plan::descriptor::{FdName, PtyNumber};
use redd_sys::Errno;
use redd_sys::channel::Channel;
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, listen, socket_with,
};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer};
use serde::{Deserialize, Serialize};

use crate::error::best_effort;
use crate::handover::{Bytes, HandOver, Incoming, Number, Outgoing, Refusal};
use crate::launch::FdTable;

/// How much of what was written last is kept of each: a screen.
const UNREAD_MAX: usize = 4 * 1024;
/// How many may wait to be answered.
const CONNECTIONS_MAX: i32 = 8;

/// All of them.
#[derive(Debug)]
pub(super) struct Terminals {
    listener: Option<OwnedFd>,
    terminals: Vec<Terminal>,
}

/// Something to attend to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    /// Somebody wants a terminal.
    Connection,
    /// The payload wrote to this one.
    Output(usize),
    /// Whoever has this one closed the connection.
    Departure(usize),
}

#[derive(Debug)]
struct Terminal {
    number: PtyNumber,
    manager: OwnedFd,
    /// Held open, or every end of a getty would be an end of the terminal.
    payload: Option<OwnedFd>,
    unread: VecDeque<u8>,
    holder: Option<Channel>,
}

impl Terminals {
    /// Takes over what the child has made; `None` where nothing was asked for.
    pub(super) fn new(numbers: &[PtyNumber], descriptors: &mut FdTable, socket: &Path) -> Option<Self> {
        if numbers.is_empty() {
            return None;
        }
        let terminal = |&number| Some(Terminal::new(number, descriptors.remove(FdName::Terminal(number))?));
        let terminals = numbers.iter().filter_map(terminal).collect();
        // Without it they are held and kept empty all the same.
        Some(Self { listener: listen_at(socket).ok(), terminals })
    }

    /// What to wait for.
    pub(super) fn interests(&self) -> impl Iterator<Item = (Happening, BorrowedFd<'_>)> {
        let listener = self.listener.iter().map(|listener| (Happening::Connection, listener.as_fd()));
        let terminals = self.terminals.iter().enumerate().map(|(index, terminal)| match &terminal.holder {
            Some(holder) => (Happening::Departure(index), holder.as_fd()),
            None => (Happening::Output(index), terminal.manager.as_fd()),
        });
        listener.chain(terminals)
    }

    pub(super) fn attend(&mut self, happening: Happening) {
        match happening {
            Happening::Connection => self.hand_out(),
            Happening::Output(index) => self.terminals[index].take_output(),
            Happening::Departure(index) => self.terminals[index].holder = None,
        }
    }

    fn hand_out(&mut self) {
        let Some(listener) = &self.listener else { return };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let Ok(connection) = accept_with(listener, flags).map(Channel::from) else { return };
        match self.terminals.iter_mut().find(|terminal| terminal.holder.is_none()) {
            Some(terminal) => terminal.hand_to(connection),
            None => best_effort(connection.send(b"", &[])),
        }
    }
}

impl Terminal {
    fn new(number: PtyNumber, manager: OwnedFd) -> Self {
        best_effort(fcntl_setfl(&manager, OFlags::NONBLOCK));
        let payload = open_payload_end(&manager);
        Self { number, manager, payload, unread: VecDeque::new(), holder: None }
    }

    /// What nobody reads must not make a getty wait: it is kept until there is more.
    fn take_output(&mut self) {
        let mut piece = [0; UNREAD_MAX];
        match rustix::io::read(&self.manager, &mut piece) {
            Ok(length @ 1..) => {
                self.unread.extend(&piece[..length]);
                let surplus = self.unread.len().saturating_sub(UNREAD_MAX);
                self.unread.drain(..surplus);
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            // The last process inside is gone from it, and it would be so for ever.
            Ok(_) | Err(_) => self.payload = open_payload_end(&self.manager),
        }
    }

    /// One who is gone before the message reached them never had it.
    fn hand_to(&mut self, connection: Channel) {
        let mut message = format!("{}\n", self.number).into_bytes();
        message.extend(&self.unread);
        if connection.send(&message, &[self.manager.as_fd()]).is_ok() {
            self.unread.clear();
            self.holder = Some(connection);
        }
    }
}

/// As they are written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TerminalsState {
    listener: Option<Number>,
    terminals: Vec<TerminalState>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct TerminalState {
    number: PtyNumber,
    manager: Number,
    payload: Option<Number>,
    unread: Bytes,
    holder: Option<Number>,
}

impl HandOver for Terminals {
    type State = TerminalsState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> TerminalsState {
        TerminalsState {
            listener: self.listener.as_ref().map(|listener| outgoing.add(listener)),
            terminals: self.terminals.iter().map(|terminal| terminal.hand_over(outgoing)).collect(),
        }
    }

    fn take_over(state: TerminalsState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let listener = state.listener.map(|listener| incoming.take(listener)).transpose()?;
        let terminals = state.terminals.into_iter().map(|terminal| Terminal::take_over(terminal, incoming));
        Ok(Self { listener, terminals: terminals.collect::<Result<_, _>>()? })
    }
}

impl HandOver for Terminal {
    type State = TerminalState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> TerminalState {
        TerminalState {
            number: self.number,
            manager: outgoing.add(&self.manager),
            payload: self.payload.as_ref().map(|payload| outgoing.add(payload)),
            unread: Bytes(self.unread.iter().copied().collect()),
            holder: self.holder.as_ref().map(|holder| outgoing.add(holder.as_fd())),
        }
    }

    fn take_over(state: TerminalState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let mut take = |number: Option<Number>| number.map(|number| incoming.take(number)).transpose();
        let (payload, holder) = (take(state.payload)?, take(state.holder)?);
        let manager = incoming.take(state.manager)?;
        let (unread, holder) = (state.unread.0.into(), holder.map(Channel::from));
        Ok(Self { number: state.number, manager, payload, unread, holder })
    }
}

fn open_payload_end(manager: &OwnedFd) -> Option<OwnedFd> {
    ioctl_tiocgptpeer(manager, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).ok()
}

/// In place of what the boot before left there.
fn listen_at(path: &Path) -> Result<OwnedFd, Errno> {
    best_effort(std::fs::remove_file(path));
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let listener = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    bind(&listener, &SocketAddrUnix::new(path)?)?;
    listen(&listener, CONNECTIONS_MAX)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use redd_plan::descriptor::FdName;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::net::connect;
    use rustix::pty::{openpt, unlockpt};

    use super::*;

    /// Terminals of this machine, and the payload's end of each.
    fn terminals(socket: &Path, count: u8) -> (Terminals, Vec<std::fs::File>) {
        let (mut descriptors, mut ends) = (FdTable::default(), Vec::new());
        let numbers: Vec<PtyNumber> = (1..=count).map(PtyNumber).collect();
        for &number in &numbers {
            let manager = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
            unlockpt(&manager).unwrap();
            ends.push(open_payload_end(&manager).unwrap().into());
            descriptors.insert(FdName::Terminal(number), manager);
        }
        (Terminals::new(&numbers, &mut descriptors, socket).unwrap(), ends)
    }

    /// Attends to everything that is there; how much that was.
    fn attend(terminals: &mut Terminals) -> usize {
        let happened: Vec<Happening> = {
            let interests: Vec<_> = terminals.interests().collect();
            let mut polled: Vec<_> = interests
                .iter()
                .map(|(_, descriptor)| PollFd::from_borrowed_fd(*descriptor, PollFlags::IN))
                .collect();
            poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap();
            let found = interests.iter().zip(&polled).filter(|(_, polled)| !polled.revents().is_empty());
            found.map(|((happening, _), _)| *happening).collect()
        };
        happened.iter().for_each(|&happening| terminals.attend(happening));
        happened.len()
    }

    fn ask(terminals: &mut Terminals, socket: &Path) -> (Channel, String, Option<OwnedFd>) {
        let connection =
            socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        connect(&connection, &SocketAddrUnix::new(socket).unwrap()).unwrap();
        attend(terminals);
        let channel = Channel::from(connection);
        let mut buffer = [0; 2 * UNREAD_MAX];
        let mut received = channel.receive(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(&buffer[..received.length]).into_owned();
        (channel, text, received.descriptors.pop())
    }

    #[test]
    fn a_terminal_that_nobody_reads_takes_everything_and_keeps_the_newest() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("terminals");
        let (mut terminals, mut ends) = terminals(&socket, 1);
        for number in 0..20_000 {
            writeln!(ends[0], "line {number}").unwrap();
            while attend(&mut terminals) > 0 {}
        }
        let (_channel, text, _) = ask(&mut terminals, &socket);
        assert!(text.starts_with("pts/1\n") && text.ends_with("line 19999\r\n"), "{text}");
        assert!(text.len() <= UNREAD_MAX + 6);
    }

    #[test]
    fn a_terminal_is_its_holders_until_they_leave() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("terminals");
        let (mut terminals, mut ends) = terminals(&socket, 1);
        let (channel, text, manager) = ask(&mut terminals, &socket);
        assert_eq!(text, "pts/1\n");
        ends[0].write_all(b"for the holder").unwrap();
        assert_eq!(attend(&mut terminals), 0, "what the holder is to read was read");
        let mut buffer = [0; 64];
        let length = rustix::io::read(manager.unwrap(), &mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"for the holder");
        let (_, text, nothing) = ask(&mut terminals, &socket);
        assert!(text.is_empty() && nothing.is_none());
        drop(channel);
        attend(&mut terminals);
        let (_channel, text, _) = ask(&mut terminals, &socket);
        assert_eq!(text, "pts/1\n");
    }

    #[test]
    fn a_terminal_outlives_who_had_it_open_inside() {
        let directory = tempfile::tempdir().unwrap();
        let (mut terminals, ends) = terminals(&directory.path().join("terminals"), 2);
        drop(ends);
        assert_eq!(attend(&mut terminals), 0);
    }
}
