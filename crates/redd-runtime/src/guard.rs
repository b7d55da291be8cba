//! The guard: a process beside redd that outlives it by a moment.
//!
//! A payload may clear the signal that ties it to redd's life. The guard has the payload by a descriptor: when redd
//! dies, in whatever way, it ends the payload, waits for the last process, and undoes what is in the journal (R15).
//! It has redd's locks too, so that nobody takes the tree or the name before that (R16).

use std::os::fd::{AsFd as _, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;

use redd_plan::step::Undo;
use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process, signal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, Stat, fstat, openat, stat};
use rustix::process::{PidfdFlags, getpid, pidfd_open};

use crate::error::best_effort;
use crate::handover::{HandOver, Incoming, Outgoing, ProcessState, Refusal};
use crate::state::StateDirectory;
use crate::{StepError, additions};

/// How long a killed payload may take before it is killed again.
const KILL_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };

/// What the guard has to keep, and to undo.
#[derive(Debug)]
pub(crate) struct Duties<'a> {
    /// The locks of the tree, the name and the ids.
    pub(crate) locks: Vec<BorrowedFd<'a>>,
    /// Last thing first.
    pub(crate) journal: &'a [&'a Undo],
    pub(crate) state: &'a StateDirectory,
}

/// A guard on watch. Dropping this leaves it there: it finishes when redd is gone.
#[derive(Debug)]
pub(crate) struct Guard(ChildProcess);

impl Guard {
    /// Starts one. The payload has not been executed yet.
    pub(crate) fn start(
        proof: &SingleThreaded,
        payload: BorrowedFd<'_>,
        duties: &Duties<'_>,
    ) -> Result<Self, StepError> {
        let supervisor = pidfd_open(getpid(), PidfdFlags::empty())?;
        match clone_process(proof, &CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None })? {
            Cloned::Parent(guard) => Ok(Self(guard)),
            Cloned::Child => keep_watch(&supervisor, payload, duties),
        }
    }

    /// Readable when the guard has ended, which only somebody else can have caused.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.pidfd.as_fd()
    }

    /// Ends it: there is nothing left to guard. One that cannot be killed ends by itself, when redd does.
    pub(crate) fn dismiss(self) {
        best_effort(self.0.kill_and_reap());
    }
}

/// The new program starts a guard of its own; the old one watches until that is there.
impl HandOver for Guard {
    type State = ProcessState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> ProcessState {
        self.0.hand_over(outgoing)
    }

    fn take_over(state: ProcessState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        ChildProcess::take_over(state, incoming).map(Self)
    }
}

/// The guard's whole life.
fn keep_watch(supervisor: &OwnedFd, payload: BorrowedFd<'_>, duties: &Duties<'_>) -> ! {
    best_effort(become_inconspicuous(supervisor, payload, duties));
    while !has_ended(supervisor.as_fd(), None) {}
    loop {
        best_effort(signal::send(payload, signal::SIGKILL));
        // PID 1's end is told when every process of its namespace is gone.
        if has_ended(payload, Some(KILL_INTERVAL)) {
            break;
        }
    }
    additions::undo_all(duties.state);
    for item in duties.journal {
        match item {
            // redd may have given the range back, and somebody taken it since.
            Undo::ReleaseIds { path } if has_lock_of(duties, path) => {
                best_effort(std::fs::remove_file(path));
            }
            _ => duties.state.undo(item),
        }
    }
    duties.state.remove();
    process::exit_now(0)
}

/// Whether one of the locks is of the file that is at a path now.
fn has_lock_of(duties: &Duties<'_>, path: &Path) -> bool {
    let identity = |status: Stat| (status.st_dev, status.st_ino);
    let Ok(there) = stat(path).map(identity) else { return false };
    duties.locks.iter().any(|lock| fstat(lock).is_ok_and(|status| identity(status) == there))
}

/// No terminal, no directory, no descriptor of redd's but the ones that are needed: whoever waits for the end of
/// redd's output must not wait for the guard.
fn become_inconspicuous(
    supervisor: &OwnedFd,
    payload: BorrowedFd<'_>,
    duties: &Duties<'_>,
) -> Result<(), Errno> {
    signal::block_all()?;
    rustix::process::setsid()?;
    rustix::process::chdir("/")?;
    rustix::thread::set_name(c"redd-guard")?;
    let nothing = openat(CWD, "/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    // Who owns a descriptor closes it, and a debug build ends where somebody else has done it.
    drop(nothing);
    let mut kept: Vec<RawFd> = vec![0, 1, 2, supervisor.as_raw_fd(), payload.as_raw_fd()];
    kept.extend(duties.locks.iter().map(AsRawFd::as_raw_fd));
    kept.extend(duties.state.held_network());
    process::close_all_but(kept)
}

/// Whether a process has ended; waits so long for it, without a time for ever.
fn has_ended(process: BorrowedFd<'_>, time: Option<Timespec>) -> bool {
    let mut polled = [PollFd::from_borrowed_fd(process, PollFlags::IN)];
    // Where it cannot be waited for it is asked again.
    poll(&mut polled, time.as_ref()).is_ok_and(|ready| ready > 0)
}
