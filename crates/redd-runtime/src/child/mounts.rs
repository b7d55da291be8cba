//! Mounts inside the container, at paths resolved below its root.

use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use redd_plan::action::{FileSystem, Missing, MountFlags, MountPoint};
use redd_plan::descriptor::Slot;
use redd_spec::path::PathInRoot;
use redd_sys::Errno;
use redd_sys::mount::{self, MountAttribute, MountAttributes, Recursion};
use redd_sys::root_dir::{Links, RootDir, file_type};
use rustix::fs::{FileType, Mode, OFlags, fstat, openat};

use super::ChildSide;
use crate::StepError;
use crate::host::staging::{attributes, options};

pub(super) fn ensure_directory(side: &ChildSide<'_>, path: &PathInRoot, mode: u32) -> Result<(), StepError> {
    Ok(side.root()?.make_directories(path.as_path(), mode, Links::Followed)?)
}

pub(super) fn mount(
    side: &ChildSide<'_>,
    target: &PathInRoot,
    file_system: &FileSystem,
) -> Result<(), StepError> {
    let made =
        mount::new_file_system(file_system.kind, &options(file_system), attributes(file_system.flags))?;
    let place = mount_point(side, target, MountPoint::Required)?;
    Ok(mount::attach(made.as_fd(), place.as_fd())?)
}

/// Copied from this namespace, a staged mount keeps the flags that were locked when the namespace was copied.
pub(super) fn attach_staged(
    side: &ChildSide<'_>,
    slot: Slot,
    target: &PathInRoot,
    create: MountPoint,
) -> Result<(), StepError> {
    let copy = take_staged(side, slot)?;
    let place = mount_point(side, target, create)?;
    Ok(mount::attach(copy.as_fd(), place.as_fd())?)
}

/// A copy of a staged mount, attached nowhere.
pub(super) fn take_staged(side: &ChildSide<'_>, slot: Slot) -> Result<OwnedFd, StepError> {
    let name = c_string(&slot.to_string())?;
    mount::copy_tree(side.staging.as_fd(), &name, Recursion::Recursive)
        .map_err(StepError::about(format!("taking {slot}")))
}

pub(super) fn attach_staged_file(
    side: &ChildSide<'_>,
    slot: Slot,
    file: &str,
    target: &PathInRoot,
    flags: MountFlags,
) -> Result<(), StepError> {
    let name = c_string(&format!("{slot}/{file}"))?;
    let copy = mount::copy_tree(side.staging.as_fd(), &name, Recursion::Single)?;
    set_flags(&copy, flags)?;
    let place = mount_point(side, target, MountPoint::Required)?;
    Ok(mount::attach(copy.as_fd(), place.as_fd())?)
}

pub(super) fn bind(
    side: &ChildSide<'_>,
    source: &PathInRoot,
    target: &PathInRoot,
    flags: MountFlags,
    missing: Missing,
    create: MountPoint,
) -> Result<(), StepError> {
    let opened = match (side.root()?.resolve(source.as_path(), Links::Followed), missing) {
        (Err(Errno::NOENT), Missing::Skip) => return Ok(()),
        (result, _) => result.map_err(StepError::about(source.to_string()))?,
    };
    let copy = mount::copy_tree(opened.as_fd(), c"", Recursion::Recursive)?;
    set_flags(&copy, flags)?;
    // What is bound over itself is its own mount point.
    let place = if source == target { opened } else { mount_point(side, target, create)? };
    Ok(mount::attach(copy.as_fd(), place.as_fd())?)
}

/// Covers a path with the inaccessible node of the same kind, which the host's side made (R5).
pub(super) fn cover(side: &ChildSide<'_>, path: &PathInRoot, missing: Missing) -> Result<(), StepError> {
    let root = side.root()?;
    let place = match (root.resolve(path.as_path(), Links::Refused), missing) {
        (Err(Errno::NOENT), Missing::Skip) => return Ok(()),
        (Err(Errno::LOOP), _) => {
            root.follow_own_links(path.as_path()).and_then(|path| root.resolve(&path, Links::Refused))
        }
        (result, _) => result,
    };
    let place = place.map_err(StepError::about(path.to_string()))?;
    let name = match file_type(&fstat(&place)?) {
        FileType::Directory => "dir",
        FileType::Fifo => "fifo",
        FileType::Socket => "sock",
        FileType::CharacterDevice => "chr",
        FileType::BlockDevice => "blk",
        _ => "reg",
    };
    let node = c_string(&format!("{}/inaccessible/{name}", Slot::HostDirectory))?;
    let copy = mount::copy_tree(side.staging.as_fd(), &node, Recursion::Single)?;
    set_flags(&copy, MountFlags::READ_ONLY_DATA)?;
    Ok(mount::attach(copy.as_fd(), place.as_fd())?)
}

fn set_flags(mounted: &OwnedFd, flags: MountFlags) -> Result<(), StepError> {
    let is_writable = flags.contains(MountFlags::WRITABLE);
    let clear = if is_writable { MountAttribute::READ_ONLY } else { MountAttribute::empty() };
    let attributes = MountAttributes { set: attributes(flags), clear, ..MountAttributes::default() };
    Ok(mount::set_attributes(mounted.as_fd(), Recursion::Recursive, &attributes)?)
}

/// The mount point, made where that is wanted. What has to be there has to be no link (R2); on the way to what is made,
/// links of the tree's own are followed, but none that a neighbour could have put into a mount that is shared.
pub(super) fn mount_point(
    side: &ChildSide<'_>,
    path: &PathInRoot,
    create: MountPoint,
) -> Result<OwnedFd, StepError> {
    mount_point_below(side.root()?, path, create)
}

/// The same below any root.
pub(crate) fn mount_point_below(
    root: &RootDir,
    path: &PathInRoot,
    create: MountPoint,
) -> Result<OwnedFd, StepError> {
    let about = || StepError::about(path.to_string());
    match (root.resolve(path.as_path(), Links::Refused), create) {
        (Err(Errno::LOOP | Errno::NOENT), MountPoint::Directory | MountPoint::File) => {}
        (result, _) => return result.map_err(about()),
    }
    let path = root.follow_own_links(path.as_path()).map_err(about())?;
    let directory = if create == MountPoint::File { path.parent().unwrap_or(Path::new("/")) } else { &path };
    root.make_directories(directory, 0o755, Links::Refused).map_err(about())?;
    if create == MountPoint::File {
        root.make_empty_file(&path).map_err(about())?;
    }
    root.resolve(&path, Links::Refused).map_err(about())
}

pub(super) fn c_string(text: &str) -> Result<std::ffi::CString, StepError> {
    std::ffi::CString::new(text).map_err(|_nul| Errno::INVAL.into())
}

/// A handle on a directory of the host, before the pivot.
pub(super) fn host_directory(path: &str) -> Result<OwnedFd, StepError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(rustix::fs::CWD, path, flags, Mode::empty())?)
}
