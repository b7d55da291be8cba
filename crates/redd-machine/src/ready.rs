//! Waiting for several things at once.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use redd_sys::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Waits until something can be done, or until then; what is ready. A signal may end it early.
pub(crate) fn ready<S: Copy>(
    sources: &[(S, BorrowedFd<'_>, PollFlags)],
    until: Option<Instant>,
) -> Result<Vec<S>, Errno> {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    // What is cut off would be waited for again and again.
    let timeout = left.and_then(|left| Timespec::try_from(left + Duration::from_nanos(1)).ok());
    let mut polled: Vec<PollFd<'_>> =
        sources.iter().map(|(_, descriptor, flags)| PollFd::from_borrowed_fd(*descriptor, *flags)).collect();
    match poll(&mut polled, timeout.as_ref()) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Vec::new()),
        Err(errno) => return Err(errno),
    }
    let found = sources.iter().zip(&polled).filter(|(_, polled)| !polled.revents().is_empty());
    Ok(found.map(|((source, ..), _)| *source).collect())
}
