//! Start, readiness, stop.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::name::MachineName;

/// How long a stop may take before it is made final.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(90);

/// A signal number as the kernel counts, 1 to 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SignalNumber(i32);

impl SignalNumber {
    /// SIGINT.
    pub const INT: Self = Self(2);
    /// SIGUSR1.
    pub const USR1: Self = Self(10);
    /// SIGUSR2.
    pub const USR2: Self = Self(12);
    /// SIGTERM.
    pub const TERM: Self = Self(15);
    /// SIGCONT.
    pub const CONT: Self = Self(18);
    /// SIGRTMIN+3, which tells systemd to halt (AI3). `SIGRTMIN` is 34 in every libc.
    pub const RTMIN_PLUS_3: Self = Self(37);
    /// SIGRTMIN+4, which tells systemd to power off (AI3).
    pub const RTMIN_PLUS_4: Self = Self(38);
    /// SIGRTMIN+5, which tells systemd to reboot (AI3).
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

/// How PID 1 is told to stop (`--kill-signal=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopMethod {
    /// An init as inits of its kind want to be told, a command by SIGTERM.
    ByKind,
    /// By this signal.
    Signal(SignalNumber),
    /// Not at all: everything is killed at once.
    Kill,
}

/// When redd reports readiness to its own supervisor (`--notify-ready=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotifyReady {
    /// When the payload's PID 1 sent `READY=1`.
    WhenPayloadIsReady,
    /// When the payload was executed.
    AtExec,
}

/// What a reboot inside does (`--keep-unit`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RebootAction {
    /// Boots again in the same redd.
    BootAgain,
    /// Exits with 133, for the unit to restart.
    ExitForRestart,
}

/// After which ends a machine is started again (`--restart=`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// None.
    #[default]
    No,
    /// Those that nobody wanted: a status that is not 0, a signal, a boot that failed, a PID 1 that does not answer.
    OnFailure,
    /// All but those that somebody asked redd for.
    Always,
}

/// Whether, when and how often a machine that ended is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// `--restart=`
    pub policy: RestartPolicy,
    /// How long it is waited the first time; each further time it is twice as long (`--restart-delay=`).
    pub delay: Duration,
    /// How many starts in a row are tried; `None`: without end (`--restart-limit=`).
    pub limit: Option<u32>,
}

impl Default for Restart {
    fn default() -> Self {
        Self { policy: RestartPolicy::No, delay: Duration::from_secs(1), limit: Some(5) }
    }
}

/// When a PID 1 that runs counts as failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// When it has sent `WATCHDOG=1`, and did not again for this time (`--watchdog=`).
    pub watchdog: Option<Duration>,
    /// When it did not send `READY=1` within this time (`--ready-timeout=`).
    pub ready_timeout: Option<Duration>,
}

/// Start, readiness, stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// How PID 1 is told to stop (`--kill-signal=`).
    pub stop: StopMethod,
    /// How long an orderly stop may take before everything is killed (`--stop-timeout=`); `None`: for ever.
    pub stop_timeout: Option<Duration>,
    /// `--notify-ready=`.
    pub notify_ready: NotifyReady,
    /// `--keep-unit`.
    pub reboot: RebootAction,
    /// `--restart=` and what belongs to it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub restart: Restart,
    /// `--watchdog=`, `--ready-timeout=`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub health: Health,
    /// Which machines have to be ready before, where they are started together (`--after=`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<MachineName>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
