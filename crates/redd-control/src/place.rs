//! Where things of a machine are.

use std::path::{Path, PathBuf};

use redd_spec::name::MachineName;

/// Where machines are kept while they run.
pub const MACHINES: &str = "/run/redd/machines";
/// Where what does not fit into memory is kept, and what survives a reboot of the host.
pub const LIBRARY: &str = "/var/lib/redd";
/// Where trees are looked for by their names, in this order.
pub const TREES: [&str; 6] = [
    "/etc/machines",
    "/run/machines",
    "/var/lib/machines",
    "/var/lib/container",
    "/usr/local/lib/machines",
    "/usr/lib/machines",
];
/// In a machine's directory: what other programs may know.
pub const RECORD: &str = "state.json";
/// Among the logs of a machine: what was written to its console.
pub const CONSOLE_LOG: &str = "console.log";
/// What was written there before that became too long.
pub const CONSOLE_LOG_OLD: &str = "console.log.1";
/// Among the logs of a machine: what its supervisor in the background said.
pub const SUPERVISOR_LOG: &str = "supervisor.log";
/// What it said before that became too long.
pub const SUPERVISOR_LOG_OLD: &str = "supervisor.log.1";
/// In a machine's directory: the words it was started with in the background, and where.
pub const WORDS: &str = "words";
/// In a machine's directory: where terminals beside its console are given out (`--ttys=`).
pub const TERMINALS: &str = "terminals";
/// In a machine's directory: where its supervisor listens.
pub const CONTROL: &str = "control";

/// In the directory of a machine's logs: how its last life ended.
pub const ENDING: &str = "last.json";
/// Which machines are started with the host: a file each, with the words of their start.
#[must_use]
pub fn enabled() -> PathBuf {
    Path::new(LIBRARY).join("enabled")
}

/// The words that a machine's unit starts with until the host ends.
#[must_use]
pub fn start_words(name: &MachineName) -> PathBuf {
    Path::new("/run/redd/words").join(name.as_str())
}

/// The directory of a running machine.
#[must_use]
pub fn directory(name: &MachineName) -> PathBuf {
    Path::new(MACHINES).join(name.as_str())
}

/// Where the logs of a machine are kept: what its supervisor said, and what was written to its console.
#[must_use]
pub fn logs(name: &MachineName) -> PathBuf {
    Path::new(LIBRARY).join("logs").join(name.as_str())
}
