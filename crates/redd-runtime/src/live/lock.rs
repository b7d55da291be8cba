//! Flags of a mount that a payload cannot take back.
//!
//! The kernel locks the flags of mounts when a mount namespace is copied for another user namespace. A process does that
//! here with one mount, as a start does it with all of them.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use redd_plan::facts::{DeviceClass, DeviceNumber};
use redd_spec::ids::HostId;
use redd_sys::channel::Channel;
use redd_sys::clone::{CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::mount::{self, FileSystemOption, MountAttribute, MountAttributes, Propagation, Recursion};
use redd_sys::root_dir::file_type;
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process};
use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, Uid, chmodat, chownat, fstat, makedev, mkdirat, mknodat,
    openat,
};

use crate::StepError;
use crate::error::best_effort;

/// What the staging directory covers, in a namespace of its own only.
const STAGING: &str = "/run/redd";
const NAME: &str = "mount";

/// What the copy is of.
pub(super) enum Original<'a> {
    /// A mount that is attached nowhere.
    Mount(BorrowedFd<'a>),
    /// A device node of somebody's own.
    Node { number: DeviceNumber, mode: u32, owner: HostId },
}

/// A mount that is attached nowhere, its flags locked for whoever is in a user namespace, where there is one.
pub(super) fn locked(
    proof: &SingleThreaded,
    original: &Original<'_>,
    users: Option<BorrowedFd<'_>>,
) -> Result<OwnedFd, StepError> {
    let (here, there) = Channel::pair()?;
    let request = CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None };
    let child = match clone_process(proof, &request)? {
        Cloned::Parent(child) => child,
        Cloned::Child => {
            let errno = match copy(proof, original, users) {
                Ok(copy) => there.send(&[], &[copy.as_fd()]).err(),
                Err(cause) => Some(cause.errno),
            };
            if let Some(errno) = errno {
                best_effort(there.send(&errno.raw_os_error().to_le_bytes(), &[]));
            }
            process::exit_now(0)
        }
    };
    drop(there);
    let mut number = [0; 4];
    let received = here.receive(&mut number);
    child.kill_and_reap()?;
    match received?.descriptors.pop() {
        Some(copy) => Ok(copy),
        None => {
            let errno = Errno::from_raw_os_error(i32::from_le_bytes(number));
            Err(StepError::about("locking the flags of the mount")(errno))
        }
    }
}

/// The child's part.
fn copy(
    proof: &SingleThreaded,
    original: &Original<'_>,
    users: Option<BorrowedFd<'_>>,
) -> Result<OwnedFd, StepError> {
    process::unshare(proof, Namespaces::MOUNT)?;
    let open = |path| openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let private = MountAttributes { propagation: Some(Propagation::Private), ..MountAttributes::default() };
    mount::set_attributes(open("/")?.as_fd(), Recursion::Recursive, &private)?;
    let options = [FileSystemOption::Value("mode", "0755")];
    let staging = mount::new_file_system("tmpfs", &options, MountAttribute::empty())?;
    mount::attach(staging.as_fd(), open(STAGING)?.as_fd())?;
    match original {
        Original::Mount(mounted) => place(staging.as_fd(), *mounted)?,
        Original::Node { number, mode, owner } => make_node(staging.as_fd(), *number, *mode, *owner)?,
    }
    // The working directory is the one of the copied namespace from then on.
    rustix::process::fchdir(&staging)?;
    if let Some(users) = users {
        process::enter_namespace(proof, users, Namespaces::USER)?;
        process::unshare(proof, Namespaces::MOUNT)?;
    }
    Ok(mount::copy_tree(CWD, c"mount", Recursion::Recursive)?)
}

fn place(staging: BorrowedFd<'_>, mounted: BorrowedFd<'_>) -> Result<(), StepError> {
    if file_type(&fstat(mounted)?) == FileType::Directory {
        mkdirat(staging, NAME, Mode::from_raw_mode(0o700))?;
    } else {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        openat(staging, NAME, flags, Mode::from_raw_mode(0o600))?;
    }
    let place = openat(staging, NAME, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    Ok(mount::attach(mounted, place.as_fd())?)
}

fn make_node(
    staging: BorrowedFd<'_>,
    number: DeviceNumber,
    mode: u32,
    owner: HostId,
) -> Result<(), StepError> {
    let kind = match number.kind {
        DeviceClass::Block => FileType::BlockDevice,
        DeviceClass::Character => FileType::CharacterDevice,
    };
    let mode = Mode::from_raw_mode(mode);
    mknodat(staging, NAME, kind, mode, makedev(number.major, number.minor))?;
    // Whatever the caller's mask is.
    chmodat(staging, NAME, mode, AtFlags::empty())?;
    let (user, group) = (Uid::from_raw(owner.0), Gid::from_raw(owner.0));
    Ok(chownat(staging, NAME, Some(user), Some(group), AtFlags::SYMLINK_NOFOLLOW)?)
}
