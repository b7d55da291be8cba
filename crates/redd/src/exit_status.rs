//! What redd's own exit status says.

use std::process::ExitCode;

/// The status redd ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitStatus(u8);

/// Everything went as asked.
pub const SUCCESS: ExitStatus = ExitStatus(0);
/// A container was judged, and something it must have is missing.
pub const MISSED: ExitStatus = ExitStatus(1);
/// A container could not be judged.
pub const NOT_JUDGED: ExitStatus = ExitStatus(2);
/// Something could not be done to a machine.
pub const VERB_FAILED: ExitStatus = ExitStatus(1);
/// The words of a verb cannot be used.
pub const USAGE: ExitStatus = ExitStatus(2);
/// There is no such machine, or it does not run.
pub const NOT_RUNNING: ExitStatus = ExitStatus(3);
/// Only somebody else may do that.
pub const NOT_PERMITTED: ExitStatus = ExitStatus(4);
/// The time that somebody wanted to wait is over.
pub const TIMED_OUT: ExitStatus = ExitStatus(5);
/// Something is in the way.
pub const CONFLICT: ExitStatus = ExitStatus(6);
/// redd itself failed, or refused.
pub const FAILED: ExitStatus = ExitStatus(125);
/// As systemd-nspawn, redd failed, or refused, or a signal ended the payload.
pub const NSPAWN_FAILED: ExitStatus = ExitStatus(1);
/// The command is there, but cannot be executed.
pub const NOT_EXECUTABLE: ExitStatus = ExitStatus(126);
/// The command is not there.
pub const NOT_FOUND: ExitStatus = ExitStatus(127);
/// The payload rebooted, and whoever runs redd is to start it again (`--keep-unit`).
pub const RESTART: ExitStatus = ExitStatus(133);

impl ExitStatus {
    /// What the payload exited with.
    #[must_use]
    pub const fn of_payload(status: u8) -> Self {
        Self(status)
    }

    /// A payload that a signal ended, as shells count.
    #[must_use]
    pub fn of_signal(signal: i32) -> Self {
        Self(u8::try_from(128_i32.saturating_add(signal)).unwrap_or(u8::MAX))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.0)
    }
}
