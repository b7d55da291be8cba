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
use crate::facts::cgroups::{HierarchyKind, hierarchies, is_visible, named_cgroup, unified_directory};
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
        let is_shared = |line: &str| own.lines().any(|other| other == line);
        let differing: Vec<&str> =
            theirs.lines().filter(|line| !is_named(line) && !is_shared(line)).collect();
        let mut cgroups = Self { unified: None, legacy: Vec::new(), named: None, is_frozen: false };
        let named = named_cgroup(SYSTEMD, &theirs);
        if named != named_cgroup(SYSTEMD, &own) {
            cgroups.named = named.map(NamedCgroup);
        }
        match &differing[..] {
            [] => {}
            [only] if let Some(directory) = unified_directory(only) => cgroups.found_unified(&directory)?,
            _ => cgroups.look_for(&read("/proc/self/mountinfo")?, &differing)?,
        }
        Ok(cgroups)
    }

    fn look_for(&mut self, mounts: &str, differing: &[&str]) -> Result<(), EnterError> {
        for hierarchy in hierarchies(mounts, &differing.join("\n")) {
            let is_seen = hierarchy.own.is_some() && is_visible(&hierarchy).is_ok_and(|visible| visible);
            if !is_seen {
                continue;
            }
            match (hierarchy.kind, hierarchy.own) {
                (_, None) => {}
                (HierarchyKind::Unified, Some(directory)) if self.unified.is_none() => {
                    self.found_unified(&directory)?;
                }
                (HierarchyKind::Legacy(_), Some(directory)) => self.legacy.push(directory),
                (HierarchyKind::Unified, Some(_)) => {}
            }
        }
        self.refuse_unseen(differing)
    }

    fn found_unified(&mut self, directory: &Path) -> Result<(), EnterError> {
        self.is_frozen = is_frozen(directory);
        self.unified = Some(open(directory)?);
        Ok(())
    }

    /// Outside a cgroup of PID 1's its limits would not hold.
    fn refuse_unseen(&self, differing: &[&str]) -> Result<(), EnterError> {
        let is_unified = |line: &&str| line.starts_with("0::");
        if differing.iter().any(is_unified) && self.unified.is_none() {
            return Err(EnterError::failed("looking for its cgroup, which no mount shows")(Errno::NOENT));
        }
        let legacy = differing.iter().filter(|line| !is_unified(line)).count();
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

/// A hierarchy without a controller, which is found by its name. What stands after it is the payload's choice.
fn is_named(line: &str) -> bool {
    line.split(':').nth(1).is_some_and(|hierarchy| hierarchy.starts_with("name="))
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

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn a_cgroups_path_does_not_make_a_hierarchy_a_named_one() {
        assert!(is_named("9:name=systemd:/a"));
        assert!(!is_named("0::/redd-a/payload/x:name=y"));
        assert!(!is_named("3:pids:/:name=y"));
    }
}
