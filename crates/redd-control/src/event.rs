//! What happens to a machine.

use serde::{Deserialize, Serialize};

/// How far a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// PID 1 runs, and has not said that it is ready.
    Starting,
    /// It is ready.
    Running,
    /// It was told to stop.
    Stopping,
    /// It was told to stop, and another boot comes after.
    Rebooting,
    /// It ended, and is started again when some time is over.
    Waiting,
    /// It ended for good.
    Stopped,
}

impl Phase {
    /// As it is written.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Rebooting => "rebooting",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
        }
    }
}

/// Something happened; what a payload said of itself is escaped and cut (R27).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// It is in another phase now.
    Phase {
        /// Which.
        phase: Phase,
    },
    /// PID 1 describes what it does (`STATUS=`).
    Status {
        /// Its words.
        text: String,
    },
    /// It was frozen.
    Paused,
    /// It goes on.
    Resumed,
    /// Its PID 1 ended.
    Exited {
        /// With this status.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u8>,
        /// Or by this signal.
        #[serde(skip_serializing_if = "Option::is_none")]
        signal: Option<i32>,
    },
    /// Its supervisor has something to say.
    Warning {
        /// Its words.
        text: String,
    },
    /// Something of it was changed while it ran.
    Changed {
        /// What.
        what: String,
    },
}

/// An event, with when and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The machine.
    pub machine: String,
    /// Microseconds since 1970.
    pub time: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}
