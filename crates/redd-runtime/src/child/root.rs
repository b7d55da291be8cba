//! The container's root: attached, then made the root.

use std::os::fd::AsFd as _;

use redd_plan::action::{FileSystem, Replacement};
use redd_plan::descriptor::Slot;
use redd_spec::path::PathInRoot;
use redd_sys::Errno;
use redd_sys::mount::{self, MountAttributes, Propagation, Recursion};
use redd_sys::root_dir::RootDir;
use rustix::mount::{UnmountFlags, unmount};
use std::os::fd::OwnedFd;

use super::{ChildSide, mounts};
use crate::StepError;
use crate::host::staging::{attributes, options};

pub(super) fn attach(side: &mut ChildSide<'_>) -> Result<(), StepError> {
    let root = mounts::take_staged(side, Slot::Root)?;
    attach_mount(side, root)
}

pub(super) fn attach_empty(
    side: &mut ChildSide<'_>,
    file_system: &FileSystem,
    links: &[(String, String)],
) -> Result<(), StepError> {
    let root =
        mount::new_file_system(file_system.kind, &options(file_system), attributes(file_system.flags))?;
    for (name, target) in links {
        rustix::fs::symlinkat(target.as_str(), &root, name.as_str())?;
    }
    for directory in ["etc", "root", "var", "home", "usr"] {
        rustix::fs::mkdirat(&root, directory, rustix::fs::Mode::from_raw_mode(0o755))?;
    }
    attach_mount(side, root)
}

/// On top of the host's root, where it hides nothing that is still needed.
fn attach_mount(side: &mut ChildSide<'_>, root: OwnedFd) -> Result<(), StepError> {
    let host_root = mounts::host_directory("/")?;
    mount::attach(root.as_fd(), host_root.as_fd())?;
    side.root = Some(RootDir::from_fd(root));
    Ok(())
}

pub(super) fn replace_file(
    side: &ChildSide<'_>,
    path: &PathInRoot,
    replacement: &Replacement,
) -> Result<(), StepError> {
    let root = side.root()?;
    match replacement {
        Replacement::Contents(contents) => root.replace_file(path.as_path(), 0o644, contents)?,
        Replacement::Link(target) => root.replace_link(path.as_path(), target)?,
        Replacement::Removed => root.remove_file(path.as_path())?,
    }
    Ok(())
}

pub(super) fn create_home(
    side: &ChildSide<'_>,
    path: &PathInRoot,
    uid: u32,
    gid: u32,
) -> Result<(), StepError> {
    match side.root()?.make_owned_directory(path.as_path(), 0o755, uid, gid) {
        // What is in the way is the tree's own business: the command starts in the root then.
        Ok(()) | Err(Errno::NOENT | Errno::EXIST | Errno::NOTDIR | Errno::LOOP | Errno::ROFS) => Ok(()),
        Err(errno) => Err(StepError::about(path.to_string())(errno)),
    }
}

/// The old root ends up stacked on the new one, from where it is detached with everything below.
pub(super) fn pivot(side: &ChildSide<'_>) -> Result<(), StepError> {
    rustix::process::fchdir(side.root()?)?;
    rustix::process::pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH).map_err(StepError::about("detaching the host's mounts"))?;
    Ok(rustix::process::chdir("/")?)
}

/// Services with a mount namespace of their own hand credentials back through shared mounts (UN1).
pub(super) fn make_shared(side: &ChildSide<'_>) -> Result<(), StepError> {
    let shared = MountAttributes { propagation: Some(Propagation::Shared), ..MountAttributes::default() };
    Ok(mount::set_attributes(side.root()?.as_fd(), Recursion::Recursive, &shared)?)
}
