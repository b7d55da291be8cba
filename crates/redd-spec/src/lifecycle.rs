//! Start, readiness, stop.

use std::time::Duration;

use serde::Serialize;

/// How long a stop may take before it is made final.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(90);

/// A signal number as the kernel counts, 1 to 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SignalNumber(i32);

impl SignalNumber {
    /// SIGTERM.
    pub const TERM: Self = Self(15);
    /// SIGRTMIN+3, which tells systemd to halt (AI3). `SIGRTMIN` is 34 in every libc.
    pub const RTMIN_PLUS_3: Self = Self(37);
    /// SIGRTMIN+4, which tells systemd to power off.
    pub const RTMIN_PLUS_4: Self = Self(38);
    /// SIGRTMIN+5, which tells systemd to reboot.
    pub const RTMIN_PLUS_5: Self = Self(39);

    /// Checks the bounds.
    #[must_use]
    pub const fn new(number: i32) -> Option<Self> {
        if number >= 1 && number <= 64 { Some(Self(number)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }
}

/// When redd reports readiness to its own supervisor (`--notify-ready=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotifyReady {
    /// When the payload's PID 1 sent `READY=1`.
    WhenPayloadIsReady,
    /// When the payload was executed.
    AtExec,
}

/// What a reboot inside does (`--keep-unit`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RebootAction {
    /// Boots again in the same redd.
    BootAgain,
    /// Exits with 133, for the unit to restart.
    ExitForRestart,
}

/// Start, readiness, stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lifecycle {
    /// What PID 1 is sent for an orderly stop (`--kill-signal=`).
    pub kill_signal: SignalNumber,
    /// How long an orderly stop may take before everything is killed (`--stop-timeout=`).
    pub stop_timeout: Duration,
    /// `--notify-ready=`.
    pub notify_ready: NotifyReady,
    /// `--keep-unit`.
    pub reboot: RebootAction,
}
