//! Starting machines in the background: several at once, in their order, and waiting until they are ready.

mod order;

use std::collections::BTreeSet;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};

use redd_control::event::Phase;
use redd_control::machine::{Stop, StopMode};
use redd_control::place::{self, SUPERVISOR_LOG};
use redd_runtime::background::{FailureKind, Report, StartFailure, Starting};
use redd_runtime::{room, with_causes};
use redd_spec::Spec;
use redd_spec::name::MachineName;
use redd_sys::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::service::{self, Job};
use crate::{MachineError, restart, stop, wait};

/// How many are in the making at once.
const AT_ONCE: usize = 8;
/// How often it is looked whether a payload was executed that a unit runs.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
/// How long it is waited until a machine is ready, where nobody chose.
pub const START_TIMEOUT: Duration = Duration::from_secs(300);

/// A machine that is wanted.
#[derive(Debug)]
pub struct Wanted {
    /// It.
    pub spec: Spec,
    /// What it was asked for with, for a restart.
    pub words: Vec<u8>,
    /// Whether these are more than its name.
    pub asked: Asked,
    /// What becomes of one of that name that runs.
    pub predecessor: Predecessor,
}

/// How a machine was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// By its name: where units are machines, as its unit has it.
    ByName,
    /// With words of its own.
    WithWords,
}

/// What becomes of a machine that runs and has the name of one that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predecessor {
    /// It is in the way.
    Refused,
    /// It is stopped in an orderly way, in the time that its starter chose.
    Stopped,
}

impl Predecessor {
    /// By the supervisor of the one that comes after it: who wants a restart may be killed at any moment, and neither the
    /// machine nor what it was started with is lost.
    fn make_way(self, name: &MachineName) -> Result<(), StartFailure> {
        const ORDERLY: Stop = Stop { mode: StopMode::Orderly, timeout: None };
        match self {
            Self::Refused => Ok(()),
            Self::Stopped => match stop::stop(name, &ORDERLY, |_| {}) {
                // It may have ended meanwhile, and is wanted to run.
                Ok(()) | Err(MachineError::NotRunning { .. }) => Ok(()),
                Err(error) => Err(StartFailure {
                    text: format!("it cannot be stopped: {}", with_causes(&error)),
                    hint: error.hint(),
                    kind: FailureKind::Other,
                }),
            },
        }
    }
}

/// When a start is over for who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// When the payload was executed.
    Executed,
    /// When it is ready.
    Ready,
}

/// What somebody hears meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// They should know this.
    Warning(String),
    /// What PID 1 does; escaped.
    Status(String),
    /// It is there.
    Up,
}

/// How a start ended for who waited.
pub type Outcome = (MachineName, Result<(), MachineError>);

/// One that is in the making.
struct InTheMaking {
    index: usize,
    start: Start,
    deadline: Option<Instant>,
}

/// Who starts it.
enum Start {
    /// A supervisor that this process left in the background.
    Background(Starting),
    /// The host's systemd, as a unit.
    Unit(Box<Job>),
}

impl Start {
    fn begin(wanted: &Wanted) -> Result<Self, MachineError> {
        let Wanted { spec, words, predecessor, .. } = wanted;
        let make_way = || predecessor.make_way(&spec.name);
        let not_started = |failure| MachineError::NotStarted { failure };
        if service::drives() {
            make_way().map_err(not_started)?;
            let words = (wanted.asked == Asked::WithWords).then_some(wanted.words.as_slice());
            return Job::begin(&wanted.spec.name, words).map(|job| Self::Unit(Box::new(job)));
        }
        Starting::begin(spec, words, make_way)
            .map(Self::Background)
            .map_err(|error| not_started(StartFailure::of(&error)))
    }

    fn next_report(&mut self, until: Until) -> Option<Report> {
        match self {
            Self::Background(starting) => starting.next_report(),
            Self::Unit(job) => job
                .next_report()
                .or_else(|| (until == Until::Executed && job.is_executed()).then_some(Report::Executed)),
        }
    }

    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Background(starting) => starting.as_fd(),
            Self::Unit(job) => job.as_fd(),
        }
    }

    /// When it has to be looked at although nobody says anything.
    fn look_at(&self, until: Until) -> Option<Instant> {
        let is_silent = matches!(self, Self::Unit(_)) && until == Until::Executed;
        is_silent.then(|| Instant::now() + LOOK_INTERVAL)
    }
}

