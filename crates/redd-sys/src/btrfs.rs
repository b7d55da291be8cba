//! Snapshots of Btrfs.

use std::os::fd::{AsRawFd as _, BorrowedFd};

use linux_raw_sys::general::__NR_ioctl;
use rustix::fs::{fstat, fstatfs};
use rustix::io::Errno;

use crate::syscall::{self, fd_argument};

/// `BTRFS_SUPER_MAGIC`
const MAGIC: i64 = 0x9123_683e;
/// The root directory of every subvolume has it.
const SUBVOLUME_INODE: u64 = 256;
/// `BTRFS_IOC_SNAP_CREATE_V2`: _IOW(0x94, 23, struct btrfs_ioctl_vol_args_v2)
const SNAPSHOT: usize = 0x5000_9417;
const NAME_MAX: usize = 255;

/// `struct btrfs_ioctl_vol_args_v2`
#[repr(C)]
struct Arguments {
    descriptor: i64,
    transaction: u64,
    flags: u64,
    unused: [u64; 4],
    name: [u8; 4040],
}

/// Makes a snapshot of a subvolume that is open for reading, with this name in a directory of the same file system. Subvolumes in it are empty
/// directories in the snapshot.
///
/// # Errors
/// `EOPNOTSUPP` where it is no subvolume; those of the ioctl.
pub fn snapshot(subvolume: BorrowedFd<'_>, directory: BorrowedFd<'_>, name: &str) -> Result<(), Errno> {
    if fstatfs(subvolume)?.f_type != MAGIC || fstat(subvolume)?.st_ino != SUBVOLUME_INODE {
        return Err(Errno::OPNOTSUPP);
    }
    if name.len() > NAME_MAX {
        return Err(Errno::NAMETOOLONG);
    }
    let mut arguments = Arguments {
        descriptor: i64::from(subvolume.as_raw_fd()),
        transaction: 0,
        flags: 0,
        unused: [0; 4],
        name: [0; 4040],
    };
    arguments.name[..name.len()].copy_from_slice(name.as_bytes());
    let pointer = (&raw const arguments) as usize;
    // SAFETY: the structure is as large as the number of the request says, and lives until the call returns.
    unsafe { syscall::raw(__NR_ioctl, [fd_argument(directory), SNAPSHOT, pointer, 0, 0, 0]) }?;
    Ok(())
}
