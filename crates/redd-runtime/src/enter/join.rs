//! What every process that goes in does first.

use std::os::fd::{AsFd as _, AsRawFd, BorrowedFd};

use redd_sys::clone::Namespaces;
use redd_sys::process;
use redd_sys::single_thread::SingleThreaded;
use rustix::fs::{CWD, readlinkat};
use rustix::process::{DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal};

use super::{EnterError, Leader};
use crate::StepError;

/// What every machine has of its own, or shares with whoever started it, which need not be whoever goes in.
const JOINED: Namespaces = Namespaces::MOUNT
    .union(Namespaces::PID)
    .union(Namespaces::IPC)
    .union(Namespaces::UTS)
    .union(Namespaces::CGROUP);

/// What nobody joins who is in it already, and what not every kernel has.
const COMPARED: [(&str, Namespaces); 3] =
    [("user", Namespaces::USER), ("net", Namespaces::NETWORK), ("time", Namespaces::TIME)];

/// The namespaces of PID 1 that are to be joined.
pub(super) fn namespaces_to_join(leader: &Leader) -> Result<Namespaces, EnterError> {
    let mut namespaces = JOINED;
    for (kind, flag) in COMPARED {
        // A link is read faster than followed.
        let own = readlinkat(CWD, format!("/proc/self/ns/{kind}"), Vec::new());
        // A kind that the kernel does not know is nobody's.
        let Ok(own) = own else { continue };
        let theirs = readlinkat(CWD, leader.directory().join("ns").join(kind), Vec::new());
        if theirs.map_err(|_gone| EnterError::NotRunning)? != own {
            namespaces |= flag;
        }
    }
    if leader.is_alive() { Ok(namespaces) } else { Err(EnterError::NotRunning) }
}

/// Out of reach before anything is joined: nobody may look into this process, and it has nothing of the host's but what
/// is kept (R13).
pub(super) fn withdraw(kept: &[BorrowedFd<'_>]) -> Result<(), StepError> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::process::setsid()?;
    Ok(process::close_all_but(kept.iter().map(AsRawFd::as_raw_fd).collect())?)
}

/// One call for all of them: there is no moment with some of the payload's and some of the host's.
pub(super) fn join(proof: &SingleThreaded, leader: &Leader, namespaces: Namespaces) -> Result<(), StepError> {
    process::enter_namespace(proof, leader.pidfd.as_fd(), namespaces)
        .map_err(StepError::about("joining its namespaces"))
}

/// Set last: a change of users takes both back.
pub(super) fn settle() -> Result<(), StepError> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}
