//! Device nodes where none can be made: those that redd itself was given are bound (ADR 11).

use std::os::fd::AsFd as _;
use std::path::Path;

use redd_plan::action::{EntryKind, Missing};
use redd_plan::descriptor::Slot;
use redd_sys::mount::{self, MountAttribute, MountAttributes, Propagation, Recursion};
use redd_sys::root_dir::file_type;
use redd_sys::{Errno, mount::attach};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, makedev, mknodat, openat, unlinkat};

use super::staging::{slot_mount, staging_directory};
use crate::StepError;
use crate::launch::HostSide;

/// The node that is tried: `/dev/null`, which could do no harm.
const TRIED: (u32, u32) = (1, 3);

/// The kernel refuses device nodes to everybody in a user namespace. A redd that can make one is in none, whatever it was
/// told, and a payload without a device filter would have every device.
pub(super) fn verify_refused(side: &HostSide) -> Result<(), StepError> {
    let staging = staging_directory(side)?;
    let device = makedev(TRIED.0, TRIED.1);
    match mknodat(staging, "tried", FileType::CharacterDevice, Mode::from_raw_mode(0o600), device) {
        Err(Errno::PERM) => Ok(()),
        Err(errno) => Err(errno.into()),
        Ok(()) => {
            unlinkat(staging, "tried", AtFlags::empty())?;
            Err(StepError::about("device nodes can be made, and nothing filters them")(Errno::PERM))
        }
    }
}

/// Binds a node over a file that is in the slot already.
pub(super) fn stage(
    side: &HostSide,
    slot: Slot,
    name: &str,
    source: &Path,
    node: &EntryKind,
    missing: Missing,
) -> Result<(), StepError> {
    let about = || StepError::about(source.display().to_string());
    let opened = match openat(CWD, source, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) {
        Err(Errno::NOENT | Errno::NOTDIR) if missing == Missing::Skip => return Ok(()),
        result => result.map_err(about())?,
    };
    if !is_node(&fstat(&opened)?, node) {
        return Err(StepError::about(format!("{} is another thing", source.display()))(Errno::NODEV));
    }
    let copy = mount::copy_tree(opened.as_fd(), c"", Recursion::Single).map_err(about())?;
    let attributes = MountAttributes {
        set: MountAttribute::NO_SUID | MountAttribute::NO_EXEC,
        propagation: Some(Propagation::Private),
        ..MountAttributes::default()
    };
    mount::set_attributes(copy.as_fd(), Recursion::Single, &attributes).map_err(about())?;
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let target = openat(slot_mount(side, slot)?, name, flags, Mode::empty())?;
    Ok(attach(copy.as_fd(), target.as_fd())?)
}

fn is_node(status: &Stat, node: &EntryKind) -> bool {
    let (kind, major, minor) = match node {
        EntryKind::Character { major, minor } => (FileType::CharacterDevice, *major, *minor),
        EntryKind::Block { major, minor } => (FileType::BlockDevice, *major, *minor),
        _ => return false,
    };
    file_type(status) == kind && status.st_rdev == makedev(major, minor)
}
