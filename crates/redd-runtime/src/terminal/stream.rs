//! The caller's standard streams, without waiting for anybody.

use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

use redd_sys::Errno;
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use rustix::net::SendFlags;

/// One of the caller's standard streams. Its flags are the caller's too, and are left as they are.
#[derive(Debug)]
pub struct Stream {
    file: OwnedFd,
    is_socket: bool,
}

impl Stream {
    /// A descriptor of one's own. Terminals and pipes are opened a second time, to be written without waiting; files
    /// are not, because what is written has to go behind what is there; sockets cannot be.
    #[must_use]
    pub fn open(file: BorrowedFd<'_>, access: Access) -> Option<Self> {
        let access = match access {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::WRONLY,
        };
        let kind = fstat(file).map_or(FileType::Unknown, |status| FileType::from_raw_mode(status.st_mode));
        let again = || {
            let path = format!("/proc/self/fd/{}", file.as_raw_fd());
            let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            openat(CWD, path, flags, Mode::empty()).ok()
        };
        let opened = matches!(kind, FileType::CharacterDevice | FileType::Fifo).then(again).flatten();
        let file = opened.or_else(|| rustix::io::fcntl_dupfd_cloexec(file, 3).ok())?;
        Some(Self { file, is_socket: kind == FileType::Socket })
    }

    /// Writes what can be written without waiting.
    ///
    /// # Errors
    /// Those of write(2) and send(2).
    pub fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        if self.is_socket {
            return rustix::net::send(&self.file, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
        }
        rustix::io::write(&self.file, bytes)
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// What is to be done with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is read.
    Read,
    /// It is written.
    Write,
}
