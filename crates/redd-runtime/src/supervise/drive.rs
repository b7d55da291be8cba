//! Waits for events, tells the machine, and does what it says.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use redd_control::event::Event as Published;
use redd_plan::descriptor::FdName;
use redd_plan::init::{InitSeen, Means};
use redd_plan::step::Plan;
use redd_plan::supervision::PidOne;
use redd_spec::Spec;
use redd_spec::name::MachineName;
use redd_sys::clone::ChildProcess;
use redd_sys::signal::{self, SignalFd, SignalSet};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, program_text};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::console::audience::Audience;
use super::console::{Console, Direction};
use super::control::{self, Control};
use super::health::Health;
use super::machine::{Command, Event, Exit, Machine};
use super::notify::{self, RateLimit};
use super::order::{Delivery, Order};
use super::processes::Processes;
use super::report::Report;
use super::terminals::{Happening, Terminals};
use super::upstream::Upstream;
use crate::Error;
use crate::adopt::Adopted;
use crate::error::best_effort;
use crate::guard::{Duties, Guard};
use crate::launch::{FdTable, Running};
use crate::restart::Cause;
use crate::start::Ending;
use crate::state::{CONTROL, TERMINALS};
use crate::terminal::Typed;

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGQUIT: i32 = 3;
const SIGTERM: i32 = 15;
pub(super) const SIGWINCH: i32 = 28;
/// How often a console without a process is looked at.
const CONSOLE_INTERVAL: Duration = Duration::from_millis(100);
/// How old a guard has to become before its end is followed by another one at once.
const GUARD_INTERVAL: Duration = Duration::from_millis(100);

/// What comes after a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing, unless it is to be started again.
    Ended(Ending, Cause),
    /// Another boot.
    BootAgain,
}

/// Who is told what.
pub(crate) struct Listeners<'a> {
    /// redd's own supervisor, or its starter.
    pub(crate) upstream: Upstream,
    /// Says what the user should know.
    pub(crate) warn: &'a mut dyn FnMut(&str),
}

/// What lasts over all boots of a machine.
pub(crate) struct Supervisor<'a> {
    pub(super) name: MachineName,
    pub(super) signals: SignalFd,
    upstream: Upstream,
    pub(super) control: Control,
    pub(super) report: Report,
    pub(super) audience: Audience,
    adopted: Adopted,
    /// Says what the user should know.
    pub(super) warn: &'a mut dyn FnMut(&str),
}

/// Where something happened, in the order in which it is attended to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Guard,
    Console(Direction),
    Terminals(Happening),
    Notifications,
    Signals,
    Control(control::Happening),
    Order,
    /// Last: what the payload said and wrote before it ended comes first.
    Payload,
}

/// One boot while it is supervised.
pub(super) struct Session<'a> {
    pub(super) machine: Machine,
    pid1: PidOne,
    pub(super) plan: &'a Plan,
    pub(super) child: &'a ChildProcess,
    guard: &'a mut Guard,
    duties: &'a Duties<'a>,
    descriptors: &'a mut FdTable,
    pub(super) console: Option<Console<'a>>,
    terminals: Option<Terminals>,
    signals: &'a SignalFd,
    upstream: &'a mut Upstream,
    pub(super) control: &'a mut Control,
    pub(super) report: &'a mut Report,
    pub(super) adopted: &'a mut Adopted,
    warn: &'a mut dyn FnMut(&str),
    pub(super) processes: Processes,
    rate: RateLimit,
    pub(super) health: Health,
    stop_deadline: Option<Instant>,
    /// When PID 1 is looked at.
    look_at: Option<Instant>,
    /// What the init is being told in writing.
    order: Option<Order>,
    console_deadline: Option<Instant>,
    guard_started: Instant,
    /// Until then a guard that ended too soon has no successor.
    guard_deadline: Option<Instant>,
    outcome: Option<Outcome>,
}

impl<'s> Supervisor<'s> {
    /// Takes over the signals that ask redd for something.
    pub(crate) fn new(name: &MachineName, listeners: Listeners<'s>) -> Result<Self, Error> {
        let set = SignalSet::of(&[SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH]);
        signal::block(set).map_err(Error::host("blocking signals"))?;
        let signals = SignalFd::new(set).map_err(Error::host("listening to signals"))?;
        let (control, report, audience) = (Control::default(), Report::begin(), Audience::new(name));
        let Listeners { upstream, warn } = listeners;
        let (name, adopted) = (name.clone(), Adopted::default());
        Ok(Self { name, signals, upstream, control, report, audience, adopted, warn })
    }

