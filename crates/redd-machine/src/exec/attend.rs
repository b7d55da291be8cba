//! Stays with a command until it ends: carries its bytes, and the signals that it should get.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use redd_runtime::terminal::{self, EscapeDetector, RawTerminal, Typed};
use redd_sys::Errno;
use redd_sys::channel::Channel;
use redd_sys::clone::ChildProcess;
use redd_sys::signal::{self, SignalFd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{WaitId, WaitIdOptions, waitid};
use rustix::termios::tcsetwinsize;

use super::Ending;
use crate::flow::{Came, Flow};

pub(crate) const SIGWINCH: i32 = 28;
/// How long output that nobody reads may hold up the end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a command that somebody killed by a key may take to be gone.
const KILL_PATIENCE: Duration = Duration::from_secs(1);

/// What somebody stays with.
pub(crate) trait Attended {
    /// Readable when there is something to look at.
    fn descriptor(&self) -> BorrowedFd<'_>;
    /// Passes a signal on.
    fn send(&mut self, number: i32);
    /// How it ended, once it has.
    fn ending(&mut self) -> Result<Option<Ending>, Errno>;
}

/// A process, with what it dies with.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) child: ChildProcess,
    pub(super) _life_line: Channel,
}

/// Something that runs, with everything that is done for it.
#[derive(Debug)]
pub(crate) struct Attendance<T> {
    attended: T,
    terminal: Option<OwnedFd>,
    flows: Vec<Flow>,
    signals: SignalFd,
    /// Where somebody types at a terminal.
    keys: Option<EscapeDetector>,
    /// Until then a killed command is waited for.
    killed_until: Option<Instant>,
}

impl<T: Attended> Attendance<T> {
    /// The first flow is what is typed, where somebody types.
    pub(crate) fn new(
        attended: T,
        terminal: Option<OwnedFd>,
        flows: Vec<Flow>,
        signals: SignalFd,
        raw: Option<&RawTerminal>,
    ) -> Self {
        let keys = raw.map(|_terminal| EscapeDetector::default());
        Self { attended, terminal, flows, signals, keys, killed_until: None }
    }

    /// Until the command ends.
    pub(crate) fn attend(mut self) -> Result<Ending, Errno> {
        loop {
            let ready = self.wait()?;
            let now = Instant::now();
            self.carry(&ready, now);
            self.pass_signals()?;
            if let Some(ending) = self.attended.ending()? {
                self.carry_the_rest();
                return Ok(ending);
            }
            if self.killed_until.is_some_and(|until| until <= now) {
                return Ok(Ending::Killed(signal::SIGKILL));
            }
        }
    }

    /// Waits until there is something to do; the flows from which something can be read.
    fn wait(&self) -> Result<Vec<usize>, Errno> {
        let mut polled = vec![
            PollFd::from_borrowed_fd(self.attended.descriptor(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.signals.as_fd(), PollFlags::IN),
        ];
        let mut sources = Vec::new();
        for (index, flow) in self.flows.iter().enumerate() {
            for (descriptor, flags) in flow.interests() {
                sources.push((index, flags));
                polled.push(PollFd::from_borrowed_fd(descriptor, flags));
            }
        }
        let retries = self.flows.iter().filter_map(Flow::retry_at);
        let deadline = retries.chain(self.killed_until).min();
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        });
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Vec::new()),
            Err(errno) => return Err(errno),
        }
        let ready = sources.iter().zip(&polled[2..]).filter(|(_, polled)| !polled.revents().is_empty());
        Ok(ready.filter(|((_, flags), _)| *flags == PollFlags::IN).map(|((index, _), _)| *index).collect())
    }

    fn carry(&mut self, ready: &[usize], now: Instant) {
        let mut is_killed = false;
        for (index, flow) in self.flows.iter_mut().enumerate() {
            flow.resume(now);
            let came = if ready.contains(&index) { flow.read(now) } else { Came::Nothing };
            if let (0, Some(keys), Came::Some(length)) = (index, &mut self.keys, came) {
                is_killed |= keys.feed(flow.newest(length), now) == Typed::Kill;
            }
            flow.write();
        }
        if is_killed && self.killed_until.is_none() {
            self.attended.send(signal::SIGKILL);
            self.killed_until = Some(now + KILL_PATIENCE);
        }
    }

    fn pass_signals(&mut self) -> Result<(), Errno> {
        while let Some(received) = self.signals.read()? {
            match (received.number, &self.terminal) {
                (SIGWINCH, Some(terminal)) => tcsetwinsize(terminal, terminal::size())?,
                (SIGWINCH, None) => {}
                (number, _) => self.attended.send(number),
            }
        }
        Ok(())
    }

    /// What it wrote before it ended. A reader that does not take it is given up in time.
    fn carry_the_rest(&mut self) {
        let mut deadline = Instant::now() + DRAIN_TIMEOUT;
        loop {
            let now = Instant::now();
            let mut is_moved = false;
            // What is typed has nobody to go to any more.
            let outward = self.flows.iter_mut().filter(|flow| flow.is_outward());
            for flow in outward {
                is_moved |= matches!(flow.read(now), Came::Some(_));
                is_moved |= flow.write();
            }
            if is_moved {
                deadline = now + DRAIN_TIMEOUT;
                continue;
            }
            let is_done = self.flows.iter().filter(|flow| flow.is_outward()).all(Flow::is_empty);
            if is_done || now >= deadline {
                return;
            }
            let mut polled: Vec<PollFd<'_>> = Vec::new();
            let interests = self.flows.iter().filter(|flow| flow.is_outward()).flat_map(Flow::interests);
            polled.extend(
                interests
                    .map(|(descriptor, flags)| PollFd::from_borrowed_fd(descriptor, flags & PollFlags::OUT)),
            );
            if poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 50_000_000 })).is_err() {
                return;
            }
        }
    }
}

impl Attended for Process {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.child.pidfd.as_fd()
    }

    /// One that has ended meanwhile is waited for next.
    fn send(&mut self, number: i32) {
        if let Err(_ended) = signal::send(self.child.pidfd.as_fd(), number) {}
    }

    fn ending(&mut self) -> Result<Option<Ending>, Errno> {
        let id = WaitId::PidFd(self.child.pidfd.as_fd());
        let status = match waitid(id, WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
            Err(Errno::INTR) => return Ok(None),
            status => status?,
        };
        Ok(status.map(|status| match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Ending::Exited(u8::try_from(code & 0xff).unwrap_or(u8::MAX)),
            (None, signal) => Ending::Killed(signal.unwrap_or(signal::SIGKILL)),
        }))
    }
}
