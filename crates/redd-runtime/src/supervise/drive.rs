//! Waits for events, tells the machine, and does what it says.

use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use redd_plan::descriptor::FdName;
use redd_plan::step::Plan;
use redd_plan::supervision::InitKind;
use redd_spec::lifecycle::SignalNumber;
use redd_sys::clone::ChildProcess;
use redd_sys::signal::{self, SignalFd, SignalSet};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, program_text};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::console::{Console, Direction};
use super::escape::Typed;
use super::machine::{Command, Event, Exit, Handler, Machine};
use super::notify::{self, RateLimit};
use super::terminals::{Happening, Terminals};
use super::upstream::Upstream;
use crate::Error;
use crate::error::best_effort;
use crate::guard::{Duties, Guard};
use crate::launch::{FdTable, Running};
use crate::start::Ending;
use crate::state::TERMINALS;

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGQUIT: i32 = 3;
const SIGTERM: i32 = 15;
const SIGWINCH: i32 = 28;
/// How often a console without a process is looked at.
const CONSOLE_INTERVAL: Duration = Duration::from_millis(100);
/// How old a guard has to become before its end is followed by another one at once.
const GUARD_INTERVAL: Duration = Duration::from_millis(100);

/// What comes after a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing.
    Ended(Ending),
    /// Another boot.
    BootAgain,
}

/// What lasts over all boots of a machine.
#[derive(Debug)]
pub(crate) struct Supervisor {
    signals: SignalFd,
    upstream: Upstream,
}

/// Where something happened, in the order in which it is attended to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Guard,
    Console(Direction),
    Terminals(Happening),
    Notifications,
    Signals,
    /// Last: what the payload said and wrote before it ended comes first.
    Payload,
}

/// One boot while it is supervised.
struct Session<'a> {
    machine: Machine,
    init: InitKind,
    child: &'a ChildProcess,
    guard: &'a mut Guard,
    duties: &'a Duties<'a>,
    descriptors: &'a mut FdTable,
    console: Option<Console>,
    terminals: Option<Terminals>,
    upstream: &'a mut Upstream,
    /// Where everything of the payload can be killed at once.
    cgroup: Option<PathBuf>,
    rate: RateLimit,
    stop_deadline: Option<Instant>,
    watched: Option<(SignalNumber, Instant)>,
    console_deadline: Option<Instant>,
    guard_started: Instant,
    /// Until then a guard that ended too soon has no successor.
    guard_deadline: Option<Instant>,
    outcome: Option<Outcome>,
}

impl Supervisor {
    /// Takes over the signals that ask redd for something.
    pub(crate) fn new() -> Result<Self, Error> {
        let set = SignalSet::of(&[SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH]);
        signal::block(set).map_err(Error::host("blocking signals"))?;
        let signals = SignalFd::new(set).map_err(Error::host("listening to signals"))?;
        Ok(Self { signals, upstream: Upstream::from_environment() })
    }

    /// Stays with the payload until it ended.
    pub(crate) fn supervise(
        &mut self,
        plan: &Plan,
        running: &mut Running,
        duties: &Duties<'_>,
    ) -> Result<Outcome, Error> {
        let mut session = Session::new(plan, running, duties, &mut self.upstream);
        session.happened(Event::Executed);
        session.release_program();
        loop {
            if let Some(outcome) = session.outcome {
                return Ok(outcome);
            }
            let sources = session.wait(&self.signals).map_err(Error::host("waiting for events"))?;
            session.on_time(Instant::now());
            for source in sources {
                session.attend(source, &self.signals)?;
            }
        }
    }
}

impl<'a> Session<'a> {
    fn new(
        plan: &Plan,
        running: &'a mut Running,
        duties: &'a Duties<'a>,
        upstream: &'a mut Upstream,
    ) -> Self {
        let Running { child, guard, descriptors } = running;
        let supervision = &plan.supervision;
        let terminals =
            Terminals::new(&supervision.terminals, descriptors, &duties.state.path.join(TERMINALS));
        let manager = descriptors.remove(FdName::ConsoleManager);
        let console = manager
            .map(|manager| Console::new(manager, supervision.console, supervision.background.as_ref()));
        Self {
            machine: Machine::new(supervision.clone()),
            init: supervision.init,
            child,
            guard,
            duties,
            descriptors,
            console,
            terminals,
            upstream,
            cgroup: plan.payload_cgroup().map(|path| path.0.clone()),
            rate: RateLimit::new(Instant::now()),
            stop_deadline: None,
            watched: None,
            console_deadline: None,
            guard_started: Instant::now(),
            guard_deadline: None,
            outcome: None,
        }
    }

