//! Locks that a dead redd's guard still has for a moment.

use std::fs::File;
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_sys::Errno;
use redd_sys::lock::{self, LockOutcome, Sharing};
use rustix::io::retry_on_intr;

use crate::error::best_effort;

/// How long a guard may take to end a payload and to undo a journal.
const GUARD_TIMEOUT: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_millis(2);

/// Takes a directory's lock for a machine, and marks it: whoever meets the lock from now on is told at once.
pub(crate) fn take_lock(directory: &File, sharing: Sharing) -> Result<LockOutcome, Errno> {
    let outcome = wait_for_lock(directory, sharing)?;
    if outcome == LockOutcome::Taken {
        // A file system without such locks costs others some patience, and nothing else.
        best_effort(lock::mark_owner(directory));
    }
    Ok(outcome)
}

/// Takes a directory's lock. Where a living redd has it, that is said at once; what a dead one left is waited for:
/// its guard, or a child that has not seen yet that it is alone.
pub(crate) fn wait_for_lock(directory: &File, sharing: Sharing) -> Result<LockOutcome, Errno> {
    let deadline = Instant::now() + GUARD_TIMEOUT;
    loop {
        let outcome = retry_on_intr(|| lock::lock_whole_file(directory, sharing))?;
        if outcome == LockOutcome::Taken || is_given_up(directory, deadline) {
            return Ok(outcome);
        }
        sleep(INTERVAL);
    }
}

fn is_given_up(directory: &File, deadline: Instant) -> bool {
    lock::has_owner(directory).unwrap_or(true) || Instant::now() > deadline
}
