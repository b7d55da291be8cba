//! The payload's network namespace, where something of the host's is in it.

use std::time::Instant;

use redd_sys::Errno;
use rustix::fs::{CWD, Mode, OFlags, openat};

use super::drive::Session;

impl Session<'_> {
    /// Holds the payload's network namespace, so that what is the host's there outlives the payload; a guard that knows
    /// of it holds it too.
    pub(super) fn hold_network(&mut self) -> Result<(), Errno> {
        if self.duties.state.held_network().is_some() {
            return Ok(());
        }
        let path = format!("/proc/{}/ns/net", self.child.pid.as_raw_nonzero());
        let namespace = openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        self.duties.state.hold_network(namespace);
        self.start_guard(Instant::now())
    }
}
