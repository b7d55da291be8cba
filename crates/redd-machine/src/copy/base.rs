//! Where paths begin, and one step from a directory to what is in it.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use redd_sys::Errno;
use redd_sys::root_dir::{Links, RootDir};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};

/// How many directories may lie in one another: a descriptor each.
pub(super) const DEPTH_MAX: usize = 900;
/// How often a step is tried again when the kernel saw a rename on the way.
const ATTEMPTS: u32 = 128;

/// Where paths begin.
#[derive(Debug)]
pub(super) enum Base {
    /// On the host, where the caller is: links are followed as everywhere.
    Host,
    /// In a machine's tree: links lead to places in it.
    Tree(RootDir),
}

impl Base {
    /// What a path leads to, whatever it is.
    pub(super) fn resolve(&self, path: &Path) -> Result<OwnedFd, Errno> {
        match self {
            Self::Host => openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()),
            Self::Tree(root) => root.resolve(path, Links::Followed),
        }
    }

    /// The same, to read it.
    pub(super) fn open_file(&self, path: &Path) -> Result<OwnedFd, Errno> {
        match self {
            Self::Host => {
                let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
                openat(CWD, path, flags, Mode::empty())
            }
            Self::Tree(root) => root.open_to_read(path),
        }
    }
}

/// A path where it begins, and as people know it.
#[derive(Debug)]
pub(super) struct Location<'a> {
    pub(super) base: Base,
    pub(super) path: &'a Path,
    /// `NAME:PATH`, for messages.
    pub(super) shown: PathBuf,
}

/// What has a name in a directory. No link is followed, whatever was put there since anybody looked.
pub(super) fn open_entry(directory: impl AsFd, name: &OsStr, flags: OFlags) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for _ in 0..ATTEMPTS {
        match openat2(directory.as_fd(), name, flags, Mode::empty(), resolve) {
            // A rename on the way, or one that took away what was found: then it is looked for again.
            Err(Errno::AGAIN | Errno::XDEV) => {}
            result => return result,
        }
    }
    Err(Errno::STALE)
}

/// The directory that a handle stands for, to read it.
pub(super) fn reopen_directory(handle: &OwnedFd) -> Result<OwnedFd, Errno> {
    openat(handle, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}
