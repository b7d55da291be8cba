//! Undoing what outlives a process. Each function may be called for something that was never made.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use redd_plan::cgroup::PAYLOAD;
use redd_plan::step::Undo;

use crate::error::best_effort;
use crate::host::{network, overlay};
use crate::ids;

/// How long the kernel may take to end what was killed in a cgroup.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// Undoes one thing.
///
/// # Errors
/// It is still there: its journal has to stay, for the next start of the name or `redd gc`.
pub(crate) fn undo(undo: &Undo) -> io::Result<()> {
    match undo {
        Undo::RemoveCgroup { path } => remove_cgroup(&path.0),
        Undo::RemoveLink { name, machine } => Ok(network::remove_link(name, machine)?),
        Undo::RemoveDirectory { path } => or_gone(fs::remove_dir_all(path)),
        Undo::RemoveWorkDirectory { place } => or_gone(overlay::remove_work_directory(place)),
        Undo::ReleaseIds { path } => ids::release_abandoned(path),
    }
}

/// What is not there any more is undone.
pub(crate) fn or_gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Kills what lives in a cgroup and removes it with all below.
fn remove_cgroup(path: &Path) -> io::Result<()> {
    // A payload that has ended by itself mostly leaves nothing else; where it did, this changes nothing.
    best_effort(fs::remove_dir(path.join(PAYLOAD)));
    if or_gone(fs::remove_dir(path)).is_ok() {
        return Ok(());
    }
    kill_all(path);
    let deadline = Instant::now() + KILL_TIMEOUT;
    loop {
        match or_gone(remove_empty_tree(path)) {
            Err(_busy) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(1)),
            result => return result,
        }
    }
}

/// `cgroup.kill` where there is one; version 1 has none, but the processes there are those of the unified tree.
fn kill_all(path: &Path) {
    best_effort(fs::write(path.join("cgroup.kill"), "1"));
}

fn remove_empty_tree(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty_tree(&entry.path())?;
        }
    }
    fs::remove_dir(path)
}
