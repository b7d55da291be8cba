//! Locks on files.

use std::os::fd::AsFd;

use rustix::fs::{FlockOperation, fcntl_lock, flock};
use rustix::io::Errno;
use rustix::process::{Flock, FlockType, fcntl_getlk};

use crate::syscall::{self, fd_argument};

/// Whether a lock was free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum LockOutcome {
    /// It is ours now, until every copy of the descriptor is closed.
    Taken,
    /// Somebody else has it.
    Busy,
}

/// Who else may have a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody.
    Exclusive,
    /// Others that share it too.
    Shared,
}

/// Takes the flock(2) lock of an open file.
///
/// # Errors
/// Those of flock(2).
pub fn lock_whole_file(file: impl AsFd, sharing: Sharing) -> Result<LockOutcome, Errno> {
    let operation = match sharing {
        Sharing::Exclusive => FlockOperation::NonBlockingLockExclusive,
        Sharing::Shared => FlockOperation::NonBlockingLockShared,
    };
    outcome(flock(file, operation))
}

/// Marks a directory as owned by this very process, by a lock that no copy of it inherits: a flock(2) says that the
/// directory is in use, this one that the process which uses it is alive.
///
/// # Errors
/// Those of fcntl(2).
pub fn mark_owner(directory: impl AsFd) -> Result<(), Errno> {
    fcntl_lock(directory, FlockOperation::NonBlockingLockShared)
}

/// Takes that mark back: whoever wants the directory from now on waits until it is free.
///
/// # Errors
/// Those of fcntl(2).
pub fn unmark_owner(directory: impl AsFd) -> Result<(), Errno> {
    fcntl_lock(directory, FlockOperation::Unlock)
}

/// Whether another living process marked this as its own.
///
/// # Errors
/// Those of fcntl(2).
pub fn has_owner(directory: impl AsFd) -> Result<bool, Errno> {
    fcntl_getlk(directory, &Flock::from(FlockType::WriteLock)).map(|conflict| conflict.is_some())
}

/// Takes the process's own lock on a file (F_SETLK), as lckpwdf(3) does.
///
/// # Errors
/// Those of fcntl(2).
pub fn lock_for_process(file: impl AsFd) -> Result<LockOutcome, Errno> {
    outcome(fcntl_lock(file, FlockOperation::NonBlockingLockExclusive))
}

/// Takes the lock of an open file description (F_OFD_SETLK), as systemd's lock files have it.
///
/// # Errors
/// Those of fcntl(2).
pub fn lock_open_file_description(file: impl AsFd) -> Result<LockOutcome, Errno> {
    const F_OFD_SETLK: usize = 37;
    /// `struct flock` of 64-bit machines; zero start and length mean the whole file.
    #[repr(C)]
    struct Lock {
        kind: i16,
        whence: i16,
        start: i64,
        length: i64,
        pid: i32,
    }
    const F_WRLCK: i16 = 1;
    let lock = Lock { kind: F_WRLCK, whence: 0, start: 0, length: 0, pid: 0 };
    let arguments = [fd_argument(file.as_fd()), F_OFD_SETLK, (&raw const lock) as usize, 0, 0, 0];
    // SAFETY: the structure lives until the call returns.
    let result = unsafe { syscall::raw(linux_raw_sys::general::__NR_fcntl, arguments) };
    outcome(result.map(|_zero| ()))
}

fn outcome(result: Result<(), Errno>) -> Result<LockOutcome, Errno> {
    match result {
        Ok(()) => Ok(LockOutcome::Taken),
        Err(Errno::AGAIN | Errno::ACCESS) => Ok(LockOutcome::Busy),
        Err(errno) => Err(errno),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Lock = fn(&std::fs::File) -> Result<LockOutcome, Errno>;

    #[test]
    fn a_mark_is_seen_by_others_only_while_its_process_lives() {
        use crate::clone::{CloneRequest, Cloned, Namespaces, clone_process};
        let directory = tempfile::tempdir().unwrap();
        let open = || std::fs::File::open(directory.path()).unwrap();
        let ours = open();
        mark_owner(&ours).unwrap();
        assert_eq!(has_owner(open()), Ok(false), "one's own mark is no conflict");
        let Ok(proof) = crate::single_thread::SingleThreaded::check() else { return };
        let request = CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None };
        match clone_process(&proof, &request).unwrap() {
            Cloned::Child => crate::process::exit_now(u8::from(has_owner(&ours) == Ok(true))),
            Cloned::Parent(child) => {
                let id = rustix::process::WaitId::PidFd(child.pidfd.as_fd());
                let status = rustix::process::waitid(id, rustix::process::WaitIdOptions::EXITED).unwrap();
                assert_eq!(status.and_then(|status| status.exit_status()), Some(1));
            }
        }
    }

    #[test]
    fn a_lock_is_taken_once_and_free_when_its_file_is_closed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = || std::fs::OpenOptions::new().write(true).open(file.path()).unwrap();
        let locks: [Lock; 2] =
            [|file| lock_whole_file(file, Sharing::Exclusive), |file| lock_open_file_description(file)];
        for lock in locks {
            let (first, second) = (open(), open());
            assert_eq!(lock(&first), Ok(LockOutcome::Taken));
            assert_eq!(lock(&second), Ok(LockOutcome::Busy));
            drop(first);
            assert_eq!(lock(&second), Ok(LockOutcome::Taken));
        }
    }
}
