//! Boots of a machine, one after the other: for as long as the payload reboots, and its policy says so.

use std::os::fd::{AsFd as _, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use redd_control::record::{Record, Times};
use redd_plan::step::{Plan, Undo};
use redd_spec::Spec;
use redd_sys::clone::ChildProcess;
use redd_sys::lock;

use crate::ending::Circumstances;
use crate::error::best_effort;
use crate::guard::{Duties, Guard};
use crate::handover::moment::Moment;
use crate::handover::state::{Attendance, REDD};
use crate::handover::{self, HandOver as _, Incoming};
use crate::ids::{self, TakenIds};
use crate::launch::{self, FdTable, Running};
use crate::prepare::{self, Inputs};
use crate::restart::{Cause, Next, Restarts};
use crate::start::{Ending, monotonic, plan};
use crate::state::StateDirectory;
use crate::supervise::{Begin, Boot, Known, Listeners, Outcome, Rest, Supervisor, Waited};
use crate::{Error, additions};

/// What is left to do after a machine has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remainder {
    /// Nothing but the state directory.
    Nothing,
    /// The guard does the rest when redd is gone.
    Guard,
}

/// How a boot ended, and what comes after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Booted {
    /// Another boot: the payload wants it.
    Again,
    /// Another boot, when this time is over.
    Later(Ending, Duration),
    /// Nothing.
    Ended(Ending),
}

/// Boots, and boots again for as long as the payload reboots, or its policy says so.
pub(crate) fn boot_until_ended(
    spec: Spec,
    terminal: Option<String>,
    (mut inputs, expected, times): (Inputs, Plan, Times),
    holdings: Holdings<'_>,
    listeners: Listeners<'_>,
) -> Result<(Ending, Remainder), Error> {
    let Holdings { attendance, trees, state } = holdings;
    let announce = |paths: &[PathBuf]| {
        let undo: Vec<Undo> = paths.iter().map(|path| Undo::ReleaseIds { path: path.clone() }).collect();
        state.write_journal(&undo.iter().collect::<Vec<_>>())
    };
    let taken = ids::take(&spec, &inputs.host, &inputs.facts, announce)?;
    let ids = taken.as_ref().map(|taken| taken.range);
    // The ids that were expected are nearly always free, and the plan is the same then.
    let planned = (inputs.grants.ids == ids).then_some(expected);
    inputs.grants.ids = ids;
    let mut boots = Boots {
        restarts: Restarts::new(spec.lifecycle.restart),
        credentials: inputs.grants.credentials.clone(),
        supervisor: Supervisor::new(&spec, listeners)?,
        taken: taken.as_ref(),
        spec,
        terminal,
        attendance,
        trees,
        state,
        times,
    };
    let first = boots.boot(inputs, planned)?;
    boots.follow_up(first)
}

/// What a machine has of its starter's.
pub(crate) struct Holdings<'a> {
    pub(crate) attendance: &'a Attendance,
    /// The locks of its trees.
    pub(crate) trees: Vec<BorrowedFd<'a>>,
    pub(crate) state: &'a StateDirectory,
}

/// Goes on with a boot that another program has begun, and boots again as that would have.
pub(crate) fn go_on(
    life: BootsState,
    boot: handover::state::Boot,
    holdings: Holdings<'_>,
    taken: Option<&TakenIds>,
    supervisor: Supervisor<'_>,
    incoming: &mut Incoming,
) -> Result<(Ending, Remainder), Error> {
    let BootsState { spec, terminal, credentials, restarts, times } = life;
    let Holdings { attendance, trees, state } = holdings;
    let mut boots =
        Boots { spec, terminal, credentials, taken, attendance, trees, state, supervisor, restarts, times };
    let resumed = boots.resume(boot, incoming)?;
    boots.follow_up(resumed)
}

/// What goes over from one program to the other, and is nothing but data.
pub(crate) struct BootsState {
    pub(crate) spec: Spec,
    pub(crate) terminal: Option<String>,
    pub(crate) credentials: Vec<(String, Vec<u8>)>,
    pub(crate) restarts: Restarts,
    pub(crate) times: Times,
}

/// All of them.
struct Boots<'a, 's> {
    spec: Spec,
    terminal: Option<String>,
    credentials: Vec<(String, Vec<u8>)>,
    taken: Option<&'a TakenIds>,
    attendance: &'a Attendance,
    /// The locks of the trees.
    trees: Vec<BorrowedFd<'a>>,
    state: &'a StateDirectory,
    supervisor: Supervisor<'s>,
    restarts: Restarts,
    /// When it was looked at host and tree for this boot.
    times: Times,
}

