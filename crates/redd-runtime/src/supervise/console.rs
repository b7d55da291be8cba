//! The console between the payload's pty and the caller.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::error::best_effort;
use redd_spec::console::ConsoleMode;
use redd_sys::Errno;
use rustix::event::PollFlags;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::termios::tcsetwinsize;

use super::terminal;

/// One read, one write: a pty hands over 4 KiB at most.
const BUFFER_SIZE: usize = 16 * 1024;
/// How long output that nobody reads may hold up the end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// The key that kills, three times within a second: `^]`.
const ESCAPE: u8 = 0x1d;
const ESCAPE_COUNT: usize = 3;
const ESCAPE_PERIOD: Duration = Duration::from_secs(1);

/// Finds the key in what is typed.
#[derive(Debug, Default)]
pub(super) struct EscapeDetector {
    /// When the last presses were, at most as many as are needed.
    presses: Vec<Instant>,
}

/// What was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    /// Something for the payload.
    Text,
    /// The key, often enough.
    Escape,
}

impl EscapeDetector {
    pub(super) fn feed(&mut self, typed: &[u8], now: Instant) -> Typed {
        for &byte in typed {
            if byte != ESCAPE {
                self.presses.clear();
                continue;
            }
            self.presses.retain(|&press| now.duration_since(press) <= ESCAPE_PERIOD);
            self.presses.push(now);
            if self.presses.len() >= ESCAPE_COUNT {
                return Typed::Escape;
            }
        }
        Typed::Text
    }
}

/// Bytes on their way.
#[derive(Debug)]
struct Buffer {
    bytes: Box<[u8; BUFFER_SIZE]>,
    start: usize,
    end: usize,
}

/// Whether more may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Open,
    Ended,
}

impl Buffer {
    fn new() -> Self {
        Self { bytes: Box::new([0; BUFFER_SIZE]), start: 0, end: 0 }
    }

    const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    fn fill(&mut self, from: BorrowedFd<'_>) -> Flow {
        match rustix::io::read(from, self.bytes.as_mut_slice()) {
            Ok(0) => Flow::Ended,
            Ok(length) => {
                (self.start, self.end) = (0, length);
                Flow::Open
            }
            Err(Errno::AGAIN | Errno::INTR) => Flow::Open,
            Err(_) => Flow::Ended,
        }
    }

    /// What cannot be written now stays.
    fn flush(&mut self, to: BorrowedFd<'_>) -> Flow {
        match rustix::io::write(to, &self.bytes[self.start..self.end]) {
            Ok(length) => {
                self.start += length;
                Flow::Open
            }
            Err(Errno::AGAIN | Errno::INTR) => Flow::Open,
            Err(_) => {
                self.start = self.end;
                Flow::Ended
            }
        }
    }
}

/// The console of a running machine.
#[derive(Debug)]
pub(super) struct Console {
    manager: OwnedFd,
    input: Option<OwnedFd>,
    output: Option<OwnedFd>,
    /// From the payload to the caller.
    outward: Buffer,
    /// From the caller to the payload.
    inward: Buffer,
    escape: EscapeDetector,
    flow: Flow,
    _terminal: Option<terminal::RawTerminal>,
}

impl Console {
    /// Connects the pty as the mode says.
    pub(super) fn new(manager: OwnedFd, mode: ConsoleMode) -> Self {
        let is_read = mode != ConsoleMode::Passive;
        let is_typed = mode == ConsoleMode::Interactive;
        // The pty is redd's alone, and opening it a second time would make another one.
        best_effort(rustix::fs::fcntl_setfl(&manager, OFlags::NONBLOCK));
        let console = Self {
            manager,
            input: is_typed.then(|| own(rustix::stdio::stdin(), OFlags::RDONLY)).flatten(),
            output: is_read.then(|| own(rustix::stdio::stdout(), OFlags::WRONLY)).flatten(),
            outward: Buffer::new(),
            inward: Buffer::new(),
            escape: EscapeDetector::default(),
            flow: Flow::Open,
            _terminal: if is_typed { terminal::RawTerminal::enter() } else { None },
        };
        console.follow_window_size();
        console
    }

    /// Gives the pty the size of the caller's terminal.
    pub(super) fn follow_window_size(&self) {
        if let Some(size) = terminal::size() {
            best_effort(tcsetwinsize(&self.manager, size));
        }
    }

