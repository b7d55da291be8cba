//! The console between the payload's pty and the caller, or whoever comes to it later.

pub(super) mod audience;
mod log;
mod recent;
mod scribe;

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use redd_control::machine::Attach;
use redd_plan::supervision::Supervision;
use redd_spec::console::ConsoleMode;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::termios::{Winsize, tcsetwinsize};
use serde::{Deserialize, Serialize};

use audience::{Audience, Room, Said, Terminal};

use super::buffer::{Buffer, Read, Written};
use super::output::{ColourState, Output};
use super::tint::Tint;
use crate::error::best_effort;
use crate::handover::{Bytes, Incoming, Number, Outgoing, Refusal};
use crate::terminal::{self, Access, EscapeDetector, Stream, Typed};

/// How long output that nobody reads may hold up the end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// More than the kernel keeps for a pty was not there when the payload ended.
const DRAIN_MAX: usize = 1024 * 1024;
/// A read of at least so much means that more is there already; a busy pty hands over 2 or 4 KiB, less a byte.
const MUCH: usize = 1024;
/// How often it is read on without looking at anything else.
const READS_PER_TURN: u32 = 16;

/// A direction in which something can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the payload.
    Read,
    /// To the caller.
    Write,
    /// From the caller to the payload.
    Inward,
    /// From, or to, one of the audience.
    Seat(u64),
}

/// Whether the pty has somebody at its other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Payload {
    Present,
    Absent,
}

/// The console of a running machine.
#[derive(Debug)]
pub(super) struct Console<'a> {
    manager: OwnedFd,
    input: Option<Stream>,
    output: Option<Output>,
    /// From the payload to the caller.
    outward: Buffer,
    /// From the caller to the payload.
    inward: Buffer,
    escape: EscapeDetector,
    payload: Payload,
    audience: &'a mut Audience,
    terminal: Option<terminal::RawTerminal>,
}

/// As it is written down. The caller's streams are not: they are standard ones.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ConsoleState {
    manager: Number,
    input: Presence,
    output: Presence,
    colour: Option<ColourState>,
    outward: Bytes,
    inward: Bytes,
    modes: Option<terminal::Modes>,
}

/// One that was taken over, and has no audience yet.
#[derive(Debug)]
pub(super) struct TakenOver {
    manager: OwnedFd,
    state: ConsoleState,
}

impl ConsoleState {
    pub(super) fn take_over(self, incoming: &mut Incoming) -> Result<TakenOver, Refusal> {
        Ok(TakenOver { manager: incoming.take(self.manager)?, state: self })
    }
}

impl TakenOver {
    /// Goes on where another program was.
    pub(super) fn before(self, audience: &mut Audience) -> Console<'_> {
        let Self { manager, state } = self;
        let buffer = |bytes: &Bytes| {
            let mut buffer = Buffer::new();
            buffer.put(&bytes.0);
            buffer
        };
        let output = state.output.open(rustix::stdio::stdout(), Access::Write);
        Console {
            manager,
            input: state.input.open(rustix::stdio::stdin(), Access::Read),
            output: output.map(|stream| Output::resume(stream, state.colour)),
            outward: buffer(&state.outward),
            inward: buffer(&state.inward),
            escape: EscapeDetector::default(),
            payload: Payload::Present,
            audience,
            terminal: state.modes.as_ref().and_then(terminal::RawTerminal::resume),
        }
    }
}

/// Whether a stream of the caller's is still used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Presence {
    Used,
    Over,
}

impl Presence {
    const fn of<T>(stream: Option<&T>) -> Self {
        if stream.is_some() { Self::Used } else { Self::Over }
    }

    fn open(self, file: BorrowedFd<'_>, access: Access) -> Option<Stream> {
        match self {
            Self::Used => Stream::open(file, access),
            Self::Over => None,
        }
    }
}

/// What a payload has for a console.
#[derive(Debug)]
pub(super) enum Stage<'a> {
    /// A pty.
    Console(Box<Console<'a>>),
    /// The caller's own streams; who wants to be there is told so.
    Empty(&'a mut Audience),
}

impl<'a> Stage<'a> {
    pub(super) fn console(&self) -> Option<&Console<'a>> {
        match self {
            Self::Console(console) => Some(console),
            Self::Empty(_) => None,
        }
    }

    pub(super) fn console_mut(&mut self) -> Option<&mut Console<'a>> {
        match self {
            Self::Console(console) => Some(console),
            Self::Empty(_) => None,
        }
    }

    /// Who is there, or was at another boot.
    pub(super) fn audience(&self) -> &Audience {
        match self {
            Self::Console(console) => console.audience,
            Self::Empty(audience) => audience,
        }
    }
}

