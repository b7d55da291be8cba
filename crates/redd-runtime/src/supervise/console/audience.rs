//! Who is at the console: any number who watch, one who types; and what they get who come later.
//!
//! It lasts over all boots of a machine. Nobody here is waited for: who does not read loses what was written meanwhile.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use redd_control::console::{FromConsole, PACKET_MAX, TEXT_MAX, ToConsole};
use redd_control::machine::Attach;
use redd_control::place;
use redd_spec::console::ConsoleMode;
use redd_spec::name::MachineName;
use redd_sys::Errno;
use redd_sys::single_thread::SingleThreaded;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::set_socket_send_buffer_size;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair};
use serde::{Deserialize, Serialize};

use super::log::{Log, LogState};
use super::recent::{Recent, RecentState};
use crate::error::best_effort;
use crate::handover::{HandOver, Incoming, Number, Outgoing, Refusal as NotHandedOver};

/// How many may be there at once.
const SEATS_MAX: usize = 16;
/// How much of what somebody has not read yet is kept for them, where the kernel allows it.
const UNREAD_MAX: usize = 512 * 1024;

/// Everybody who is at the console.
#[derive(Debug)]
pub(in crate::supervise) struct Audience {
    name: MachineName,
    recent: Recent,
    log: Option<Log>,
    mode: ConsoleMode,
    seats: Vec<Seat>,
    /// The number of the seat that is given out next.
    next: u64,
}

/// Who drives the console where nobody of the audience does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::supervise) enum Terminal {
    /// Somebody at the terminal where the machine was started.
    Present,
    /// Nobody.
    Absent,
}

/// Why somebody cannot be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::supervise) enum Refusal {
    /// Somebody else drives: who.
    Taken(&'static str),
    /// The machine has no console.
    Absent,
    /// There are too many.
    Full,
    /// The kernel does not want to.
    Host(Errno),
}

/// What somebody said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Something for the payload.
    Input(Vec<u8>),
    /// How large their window is.
    Window { rows: u16, columns: u16 },
}

/// Whether what is typed can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Some,
    None,
}

#[derive(Debug)]
struct Seat {
    number: u64,
    connection: OwnedFd,
    role: Role,
    loss: Loss,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Role {
    Drives,
    Watches,
}

/// Whether something was written that this one has not got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Loss {
    Nothing,
    Untold,
}

/// Whether somebody is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Here,
    Gone,
}

/// As it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AudienceState {
    name: MachineName,
    recent: RecentState,
    log: Option<LogState>,
    mode: ConsoleMode,
    seats: Vec<SeatState>,
    next: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SeatState {
    number: u64,
    connection: Number,
    role: Role,
    loss: Loss,
}

impl HandOver for Audience {
    type State = AudienceState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> AudienceState {
        AudienceState {
            name: self.name.clone(),
            recent: self.recent.state(),
            log: self.log.as_ref().map(|log| log.hand_over(outgoing)),
            mode: self.mode,
            seats: self.seats.iter().map(|seat| seat.hand_over(outgoing)).collect(),
            next: self.next,
        }
    }

    fn take_over(state: AudienceState, incoming: &mut Incoming) -> Result<Self, NotHandedOver> {
        let seats = state.seats.into_iter().map(|seat| Seat::take_over(seat, incoming));
        let seats = seats.collect::<Result<_, _>>()?;
        let log = state.log.map(|log| Log::take_over(log, incoming)).transpose()?;
        let AudienceState { name, recent, mode, next, .. } = state;
        Ok(Self { name, recent: recent.into(), log, mode, seats, next })
    }
}

impl HandOver for Seat {
    type State = SeatState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> SeatState {
        let Self { number, connection, role, loss } = self;
        SeatState { number: *number, connection: outgoing.add(connection), role: *role, loss: *loss }
    }

    fn take_over(state: SeatState, incoming: &mut Incoming) -> Result<Self, NotHandedOver> {
        let SeatState { number, connection, role, loss } = state;
        Ok(Self { number, connection: incoming.take(connection)?, role, loss })
    }
}

impl Audience {
    /// Nobody yet.
    pub(in crate::supervise) fn new(name: &MachineName) -> Self {
        Self {
            name: name.clone(),
            recent: Recent::default(),
            log: None,
            mode: ConsoleMode::Passive,
            seats: Vec::new(),
            next: 0,
        }
    }

    /// Another boot begins. A log is kept where nobody sits at the console.
    pub(in crate::supervise) fn begin_boot(&mut self, mode: ConsoleMode, number: u32) {
        self.mode = mode;
        if mode != ConsoleMode::Kept {
            return;
        }
        if !self.log.as_ref().is_some_and(Log::is_kept) {
            // Without a log the machine is none the worse.
            let proof = SingleThreaded::check().ok();
            self.log = proof.and_then(|proof| Log::start(&proof, place::logs(&self.name)).ok());
        }
        if let Some(log) = &mut self.log {
            log.add_marker(number);
        }
    }

