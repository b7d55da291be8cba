//! Waits for events, tells the machine, and does what it says.

use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

use redd_control::event::Event as Published;
use redd_plan::descriptor::FdName;
use redd_plan::init::{InitSeen, Means};
use redd_plan::supervision::{PidOne, Supervision};
use redd_spec::Spec;
use redd_spec::name::MachineName;
use redd_sys::Errno;
use redd_sys::clone::ChildProcess;
use redd_sys::signal::{self, SignalFd, SignalSet};
use redd_sys::single_thread::SingleThreaded;
use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::brief::Known;
use super::console::audience::Audience;
use super::console::{Console, Stage};
use super::control::Control;
use super::deadline::Extension;
use super::disposal::Disposal;
use super::health::Health;
use super::machine::{Command, Event, Exit, Machine};
use super::notify::RateLimit;
use super::order::{Delivery, Order};
use super::processes::Processes;
use super::report::Report;
use super::state::SessionState;
use super::store::Store;
use super::terminals::Terminals;
use super::upgrade::{Rest, Upgrade};
use super::upstream::Upstream;
use crate::Error;
use crate::adopt::Adopted;
use crate::error::best_effort;
use crate::guard::{Duties, Guard};
use crate::handover::Incoming;
use crate::launch::{FdTable, Running};
use crate::restart::Cause;
use crate::start::Ending;
use crate::state::{CONTROL, TERMINALS};
use crate::unit::Manager;

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGQUIT: i32 = 3;
const SIGTERM: i32 = 15;
pub(super) const SIGWINCH: i32 = 28;
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
    pub(super) upstream: Upstream,
    pub(super) control: Control,
    pub(super) report: Report,
    pub(super) audience: Audience,
    pub(super) adopted: Adopted,
    /// The connection over which systemd asks for a stop: the machine's scope has its name.
    pub(super) manager: Option<Manager>,
    pub(super) store: Store,
    pub(super) disposal: Disposal,
    /// Says what the user should know.
    pub(super) warn: &'a mut dyn FnMut(&str),
}

/// A boot that is to be supervised.
pub(crate) struct Boot<'a> {
    pub(crate) known: Known<'a>,
    pub(crate) running: &'a mut Running,
    pub(crate) duties: &'a Duties<'a>,
}

/// How it begins here.
pub(crate) enum Begin<'a> {
    /// Its payload was executed just now.
    Executed(&'a Supervision),
    /// It goes on where another program was.
    TakenOver(Box<SessionState>, &'a mut Incoming),
}

/// What a session has from the beginning.
pub(super) struct Fixtures {
    pub(super) machine: Machine,
    pub(super) pid1: PidOne,
    pub(super) health: Health,
    pub(super) terminals: Option<Terminals>,
}

/// One boot while it is supervised.
pub(super) struct Session<'a> {
    pub(super) machine: Machine,
    pub(super) pid1: PidOne,
    pub(super) known: Known<'a>,
    pub(super) child: &'a ChildProcess,
    pub(super) guard: &'a mut Guard,
    pub(super) duties: &'a Duties<'a>,
    /// What else goes over to another program.
    pub(super) rest: &'a Rest<'a>,
    pub(super) descriptors: &'a mut FdTable,
    pub(super) stage: Stage<'a>,
    pub(super) terminals: Option<Terminals>,
    pub(super) signals: &'a SignalFd,
    pub(super) upstream: &'a mut Upstream,
    pub(super) store: &'a mut Store,
    pub(super) disposal: &'a mut Disposal,
    pub(super) control: &'a mut Control,
    pub(super) report: &'a mut Report,
    pub(super) adopted: &'a mut Adopted,
    pub(super) manager: &'a mut Option<Manager>,
    pub(super) warn: &'a mut dyn FnMut(&str),
    pub(super) processes: Processes,
    pub(super) rate: RateLimit,
    pub(super) health: Health,
    pub(super) stop_deadline: Option<Instant>,
    pub(super) stop_extension: Extension,
    /// When PID 1 is looked at.
    pub(super) look_at: Option<Instant>,
    /// What the init is being told in writing.
    pub(super) order: Option<Order>,
    /// Another program is asked whether it can go on.
    pub(super) upgrade: Option<Upgrade>,
    pub(super) console_deadline: Option<Instant>,
    guard_started: Instant,
    /// Until then a guard that ended too soon has no successor.
    pub(super) guard_deadline: Option<Instant>,
    outcome: Option<Outcome>,
}

impl<'s> Supervisor<'s> {
    /// Takes over the signals that ask redd for something, and what redd was given for the payload.
    pub(crate) fn new(spec: &Spec, listeners: Listeners<'s>) -> Result<Self, Error> {
        let signals = hear_signals()?;
        let (control, report, audience) = (Control::default(), Report::begin(), Audience::new(&spec.name));
        let Listeners { upstream, warn } = listeners;
        let (name, adopted, disposal) = (spec.name.clone(), Adopted::default(), Disposal::default());
        let store = Store::of(&spec.sockets).map_err(Error::host("copying a socket"))?;
        let manager = None;
        Ok(Self {
            name,
            signals,
            upstream,
            control,
            report,
            audience,
            adopted,
            store,
            disposal,
            manager,
            warn,
        })
    }

    /// A connection that systemd may ask over is kept for all boots.
    pub(crate) fn keep(&mut self, manager: Option<Manager>) {
        if let Some(manager) = manager.filter(Manager::hears_requests) {
            self.manager = Some(manager);
        }
    }

