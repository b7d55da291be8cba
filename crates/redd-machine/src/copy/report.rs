//! What the processes that copy tell the one that waits for them.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::Path;

use redd_spec::text::escape;
use redd_sys::Errno;
use redd_sys::channel::Channel;
use serde::{Deserialize, Serialize};

use super::best_effort;

/// The longest text of a report: many links may lead to a very long path.
const TEXT_MAX: usize = 600;
/// How long a report is at most.
pub(super) const REPORT_MAX: usize = 16 * 1024;
/// How many things that were left out are told by name.
const NAMED_MAX: u64 = 10;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Report {
    /// So much was read.
    Progress { bytes: u64, total: Option<u64> },
    /// Something was not copied, or not as it was.
    Left(String),
    /// It ends here.
    Failed(Failure),
    /// Everything was done.
    Done,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum FailureKind {
    /// Something is there already.
    Exists,
    /// The other process is gone: it says why.
    PeerGone,
    /// Anything else.
    Other,
}

/// Why a copy ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) kind: FailureKind,
    /// What was tried, on what.
    pub(super) what: String,
    /// What the kernel says.
    pub(super) errno: Option<i32>,
    pub(super) hint: Option<String>,
}

impl Failure {
    /// Something was tried on a file.
    pub(super) fn at(what: &'static str, path: &Path) -> impl FnOnce(Errno) -> Self {
        let what = format!("{what} {}", shown(path));
        move |errno| {
            // The kernel says so of ids that a map does not have.
            let hint =
                (errno == Errno::OVERFLOW).then(|| "its owner is nobody whom the machine knows".to_owned());
            Self { kind: FailureKind::Other, what, errno: Some(errno.raw_os_error()), hint }
        }
    }

    /// It cannot be done.
    pub(super) fn refused(what: impl Into<String>, hint: Option<&str>) -> Self {
        Self { kind: FailureKind::Other, what: what.into(), errno: None, hint: hint.map(str::to_owned) }
    }

    /// Something is in the way.
    pub(super) fn exists(what: impl Into<String>, hint: Option<&str>) -> Self {
        Self { kind: FailureKind::Exists, ..Self::refused(what, hint) }
    }

    /// The other end does not answer, or not in a way that can be understood.
    pub(super) fn of_stream(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::InvalidData => Self::refused(error.to_string(), None),
            std::io::ErrorKind::FileTooLarge => Self::refused("a file has too many attributes", None),
            _ => Self { kind: FailureKind::PeerGone, ..Self::refused("the other side is gone", None) },
        }
    }
}

/// A path as people may see it.
pub(super) fn shown(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    escape(path.as_os_str().as_bytes(), TEXT_MAX)
}

/// Why something was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Fifo,
    Socket,
    Device,
    AccessList,
    Privileges,
    Vanished,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Fifo => "it is a FIFO, which is not copied",
            Self::Socket => "it is a socket, which is not copied",
            Self::Device => "it is a device, which is not copied",
            Self::AccessList => "its access list is left out; --archive keeps it",
            Self::Privileges => "its set-id bits and capabilities are left out; --archive keeps them",
            Self::Vanished => "it is gone, or something else by now",
        })
    }
}

/// Where reports are sent to. Nobody waits for the one who does not listen: without a reader the copy ends anyway.
#[derive(Debug)]
pub(super) struct Reporter {
    channel: Channel,
    left: u64,
}

impl Reporter {
    pub(super) fn new(channel: OwnedFd) -> Self {
        Self { channel: channel.into(), left: 0 }
    }

    pub(super) fn send(&self, report: &Report) {
        if let Ok(text) = serde_json::to_vec(report) {
            best_effort(self.channel.send(&text, &[]));
        }
    }

    /// Something was left out.
    pub(super) fn left(&mut self, path: &Path, reason: Reason) {
        self.left += 1;
        if self.left <= NAMED_MAX {
            self.send(&Report::Left(format!("{}: {reason}", shown(path))));
        }
    }

    /// The last report.
    pub(super) fn end(&self, result: Result<(), Failure>) {
        if self.left > NAMED_MAX {
            self.send(&Report::Left(format!(
                "{} more are left out, or not as they were",
                self.left - NAMED_MAX
            )));
        }
        self.send(&result.map_or_else(Report::Failed, |()| Report::Done));
    }
}