    /// The payload wrote something.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        self.recent.add(bytes);
        if let Some(log) = &mut self.log {
            log.add(bytes);
        }
        for piece in bytes.chunks(TEXT_MAX) {
            if self.seats.is_empty() {
                return;
            }
            let packet = FromConsole::Output(piece).encode();
            self.seats.retain_mut(|seat| seat.tell(&packet) == Presence::Here);
        }
    }

    /// Gives somebody a place.
    pub(super) fn attach(&mut self, how: Attach, terminal: Terminal) -> Result<OwnedFd, Refusal> {
        self.seats.retain(|seat| !seat.has_hung_up());
        let driver = self.seats.iter_mut().find(|seat| seat.role == Role::Drives);
        match (how, terminal, &driver) {
            (Attach::Watch, ..) => {}
            (Attach::Drive | Attach::TakeOver, Terminal::Present, _) => {
                return Err(Refusal::Taken("terminal"));
            }
            (Attach::Drive, Terminal::Absent, Some(_)) => return Err(Refusal::Taken("client")),
            (Attach::Drive | Attach::TakeOver, Terminal::Absent, _) => {}
        }
        if let (Attach::TakeOver, Some(driver)) = (how, driver) {
            driver.demote();
        }
        self.seat(if how == Attach::Watch { Role::Watches } else { Role::Drives })
    }

    /// The same between two boots: what was written last is read, and what is typed waits.
    pub(in crate::supervise) fn attach_meanwhile(&mut self, how: Attach) -> Result<OwnedFd, Refusal> {
        match self.mode {
            ConsoleMode::Pipe => Err(Refusal::Absent),
            ConsoleMode::Interactive => self.attach(how, Terminal::Present),
            ConsoleMode::ReadOnly | ConsoleMode::Passive | ConsoleMode::Kept => {
                self.attach(how, Terminal::Absent)
            }
        }
    }

    fn seat(&mut self, role: Role) -> Result<OwnedFd, Refusal> {
        if self.seats.len() >= SEATS_MAX {
            return Err(Refusal::Full);
        }
        let (connection, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
                .map_err(Refusal::Host)?;
        best_effort(set_socket_send_buffer_size(&connection, UNREAD_MAX));
        let mut seat = Seat { number: self.next, connection, role, loss: Loss::Nothing };
        self.next += 1;
        for piece in self.recent.whole_lines().chunks(TEXT_MAX) {
            seat.tell(&FromConsole::Output(piece).encode());
        }
        self.seats.push(seat);
        Ok(theirs)
    }

    /// What to wait for. Of one who types nothing is taken while the payload has not taken what came before.
    pub(super) fn interests(&self, room: Room) -> impl Iterator<Item = (u64, BorrowedFd<'_>, PollFlags)> {
        self.seats.iter().filter_map(move |seat| {
            let mut flags = PollFlags::empty();
            if room == Room::Some || seat.role == Role::Watches {
                flags |= PollFlags::IN;
            }
            if seat.loss == Loss::Untold {
                flags |= PollFlags::OUT;
            }
            (!flags.is_empty()).then(|| (seat.number, seat.connection.as_fd(), flags))
        })
    }

    /// Something is to be done about one of them.
    pub(super) fn attend(&mut self, number: u64, room: Room) -> Option<Said> {
        let index = self.seats.iter().position(|seat| seat.number == number)?;
        let seat = &mut self.seats[index];
        let can_read = room == Room::Some || seat.role == Role::Watches;
        let mut packet = [0; PACKET_MAX];
        let (presence, said) = match seat.tell_of_loss() {
            Presence::Here if can_read => seat.listen(&mut packet),
            presence => (presence, None),
        };
        if presence == Presence::Gone {
            self.seats.swap_remove(index);
        }
        said
    }
}

impl Seat {
    /// Nobody is waited for.
    fn tell(&mut self, packet: &[u8]) -> Presence {
        if self.tell_of_loss() == Presence::Gone {
            return Presence::Gone;
        }
        if self.loss == Loss::Untold {
            return Presence::Here;
        }
        match send(&self.connection, packet, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(_) => Presence::Here,
            Err(Errno::AGAIN | Errno::INTR | Errno::NOBUFS | Errno::NOMEM) => {
                self.loss = Loss::Untold;
                Presence::Here
            }
            Err(_) => Presence::Gone,
        }
    }

    /// Where something is missing, that is said before anything else.
    fn tell_of_loss(&mut self) -> Presence {
        if self.loss == Loss::Untold {
            self.loss = Loss::Nothing;
            return self.tell(&FromConsole::Lost.encode());
        }
        Presence::Here
    }

    fn demote(&mut self) {
        self.role = Role::Watches;
        self.tell(&FromConsole::Demoted.encode());
    }

    fn listen(&self, packet: &mut [u8]) -> (Presence, Option<Said>) {
        let length = match recv(&self.connection, &mut *packet, RecvFlags::DONTWAIT) {
            Ok((length @ 1.., _)) => length,
            Err(Errno::AGAIN | Errno::INTR) => return (Presence::Here, None),
            Ok(_) | Err(_) => return (Presence::Gone, None),
        };
        let said = match ToConsole::decode(&packet[..length]) {
            Some(ToConsole::Input(text)) => Some(Said::Input(text.to_vec())),
            Some(ToConsole::Window { rows, columns }) => Some(Said::Window { rows, columns }),
            None => None,
        };
        (Presence::Here, said.filter(|_| self.role == Role::Drives))
    }

    fn has_hung_up(&self) -> bool {
        let mut polled = [PollFd::from_borrowed_fd(self.connection.as_fd(), PollFlags::empty())];
        best_effort(poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })));
        !polled[0].revents().is_empty()
    }
}

#[cfg(test)]
mod tests;
