//! What the supervisor is to do while the payload runs.

use redd_spec::console::ConsoleMode;
use redd_spec::lifecycle::Lifecycle;
use serde::Serialize;

/// What the supervisor is to do while the payload runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Supervision {
    /// Where the console goes.
    pub console: ConsoleMode,
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
