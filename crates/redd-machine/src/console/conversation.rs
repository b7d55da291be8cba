//! Carries what is typed to the console, and what is written there to the caller.

use std::os::fd::AsFd as _;
use std::time::Instant;

use redd_control::client::Client;
use redd_control::console::{FromConsole, PACKET_MAX, TEXT_MAX, ToConsole};
use redd_control::machine::{Stop, StopMode, method};
use redd_runtime::terminal::{self, Access, EscapeDetector, RawTerminal, Stream, Typed};
use redd_sys::Errno;
use redd_sys::signal::{self, SignalFd, SignalSet};
use rustix::event::PollFlags;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};
use rustix::stdio::{stdin, stdout};
use rustix::termios::isatty;

use super::{Attached, Place, Role};
use crate::MachineError;
use crate::ready::ready;

/// So much of what was written is kept for a caller who reads slowly, in bytes: the supervisor keeps less.
const SHOWN_MAX: usize = 8 * 1024 * 1024;
/// So much of what was typed is kept for a payload that reads slowly, in bytes.
const TYPED_MAX: usize = 64 * 1024;
/// `^C`, by which one who only watches leaves.
const INTERRUPT: u8 = 0x03;

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGQUIT: i32 = 3;
const SIGTERM: i32 = 15;
const SIGWINCH: i32 = 28;

/// Why a conversation is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Who had the place left it.
    Detached,
    /// The machine ended.
    Ended,
}

/// What the caller should know, beside what is written to the console.
#[derive(Debug)]
pub enum Notice {
    /// Somebody else drives from now on.
    Demoted,
    /// Some of what was written came too fast.
    Lost,
    /// What was asked for by a key is not done.
    Refused(MachineError),
}

/// Stays at the console until somebody wants to leave, or the machine ends. A terminal is in raw mode meanwhile, and
/// as it was before afterwards.
///
/// # Errors
/// Those of the kernel.
pub fn converse(place: Place, tell: &mut dyn FnMut(Notice)) -> Result<Left, MachineError> {
    let failed = |cause| MachineError::Host { what: "talking to the console".to_owned(), cause };
    let mut conversation = Conversation::new(place, tell).map_err(failed)?;
    let left = conversation.run().map_err(failed)?;
    conversation.show_the_rest().map_err(failed)?;
    Ok(left)
}

struct Conversation<'a> {
    place: Place,
    tell: &'a mut dyn FnMut(Notice),
    signals: SignalFd,
    input: Option<Stream>,
    output: Option<Stream>,
    /// Where somebody sits at a terminal.
    keys: Option<EscapeDetector>,
    typed: Vec<u8>,
    shown: Vec<u8>,
    left: Option<Left>,
    /// What the end of the connection means.
    end: Left,
    _terminal: Option<RawTerminal>,
}

/// Something to attend to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Signals,
    Console,
    Input,
    Output,
}

impl<'a> Conversation<'a> {
    fn new(place: Place, tell: &'a mut dyn FnMut(Notice)) -> Result<Self, Errno> {
        let set = SignalSet::of(&[SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH]);
        signal::block(set)?;
        let signals = SignalFd::new(set)?;
        let is_typed = isatty(stdin());
        let is_read = is_typed || place.role == Role::Drives;
        let conversation = Self {
            place,
            tell,
            signals,
            input: is_read.then(|| Stream::open(stdin(), Access::Read)).flatten(),
            output: Stream::open(stdout(), Access::Write),
            keys: is_typed.then(EscapeDetector::default),
            typed: Vec::new(),
            shown: Vec::new(),
            left: None,
            end: Left::Ended,
            _terminal: if is_typed { RawTerminal::enter() } else { None },
        };
        conversation.tell_window_size();
        Ok(conversation)
    }

    fn run(&mut self) -> Result<Left, Errno> {
        loop {
            if let Some(left) = self.left {
                return Ok(left);
            }
            for source in self.wait()? {
                match source {
                    Source::Signals => self.read_signals()?,
                    Source::Console => self.attend_to_console()?,
                    Source::Input => self.read_input(),
                    Source::Output => self.show(),
                }
            }
        }
    }

    fn wait(&self) -> Result<Vec<Source>, Errno> {
        let mut sources = vec![(Source::Signals, self.signals.as_fd(), PollFlags::IN)];
        let mut console = PollFlags::empty();
        if self.shown.len() < SHOWN_MAX {
            console |= PollFlags::IN;
        }
        if !self.typed.is_empty() {
            console |= PollFlags::OUT;
        }
        if !console.is_empty() {
            sources.push((Source::Console, self.place.connection.as_fd(), console));
        }
        // A key that leaves is found also where nobody takes what is typed.
        let is_read = self.keys.is_some() || self.typed.len() < TYPED_MAX;
        let input = self.input.as_ref().filter(|_| is_read);
        sources.extend(input.map(|input| (Source::Input, input.as_fd(), PollFlags::IN)));
        let output = self.output.as_ref().filter(|_| !self.shown.is_empty());
        sources.extend(output.map(|output| (Source::Output, output.as_fd(), PollFlags::OUT)));
        ready(&sources, None)
    }