    /// What was changed meanwhile holds for the next boot.
    pub(crate) fn changed(&self, spec: &mut Spec) {
        self.adopted.apply(spec);
    }

    /// Stays with the payload until it ended.
    pub(crate) fn supervise(
        &mut self,
        plan: &Plan,
        running: &mut Running,
        duties: &Duties<'_>,
    ) -> Result<Outcome, Error> {
        self.control.listen_at(&duties.state.path.join(CONTROL));
        self.report.boot();
        let mut session = Session::new(self, plan, running, duties);
        session.upstream.tell_of_execution();
        session.happened(Event::Executed);
        session.release_program();
        loop {
            if let Some(outcome) = session.outcome {
                return Ok(outcome);
            }
            let sources = session.wait().map_err(Error::host("waiting for events"))?;
            session.on_time(Instant::now());
            for source in sources {
                session.attend(source)?;
            }
        }
    }
}

impl<'a> Session<'a> {
    fn new<'s: 'a>(
        supervisor: &'a mut Supervisor<'s>,
        plan: &'a Plan,
        running: &'a mut Running,
        duties: &'a Duties<'a>,
    ) -> Self {
        let Supervisor { signals, upstream, control, report, audience, adopted, warn, .. } = supervisor;
        let Running { child, guard, descriptors, .. } = running;
        let supervision = &plan.supervision;
        let terminals =
            Terminals::new(&supervision.terminals, descriptors, &duties.state.path.join(TERMINALS));
        let manager = descriptors.remove(FdName::ConsoleManager);
        audience.begin_boot(supervision.console, report.boots);
        let console = manager.map(|manager| Console::new(manager, supervision, audience));
        Self {
            machine: Machine::new(supervision.clone()),
            pid1: supervision.pid1,
            plan,
            child,
            guard,
            duties,
            descriptors,
            console,
            terminals,
            signals,
            upstream,
            control,
            report,
            adopted,
            warn: &mut **warn,
            processes: Processes::of(plan),
            rate: RateLimit::new(Instant::now()),
            health: Health::new(&supervision.lifecycle, Instant::now()),
            stop_deadline: None,
            look_at: None,
            order: None,
            console_deadline: None,
            guard_started: Instant::now(),
            guard_deadline: None,
            outcome: None,
        }
    }