impl<'a> Boots<'a, '_> {
    /// What comes after a boot, until nothing does.
    fn follow_up(&mut self, first: (Booted, Remainder)) -> Result<(Ending, Remainder), Error> {
        let (mut booted, mut remainder) = first;
        loop {
            let (last, delay) = match booted {
                Booted::Ended(ending) => return Ok((ending, remainder)),
                Booted::Again => (None, Duration::ZERO),
                Booted::Later(ending, delay) => (Some(ending), delay),
            };
            if let Some(ending) = last
                && self.wait(delay)? == Waited::StopRequested
            {
                self.undo_kept();
                return Ok((ending, Remainder::Nothing));
            }
            (booted, remainder) = self.boot_again(last)?;
        }
    }

    /// One more. What cannot be booted again counts as a boot that failed.
    fn boot_again(&mut self, last: Option<Ending>) -> Result<(Booted, Remainder), Error> {
        let began = Instant::now();
        let error = match self.gather().and_then(|inputs| self.boot(inputs, None)) {
            Ok(booted) => return Ok(booted),
            Err(error) => error,
        };
        match self.restarts.next(Cause::Failed, began.elapsed()) {
            Next::Again(delay) => {
                self.supervisor.warn(&format!("cannot boot {} again: {error}", self.spec.name));
                Ok((Booted::Later(last.unwrap_or(Ending::Exited(1)), delay), Remainder::Nothing))
            }
            Next::End | Next::GivenUp(_) => {
                self.undo_kept();
                Err(error)
            }
        }
    }

    fn gather(&mut self) -> Result<Inputs, Error> {
        let begun = monotonic();
        let mut inputs = prepare::gather(&self.spec, self.terminal.clone(), self.credentials.clone())?;
        inputs.grants.ids = self.taken.map(|taken| taken.range);
        inputs.sockets = self.supervisor.sockets()?;
        self.times = Times { begun, planned: monotonic(), ..Times::default() };
        Ok(inputs)
    }

    /// From the first step to the last thing undone.
    fn boot(&mut self, inputs: Inputs, planned: Option<Plan>) -> Result<(Booted, Remainder), Error> {
        let began = Instant::now();
        let plan = planned.map_or_else(|| plan(&self.spec, &inputs), Ok)?;
        // A machine keeps its uuid when it reboots, also where nothing of it is kept (EV2).
        self.spec.identity.uuid = Some(plan.uuid);
        let taken = self.taken.iter().flat_map(|taken| &taken.locks);
        let release: Vec<Undo> = taken.map(|(path, _)| Undo::ReleaseIds { path: path.clone() }).collect();
        let journal: Vec<&Undo> = plan.undo().chain(&release).collect();
        self.state.write_journal(&journal)?;
        let duties = Duties { locks: self.locks(), journal: &journal, state: self.state };
        let os = inputs.facts.os_release.clone().filter(|name| !name.is_empty());
        let mut running = match catch(|| launch::launch(&plan, inputs, &duties)) {
            Ok(running) => running,
            Err(Error::Bug) => {
                journal.iter().for_each(|item| self.state.undo(item));
                return Err(Error::Bug);
            }
            // A launch that failed has undone its own steps.
            Err(error) => return Err(error),
        };
        self.supervisor.keep(running.manager.take());
        running.warnings.drain(..).for_each(|warning| self.supervisor.warn(&warning));
        let record = self.record(&plan, &running, os);
        running.publish_unix_export(&self.state.path);
        let watch = Watch { known: Known::Plan(&plan), running, journal: &journal, began, record };
        self.watch(watch, Begin::Executed(&plan.supervision))
    }

    /// Goes on with a boot that another program has begun.
    fn resume(
        &mut self,
        boot: handover::state::Boot,
        incoming: &mut Incoming,
    ) -> Result<(Booted, Remainder), Error> {
        let running = Running {
            child: ChildProcess::take_over(boot.child, incoming)?,
            cloned: boot.cloned,
            guard: Guard::take_over(boot.guard, incoming)?,
            manager: None,
            warnings: Vec::new(),
            descriptors: FdTable::take_over(boot.descriptors, incoming)?,
        };
        // A lock of fcntl(2) is lost when any descriptor of its file is closed: what was opened meanwhile may have been it.
        self.own_locks().iter().for_each(|lock| best_effort(lock::mark_owner(lock)));
        let record = Record::read(&self.spec.name).ok().flatten();
        let record = record.map(|record| Record { redd: Some(REDD.to_owned()), ..record });
        let journal: Vec<&Undo> = boot.journal.iter().collect();
        let Moment(began) = boot.began;
        let watch = Watch { known: Known::Brief(&boot.brief), running, journal: &journal, began, record };
        self.watch(watch, Begin::TakenOver(Box::new(boot.session), incoming))
    }

    /// Stays with a boot, until the last thing of it is undone.
    fn watch(&mut self, watch: Watch<'_>, begin: Begin<'_>) -> Result<(Booted, Remainder), Error> {
        let Watch { known, mut running, journal, began, record } = watch;
        let locks = self.locks();
        let result = catch(|| {
            record.iter().try_for_each(|record| self.state.write_record(record))?;
            let duties = Duties { locks, journal, state: self.state };
            let rest = Rest {
                attendance: self.attendance,
                spec: &self.spec,
                terminal: &self.terminal,
                credentials: &self.credentials,
                trees: &self.trees,
                ids: self.taken,
                restarts: self.restarts,
                times: self.times,
                cloned: running.cloned,
                began,
            };
            let boot = Boot { known, running: &mut running, duties: &duties };
            self.supervisor.supervise(boot, begin, &rest)
        });
        if let Ok(Outcome::Ended(ending, cause)) = &result {
            self.state.circumstances.set(Circumstances::of(known, *ending, *cause));
        }
        self.supervisor.changed(&mut self.spec);
        self.restarts.set(self.spec.lifecycle.restart);
        let booted = result.map(|outcome| self.follow(outcome, began.elapsed()));
        if !matches!(booted, Ok(Booted::Again | Booted::Later(..))) {
            self.unmark();
        }
        let remainder = finish(self.state, journal, &booted, running.guard);
        Ok((booted?, remainder))
    }

    /// The locks of the trees and the name.
    fn own_locks(&self) -> Vec<BorrowedFd<'a>> {
        self.trees.iter().copied().chain([self.state.lock()]).collect()
    }

    /// Those of the ids too.
    fn locks(&self) -> Vec<BorrowedFd<'a>> {
        let ids = self.taken.iter().flat_map(|taken| &taken.locks).map(|(_, lock)| lock.as_fd());
        self.own_locks().into_iter().chain(ids).collect()
    }

    /// Whoever wants the name or the tree now has only to wait a moment.
    fn unmark(&self) {
        self.own_locks().iter().for_each(|lock| best_effort(lock::unmark_owner(lock)));
    }

    /// What comes after a boot that lasted so long.
    fn follow(&mut self, outcome: Outcome, lasted: Duration) -> Booted {
        let (ending, cause) = match outcome {
            Outcome::BootAgain => return Booted::Again,
            Outcome::Ended(ending, cause) => (ending, cause),
        };
        match self.restarts.next(cause, lasted) {
            Next::End => Booted::Ended(ending),
            Next::Again(delay) => {
                self.supervisor
                    .warn(&format!("{} {ending}: it is started again in {delay:?}", self.spec.name));
                Booted::Later(ending, delay)
            }
            Next::GivenUp(times) => {
                let name = &self.spec.name;
                self.supervisor.warn(&format!(
                    "{name} {ending}: it was started again {times} times, and is not once more"
                ));
                Booted::Ended(ending)
            }
        }
    }

    fn wait(&mut self, delay: Duration) -> Result<Waited, Error> {
        self.supervisor.wait(delay).map_err(Error::host("waiting for the next boot"))
    }

    /// What one boot leaves for the next one: there is none.
    fn undo_kept(&self) {
        self.unmark();
        self.state.undo_leftovers();
    }

    fn record(&self, plan: &Plan, running: &Running, os: Option<String>) -> Option<Record> {
        Some(Record {
            name: self.spec.name.clone(),
            leader: running.child.pid.as_raw_nonzero().get(),
            supervisor: std::process::id(),
            uuid: plan.uuid.to_string(),
            tree: self.spec.root.path.clone(),
            cgroup: plan.payload_cgroup().map(ToString::to_string),
            ids: self.taken.map(|taken| taken.range.to_string()),
            terminals: plan.supervision.terminals.iter().map(ToString::to_string).collect(),
            os,
            redd: Some(REDD.to_owned()),
            times: Times { cloned: running.cloned, executed: monotonic(), ..self.times },
        })
    }
}

