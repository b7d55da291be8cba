//! Runs a plan: the host's side and the child walk the same list.
//!
//! Each side does its own steps and waits for the other one at the others' steps. Two messages are all there is:
//! "done up to here" and "failed here".

mod descriptors;
mod handshake;

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::Path;

use redd_plan::action::Action;
use redd_plan::descriptor::{FdName, Slot};
use redd_plan::step::{Plan, Side};
use redd_sys::Errno;
use redd_sys::clone::ChildProcess;
use redd_sys::root_dir::RootDir;
use redd_sys::single_thread::SingleThreaded;

pub(crate) use descriptors::FdTable;
pub(crate) use handshake::{Handshake, PeerMessage};
#[cfg(feature = "fuzzing")]
pub(crate) use handshake::{decode, written_again};

use crate::error::best_effort;
use crate::guard::{Duties, Guard};
use crate::prepare::Inputs;
use crate::sources::Source;
use crate::start::monotonic;
use crate::state::UNIX_EXPORT;
use crate::unit::Manager;
use crate::{Error, StepError, child, host};

/// A payload that was executed.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) child: ChildProcess,
    /// When it was born, in microseconds of `CLOCK_MONOTONIC`.
    pub(crate) cloned: u64,
    pub(crate) guard: Guard,
    /// The connection to the host's systemd, where this boot made one.
    pub(crate) manager: Option<Manager>,
    /// What the user should know.
    pub(crate) warnings: Vec<String>,
    /// What steps left for the supervisor.
    pub(crate) descriptors: FdTable,
}

/// What the host's side knows while it walks the plan.
pub(crate) struct HostSide<'a> {
    pub(crate) proof: SingleThreaded,
    /// The tree's handle.
    pub(crate) root: RootDir,
    /// Sources of mounts, by the slots they are for.
    pub(crate) sources: BTreeMap<Slot, Source>,
    /// The connection to the host's systemd.
    pub(crate) manager: Option<Manager>,
    /// Homes of bound users, by their place in the Spec.
    pub(crate) homes: BTreeMap<usize, OwnedFd>,
    /// What the payload is given, where it does not have its number already.
    sockets: Vec<OwnedFd>,
    /// Mounts copied for slots, not yet attached anywhere.
    pub(crate) copies: BTreeMap<Slot, OwnedFd>,
    /// The host's mount namespace and the staging directory, while redd is in the staging namespace.
    pub(crate) staging: Option<host::staging::Staging>,
    pub(crate) descriptors: FdTable,
    pub(crate) child: Option<ChildProcess>,
    pub(crate) cloned: u64,
    pub(crate) duties: &'a Duties<'a>,
    /// What the user should know of steps that did not do all they could.
    pub(crate) warnings: Vec<String>,
    pub(crate) guard: Option<Guard>,
}

/// Runs a plan until the payload is executed.
///
/// # Errors
/// A step failed; the steps before it are undone, and there is no child any more. What a failed step found in its
/// place, somebody else's, is left alone.
pub(crate) fn launch(plan: &Plan, inputs: Inputs, duties: &Duties<'_>) -> Result<Running, Error> {
    let proof = SingleThreaded::check().map_err(|error| {
        Error::host("checking threads")(Errno::from_io_error(&error).unwrap_or(Errno::IO))
    })?;
    let mut side = HostSide {
        proof,
        root: inputs.tree.into_whole(),
        sources: inputs.sources,
        manager: inputs.manager,
        homes: inputs.homes,
        sockets: inputs.sockets,
        copies: BTreeMap::new(),
        staging: None,
        descriptors: FdTable::default(),
        child: None,
        cloned: 0,
        duties,
        warnings: Vec::new(),
        guard: None,
    };
    let mut done = 0;
    let result = walk(plan, &mut side, &mut done);
    if let Some(staging) = side.staging.take() {
        staging.leave(&side.proof).map_err(Error::host("returning to the host's mount namespace"))?;
    }
    match (result, side.child, side.guard) {
        (Ok(()), Some(child), Some(guard)) => {
            let HostSide { cloned, manager, warnings, descriptors, .. } = side;
            Ok(Running { child, cloned, guard, manager, warnings, descriptors })
        }
        (result, child, guard) => {
            let error = result.err().unwrap_or(Error::ChildVanished { index: plan.steps.len() });
            child.iter().for_each(|child| best_effort(child.kill_and_reap()));
            guard.into_iter().for_each(Guard::dismiss);
            plan.steps[..done]
                .iter()
                .rev()
                .filter_map(|step| step.undo.as_ref())
                .for_each(|item| duties.state.undo(item));
            Err(error)
        }
    }
}