/// Starts machines, and waits for them. Each is told of when it is there, or is not.
///
/// # Errors
/// They cannot be brought into an order. What fails for one of them is told for that one.
pub fn start(
    wanted: &[Wanted],
    until: Until,
    timeout: Duration,
    mut hear: impl FnMut(&MachineName, &Progress),
) -> Result<Vec<Outcome>, MachineError> {
    // What another one makes way for has its room.
    let more = wanted.iter().filter(|wanted| wanted.predecessor == Predecessor::Refused);
    let specs: Vec<&Spec> = more.map(|wanted| &wanted.spec).collect();
    room::check(&specs).map_err(|error| MachineError::NotStarted { failure: StartFailure::of(&error) })?;
    let names: Vec<&MachineName> = wanted.iter().map(|wanted| &wanted.spec.name).collect();
    let mut order =
        order::Order::of(wanted.iter().map(|wanted| (&wanted.spec.name, &wanted.spec.lifecycle.after)))?;
    let mut making: Vec<InTheMaking> = Vec::new();
    let mut outcomes = Vec::new();
    loop {
        while making.len() < AT_ONCE
            && let Some(index) = order.next()
        {
            await_others(&wanted[index].spec.lifecycle.after, &names, timeout);
            match Start::begin(&wanted[index]) {
                Ok(start) => {
                    let deadline = Instant::now().checked_add(timeout);
                    making.push(InTheMaking { index, start, deadline });
                }
                Err(error) => {
                    order.done(index);
                    outcomes.push((names[index].clone(), Err(error)));
                }
            }
        }
        if making.is_empty() {
            return Ok(outcomes);
        }
        let now = listen(&making, until)?;
        making.retain_mut(|one| {
            let name = names[one.index];
            let Some(outcome) = one.look(name, until, timeout, now, &mut hear) else { return true };
            order.done(one.index);
            outcomes.push((name.clone(), outcome));
            false
        });
    }
}

/// Until one of them has something to say, or its time is over.
fn listen(making: &[InTheMaking], until: Until) -> Result<Instant, MachineError> {
    let deadline = making.iter().flat_map(|one| [one.deadline, one.start.look_at(until)]).flatten().min();
    let timeout =
        deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())).map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        });
    let mut polled: Vec<PollFd<'_>> =
        making.iter().map(|one| PollFd::from_borrowed_fd(one.start.as_fd(), PollFlags::IN)).collect();
    match poll(&mut polled, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(Instant::now()),
        Err(cause) => Err(MachineError::Host { what: "waiting for machines".to_owned(), cause }),
    }
}

impl InTheMaking {
    /// What came of it, if it is over for who waits.
    fn look(
        &mut self,
        name: &MachineName,
        until: Until,
        timeout: Duration,
        now: Instant,
        hear: &mut impl FnMut(&MachineName, &Progress),
    ) -> Option<Result<(), MachineError>> {
        while let Some(report) = self.start.next_report(until) {
            match report {
                Report::Warning(text) => hear(name, &Progress::Warning(text)),
                Report::Status(text) => hear(name, &Progress::Status(text)),
                Report::Executed if until == Until::Ready => {}
                Report::Executed | Report::Ready => {
                    hear(name, &Progress::Up);
                    return Some(Ok(()));
                }
                Report::Stopping => {}
                Report::Failed(failure) => return Some(Err(MachineError::NotStarted { failure })),
                Report::Gone => return Some(Err(MachineError::NotStarted { failure: lost(name) })),
            }
        }
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return None;
        }
        let what = format!("is not ready after {timeout:?}, and goes on starting");
        Some(Err(MachineError::TimedOut { name: name.clone(), what }))
    }
}

/// Those that somebody else is just starting. What does not run is not waited for, nor what will not be ready.
fn await_others(after: &[MachineName], names: &[&MachineName], timeout: Duration) {
    let others = after.iter().filter(|other| !names.contains(other));
    for other in others.filter(|other| restart::phase(other) == Some(Phase::Starting)) {
        drop(wait::wait(other, &wait::Condition::Ready, Some(timeout)));
    }
}

/// It was killed, or could not even say so.
fn lost(name: &MachineName) -> StartFailure {
    let log = place::logs(name).join(SUPERVISOR_LOG);
    StartFailure {
        text: "its supervisor ended without a word".to_owned(),
        hint: Some(format!("{} may tell more", log.display())),
        kind: FailureKind::Other,
    }
}

/// Names that are said twice.
#[must_use]
pub fn doubled<'a>(names: impl Iterator<Item = &'a MachineName>) -> Option<&'a MachineName> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(name.as_str()))
}