/// A boot whose payload runs.
struct Watch<'a> {
    known: Known<'a>,
    running: Running,
    journal: &'a [&'a Undo],
    began: Instant,
    /// What others may know of it.
    record: Option<Record>,
}

/// Undoes what has to be undone now. An ephemeral copy outlives a reboot, and so do the ids; removing a link takes
/// ten times as long as a start, and is left to the guard where nothing comes after.
fn finish(
    state: &StateDirectory,
    journal: &[&Undo],
    result: &Result<Booted, Error>,
    guard: Guard,
) -> Remainder {
    let is_link = |item: &&&Undo| matches!(item, Undo::RemoveLink { .. } | Undo::LeaveZone { .. });
    let is_kept = |item: &&&Undo| {
        matches!(
            item,
            Undo::RemoveDirectory { .. } | Undo::RemoveWorkDirectory { .. } | Undo::ReleaseIds { .. }
        )
    };
    let undo = |item: &&Undo| state.undo(item);
    additions::undo_all(state);
    match result {
        Ok(Booted::Ended(_)) if journal.iter().any(|item| is_link(&item)) => {
            journal.iter().filter(|item| !is_link(item)).for_each(undo);
            return Remainder::Guard;
        }
        Ok(Booted::Again | Booted::Later(..)) => journal.iter().filter(|item| !is_kept(item)).for_each(undo),
        Ok(Booted::Ended(_)) | Err(_) => journal.iter().for_each(undo),
    }
    state.release_network();
    guard.dismiss();
    Remainder::Nothing
}

/// A bug in redd must not leave anything behind either (R47).
fn catch<T>(attempt: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(attempt)).unwrap_or(Err(Error::Bug))
}