    fn read_signals(&mut self) -> Result<(), Errno> {
        while let Some(received) = self.signals.read()? {
            match received.number {
                SIGWINCH => self.tell_window_size(),
                _ => self.left = Some(Left::Detached),
            }
        }
        Ok(())
    }

    /// Who only watches, or sits at no terminal, has no window that would matter.
    fn tell_window_size(&self) {
        if self.place.role == Role::Drives && isatty(stdout()) {
            let size = terminal::size();
            let window = ToConsole::Window { rows: size.ws_row, columns: size.ws_col };
            // Where the console takes nothing at the moment, the size is of no interest to anybody.
            self.send(&window).unwrap_or_default();
        }
    }

    fn send(&self, packet: &ToConsole<'_>) -> Result<usize, Errno> {
        send(&self.place.connection, &packet.encode(), SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
    }

    fn attend_to_console(&mut self) -> Result<(), Errno> {
        self.send_typed();
        let mut packet = [0; PACKET_MAX];
        let length = match recv(&self.place.connection, &mut packet[..], RecvFlags::DONTWAIT) {
            Ok((length, _)) => length,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(Errno::CONNRESET) => 0,
            Err(errno) => return Err(errno),
        };
        match FromConsole::decode(&packet[..length]) {
            Some(FromConsole::Output(text)) => {
                self.shown.extend(text);
                self.show();
            }
            Some(FromConsole::Lost) => (self.tell)(Notice::Lost),
            Some(FromConsole::Demoted) => {
                self.place.role = Role::Watches;
                (self.tell)(Notice::Demoted);
            }
            None if length == 0 => self.left = Some(self.end),
            None => {}
        }
        Ok(())
    }

    fn send_typed(&mut self) {
        while !self.typed.is_empty() {
            let length = self.typed.len().min(TEXT_MAX);
            match self.send(&ToConsole::Input(&self.typed[..length])) {
                Ok(_) => drop(self.typed.drain(..length)),
                Err(Errno::AGAIN | Errno::INTR) => return,
                // The end is read in a moment.
                Err(_) => self.typed.clear(),
            }
        }
        if self.input.is_none() && self.end == Left::Detached {
            // It closes the connection when it has everything.
            shutdown(&self.place.connection, Shutdown::Write).unwrap_or_default();
        }
    }

    fn read_input(&mut self) {
        let Some(input) = &self.input else { return };
        let mut piece = [0; 4096];
        match rustix::io::read(input, &mut piece) {
            Ok(length @ 1..) => self.type_in(&piece[..length]),
            Err(Errno::AGAIN | Errno::INTR) => return,
            // Who watches stays.
            Ok(_) | Err(_) => {
                self.input = None;
                if self.place.role == Role::Drives {
                    self.end = Left::Detached;
                }
            }
        }
        self.send_typed();
    }

    /// The payload gets all of what could be the beginning of a key, and nothing of what comes after one that leaves.
    fn type_in(&mut self, text: &[u8]) {
        for &byte in text {
            let key = self.keys.as_mut().map_or(Typed::Text, |keys| keys.feed(&[byte], Instant::now()));
            match key {
                Typed::Detach | Typed::Kill => return self.left = Some(Left::Detached),
                Typed::PowerOff => return self.ask_for(StopMode::PowerOff),
                Typed::Reboot => return self.ask_for(StopMode::Reboot),
                Typed::Text => {}
            }
            match self.place.role {
                Role::Drives if self.typed.len() < TYPED_MAX => self.typed.push(byte),
                Role::Watches if byte == INTERRUPT => return self.left = Some(Left::Detached),
                Role::Drives | Role::Watches => {}
            }
        }
    }

    /// Who only watches asks for nothing.
    fn ask_for(&mut self, mode: StopMode) {
        if self.place.role == Role::Watches {
            return;
        }
        let ask = || {
            let stop = Stop { mode, timeout: None };
            let Attached {} = Client::connect(&self.place.name)?.call(method::STOP, &stop)?;
            Ok(())
        };
        if let Err(cause) = ask() {
            (self.tell)(Notice::Refused(MachineError::of_client(&self.place.name, cause)));
        }
    }

    fn show(&mut self) {
        let Some(output) = &self.output else { return self.shown.clear() };
        match output.write(&self.shown) {
            Ok(length) => drop(self.shown.drain(..length)),
            Err(Errno::AGAIN | Errno::INTR) => {}
            // Nobody reads: there is no use in staying.
            Err(_) => {
                self.output = None;
                self.left = Some(Left::Detached);
            }
        }
    }

    /// Until it is shown, or somebody does not want to wait.
    fn show_the_rest(&mut self) -> Result<(), Errno> {
        while let Some(output) = self.output.as_ref().filter(|_| !self.shown.is_empty()) {
            let sources = [
                (Source::Signals, self.signals.as_fd(), PollFlags::IN),
                (Source::Output, output.as_fd(), PollFlags::OUT),
            ];
            if ready(&sources, None)?.contains(&Source::Signals) {
                return Ok(());
            }
            self.show();
        }
        Ok(())
    }
}
