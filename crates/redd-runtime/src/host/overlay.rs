//! Overlays, made of mounts that are staged already.

use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use redd_plan::action::{LayerPlace, LayerRoot, MountFlags, OverlayMarks, Substitutes, UpperLayer};
use redd_plan::descriptor::Slot;
use redd_plan::facts::TreeIdentity;
use redd_spec::ids::HostId;
use redd_sys::mount::{self, FileSystemOption, MountAttribute};
use redd_sys::root_dir::{Links, RootDir};
use redd_sys::{Errno, process};
use rustix::fs::{CWD, Mode, OFlags, StatVfsMountFlags, fstat, fstatvfs, mkdirat, openat};

use super::{staging, substitutes};
use crate::StepError;
use crate::launch::HostSide;

/// Where an overlay's changes go: two directories, kept open for their paths.
struct Written {
    _layers: OwnedFd,
    /// The highest layer, where it was made just now.
    made: Option<OwnedFd>,
    upper: String,
    work: String,
    mounter: HostId,
}

pub(super) fn stage(
    side: &mut HostSide,
    slot: Slot,
    lower: &[Slot],
    (upper, substitutes): (&UpperLayer, &Substitutes),
    flags: MountFlags,
    marks: OverlayMarks,
) -> Result<(), StepError> {
    let written = written(side, slot, upper)?;
    if let (Some(layer), [lowest, ..]) = (written.as_ref().and_then(|written| written.made.as_ref()), lower) {
        let below = RootDir::from_fd(staging::slot_mount(side, *lowest)?);
        substitutes::make(layer, &below, substitutes, marks)?;
    }
    // Relative names: they are read while this process is in the staging directory. The highest one comes first.
    let lower: Vec<String> = lower.iter().rev().map(ToString::to_string).collect();
    let lower = lower.join(":");
    let mut options = vec![FileSystemOption::Value("lowerdir", &lower)];
    if let Some(written) = &written {
        options.push(FileSystemOption::Value("upperdir", &written.upper));
        options.push(FileSystemOption::Value("workdir", &written.work));
    }
    if marks == OverlayMarks::User {
        options.push(FileSystemOption::Flag("userxattr"));
    }
    let mounter = written.as_ref().map_or(HostId(0), |written| written.mounter);
    let make = || mount::new_file_system("overlay", &options, staging::attributes(flags));
    let overlay = process::as_user(&side.proof, mounter.0, make)??;
    if written.is_some() && !flags.contains(MountFlags::READ_ONLY) {
        refuse_read_only(&overlay)?;
    }
    staging::place(side, slot, overlay.as_fd())
}

/// Where the kernel cannot work in the directory it was given, it makes the overlay read-only and says nothing.
fn refuse_read_only(overlay: &OwnedFd) -> Result<(), StepError> {
    if fstatvfs(overlay)?.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Err(StepError::about("the kernel cannot work beside the highest layer")(Errno::ROFS));
    }
    Ok(())
}

fn written(side: &HostSide, slot: Slot, upper: &UpperLayer) -> Result<Option<Written>, StepError> {
    match upper {
        UpperLayer::None => Ok(None),
        UpperLayer::Memory(root) => in_directory(memory(side, slot)?, *root).map(Some),
        UpperLayer::Directory(path, root) => {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            in_directory(openat(CWD, path, flags, Mode::empty())?, *root).map(Some)
        }
        UpperLayer::Given { slot, name, work, identity, mounter } => {
            let layers = staging::slot_mount(side, *slot)?;
            check(&layers, name, *identity)?;
            let path = |name: &str| format!("/proc/self/fd/{}/{name}", layers.as_raw_fd());
            let (upper, work) = (path(name), path(work));
            Ok(Some(Written { _layers: layers, made: None, upper, work, mounter: *mounter }))
        }
    }
}

/// What is written to is the directory that was looked at, no other that came in its place.
fn check(layers: &OwnedFd, name: &str, identity: TreeIdentity) -> Result<(), StepError> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = openat(layers, name, flags, Mode::empty()).map_err(StepError::about(name.to_owned()))?;
    let status = fstat(opened)?;
    if (status.st_dev, status.st_ino) == (identity.device, identity.inode) {
        return Ok(());
    }
    Err(StepError::about(format!("{name} is another directory by now"))(Errno::STALE))
}

/// A tmpfs, attached where nothing else is, because layers have to be attached somewhere.
fn memory(side: &HostSide, slot: Slot) -> Result<OwnedFd, StepError> {
    let options = [("mode", "0700"), ("size", "25%"), ("nr_inodes", "1m")]
        .map(|(name, value)| FileSystemOption::Value(name, value));
    let memory = mount::new_file_system("tmpfs", &options, MountAttribute::empty())?;
    let name = format!("{slot}.memory");
    let staging = staging::staging_directory(side)?;
    mkdirat(staging, &name, Mode::from_raw_mode(0o700))?;
    let target = openat(staging, &name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    mount::attach(memory.as_fd(), target.as_fd())?;
    Ok(memory)
}

fn in_directory(layers: OwnedFd, root: LayerRoot) -> Result<Written, StepError> {
    let made = make_layer(layers.as_fd(), "upper", root)?;
    make_layer(layers.as_fd(), "work", LayerRoot { owner: HostId(0), mode: 0o700 })?;
    let path = |name: &str| format!("/proc/self/fd/{}/{name}", layers.as_raw_fd());
    let (upper, work) = (path("upper"), path("work"));
    Ok(Written { _layers: layers, made, upper, work, mounter: HostId(0) })
}

/// A layer's directory; one that is there already holds what was written before a reboot.
fn make_layer(layers: BorrowedFd<'_>, name: &str, root: LayerRoot) -> Result<Option<OwnedFd>, StepError> {
    match mkdirat(layers, name, Mode::from_raw_mode(root.mode)) {
        Ok(()) => {}
        Err(Errno::EXIST) => return Ok(None),
        Err(errno) => return Err(StepError::about(name.to_owned())(errno)),
    }
    let directory =
        openat(layers, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::fs::fchmod(&directory, Mode::from_raw_mode(root.mode))?;
    staging::give(directory.as_fd(), root.owner)?;
    Ok(Some(directory))
}

/// Makes the directory that an overlay works in; one that is there is from before a reboot.
pub(super) fn create_work_directory(place: &LayerPlace, owner: HostId) -> Result<(), StepError> {
    let parent = parent_of(place)?;
    match mkdirat(&parent, &place.name, Mode::from_raw_mode(0o700)) {
        Ok(()) | Err(Errno::EXIST) => staging::give_entry(parent.as_fd(), &place.name, owner),
        Err(errno) => Err(errno.into()),
    }
}

/// Removes it with what is in it.
pub(crate) fn remove_work_directory(place: &LayerPlace) -> std::io::Result<()> {
    let parent = parent_of(place)?;
    std::fs::remove_dir_all(format!("/proc/self/fd/{}/{}", parent.as_raw_fd(), place.name))
}

fn parent_of(place: &LayerPlace) -> Result<OwnedFd, Errno> {
    RootDir::open(Path::new(&place.root))?.resolve(&place.parent, Links::Followed)
}
