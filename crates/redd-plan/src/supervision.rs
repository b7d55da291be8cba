//! What the supervisor is to do while the payload runs.

use redd_spec::console::{Background, ConsoleMode};
use redd_spec::lifecycle::{Lifecycle, SignalNumber};
use serde::Serialize;

use crate::descriptor::PtyNumber;

/// What the supervisor is to do while the payload runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Supervision {
    /// Where the console goes.
    pub console: ConsoleMode,
    /// The ptys beside it.
    pub terminals: Vec<PtyNumber>,
    /// What the console is tinted with.
    pub background: Option<Background>,
    /// Start, readiness, stop.
    pub lifecycle: Lifecycle,
    /// Whether PID 1 is an init that announces when it handles signals (AI3).
    pub init: InitKind,
}

/// What PID 1 is, as far as stopping it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitKind {
    /// The tree's init: a stop may have to wait for its handlers, and its end by a signal has a meaning (UN4).
    Init,
    /// A command, or the stub before it.
    Command,
}

/// An orderly change that PID 1 is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// The end of the machine, in the way its starter chose (`--kill-signal=`).
    Stop,
    /// The end of the machine, in the way its init calls a power-off.
    PowerOff,
    /// Another boot.
    Reboot,
}

impl Supervision {
    /// What PID 1 is sent for a request; `None` where it has no such thing.
    #[must_use]
    pub const fn signal(&self, request: Request) -> Option<SignalNumber> {
        match (request, self.init) {
            (Request::Stop, _) | (Request::PowerOff, InitKind::Command) => Some(self.lifecycle.kill_signal),
            (Request::PowerOff, InitKind::Init) => Some(SignalNumber::RTMIN_PLUS_4),
            (Request::Reboot, InitKind::Init) => Some(SignalNumber::RTMIN_PLUS_5),
            (Request::Reboot, InitKind::Command) => None,
        }
    }
}