    /// What was changed meanwhile holds for the next boot.
    pub(crate) fn changed(&self, spec: &mut Spec) {
        self.adopted.apply(spec);
        spec.sockets = self.store.sockets(&spec.sockets);
    }

    /// Copies of what the next boot is given, where it does not have its number already.
    pub(crate) fn sockets(&self) -> Result<Vec<OwnedFd>, Error> {
        self.store.copies().map_err(Error::host("copying a socket"))
    }

    /// Stays with the payload until it ended.
    pub(crate) fn supervise(
        &mut self,
        boot: Boot<'_>,
        begin: Begin<'_>,
        rest: &Rest<'_>,
    ) -> Result<Outcome, Error> {
        let mut session = match begin {
            Begin::Executed(supervision) => {
                self.control.listen_at(&boot.duties.state.path.join(CONTROL));
                self.report.boot();
                let mut session = Session::new(self, supervision, boot, rest);
                session.upstream.tell_of_execution();
                session.happened(Event::Executed);
                session
            }
            Begin::TakenOver(state, incoming) => Session::go_on(self, *state, incoming, boot, rest)?,
        };
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

/// Those that ask redd for something.
pub(super) fn hear_signals() -> Result<SignalFd, Error> {
    let set = SignalSet::of(&[SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH]);
    signal::block(set).map_err(Error::host("blocking signals"))?;
    SignalFd::new(set).map_err(Error::host("listening to signals"))
}

impl<'a> Session<'a> {
    fn new<'s: 'a>(
        supervisor: &'a mut Supervisor<'s>,
        supervision: &Supervision,
        boot: Boot<'a>,
        rest: &'a Rest<'a>,
    ) -> Self {
        let descriptors = &mut boot.running.descriptors;
        let terminals =
            Terminals::new(&supervision.terminals, descriptors, &boot.duties.state.path.join(TERMINALS));
        let manager = descriptors.remove(FdName::ConsoleManager);
        let boots = supervisor.report.boots;
        let fixtures = Fixtures {
            machine: Machine::new(supervision.clone()),
            pid1: supervision.pid1,
            health: Health::new(&supervision.lifecycle, Instant::now()),
            terminals,
        };
        Self::with(supervisor, fixtures, boot, rest, |audience| {
            audience.begin_boot(supervision.console, boots);
            match manager {
                Some(manager) => Stage::Console(Box::new(Console::new(manager, supervision, audience))),
                None => Stage::Empty(audience),
            }
        })
    }

    /// With nothing going on yet.
    pub(super) fn with<'s: 'a>(
        supervisor: &'a mut Supervisor<'s>,
        fixtures: Fixtures,
        boot: Boot<'a>,
        rest: &'a Rest<'a>,
        stage: impl FnOnce(&'a mut Audience) -> Stage<'a>,
    ) -> Self {
        let Supervisor {
            signals,
            upstream,
            store,
            disposal,
            control,
            report,
            audience,
            adopted,
            manager,
            warn,
            ..
        } = supervisor;
        let Boot { known, running, duties } = boot;
        let Running { child, guard, descriptors, .. } = running;
        let Fixtures { machine, pid1, health, terminals } = fixtures;
        Self {
            machine,
            pid1,
            known,
            child,
            guard,
            duties,
            rest,
            descriptors,
            stage: stage(audience),
            terminals,
            signals,
            upstream,
            store,
            disposal,
            control,
            report,
            adopted,
            manager,
            warn: &mut **warn,
            processes: known.processes(),
            rate: RateLimit::new(Instant::now()),
            health,
            stop_deadline: None,
            stop_extension: Extension::default(),
            look_at: None,
            order: None,
            upgrade: None,
            console_deadline: None,
            guard_started: Instant::now(),
            guard_deadline: None,
            outcome: None,
        }
    }

    /// A guard that was killed leaves its place to another one. Where none lives long, that is not tried all the time.
    pub(super) fn replace_guard(&mut self) -> Result<(), Errno> {
        let now = Instant::now();
        if now < self.guard_started + GUARD_INTERVAL {
            self.guard_deadline = Some(now + GUARD_INTERVAL);
            return Ok(());
        }
        self.start_guard(now)
    }

    /// There is no moment without one.
    pub(super) fn start_guard(&mut self, now: Instant) -> Result<(), Errno> {
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
            Command::StartStopTimer(time) => {
                self.stop_deadline = Instant::now().checked_add(time);
                self.stop_extension = Extension::default();
            }
            Command::ExtendStopTimer(time) => {
                let extend = |limit| self.stop_extension.extend(limit, Instant::now(), time);
                self.stop_deadline = self.stop_deadline.map(extend);
            }
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

    pub(super) fn end_order(&mut self) {
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

    /// The name of the program, and the signals it catches or has blocked to read them from a descriptor, as systemd
    /// does.
    pub(super) fn look_at_init(&self) -> InitSeen {
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

    pub(super) fn reap(&mut self) -> Result<(), Error> {
        self.read_last_notifications();
        let id = WaitId::PidFd(self.child.pidfd.as_fd());
        let status = waitid(id, WaitIdOptions::EXITED | WaitIdOptions::NOHANG)
            .map_err(Error::host("reaping the payload"))?;
        let Some(status) = status else { return Ok(()) };
        if let Some(console) = self.stage.console_mut() {
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
