//! Undoing what outlives a process. Each function may be called for something that was never made.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use redd_plan::cgroup::PAYLOAD;
use redd_plan::step::Undo;
use redd_sys::signal;
use rustix::process::{Pid, PidfdFlags, getpid, pidfd_open};
use std::os::fd::{AsFd as _, BorrowedFd};

use crate::error::best_effort;
use crate::host::{named_cgroup, network, overlay};
use crate::ids;
use crate::network::{bridge, inner, lend};
use crate::unit::machined;

/// How long the kernel may take to end what was killed in a cgroup.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// Undoes one thing of a machine, whose network namespace is given by whoever holds it.
///
/// # Errors
/// It is still there: its journal has to stay, for the next start of the name or `redd gc`.
pub(crate) fn undo(undo: &Undo, network: Option<BorrowedFd<'_>>) -> io::Result<()> {
    match undo {
        Undo::RemoveCgroup { path } => remove_cgroup(&path.0),
        Undo::RemoveNamedCgroup { path, hierarchy } => named_cgroup::remove(path, *hierarchy),
        Undo::RemoveLink { name, machine } => Ok(network::remove_link(name, machine)?),
        Undo::LeaveZone { bridge, link, machine } => Ok(bridge::leave_zone(bridge, link, machine)?),
        Undo::RemoveInnerLinks { parent } => Ok(inner::remove_all(*parent, network)?),
        Undo::ReturnLink(lent) => Ok(lend::give_back(lent, network)?),
        Undo::RemoveDirectory { path } => or_gone(fs::remove_dir_all(path)),
        Undo::RemoveWorkDirectory { place } => or_gone(overlay::remove_work_directory(place)),
        Undo::UnregisterMachine { name } => {
            machined::unregister(name);
            Ok(())
        }
        Undo::RemoveSymbolicLink { path } => remove_symbolic_link(path),
        Undo::ReleaseIds { path } => ids::release_abandoned(path),
    }
}

/// Something else there is somebody else's.
fn remove_symbolic_link(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => or_gone(fs::remove_file(path)),
        Ok(_) | Err(_) => Ok(()),
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
pub(crate) fn remove_cgroup(path: &Path) -> io::Result<()> {
    // A payload that has ended by itself mostly leaves nothing else; where it did, this changes nothing.
    best_effort(fs::remove_dir(path.join(PAYLOAD)));
    if or_gone(fs::remove_dir(path)).is_ok() {
        return Ok(());
    }
    // redd's own goes when redd is gone: whoever made the one above removes both.
    if members(path).contains(&getpid()) {
        return Ok(());
    }
    let deadline = Instant::now() + KILL_TIMEOUT;
    loop {
        kill_all(path);
        match or_gone(remove_empty_tree(path)) {
            Err(_busy) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(1)),
            result => return result,
        }
    }
}

/// `cgroup.kill` where there is one. Version 1 has none: mostly the processes there are those of the unified tree, or of a
/// first process that takes them with it, but not where the payload shares the host's processes.
fn kill_all(path: &Path) {
    let kill = path.join("cgroup.kill");
    if kill.exists() {
        best_effort(fs::write(kill, "1"));
        return;
    }
    for process in members(path) {
        if let Ok(opened) = pidfd_open(process, PidfdFlags::empty())
            // Whoever has the number now: a member before and after it was opened was one meanwhile.
            && members(path).contains(&process)
        {
            best_effort(signal::send(opened.as_fd(), signal::SIGKILL));
        }
    }
}

fn members(path: &Path) -> Vec<Pid> {
    let list = fs::read_to_string(path.join("cgroup.procs")).unwrap_or_default();
    list.lines().filter_map(|line| line.parse().ok().and_then(Pid::from_raw)).collect()
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
