//! Commands on a host.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its exit status; 124 if it did not end in time, 256 for a signal.
    pub status: i32,
    /// What it printed, without white space at the end.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Run {
    /// What it printed.
    ///
    /// # Panics
    /// It failed.
    #[must_use]
    pub fn printed(self) -> String {
        assert_eq!(self.status, 0, "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        Self {
            status: output.status.code().unwrap_or(256),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

/// What a command on a host has for its standard streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// Those of whoever runs it, as they are.
    Own,
    /// A terminal of the host's.
    Terminal,
}

/// A time limit, longer where the lab is slow: `LAB_TIMEOUT_SCALE` says how many times.
#[must_use]
pub fn time_limit(limit: Duration) -> Duration {
    let scale = std::env::var("LAB_TIMEOUT_SCALE").ok().and_then(|text| text.parse().ok());
    limit.saturating_mul(scale.unwrap_or(1))
}

/// A command that is killed after a time.
pub(crate) fn limited(command: &Command, limit: Duration) -> Command {
    let mut limited = Command::new("timeout");
    limited.args(["--kill-after=5", &time_limit(limit).as_secs_f64().to_string()]);
    limited.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    limited
}
