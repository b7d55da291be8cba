//! A whole life: prepare, plan, launch, supervise, undo; and again, when the payload reboots.

use std::panic::{AssertUnwindSafe, catch_unwind};

use redd_plan::step::{Plan, Undo};
use redd_spec::Spec;
use redd_spec::name::MachineName;

use crate::facts::Tree;
use crate::ids::TakenIds;
use crate::launch::{self, Running};
use crate::prepare::{self, Inputs};
use crate::state::{self, State, StateDirectory};
use crate::supervise::{Outcome, Supervisor};
use crate::{Error, ids, undo};

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
    plan(spec, &prepare::gather(spec, terminal)?)
}

fn plan(spec: &Spec, inputs: &Inputs) -> Result<Plan, Error> {
    Ok(redd_plan::plan(spec, &inputs.host, &inputs.facts, &inputs.grants)?)
}

/// Runs a machine until it ends for good. `warn` is called with what the user should know, once.
///
/// # Errors
/// It could not be started; nothing is left behind.
pub fn start(spec: &Spec, terminal: Option<String>, mut warn: impl FnMut(&str)) -> Result<Ending, Error> {
    Tree::open(&spec.root.path)?;
    let _tree_lock = prepare::lock_tree(spec)?;
    let inputs = prepare::gather(spec, terminal.clone())?;
    // What cannot be planned is refused before anything is touched.
    let expected = plan(spec, &inputs)?;
    expected.warnings.iter().for_each(|warning| warn(&warning.0));
    let state = StateDirectory::take(&spec.name)?;
    let result = boot_until_ended(spec.clone(), terminal, inputs, expected, &state);
    state.remove();
    result
}

/// Boots, and boots again for as long as the payload reboots.
fn boot_until_ended(
    mut spec: Spec,
    terminal: Option<String>,
    mut inputs: Inputs,
    expected: Plan,
    state: &StateDirectory,
) -> Result<Ending, Error> {
    let taken = ids::take(spec.users, &spec.name, &inputs.facts)?;
    let ids = taken.as_ref().map(|taken| taken.range);
    let mut supervisor = Supervisor::new()?;
    // The ids that were expected are nearly always free, and the plan is the same then.
    let mut planned = (inputs.grants.ids == ids).then_some(expected);
    loop {
        inputs.grants.ids = ids;
        let plan = planned.take().map_or_else(|| plan(&spec, &inputs), Ok)?;
        // A machine keeps its uuid when it reboots, also where nothing of it is kept (EV2).
        spec.identity.uuid = Some(plan.uuid);
        match boot_once(&spec, &plan, inputs, taken.as_ref(), state, &mut supervisor)? {
            Outcome::Ended(ending) => return Ok(ending),
            Outcome::BootAgain => inputs = prepare::gather(&spec, terminal.clone())?,
        }
    }
}

/// One boot, from the first step to the last thing undone.
fn boot_once(
    spec: &Spec,
    plan: &Plan,
    inputs: Inputs,
    taken: Option<&TakenIds>,
    state: &StateDirectory,
    supervisor: &mut Supervisor,
) -> Result<Outcome, Error> {
    let release =
        taken.and_then(|taken| taken.lock.as_ref()).map(|(path, _)| Undo::ReleaseIds { path: path.clone() });
    let journal: Vec<&Undo> = plan.undo().chain(release.as_ref()).collect();
    state.write_journal(&journal)?;
    let launched = match catch(|| launch::launch(plan, inputs)) {
        Ok(launched) => launched,
        Err(Error::Bug) => {
            undo_all(&journal, Next::Nothing);
            return Err(Error::Bug);
        }
        // A launch that failed has undone its own steps.
        Err(error) => return Err(error),
    };
    let result = catch(|| {
        write_state(spec, plan, &launched, taken, state)?;
        supervisor.supervise(plan, launched)
    });
    let next = if matches!(result, Ok(Outcome::BootAgain)) { Next::Boot } else { Next::Nothing };
    undo_all(&journal, next);
    result
}

/// A bug in redd must not leave anything behind either (R47).
fn catch<T>(attempt: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(attempt)).unwrap_or(Err(Error::Bug))
}

/// What comes after a boot has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Another one.
    Boot,
    /// Nothing.
    Nothing,
}

/// An ephemeral copy outlives a reboot, and so do the ids.
fn undo_all(journal: &[&Undo], next: Next) {
    for item in journal {
        let is_kept = matches!(item, Undo::RemoveDirectory { .. } | Undo::ReleaseIds { .. });
        if !(is_kept && next == Next::Boot) {
            undo::undo(item);
        }
    }
}

fn write_state(
    spec: &Spec,
    plan: &Plan,
    running: &Running,
    taken: Option<&TakenIds>,
    state: &StateDirectory,
) -> Result<(), Error> {
    running.publish_unix_export(&state.path);
    state.write_state(&State {
        name: spec.name.as_str(),
        leader: running.child.pid.as_raw_nonzero().get(),
        supervisor: std::process::id(),
        uuid: plan.uuid.to_string(),
        tree: &spec.root.path,
        cgroup: plan.payload_cgroup().map(ToString::to_string),
        ids: taken.map(|taken| taken.range.to_string()),
    })
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
