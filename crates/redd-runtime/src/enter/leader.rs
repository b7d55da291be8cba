//! PID 1 of a machine, held so that it stays the same process.

use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;

use redd_control::record::Record;
use redd_spec::name::MachineName;
use redd_sys::signal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::EnterError;
use super::cgroups::Cgroups;
use crate::facts::read_text;

/// A machine's PID 1.
#[derive(Debug)]
pub struct Leader {
    /// As the host counts.
    pub pid: Pid,
    /// A handle that keeps meaning this process.
    pub pidfd: OwnedFd,
}

impl Leader {
    /// The one that a machine's record names. Its supervisor need not answer for that.
    ///
    /// # Errors
    /// The machine does not run.
    pub fn of(name: &MachineName) -> Result<Self, EnterError> {
        let record = Record::read(name).ok().flatten().ok_or(EnterError::NotRunning)?;
        let pid = Pid::from_raw(record.leader).ok_or(EnterError::NotRunning)?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).map_err(|_gone| EnterError::NotRunning)?;
        let leader = Self { pid, pidfd };
        // A number may belong to somebody else by now, who is no child of the machine's supervisor.
        if leader.status_field("PPid:")?.parse() != Ok(record.supervisor) {
            return Err(EnterError::NotRunning);
        }
        Ok(leader)
    }

    /// One that somebody has a hold on.
    #[must_use]
    pub const fn new(pid: Pid, pidfd: OwnedFd) -> Self {
        Self { pid, pidfd }
    }

    /// Its directory in the host's procfs. What was read there is true if [`Self::is_alive`] afterwards.
    pub(crate) fn directory(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}", self.pid.as_raw_nonzero()))
    }

    /// What one of the kernel's files says of it.
    pub(super) fn read(&self, file: &str) -> Result<String, EnterError> {
        let text = read_text(self.directory().join(file)).ok().flatten();
        text.filter(|_| self.is_alive()).ok_or(EnterError::NotRunning)
    }

    pub(crate) fn is_alive(&self) -> bool {
        const EXISTENCE: i32 = 0;
        signal::send(self.pidfd.as_fd(), EXISTENCE).is_ok()
    }

    /// Whether nothing in its machine moves.
    ///
    /// # Errors
    /// The machine does not run, or its cgroup is not to be found.
    pub fn is_frozen(&self) -> Result<bool, EnterError> {
        Cgroups::of(self).map(|cgroups| cgroups.is_frozen)
    }

    /// Whether it has not ended: one that nobody has waited for is alive to signals.
    pub(super) fn is_running(&self) -> bool {
        let mut polled = [PollFd::from_borrowed_fd(self.pidfd.as_fd(), PollFlags::IN)];
        poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) == Ok(0)
    }

    /// The capabilities that there are for it and its children.
    pub(super) fn bounding(&self) -> Result<u64, EnterError> {
        let field = self.status_field("CapBnd:")?;
        u64::from_str_radix(&field, 16).map_err(|_nonsense| EnterError::NotRunning)
    }

    fn status_field(&self, name: &str) -> Result<String, EnterError> {
        let status = self.read("status")?;
        let field = status.lines().find_map(|line| line.strip_prefix(name));
        field.map(|field| field.trim().to_owned()).ok_or(EnterError::NotRunning)
    }
}
