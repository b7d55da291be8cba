//! Cgroups of the hierarchy of version 1 that is named `systemd`.
//!
//! It is reached through a mount that is attached nowhere: hosts without it have no place for it, and need none.

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use redd_plan::cgroup::{CgroupPath, NamedCgroup};
use redd_plan::step::NamedHierarchy;
use redd_spec::ids::HostId;
use redd_sys::mount::{FileSystemOption, MountAttribute, new_file_system};
use rustix::thread::{Timespec, nanosleep};

use super::cgroup;
use crate::error::best_effort;
use crate::facts::cgroups::named_cgroup;
use crate::facts::read_text;
use crate::launch::HostSide;
use crate::{StepError, undo};

/// Its name.
const NAME: &str = "systemd";
/// What the owner of a delegated cgroup of version 1 may write.
const DELEGATED: [&str; 4] = ["cgroup.procs", "tasks", "cgroup.clone_children", "notify_on_release"];
/// How often it is looked whether the kernel has let go of a hierarchy, and after which time.
const ATTEMPTS: u32 = 20;
const INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// The hierarchy, mounted for as long as this is held.
struct Hierarchy(OwnedFd);

impl Hierarchy {
    fn open(name: &str) -> Result<Self, StepError> {
        let options = [FileSystemOption::Flag("none"), FileSystemOption::Value("name", name)];
        Ok(Self(new_file_system("cgroup", &options, MountAttribute::empty())?))
    }

    /// A path by which this process reaches a cgroup, and nobody else does.
    fn path_of(&self, cgroup: &NamedCgroup) -> CgroupPath {
        let relative = cgroup.0.strip_prefix("/").unwrap_or(&cgroup.0);
        CgroupPath(PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd())).join(relative))
    }
}

pub(super) fn create(cgroup: &NamedCgroup, owner: HostId) -> Result<(), StepError> {
    let hierarchy = Hierarchy::open(NAME)?;
    let path = hierarchy.path_of(cgroup);
    cgroup::create(&path)?;
    cgroup::delegate(&path, owner, &DELEGATED.map(str::to_owned))
}

pub(super) fn join(side: &HostSide<'_>, cgroup: &NamedCgroup) -> Result<(), StepError> {
    let hierarchy = Hierarchy::open(NAME)?;
    cgroup::join_legacy(side, &[hierarchy.path_of(cgroup)])
}

/// Does something with the directory of a cgroup.
pub(crate) fn with_path(
    cgroup: &NamedCgroup,
    work: impl FnOnce(&Path) -> Result<(), StepError>,
) -> Result<(), StepError> {
    let hierarchy = Hierarchy::open(NAME)?;
    work(&hierarchy.path_of(cgroup).0)
}

/// Removes the cgroup, and what it was made in.
pub(crate) fn remove(cgroup: &NamedCgroup, origin: NamedHierarchy) -> std::io::Result<()> {
    let hierarchy = Hierarchy::open(NAME).map_err(|error| std::io::Error::from(error.errno))?;
    undo::remove_cgroup(&hierarchy.path_of(cgroup).0)?;
    drop(hierarchy);
    if origin == NamedHierarchy::Payloads {
        let_go(NAME);
    }
    Ok(())
}

/// The kernel ends an empty hierarchy at an unmount that comes after the last cgroup is really gone, a moment later. One
/// that another machine uses stays.
fn let_go(name: &str) {
    for _ in 0..ATTEMPTS {
        let memberships = read_text("/proc/self/cgroup").ok().flatten().unwrap_or_default();
        if named_cgroup(name, &memberships).is_none() {
            return;
        }
        drop(Hierarchy::open(name));
        best_effort(match nanosleep(&INTERVAL) {
            rustix::thread::NanosleepRelativeResult::Err(errno) => Err(errno),
            _ => Ok(()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hierarchy_that_was_made_for_payloads_goes_with_the_last_cgroup() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let name = format!("redd-{}", std::process::id());
        let is_there = || {
            let memberships = read_text("/proc/self/cgroup").unwrap().unwrap();
            named_cgroup(&name, &memberships).is_some()
        };
        let hierarchy = Hierarchy::open(&name).unwrap();
        let path = hierarchy.path_of(&NamedCgroup(PathBuf::from("/machine")));
        cgroup::create(&path).unwrap();
        assert!(is_there());
        undo::remove_cgroup(&path.0).unwrap();
        drop(hierarchy);
        let_go(&name);
        assert!(!is_there());
    }
}
