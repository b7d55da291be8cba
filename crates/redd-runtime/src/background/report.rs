//! What the supervisor of a start in the background tells its starter: assignments, as those of sd_notify(3).

use redd_sys::Errno;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::error::with_causes;

/// The longest message.
pub(super) const MESSAGE_MAX: usize = 16 * 1024;

/// How a start goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The user should know this.
    Warning(String),
    /// PID 1 describes what it does; escaped.
    Status(String),
    /// The payload was executed.
    Executed,
    /// The payload is ready.
    Ready,
    /// It is being stopped, or ended.
    Stopping,
    /// There is no machine, or none any more.
    Failed(StartFailure),
    /// The supervisor ended without a word.
    Gone,
}

/// Why a start came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartFailure {
    /// Everything that is known of it.
    pub text: String,
    /// What the user can do.
    pub hint: Option<String>,
    /// What it is, for programs.
    pub kind: FailureKind,
}

/// What a failure is, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Something is in the way: the name or the tree is taken.
    Conflict,
    /// There is no such tree.
    NotFound,
    /// Somebody else may do it.
    NotPermitted,
    /// Anything else.
    Other,
}

impl StartFailure {
    /// Of a start that failed.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        let kind = match error {
            Error::NameTaken { .. } | Error::TreeBusy { .. } => FailureKind::Conflict,
            Error::Tree { path, .. } if !path.exists() => FailureKind::NotFound,
            Error::Host { cause: Errno::PERM | Errno::ACCESS, .. } => FailureKind::NotPermitted,
            _ => FailureKind::Other,
        };
        Self { text: with_causes(error), hint: error.hint(), kind }
    }

    /// Of a machine that ended before it was ready.
    pub(super) fn of_end(text: String) -> Self {
        Self { text, hint: None, kind: FailureKind::Other }
    }
}

impl Report {
    /// As it is sent.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Warning(text) => format!("WARNING={text}"),
            Self::Status(text) => format!("STATUS={text}"),
            Self::Executed => "EXECUTED=1".to_owned(),
            Self::Ready => "READY=1".to_owned(),
            Self::Stopping => "STOPPING=1".to_owned(),
            Self::Failed(failure) => {
                format!("FAILED={}", serde_json::to_string(failure).unwrap_or_default())
            }
            Self::Gone => String::new(),
        }
    }

    /// As it came; nothing of it is trusted to be one.
    pub(super) fn parse(message: &[u8]) -> Option<Self> {
        let (name, value) = std::str::from_utf8(message).ok()?.split_once('=')?;
        Some(match name {
            "WARNING" => Self::Warning(value.to_owned()),
            "STATUS" => Self::Status(value.to_owned()),
            "EXECUTED" => Self::Executed,
            "READY" => Self::Ready,
            "STOPPING" => Self::Stopping,
            "FAILED" => Self::Failed(serde_json::from_str(value).ok()?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_is_heard() {
        let failure = StartFailure {
            text: "a=b\nc".to_owned(),
            hint: Some("x".to_owned()),
            kind: FailureKind::Conflict,
        };
        let text = || "Starting a=b …".to_owned();
        for report in [
            Report::Warning(text()),
            Report::Status(text()),
            Report::Executed,
            Report::Ready,
            Report::Stopping,
            Report::Failed(failure),
        ] {
            assert_eq!(Report::parse(report.message().as_bytes()), Some(report));
        }
        assert_eq!(Report::parse(b"FAILED={"), None);
        assert_eq!(Report::parse(b"\xff=1"), None);
    }
}