    /// What to wait for.
    pub(super) fn interests(&self) -> Vec<(BorrowedFd<'_>, PollFlags)> {
        let mut interests = Vec::new();
        let mut flags = PollFlags::empty();
        if self.outward.is_empty() && self.flow == Flow::Open {
            flags |= PollFlags::IN;
        }
        if !self.inward.is_empty() {
            flags |= PollFlags::OUT;
        }
        if !flags.is_empty() {
            interests.push((self.manager.as_fd(), flags));
        }
        if let Some(input) = self.input.as_ref().filter(|_| self.inward.is_empty()) {
            interests.push((input.as_fd(), PollFlags::IN));
        }
        if let Some(output) = self.output.as_ref().filter(|_| !self.outward.is_empty()) {
            interests.push((output.as_fd(), PollFlags::OUT));
        }
        interests
    }

    /// Moves whatever can be moved without waiting.
    pub(super) fn relay(&mut self, now: Instant) -> Typed {
        self.relay_outward();
        self.relay_inward(now)
    }

    fn relay_outward(&mut self) {
        if self.outward.is_empty()
            && self.flow == Flow::Open
            && self.outward.fill(self.manager.as_fd()) == Flow::Ended
        {
            // The payload has no process with the console open: one may open it again, while it lives.
            self.flow = Flow::Ended;
        }
        match &self.output {
            Some(output) if !self.outward.is_empty() => {
                if self.outward.flush(output.as_fd()) == Flow::Ended {
                    self.output = None;
                }
            }
            Some(_) => {}
            // Nobody reads: what comes is thrown away, or the payload would wait.
            None => self.outward.start = self.outward.end,
        }
    }

    fn relay_inward(&mut self, now: Instant) -> Typed {
        let mut typed = Typed::Text;
        if let Some(input) = self.input.as_ref().filter(|_| self.inward.is_empty()) {
            let flow = self.inward.fill(input.as_fd());
            typed = self.escape.feed(&self.inward.bytes[self.inward.start..self.inward.end], now);
            if flow == Flow::Ended {
                self.input = None;
            }
        }
        if !self.inward.is_empty() {
            self.inward.flush(self.manager.as_fd());
        }
        typed
    }

    /// A console without a process is at its end for now; it is looked at again later.
    pub(super) fn is_idle(&self) -> bool {
        self.flow == Flow::Ended
    }

    /// Looks at the console again.
    pub(super) fn revive(&mut self) {
        self.flow = Flow::Open;
    }

    /// Passes on what the payload wrote before it ended; output that nobody reads is given up in time.
    pub(super) fn drain(&mut self) {
        self.input = None;
        self.flow = Flow::Open;
        let deadline = Instant::now() + DRAIN_TIMEOUT;
        while (self.flow == Flow::Open || !self.outward.is_empty()) && Instant::now() < deadline {
            let was_empty = self.outward.is_empty();
            self.relay_outward();
            let is_stuck = !was_empty && !self.outward.is_empty();
            if is_stuck && let Some(output) = &self.output {
                let mut polled = [rustix::event::PollFd::new(output, PollFlags::OUT)];
                let wait = rustix::event::Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
                best_effort(rustix::event::poll(&mut polled, Some(&wait)));
            } else if was_empty && self.outward.is_empty() && self.flow == Flow::Open {
                // Nothing more without a process that could write it.
                return;
            }
        }
    }
}

/// A descriptor of one's own for the same file, so that its flags are nobody else's.
fn nonblocking(file: BorrowedFd<'_>, access: OFlags) -> Option<OwnedFd> {
    use std::os::fd::AsRawFd as _;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    openat(CWD, path, access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).ok()
}

/// Sockets cannot be opened a second time; theirs is shared, and waited for by poll(2) alone.
fn own(file: BorrowedFd<'_>, access: OFlags) -> Option<OwnedFd> {
    nonblocking(file, access).or_else(|| rustix::io::fcntl_dupfd_cloexec(file.as_fd(), 3).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_presses_within_a_second_are_the_escape() {
        let now = Instant::now();
        let mut detector = EscapeDetector::default();
        assert_eq!(detector.feed(&[ESCAPE, ESCAPE], now), Typed::Text);
        assert_eq!(detector.feed(&[ESCAPE], now + Duration::from_millis(900)), Typed::Escape);
    }

    #[test]
    fn slow_presses_and_other_keys_are_not() {
        let now = Instant::now();
        let mut detector = EscapeDetector::default();
        assert_eq!(detector.feed(&[ESCAPE, ESCAPE], now), Typed::Text);
        assert_eq!(detector.feed(&[ESCAPE], now + Duration::from_secs(2)), Typed::Text);
        assert_eq!(detector.feed(&[ESCAPE, b'x', ESCAPE], now + Duration::from_secs(2)), Typed::Text);
    }
}
