//! All processes of a payload at once, by its cgroups: also those that left its pid namespace.

use std::fs;
use std::io;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use redd_plan::action::Action;
use redd_plan::step::Plan;
use redd_sys::{Errno, signal};
use rustix::process::{Pid, PidfdFlags, getpid, pidfd_open};
use serde::{Deserialize, Serialize};

/// How often a cgroup is read again, while processes fork away.
const ROUNDS: u32 = 3;
/// How deep cgroups are looked for.
const DEPTH_MAX: usize = 32;

/// Where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Processes {
    /// The payload's cgroup in the unified hierarchy.
    unified: Option<PathBuf>,
    /// The machine's cgroups of version 1.
    legacy: Vec<PathBuf>,
}

impl Processes {
    pub(super) fn of(plan: &Plan) -> Self {
        let legacy = plan.steps.iter().find_map(|step| match &step.action {
            Action::JoinLegacyCgroups { paths } => Some(paths.iter().map(|path| path.0.clone()).collect()),
            _ => None,
        });
        let unified = plan.payload_cgroup().map(|path| path.0.clone());
        Self { unified, legacy: legacy.unwrap_or_default() }
    }

    /// Every directory, that of the unified hierarchy first.
    pub(super) fn directories(&self) -> impl Iterator<Item = &Path> {
        self.unified.iter().chain(&self.legacy).map(PathBuf::as_path)
    }

    /// Sends all of them a signal.
    pub(super) fn send(&self, number: i32) -> io::Result<()> {
        let Some(directory) = self.directories().next() else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        if number == signal::SIGKILL
            && self.unified.is_some()
            && fs::write(directory.join("cgroup.kill"), "1").is_ok()
        {
            return Ok(());
        }
        let rounds = if number == signal::SIGKILL { ROUNDS } else { 1 };
        for _ in 0..rounds {
            send_below(directory, number, DEPTH_MAX)?;
        }
        Ok(())
    }

    /// Freezes them, or lets them go on.
    pub(super) fn freeze(&self, motion: Motion) -> io::Result<()> {
        let directory = self.unified.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        fs::write(directory.join("cgroup.freeze"), if motion == Motion::Frozen { "1" } else { "0" })
    }
}

/// Whether processes move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Motion {
    /// They do.
    Free,
    /// They do not.
    Frozen,
}

/// A number may belong to another process by the time it is used: whoever has it then is asked where it is.
fn send_below(directory: &Path, number: i32, depth: usize) -> io::Result<()> {
    for line in fs::read_to_string(directory.join("cgroup.procs"))?.lines() {
        let Some(pid) = line.parse().ok().and_then(Pid::from_raw).filter(|pid| *pid != getpid()) else {
            continue;
        };
        let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
        let is_still_there = fs::read_to_string(directory.join("cgroup.procs"))
            .is_ok_and(|text| text.lines().any(|other| other == line));
        if is_still_there {
            match signal::send(process.as_fd(), number) {
                Ok(()) | Err(Errno::SRCH) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
    if depth == 0 {
        return Ok(());
    }
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            // One that was removed meanwhile has no processes.
            match send_below(&entry.path(), number, depth - 1) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result?,
            }
        }
    }
    Ok(())
}
