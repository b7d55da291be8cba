//! What the supervisor is to do while the payload runs.

use redd_spec::console::{Background, ConsoleMode};
use redd_spec::init::InitKind;
use redd_spec::lifecycle::{Lifecycle, SignalNumber, StopMethod};
use serde::{Deserialize, Serialize};

use crate::descriptor::PtyNumber;
use crate::init::{End, InitSeen, Means};

/// What the supervisor is to do while the payload runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supervision {
    /// Where the console goes.
    pub console: ConsoleMode,
    /// The ptys beside it.
    pub terminals: Vec<PtyNumber>,
    /// What the console is tinted with.
    pub background: Option<Background>,
    /// Start, readiness, stop.
    pub lifecycle: Lifecycle,
    /// What PID 1 is.
    pub pid1: PidOne,
}

/// What PID 1 is, as far as stopping it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PidOne {
    /// The tree's init: a stop may have to wait until it listens (AI3), and its end by a signal has a meaning (UN4).
    Init(InitKind),
    /// A command, or the stub before it.
    Command,
}

/// An orderly change that PID 1 is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// The end of the machine, in the way its starter chose (`--kill-signal=`).
    Stop,
    /// The end of the machine, in the way its init calls a power-off.
    PowerOff,
    /// Another boot.
    Reboot,
}

impl Request {
    /// What comes last.
    #[must_use]
    pub const fn end(self) -> End {
        match self {
            Self::Stop | Self::PowerOff => End::PowerOff,
            Self::Reboot => End::Reboot,
        }
    }
}

impl Supervision {
    /// How PID 1 is told of a request; `None` where it knows no such thing, or is to be told nothing.
    #[must_use]
    pub fn means(&self, request: Request) -> Option<Means> {
        let chosen = match (request, self.lifecycle.stop, self.pid1) {
            (Request::Stop, stop, _) | (Request::PowerOff, stop, PidOne::Command) => stop,
            (Request::PowerOff | Request::Reboot, _, _) => StopMethod::ByKind,
        };
        match (chosen, self.pid1, request) {
            (StopMethod::Kill, _, _) | (_, PidOne::Command, Request::Reboot) => None,
            (StopMethod::Signal(signal), _, _) => Some(Means::Signal(signal)),
            (StopMethod::ByKind, PidOne::Init(kind), _) => Means::of(kind, request),
            (StopMethod::ByKind, PidOne::Command, _) => Some(Means::Signal(SignalNumber::TERM)),
        }
    }

    /// The same, after a look at PID 1: it may have become what its file did not tell.
    #[must_use]
    pub fn means_for(&self, request: Request, seen: &InitSeen) -> Option<Means> {
        match self.pid1 {
            PidOne::Init(InitKind::Other) => {
                Self { pid1: PidOne::Init(seen.kind()), ..self.clone() }.means(request)
            }
            PidOne::Init(_) | PidOne::Command => self.means(request),
        }
    }
}
