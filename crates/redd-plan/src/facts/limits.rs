//! Limits of the host that machines share, or take over.

use serde::Serialize;

/// Limits that the kernel makes of the memory it has when it starts: soft and hard, `None` is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct InitLimits {
    /// `RLIMIT_NPROC`
    pub processes: (Option<u64>, Option<u64>),
    /// `RLIMIT_SIGPENDING`
    pub signals: (Option<u64>, Option<u64>),
}

/// How far the host's inotify instances go: all machines take theirs from one user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct InotifyFacts {
    /// `fs.inotify.max_user_instances`
    pub limit: u64,
    /// Machines that run already.
    pub machines: u64,
}

impl InotifyFacts {
    /// What PID 1, udev, logind, dbus and a getty take together.
    pub const INSTANCES_PER_MACHINE: u64 = 5;
}