    /// Waits until there is something to do.
    fn wait(&mut self) -> Result<Vec<Source>, Errno> {
        let now = Instant::now();
        let pause = self.rate.wait_until(now);
        let retry = self.upstream.retry_at();
        let deadlines = [
            self.stop_deadline,
            self.look_at,
            self.console_deadline,
            self.guard_deadline,
            self.health.deadline().filter(|_| !self.report.is_paused),
            pause,
            retry,
        ];
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
        sources.push(Source::Signals);
        polled.push(PollFd::from_borrowed_fd(self.signals.as_fd(), PollFlags::IN));
        for (happening, descriptor, flags) in self.control.interests() {
            sources.push(Source::Control(happening));
            polled.push(PollFd::from_borrowed_fd(descriptor, flags));
        }
        if let Some(order) = &self.order {
            sources.push(Source::Order);
            polled.push(PollFd::from_borrowed_fd(order.descriptor(), PollFlags::IN));
        }
        sources.push(Source::Payload);
        polled.push(PollFd::from_borrowed_fd(self.child.pidfd.as_fd(), PollFlags::IN));
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Vec::new()),
            Err(errno) => return Err(errno),
        }
        let found = sources.into_iter().zip(&polled).filter(|(_, polled)| !polled.revents().is_empty());
        Ok(found.map(|(source, _)| source).collect())
    }

    fn attend(&mut self, source: Source) -> Result<(), Error> {
        match source {
            Source::Guard => self.replace_guard().map_err(Error::host("starting another guard"))?,
            Source::Console(direction) => self.relay_console(direction),
            Source::Terminals(happening) => {
                self.terminals.iter_mut().for_each(|terminals| terminals.attend(happening));
            }
            Source::Notifications => self.read_notifications(),
            Source::Signals => self.read_signals()?,
            Source::Control(happening) => self.serve(happening),
            Source::Order => self.end_order(),
            Source::Payload => self.reap()?,
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

    pub(super) fn happened(&mut self, event: Event) {
        self.health.hear(&event, Instant::now());
        for command in self.machine.on(event) {
            self.obey(command);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Notify(message) => self.upstream.send(message, Instant::now()),
            Command::Publish(event) => self.publish(event),
            Command::Signal(number) => self.signal(number.get()),
            Command::Order(means) => self.order(means),
            Command::LookAtInit(after) => self.look_at = Some(Instant::now() + after),
            Command::Warn(text) => {
                (self.warn)(&text);
                self.publish(Published::Warning { text });
            }
            Command::StartStopTimer(time) => self.stop_deadline = Instant::now().checked_add(time),
            Command::EndAll => self.end_all(),
            Command::KillAll => self.kill_all(),
            Command::Finish(ending) => {
                self.outcome = Some(Outcome::Ended(ending, self.machine.cause(ending)))
            }
            Command::BootAgain => self.outcome = Some(Outcome::BootAgain),
        }
    }

    /// A frozen process hears nothing; one that ended meanwhile is reaped next.
    fn signal(&mut self, number: i32) {
        self.thaw();
        best_effort(signal::send(self.child.pidfd.as_fd(), number));
    }

    fn order(&mut self, means: Means) {
        self.thaw();
        match Order::start(self.child, means) {
            Ok(order) => self.order = Some(order),
            Err(_errno) => self.happened(Event::OrderFailed),
        }
    }

    fn end_order(&mut self) {
        if self.order.take().is_some_and(|order| order.delivery() == Delivery::Failed) {
            self.happened(Event::OrderFailed);
        }
    }

    fn end_all(&mut self) {
        self.thaw();
        best_effort(self.processes.send(SIGTERM));
    }

    /// PID 1's end is the end of its pid namespace; the cgroup also has what was moved out of that.
    fn kill_all(&mut self) {
        self.stop_deadline = None;
        self.order = None;
        best_effort(self.processes.send(signal::SIGKILL));
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
        if !self.report.is_paused
            && let Some(failure) = self.health.failure(now)
        {
            self.happened(Event::Unhealthy(failure));
        }
        if self.look_at.take_if(|at| *at <= now).is_some() {
            let seen = self.look_at_init();
            self.happened(Event::InitSeen(seen));
        }
        if self.console_deadline.take_if(|deadline| *deadline <= now).is_some()
            && let Some(console) = &mut self.console
        {
            console.revive();
        }
    }

    /// The name of the program, and the signals it catches or has blocked to read them from a descriptor, as systemd
    /// does.
    fn look_at_init(&self) -> InitSeen {
        let file = |name: &str| {
            let path = format!("/proc/{}/{name}", self.child.pid.as_raw_nonzero());
            String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
        };
        let status = file("status");
        let field =
            |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map_or("", str::trim);
        let signals = |name: &str| u64::from_str_radix(field(name), 16).unwrap_or(0);
        InitSeen {
            program: field("Name:").to_owned(),
            heard: signals("SigBlk:") | signals("SigCgt:"),
            is_waiting: file("wchan").starts_with("do_sigtimedwait"),
        }
    }

    fn relay_console(&mut self, direction: Direction) {
        let Some(console) = &mut self.console else { return };
        let typed = console.relay(direction, Instant::now());
        if console.is_idle() && self.console_deadline.is_none() {
            self.console_deadline = Some(Instant::now() + CONSOLE_INTERVAL);
        }
        match typed {
            // The terminal where it was started cannot be left.
            Typed::Text | Typed::Detach => {}
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
        if matches!(self.pid1, PidOne::Init(_)) {
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

    fn read_signals(&mut self) -> Result<(), Error> {
        while let Some(received) = self.signals.read().map_err(Error::host("reading signals"))? {
            match received.number {
                SIGWINCH => self.console.iter().for_each(Console::follow_window_size),
                _ => self.happened(Event::StopRequested),
            }
        }
        Ok(())
    }

    fn reap(&mut self) -> Result<(), Error> {
        self.read_last_notifications();
        let id = WaitId::PidFd(self.child.pidfd.as_fd());
        let status = waitid(id, WaitIdOptions::EXITED | WaitIdOptions::NOHANG)
            .map_err(Error::host("reaping the payload"))?;
        let Some(status) = status else { return Ok(()) };
        if let Some(console) = &mut self.console {
            console.drain(self.signals.as_fd());
        }
        let exit = match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Exit::Status(u8::try_from(code & 0xff).unwrap_or(u8::MAX)),
            (None, signal) => Exit::Signal(signal.unwrap_or(9)),
        };
        self.happened(Event::Ended(exit));
        Ok(())
    }
}

pub(super) fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}
