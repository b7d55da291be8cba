//! A whole life: prepare, plan, launch, supervise, undo; and again, when the payload reboots.

use std::fs::File;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use redd_control::record::Record;
use redd_plan::step::{Plan, Undo};
use redd_spec::Spec;
use redd_spec::name::MachineName;
use redd_sys::{Errno, process};

use crate::child::execute::{LISTEN_FDS_START, sockets_end};
use crate::credentials::{self, Reading};
use crate::facts::Tree;
use crate::guard::{Duties, Guard};
use crate::ids::TakenIds;
use crate::launch::{self, Running};
use crate::prepare::{self, Inputs};
use crate::state::{self, Purpose, Removal, StateDirectory};
use crate::supervise::{Outcome, Supervisor};
use crate::template;
use crate::{Error, additions, ids};

/// How a machine ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this exit status of the payload; 0 for a power-off.
    Exited(u8),
    /// Killed by this signal.
    Killed(i32),
    /// It asked to be started again, and somebody else is to do it (`--keep-unit`).
    RestartWanted,
}

/// What would happen, without doing anything of it.
///
/// # Errors
/// Whatever can be refused before anything is touched.
pub fn preview(spec: &Spec, terminal: Option<String>) -> Result<Plan, Error> {
    let original = template::as_if_made(spec);
    let spec = original.as_ref().unwrap_or(spec);
    let credentials = credentials::read(spec, Reading::WithoutPeers)?;
    plan(spec, &prepare::gather(spec, terminal, credentials)?)
}

/// A caller that promises sockets and has none would leave the payload with redd's own files under
/// their numbers: this comes before redd opens any.
fn refuse_missing_sockets(spec: &Spec) -> Result<(), Error> {
    for number in LISTEN_FDS_START..sockets_end(spec.sockets.count) {
        if !process::is_open(number) {
            return Err(Error::Host {
                what: format!("looking at socket {number} of LISTEN_FDS"),
                cause: Errno::BADF,
            });
        }
    }
    Ok(())
}

fn plan(spec: &Spec, inputs: &Inputs) -> Result<Plan, Error> {
    Ok(redd_plan::plan(spec, &inputs.host, &inputs.facts, &inputs.grants)?)
}

/// Runs a machine until it ends for good. `warn` is called with what the user should know, once.
///
/// # Errors
/// It could not be started; nothing is left behind.
pub fn start(spec: &Spec, terminal: Option<String>, mut warn: impl FnMut(&str)) -> Result<Ending, Error> {
    // What is written into a tree is not for the caller's eyes alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    refuse_missing_sockets(spec)?;
    let made = template::make_missing(spec, |original| {
        plan(original, &prepare::gather(original, terminal.clone(), Vec::new())?).map(drop)
    })?;
    let (trees, inputs, expected) = match look(spec, terminal.clone()) {
        Ok(seen) => seen,
        Err(error) => {
            made.as_ref().map(StateDirectory::remove);
            return Err(error);
        }
    };
    expected.warnings.iter().for_each(|warning| warn(&warning.0));
    let state = match made {
        Some(state) => state,
        None => StateDirectory::take(&spec.name, Purpose::Start)?,
    };
    let locks = trees.iter().map(|tree| tree.as_fd()).chain([state.lock()]).collect();
    match boot_until_ended(spec.clone(), terminal, inputs, expected, locks, &state, &mut warn) {
        Ok((ending, Remainder::Guard)) => Ok(ending),
        result => {
            state.remove();
            result.map(|(ending, _nothing)| ending)
        }
    }
}

/// Locks the tree, and looks at everything: what cannot be planned is refused before anything is touched.
fn look(spec: &Spec, terminal: Option<String>) -> Result<(Vec<File>, Inputs, Plan), Error> {
    let tree = Tree::open(&spec.root)?;
    let trees = prepare::lock_tree(spec, &tree)?;
    if let Some(template) = &tree.template {
        template.remember()?;
    }
    let inputs = prepare::gather(spec, terminal, credentials::read(spec, Reading::Everything)?)?;
    let expected = plan(spec, &inputs)?;
    Ok((trees, inputs, expected))
}

/// What is left to do after a machine has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remainder {
    /// Nothing but the state directory.
    Nothing,
    /// The guard does the rest when redd is gone.
    Guard,
}

/// Boots, and boots again for as long as the payload reboots.
fn boot_until_ended(
    mut spec: Spec,
    terminal: Option<String>,
    mut inputs: Inputs,
    expected: Plan,
    locks: Vec<BorrowedFd<'_>>,
    state: &StateDirectory,
    warn: &mut dyn FnMut(&str),
) -> Result<(Ending, Remainder), Error> {
    let announce = |paths: &[PathBuf]| {
        let undo: Vec<Undo> = paths.iter().map(|path| Undo::ReleaseIds { path: path.clone() }).collect();
        state.write_journal(&undo.iter().collect::<Vec<_>>())
    };
    let taken = ids::take(&spec, &inputs.host, &inputs.facts, announce)?;
    let ids = taken.as_ref().map(|taken| taken.range);
    let id_locks = taken.iter().flat_map(|taken| &taken.locks).map(|(_, lock)| lock.as_fd());
    let locks: Vec<BorrowedFd<'_>> = locks.into_iter().chain(id_locks).collect();
    let mut supervisor = Supervisor::new(&spec.name, warn)?;
    // The ids that were expected are nearly always free, and the plan is the same then.
    let mut planned = (inputs.grants.ids == ids).then_some(expected);
    loop {
        inputs.grants.ids = ids;
        let plan = planned.take().map_or_else(|| plan(&spec, &inputs), Ok)?;
        // A machine keeps its uuid when it reboots, also where nothing of it is kept (EV2).
        spec.identity.uuid = Some(plan.uuid);
        let credentials = inputs.grants.credentials.clone();
        let boot = Boot { spec: &spec, plan: &plan, taken: taken.as_ref(), locks: &locks, state };
        match boot.run(inputs, &mut supervisor)? {
            (Outcome::Ended(ending), remainder) => return Ok((ending, remainder)),
            (Outcome::BootAgain, _) => {
                inputs = prepare::gather(&spec, terminal.clone(), credentials)?;
            }
        }
    }
}