    /// Waits until there is something to do.
    fn wait(&mut self, signals: &SignalFd) -> Result<Vec<Source>, Errno> {
        let now = Instant::now();
        let pause = self.rate.wait_until(now);
        let retry = self.upstream.retry_at();
        let watched = self.watched.map(|(_, at)| at);
        let deadlines =
            [self.stop_deadline, watched, self.console_deadline, self.guard_deadline, pause, retry];
        let timeout = deadlines
            .into_iter()
            .flatten()
            .min()
            .map(|deadline| timespec(deadline.saturating_duration_since(now)));
        let (mut sources, mut polled) = (Vec::new(), Vec::new());
        if self.guard_deadline.is_none() {
            sources.push(Source::Guard);
            polled.push(PollFd::from_borrowed_fd(self.guard.descriptor(), PollFlags::IN));
        }
        for (direction, descriptor, flags) in self.console.iter().flat_map(Console::interests) {
            sources.push(Source::Console(direction));
            polled.push(PollFd::from_borrowed_fd(descriptor, flags));
        }
        for (happening, descriptor) in self.terminals.iter().flat_map(Terminals::interests) {
            sources.push(Source::Terminals(happening));
            polled.push(PollFd::from_borrowed_fd(descriptor, PollFlags::IN));
        }
        if let (Some(socket), None) = (self.descriptors.get(FdName::NotifySocket), pause) {
            sources.push(Source::Notifications);
            polled.push(PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN));
        }
        sources.extend([Source::Signals, Source::Payload]);
        polled.push(PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN));
        polled.push(PollFd::from_borrowed_fd(self.child.pidfd.as_fd(), PollFlags::IN));
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Vec::new()),
            Err(errno) => return Err(errno),
        }
        let found = sources.into_iter().zip(&polled).filter(|(_, polled)| !polled.revents().is_empty());
        Ok(found.map(|(source, _)| source).collect())
    }

    fn attend(&mut self, source: Source, signals: &SignalFd) -> Result<(), Error> {
        match source {
            Source::Guard => self.replace_guard().map_err(Error::host("starting another guard"))?,
            Source::Console(direction) => self.relay_console(direction),
            Source::Terminals(happening) => {
                self.terminals.iter_mut().for_each(|terminals| terminals.attend(happening));
            }
            Source::Notifications => self.read_notifications(),
            Source::Signals => self.read_signals(signals)?,
            Source::Payload => self.reap(signals)?,
        }
        Ok(())
    }

    /// A guard that was killed leaves its place to another one. Where none lives long, that is not tried all the time.
    fn replace_guard(&mut self) -> Result<(), Errno> {
        let now = Instant::now();
        if now < self.guard_started + GUARD_INTERVAL {
            self.guard_deadline = Some(now + GUARD_INTERVAL);
            return Ok(());
        }
        self.guard_started = now;
        let proof = SingleThreaded::check().map_err(|_threads| Errno::BUSY)?;
        let next =
            Guard::start(&proof, self.child.pidfd.as_fd(), self.duties).map_err(|error| error.errno)?;
        std::mem::replace(self.guard, next).dismiss();
        Ok(())
    }

    fn happened(&mut self, event: Event) {
        for command in self.machine.on(event) {
            self.obey(command);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Notify(message) => self.upstream.send(message, Instant::now()),
            // A process that ended meanwhile is reaped next.
            Command::Signal(number) => best_effort(signal::send(self.child.pidfd.as_fd(), number.get())),
            Command::WatchHandler(number, after) => self.watched = Some((number, Instant::now() + after)),
            Command::StartStopTimer(time) => self.stop_deadline = Instant::now().checked_add(time),
            Command::KillAll => self.kill_all(),
            Command::Finish(ending) => self.outcome = Some(Outcome::Ended(ending)),
            Command::BootAgain => self.outcome = Some(Outcome::BootAgain),
        }
    }

    /// PID 1's end is the end of its pid namespace; the cgroup also has what was moved out of that.
    fn kill_all(&mut self) {
        self.stop_deadline = None;
        if let Some(cgroup) = &self.cgroup {
            best_effort(std::fs::write(cgroup.join("cgroup.kill"), "1"));
        }
        best_effort(signal::send(self.child.pidfd.as_fd(), signal::SIGKILL));
    }

    fn on_time(&mut self, now: Instant) {
        if self.upstream.retry_at().is_some_and(|at| at <= now) {
            self.upstream.flush(now);
        }
        self.guard_deadline.take_if(|deadline| *deadline <= now);
        if self.stop_deadline.is_some_and(|deadline| deadline <= now) {
            self.stop_deadline = None;
            self.happened(Event::StopTimedOut);
        }
        if let Some((number, _)) = self.watched.take_if(|(_, at)| *at <= now) {
            let handler = self.handler_of(number);
            self.happened(Event::HandlerSeen(handler));
        }
        if self.console_deadline.take_if(|deadline| *deadline <= now).is_some()
            && let Some(console) = &mut self.console
        {
            console.revive();
        }
    }

    /// Whether PID 1 catches a signal, or has it blocked to read it from a descriptor, as systemd does.
    fn handler_of(&self, number: SignalNumber) -> Handler {
        let path = format!("/proc/{}/status", self.child.pid.as_raw_nonzero());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let holds = |field: &str| {
            let bits = status.lines().find_map(|line| line.strip_prefix(field)).map(str::trim);
            let bits = bits.and_then(|bits| u64::from_str_radix(bits, 16).ok()).unwrap_or(0);
            bits >> (number.get() - 1) & 1 == 1
        };
        if holds("SigBlk:") || holds("SigCgt:") { Handler::Installed } else { Handler::Missing }
    }

    fn relay_console(&mut self, direction: Direction) {
        let Some(console) = &mut self.console else { return };
        let typed = console.relay(direction, Instant::now());
        if console.is_idle() && self.console_deadline.is_none() {
            self.console_deadline = Some(Instant::now() + CONSOLE_INTERVAL);
        }
        match typed {
            Typed::Text => {}
            Typed::Kill => self.happened(Event::KillRequested),
            Typed::PowerOff => self.happened(Event::PowerOffTyped),
            Typed::Reboot => self.happened(Event::RebootTyped),
        }
    }

    fn read_notifications(&mut self) {
        let Some(socket) = self.descriptors.get(FdName::NotifySocket) else { return };
        let events = notify::receive(socket.as_fd(), self.child.pid, &mut self.rate);
        for event in events.into_iter().flatten() {
            let is_booted = event == Event::Ready;
            self.happened(event);
            if is_booted {
                self.release_program();
            }
        }
    }

    /// A machine runs for long, and its supervisor needs a tenth of what a start needs.
    fn release_program(&self) {
        if self.init == InitKind::Init {
            best_effort(program_text::release());
        }
    }

    /// What PID 1 said last. The kernel knows that it was PID 1 only until that is reaped.
    fn read_last_notifications(&mut self) {
        let Some(socket) = self.descriptors.get(FdName::NotifySocket) else { return };
        let mut events = Vec::new();
        while self.rate.wait_until(Instant::now()).is_none() {
            let Some(more) = notify::receive(socket.as_fd(), self.child.pid, &mut self.rate) else { break };
            events.extend(more);
        }
        events.into_iter().for_each(|event| self.happened(event));
    }

    fn read_signals(&mut self, signals: &SignalFd) -> Result<(), Error> {
        while let Some(received) = signals.read().map_err(Error::host("reading signals"))? {
            match received.number {
                SIGWINCH => self.console.iter().for_each(Console::follow_window_size),
                _ => self.happened(Event::StopRequested),
            }
        }
        Ok(())
    }

    fn reap(&mut self, signals: &SignalFd) -> Result<(), Error> {
        self.read_last_notifications();
        let id = WaitId::PidFd(self.child.pidfd.as_fd());
        let status = waitid(id, WaitIdOptions::EXITED | WaitIdOptions::NOHANG)
            .map_err(Error::host("reaping the payload"))?;
        let Some(status) = status else { return Ok(()) };
        if let Some(console) = &mut self.console {
            console.drain(signals.as_fd());
        }
        let exit = match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Exit::Status(u8::try_from(code & 0xff).unwrap_or(u8::MAX)),
            (None, signal) => Exit::Signal(signal.unwrap_or(9)),
        };
        self.happened(Event::Ended(exit));
        Ok(())
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}
