//! Flags of a mount that a payload cannot take back.
//!
//! The kernel locks the flags of mounts when a mount namespace is copied for another user namespace. A process does that
//! here with one mount, as a start does it with all of them.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use redd_sys::channel::Channel;
use redd_sys::clone::{CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::mount::{self, FileSystemOption, MountAttribute, MountAttributes, Propagation, Recursion};
use redd_sys::root_dir::file_type;
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process};
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, mkdirat, openat};

use crate::StepError;
use crate::error::best_effort;

/// What the staging directory covers, in a namespace of its own only.
const STAGING: &str = "/run/redd";
const NAME: &str = "mount";

/// A copy of a mount that is attached nowhere, its flags locked for whoever is in a user namespace.
pub(super) fn locked(
    proof: &SingleThreaded,
    mounted: BorrowedFd<'_>,
    users: BorrowedFd<'_>,
) -> Result<OwnedFd, StepError> {
    let (here, there) = Channel::pair()?;
    let request = CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None };
    let child = match clone_process(proof, &request)? {
        Cloned::Parent(child) => child,
        Cloned::Child => {
            let errno = match copy(proof, mounted, users) {
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
    mounted: BorrowedFd<'_>,
    users: BorrowedFd<'_>,
) -> Result<OwnedFd, StepError> {
    process::unshare(proof, Namespaces::MOUNT)?;
    let open = |path| openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let private = MountAttributes { propagation: Some(Propagation::Private), ..MountAttributes::default() };
    mount::set_attributes(open("/")?.as_fd(), Recursion::Recursive, &private)?;
    let options = [FileSystemOption::Value("mode", "0755")];
    let staging = mount::new_file_system("tmpfs", &options, MountAttribute::empty())?;
    mount::attach(staging.as_fd(), open(STAGING)?.as_fd())?;
    if file_type(&fstat(mounted)?) == FileType::Directory {
        mkdirat(&staging, NAME, Mode::from_raw_mode(0o700))?;
    } else {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        openat(&staging, NAME, flags, Mode::from_raw_mode(0o600))?;
    }
    let place = openat(&staging, NAME, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    mount::attach(mounted, place.as_fd())?;
    // The working directory is the one of the copied namespace from then on.
    rustix::process::fchdir(&staging)?;
    process::enter_namespace(proof, users, Namespaces::USER)?;
    process::unshare(proof, Namespaces::MOUNT)?;
    Ok(mount::copy_tree(CWD, c"mount", Recursion::Recursive)?)
}
