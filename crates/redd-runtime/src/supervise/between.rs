//! Between two boots nothing of the payload runs: it is waited for the time of the next one, or for somebody who wants
//! none.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use redd_sys::Errno;
use rustix::event::{PollFd, PollFlags, poll};

use super::drive::{SIGWINCH, Supervisor, timespec};

/// Why a wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// It is time.
    Enough,
    /// Somebody wants the machine to be stopped: it is.
    StopRequested,
}

impl Supervisor<'_> {
    /// Tells the user.
    pub(crate) fn warn(&mut self, text: &str) {
        (self.warn)(text);
    }

    /// Waits for the next boot.
    pub(crate) fn wait(&mut self, time: Duration) -> Result<Waited, Errno> {
        let deadline = Instant::now().checked_add(time);
        loop {
            while let Some(received) = self.signals.read()? {
                if received.number != SIGWINCH {
                    return Ok(Waited::StopRequested);
                }
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(Waited::Enough);
            }
            let mut polled = [PollFd::from_borrowed_fd(self.signals.as_fd(), PollFlags::IN)];
            match poll(&mut polled, left.map(timespec).as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
}