/// One boot.
struct Boot<'a> {
    spec: &'a Spec,
    plan: &'a Plan,
    taken: Option<&'a TakenIds>,
    locks: &'a [BorrowedFd<'a>],
    state: &'a StateDirectory,
}

impl Boot<'_> {
    /// From the first step to the last thing undone.
    fn run(&self, inputs: Inputs, supervisor: &mut Supervisor<'_>) -> Result<(Outcome, Remainder), Error> {
        let taken = self.taken.iter().flat_map(|taken| &taken.locks);
        let release: Vec<Undo> = taken.map(|(path, _)| Undo::ReleaseIds { path: path.clone() }).collect();
        let journal: Vec<&Undo> = self.plan.undo().chain(&release).collect();
        self.state.write_journal(&journal)?;
        let duties = Duties { locks: self.locks.to_vec(), journal: &journal, state: self.state };
        let mut running = match catch(|| launch::launch(self.plan, inputs, &duties)) {
            Ok(running) => running,
            Err(Error::Bug) => {
                journal.iter().for_each(|item| self.state.undo(item));
                return Err(Error::Bug);
            }
            // A launch that failed has undone its own steps.
            Err(error) => return Err(error),
        };
        let result = catch(|| {
            self.write_record(&running)?;
            supervisor.supervise(self.plan, &mut running, &duties)
        });
        let remainder = finish(self.state, &journal, &result, running.guard);
        Ok((result?, remainder))
    }

    fn write_record(&self, running: &Running) -> Result<(), Error> {
        running.publish_unix_export(&self.state.path);
        self.state.write_record(&Record {
            name: self.spec.name.clone(),
            leader: running.child.pid.as_raw_nonzero().get(),
            supervisor: std::process::id(),
            uuid: self.plan.uuid.to_string(),
            tree: self.spec.root.path.clone(),
            cgroup: self.plan.payload_cgroup().map(ToString::to_string),
            ids: self.taken.map(|taken| taken.range.to_string()),
            terminals: self.plan.supervision.terminals.iter().map(ToString::to_string).collect(),
        })
    }
}

/// Undoes what has to be undone now. An ephemeral copy outlives a reboot, and so do the ids; removing a link takes
/// ten times as long as a start, and is left to the guard where nothing comes after.
fn finish(
    state: &StateDirectory,
    journal: &[&Undo],
    result: &Result<Outcome, Error>,
    guard: Guard,
) -> Remainder {
    let is_link = |item: &&&Undo| matches!(item, Undo::RemoveLink { .. });
    let is_kept = |item: &&&Undo| {
        matches!(
            item,
            Undo::RemoveDirectory { .. } | Undo::RemoveWorkDirectory { .. } | Undo::ReleaseIds { .. }
        )
    };
    let undo = |item: &&Undo| state.undo(item);
    additions::undo_all(state);
    match result {
        Ok(Outcome::Ended(_)) if journal.iter().any(|item| is_link(&item)) => {
            journal.iter().filter(|item| !is_link(item)).for_each(undo);
            return Remainder::Guard;
        }
        Ok(Outcome::BootAgain) => journal.iter().filter(|item| !is_kept(item)).for_each(undo),
        Ok(Outcome::Ended(_)) | Err(_) => journal.iter().for_each(undo),
    }
    guard.dismiss();
    Remainder::Nothing
}

/// A bug in redd must not leave anything behind either (R47).
fn catch<T>(attempt: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(attempt)).unwrap_or(Err(Error::Bug))
}

/// Undoes what a killed redd left behind of one machine.
///
/// # Errors
/// It runs, or something cannot be undone.
pub fn clean_up(name: &MachineName) -> Result<(), Error> {
    match state::clean_up(name)? {
        Removal::Done => Ok(()),
        Removal::JournalKept => Err(Error::Host {
            what: format!("undoing what is left of {}", name.as_str()),
            cause: Errno::BUSY,
        }),
    }
}

/// Undoes what killed redds left behind; the machines it was done for.
///
/// # Errors
/// The state directory cannot be read.
pub fn collect_garbage() -> Result<Vec<MachineName>, Error> {
    state::collect_garbage().map_err(|error| Error::Host {
        what: format!("reading {}", state::MACHINES),
        cause: redd_sys::Errno::from_io_error(&error).unwrap_or(redd_sys::Errno::IO),
    })
}
