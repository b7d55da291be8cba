//! redd as a program.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The binary under test, as a command.
#[must_use]
pub fn redd() -> Command {
    let built = std::env::var_os("REDD_BINARY").map(PathBuf::from);
    let path =
        built.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/debug/redd")));
    let mut command = Command::new(path);
    command.env_remove("NOTIFY_SOCKET").env_remove("CREDENTIALS_DIRECTORY").stdin(Stdio::null());
    command
}

/// The same under the name of what it replaces, so that it takes that one's options.
#[must_use]
pub fn nspawn() -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = redd();
    command.arg0("systemd-nspawn");
    command
}

/// How a redd ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its exit status; 256 and more for a signal.
    pub status: i32,
    /// What it printed.
    pub output: String,
    /// What it complained about.
    pub errors: String,
}

/// Runs redd to its end.
pub fn run<Word: AsRef<OsStr>>(words: impl IntoIterator<Item = Word>) -> Run {
    let mut command = redd();
    command.args(words);
    finish(command)
}

/// Runs a command to its end.
#[must_use]
pub fn finish(mut command: Command) -> Run {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    Run {
        status: output.status.code().unwrap_or(256),
        output: text(&output.stdout),
        errors: text(&output.stderr),
    }
}

/// A name that no other machine has.
#[must_use]
pub fn unique_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("t{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// What a process has: descriptors, and anonymous memory in KiB.
#[must_use]
pub fn held_by(pid: &str) -> (usize, u64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    let memory = memory.split_whitespace().next().unwrap().parse().unwrap();
    (fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count(), memory)
}
