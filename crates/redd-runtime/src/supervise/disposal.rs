//! Gets rid of descriptors that came from the payload.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use redd_sys::clone::ChildProcess;
use redd_sys::disposal::close_elsewhere;
use redd_sys::single_thread::SingleThreaded;
use rustix::process::{WaitId, WaitIdOptions, waitid};

use crate::error::best_effort;

/// How many processes may be at it. While all of them wait for the payload, redd takes nothing more of it.
const PROCESSES_MAX: usize = 4;

/// Processes that close descriptors. Dropping this ends them.
#[derive(Debug, Default)]
pub(super) struct Disposal(Vec<ChildProcess>);

impl Disposal {
    /// Has descriptors closed, which may take the payload's time, not redd's.
    pub(super) fn dispose(&mut self, descriptors: Vec<OwnedFd>) {
        if descriptors.is_empty() {
            return;
        }
        if let Ok(proof) = SingleThreaded::check()
            && let Ok(process) = close_elsewhere(&proof, descriptors)
        {
            self.0.push(process);
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= PROCESSES_MAX
    }

    /// Readable when one has ended.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.iter().map(|process| process.pidfd.as_fd())
    }

    /// Forgets those that have ended.
    pub(super) fn reap(&mut self) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        self.0.retain(|process| matches!(waitid(WaitId::PidFd(process.pidfd.as_fd()), options), Ok(None)));
    }
}

impl Drop for Disposal {
    fn drop(&mut self) {
        self.0.iter().for_each(|process| best_effort(process.kill_and_reap()));
    }
}