fn walk(plan: &Plan, side: &mut HostSide<'_>, done: &mut usize) -> Result<(), Error> {
    let mut handshake = Handshake::new(&side.sockets).map_err(Error::host("making a channel"))?;
    while let Some(step) = plan.steps.get(*done) {
        let index = *done;
        match (step.side, &step.action) {
            (Side::Host, Action::Clone { namespaces, cgroup, owner }) => {
                match host::clone::clone(side, namespaces, *cgroup, *owner)
                    .map_err(|cause| step_error(plan, index, cause))?
                {
                    Some(process) => (side.child, side.cloned) = (Some(process), monotonic()),
                    None => child::walk(plan, index + 1, handshake.into_child(), &side.sockets),
                }
                handshake.keep_parent();
            }
            (Side::Host, action) => {
                host::perform(side, action).map_err(|cause| step_error(plan, index, cause))?;
            }
            (Side::Child, _) => {
                let end = end_of_turn(plan, index, Side::Child);
                handshake.send_done(index).map_err(Error::host("telling the child to go on"))?;
                await_child(plan, index, end, &handshake, side)?;
                *done = end;
                continue;
            }
        }
        *done += 1;
    }
    Ok(())
}

/// The first step from `start` on that is not this side's.
fn end_of_turn(plan: &Plan, start: usize, side: Side) -> usize {
    let turn = plan.steps[start..].iter().take_while(|step| step.side == side).count();
    start + turn
}

/// Waits for the child to finish its turn; the last turn ends with the payload executed.
fn await_child(
    plan: &Plan,
    start: usize,
    end: usize,
    handshake: &Handshake,
    side: &mut HostSide,
) -> Result<(), Error> {
    let mut is_executing = false;
    loop {
        match handshake.receive().map_err(Error::host("listening to the child"))? {
            PeerMessage::Done { index } if index + 1 >= end => return Ok(()),
            PeerMessage::Done { .. } => {}
            PeerMessage::Descriptors { index, descriptors } => {
                keep_descriptors(plan, index, descriptors, side)
            }
            PeerMessage::Failed { index, cause } => return Err(child_error(plan, index, cause)),
            // The child announces the last step; after that the channel closes because the payload is executed.
            PeerMessage::Executing => is_executing = true,
            PeerMessage::Closed if is_executing => return Ok(()),
            PeerMessage::Closed => return Err(Error::ChildVanished { index: start }),
        }
    }
}

fn keep_descriptors(plan: &Plan, index: usize, descriptors: Vec<OwnedFd>, side: &mut HostSide) {
    if let Some(Action::SendDescriptors { names }) = plan.steps.get(index).map(|step| &step.action) {
        for (name, descriptor) in names.iter().zip(descriptors) {
            side.descriptors.insert(*name, descriptor);
        }
    }
}

fn step_error(plan: &Plan, index: usize, cause: StepError) -> Error {
    let action = plan.steps.get(index).map_or_else(String::new, |step| step.action.to_string());
    let cause = host::hints::add_hint(plan.steps.get(index).map(|step| &step.action), cause);
    Error::Step { index, total: plan.steps.len(), action, cause }
}

/// A command that cannot be executed is the user's affair, not a failure of redd.
fn child_error(plan: &Plan, index: usize, cause: StepError) -> Error {
    match plan.steps.get(index).map(|step| &step.action) {
        Some(Action::Execute(execution)) => {
            let program = execution.arguments.first().map_or_else(String::new, ToString::to_string);
            Error::Execute { program, cause: cause.errno }
        }
        _ => step_error(plan, index, cause),
    }
}

impl Running {
    /// Lets programs of the host find `/run/host/unix-export`, without a mount in their namespace (RH8).
    ///
    /// The link leads through redd's own descriptor, and is dead when redd is.
    pub(crate) fn publish_unix_export(&self, directory: &Path) {
        use std::os::fd::AsRawFd as _;
        if let Some(export) = self.descriptors.get(FdName::UnixExport) {
            let target = format!("/proc/{}/fd/{}", std::process::id(), export.as_raw_fd());
            let link = directory.join(UNIX_EXPORT);
            best_effort(std::fs::remove_file(&link));
            best_effort(std::os::unix::fs::symlink(target, link));
        }
    }
}
