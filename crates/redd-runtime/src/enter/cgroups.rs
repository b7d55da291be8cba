//! The cgroups of PID 1, where a command is born.
//!
//! A process that moves another one waits for every processor of the host; one that moves itself, alone, does not. So the
//! cgroups of version 1 are joined by the process itself, before it has anything of the payload's.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use redd_plan::cgroup::NamedCgroup;
use redd_sys::Errno;
use rustix::fs::{CWD, Mode, OFlags, openat};

use super::{EnterError, Leader};
use crate::StepError;
use crate::facts::cgroups::{HierarchyKind, hierarchies, is_visible, named_cgroup};
use crate::facts::read_text;
use crate::host;

/// Where PID 1 is and this process is not.
#[derive(Debug)]
pub(super) struct Cgroups {
    /// Of the unified hierarchy.
    pub(super) unified: Option<OwnedFd>,
    /// Directories of version 1.
    legacy: Vec<PathBuf>,
    /// In the named hierarchy of version 1, which need not be mounted.
    named: Option<NamedCgroup>,
    /// Whether processes there do not move.
    pub(super) is_frozen: bool,
}

impl Cgroups {
    pub(super) fn of(leader: &Leader) -> Result<Self, EnterError> {
        const SYSTEMD: &str = "systemd";
        let read = |path: &str| {
            let text =
                read_text(path).map_err(|_error| EnterError::failed(format!("reading {path}"))(Errno::IO));
            text.map(Option::unwrap_or_default)
        };
        let (theirs, own) = (leader.read("cgroup")?, read("/proc/self/cgroup")?);
        let differing: Vec<&str> =
            theirs.lines().filter(|line| !own.lines().any(|other| other == *line)).collect();
        let mut cgroups = Self { unified: None, legacy: Vec::new(), named: None, is_frozen: false };
        let named = named_cgroup(SYSTEMD, &theirs);
        if named != named_cgroup(SYSTEMD, &own) {
            cgroups.named = named.map(NamedCgroup);
        }
        let memberships = differing.join("\n");
        for hierarchy in hierarchies(&read("/proc/self/mountinfo")?, &memberships) {
            let is_seen = hierarchy.own.is_some() && is_visible(&hierarchy).is_ok_and(|visible| visible);
            if !is_seen {
                continue;
            }
            match (hierarchy.kind, hierarchy.own) {
                (_, None) => {}
                (HierarchyKind::Unified, Some(directory)) if cgroups.unified.is_none() => {
                    cgroups.is_frozen = is_frozen(&directory);
                    cgroups.unified = Some(open(&directory)?);
                }
                (HierarchyKind::Legacy(_), Some(directory)) => cgroups.legacy.push(directory),
                (HierarchyKind::Unified, Some(_)) => {}
            }
        }
        cgroups.refuse_unseen(&differing)?;
        Ok(cgroups)
    }

    /// Outside a cgroup of PID 1's its limits would not hold.
    fn refuse_unseen(&self, differing: &[&str]) -> Result<(), EnterError> {
        let is_unified = |line: &&str| line.starts_with("0::");
        if differing.iter().any(is_unified) && self.unified.is_none() {
            return Err(EnterError::failed("looking for its cgroup, which no mount shows")(Errno::NOENT));
        }
        let legacy = differing.iter().filter(|line| !is_unified(line) && !line.contains(":name=")).count();
        // One that is mounted twice is there twice.
        if legacy > self.legacy.len() {
            return Err(EnterError::failed("looking for its cgroups, which no mount shows")(Errno::NOENT));
        }
        Ok(())
    }

    /// Moves this process, which has one thread, into those of version 1.
    pub(super) fn join(&self) -> Result<(), StepError> {
        for directory in &self.legacy {
            move_self(directory)?;
        }
        match &self.named {
            Some(cgroup) => host::named_cgroup::with_path(cgroup, move_self),
            None => Ok(()),
        }
    }
}

fn move_self(directory: &Path) -> Result<(), StepError> {
    let write = || File::options().write(true).open(directory.join("tasks"))?.write_all(b"0");
    write().map_err(|error| {
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        StepError::about(format!("joining {}", directory.display()))(errno)
    })
}

fn open(directory: &Path) -> Result<OwnedFd, EnterError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match openat(CWD, directory, flags, Mode::empty()) {
        Err(Errno::NOENT | Errno::NODEV) => Err(EnterError::NotRunning),
        result => result.map_err(EnterError::failed(format!("opening {}", directory.display()))),
    }
}

/// By itself, or with a cgroup above it.
fn is_frozen(directory: &Path) -> bool {
    let events = read_text(directory.join("cgroup.events")).ok().flatten().unwrap_or_default();
    events.lines().any(|line| line == "frozen 1")
}