impl<'a> Console<'a> {
    /// Connects the pty as the mode says.
    pub(super) fn new(manager: OwnedFd, supervision: &Supervision, audience: &'a mut Audience) -> Self {
        let mode = supervision.console;
        let is_read = !matches!(mode, ConsoleMode::Passive | ConsoleMode::Kept);
        let is_typed = mode == ConsoleMode::Interactive;
        // The pty is redd's alone, and opening it a second time would make another one.
        best_effort(rustix::fs::fcntl_setfl(&manager, OFlags::NONBLOCK));
        let output = is_read.then(|| Stream::open(rustix::stdio::stdout(), Access::Write)).flatten();
        let tint = supervision.background.clone().map(Tint::new);
        Self {
            manager,
            input: is_typed.then(|| Stream::open(rustix::stdio::stdin(), Access::Read)).flatten(),
            output: output.map(|stream| Output::new(stream, tint)),
            outward: Buffer::new(),
            inward: Buffer::new(),
            escape: EscapeDetector::default(),
            payload: Payload::Present,
            audience,
            terminal: if is_typed { terminal::RawTerminal::enter() } else { None },
        }
    }

    /// What goes over to another program.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> ConsoleState {
        ConsoleState {
            manager: outgoing.add(&self.manager),
            input: Presence::of(self.input.as_ref()),
            output: Presence::of(self.output.as_ref()),
            colour: self.output.as_ref().and_then(Output::colour),
            outward: Bytes(self.outward.unwritten().to_vec()),
            inward: Bytes(self.inward.unwritten().to_vec()),
            modes: self.terminal.as_ref().and_then(terminal::RawTerminal::modes),
        }
    }

    /// Gives the pty the size of the caller's terminal.
    pub(super) fn follow_window_size(&self) {
        best_effort(tcsetwinsize(&self.manager, terminal::size()));
    }

    /// What to wait for.
    pub(super) fn interests(&self) -> impl Iterator<Item = (Direction, BorrowedFd<'_>, PollFlags)> {
        let manager = self.manager.as_fd();
        let can_read = self.outward.has_room() && self.payload == Payload::Present;
        let output = self.output.as_ref().filter(|_| self.has_output());
        let input = self.input.as_ref().filter(|_| self.inward.is_empty());
        [
            can_read.then_some((Direction::Read, manager, PollFlags::IN)),
            output.map(|output| (Direction::Write, output.as_fd(), PollFlags::OUT)),
            (!self.inward.is_empty()).then_some((Direction::Inward, manager, PollFlags::OUT)),
            input.map(|input| (Direction::Inward, input.as_fd(), PollFlags::IN)),
        ]
        .into_iter()
        .flatten()
        .chain(
            self.audience
                .interests(self.room())
                .map(|(seat, descriptor, flags)| (Direction::Seat(seat), descriptor, flags)),
        )
    }

    /// What is typed is taken when the payload has what was typed before.
    const fn room(&self) -> Room {
        if self.inward.is_empty() { Room::Some } else { Room::None }
    }

    /// Gives somebody a place at the console.
    pub(super) fn attach(&mut self, how: Attach) -> Result<OwnedFd, audience::Refusal> {
        let terminal = if self.input.is_some() { Terminal::Present } else { Terminal::Absent };
        self.audience.attach(how, terminal)
    }

    /// Moves what can be moved without waiting.
    pub(super) fn relay(&mut self, direction: Direction, now: Instant) -> Typed {
        match direction {
            Direction::Read | Direction::Write => self.relay_outward(direction),
            Direction::Inward => return self.relay_inward(now),
            Direction::Seat(seat) => self.attend(seat),
        }
        Typed::Text
    }

    /// One read, one write; and again at once where much was there. What the caller does not take yet is gathered,
    /// and written when there is room.
    fn relay_outward(&mut self, direction: Direction) {
        let mut can_write = direction == Direction::Write || !self.has_output();
        for _ in 0..READS_PER_TURN {
            let read = if self.payload == Payload::Present { self.read() } else { Read::Nothing };
            if can_write {
                self.write();
                can_write = !self.has_output();
            }
            if !matches!(read, Read::Some(MUCH..)) {
                return;
            }
        }
    }

    fn read(&mut self) -> Read {
        let read = self.outward.fill(self.manager.as_fd());
        match read {
            Read::Some(length) => self.audience.hear(self.outward.newest(length)),
            Read::Nothing => {}
            // The payload has no process with the console open: one may open it again, while it lives.
            Read::End => self.payload = Payload::Absent,
        }
        read
    }

    /// Whether something waits for the caller to take it.
    fn has_output(&self) -> bool {
        !self.outward.is_empty() || self.output.as_ref().is_some_and(Output::is_behind)
    }

    fn write(&mut self) -> Written {
        if !self.has_output() {
            return Written::Some(0);
        }
        // Where nobody reads, what comes is thrown away, or the payload would wait.
        let written = match &mut self.output {
            Some(output) => self.outward.flush(|bytes| output.write(bytes)),
            None => self.outward.flush(|bytes| Ok(bytes.len())),
        };
        if written == Written::Refused {
            self.output = None;
        }
        written
    }

    fn relay_inward(&mut self, now: Instant) -> Typed {
        let mut typed = Typed::Text;
        if let Some(input) = self.input.as_ref().filter(|_| self.inward.is_empty()) {
            match self.inward.fill(input.as_fd()) {
                Read::Some(length) => typed = self.escape.feed(self.inward.newest(length), now),
                Read::Nothing => {}
                Read::End => self.input = None,
            }
        }
        self.write_inward();
        typed
    }

    fn write_inward(&mut self) {
        if !self.inward.is_empty() {
            self.inward.flush(|bytes| rustix::io::write(&self.manager, bytes));
        }
    }

    fn attend(&mut self, seat: u64) {
        match self.audience.attend(seat, self.room()) {
            Some(Said::Input(text)) => {
                self.inward.put(&text);
                self.write_inward();
            }
            Some(Said::Window { rows, columns }) => {
                let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
                best_effort(tcsetwinsize(&self.manager, size));
            }
            None => {}
        }
    }

    /// A console without a process is at its end for now; it is looked at again later.
    pub(super) fn is_idle(&self) -> bool {
        self.payload == Payload::Absent
    }

    /// Looks at the console again.
    pub(super) fn revive(&mut self) {
        self.payload = Payload::Present;
    }

    /// Passes on what the payload wrote before it ended. Output that nobody reads is given up in time, or when
    /// `interruption` is readable.
    pub(super) fn drain(&mut self, interruption: BorrowedFd<'_>) {
        let (mut deadline, mut left) = (Instant::now() + DRAIN_TIMEOUT, DRAIN_MAX);
        self.payload = Payload::Present;
        loop {
            if self.outward.has_room() && self.payload == Payload::Present && left > 0 {
                match self.read() {
                    Read::Some(length) => left = left.saturating_sub(length),
                    // Nothing more without a process that could write it.
                    Read::Nothing | Read::End => self.payload = Payload::Absent,
                }
            }
            if !self.has_output() {
                return;
            }
            let now = Instant::now();
            match self.write() {
                Written::Some(0) if now >= deadline => return,
                Written::Some(0) => {
                    if self.wait_for_output(interruption) == Waited::Interrupted {
                        return;
                    }
                }
                Written::Some(_) | Written::Refused => deadline = now + DRAIN_TIMEOUT,
            }
        }
    }

    fn wait_for_output(&self, interruption: BorrowedFd<'_>) -> Waited {
        let mut polled = vec![PollFd::from_borrowed_fd(interruption, PollFlags::IN)];
        polled.extend(self.output.iter().map(|output| PollFd::new(output, PollFlags::OUT)));
        let interval = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        best_effort(poll(&mut polled, Some(&interval)));
        if polled[0].revents().is_empty() { Waited::Enough } else { Waited::Interrupted }
    }
}

/// Why a wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waited {
    /// It is worth another look.
    Enough,
    /// Somebody wants redd to end.
    Interrupted,
}
