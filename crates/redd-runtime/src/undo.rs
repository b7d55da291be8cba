//! Undoing what outlives a process. Each function may be called for something that was never made.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use redd_plan::step::Undo;

use crate::error::best_effort;
use crate::host::network;
use crate::ids;

/// How long the kernel may take to end what was killed in a cgroup.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// Undoes one thing. What cannot be undone stays in the journal's machine for `redd gc`; there is nobody to tell.
pub(crate) fn undo(undo: &Undo) {
    match undo {
        Undo::RemoveCgroup { path } => remove_cgroup(&path.0),
        Undo::RemoveLink { name, machine } => network::remove_link(name, machine),
        Undo::RemoveDirectory { path } => best_effort(fs::remove_dir_all(path)),
        Undo::ReleaseIds { path } => ids::release_abandoned(path),
    }
}

/// Kills what lives in a cgroup and removes it with all below.
fn remove_cgroup(path: &Path) {
    if !path.exists() {
        return;
    }
    kill_all(path);
    let deadline = Instant::now() + KILL_TIMEOUT;
    while let Err(error) = remove_empty_tree(path) {
        if error.kind() == io::ErrorKind::NotFound || Instant::now() > deadline {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
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
