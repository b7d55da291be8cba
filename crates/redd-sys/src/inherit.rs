//! Descriptors that a program hands to the one it becomes.
//!
//! # Safety
//! Whoever makes an owner of a number has to know that nobody else in the program owns it. Here that is so because an
//! [`Inheritance`] is claimed once, gives out each number once, and only numbers that were open when it was claimed: whoever
//! claims it does so before anything else in the program has opened a file that it still owns, but the standard streams.

use std::collections::BTreeSet;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

use linux_raw_sys::general::__NR_fcntl;
use rustix::fs::{Dir, Mode, OFlags, open};
use rustix::io::{Errno, FdFlags, fcntl_setfd};

use crate::syscall;

static IS_CLAIMED: AtomicBool = AtomicBool::new(false);

/// The descriptors that this program came with.
#[derive(Debug)]
pub struct Inheritance(BTreeSet<RawFd>);

impl Inheritance {
    /// Claims all that are open, for once: the first thing a program does that has inherited any.
    ///
    /// # Errors
    /// It was claimed before, or `/proc/self/fd` cannot be read.
    pub fn claim() -> Result<Self, Errno> {
        if IS_CLAIMED.swap(true, Ordering::Relaxed) {
            return Err(Errno::BUSY);
        }
        let directory =
            open("/proc/self/fd", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let own = directory.as_raw_fd();
        let mut numbers = BTreeSet::new();
        for entry in Dir::read_from(&directory)? {
            let number = entry?.file_name().to_str().ok().and_then(|name| name.parse::<RawFd>().ok());
            numbers.extend(number.filter(|&number| number > 2 && number != own));
        }
        Ok(Self(numbers))
    }

    /// Whether there is one of this number.
    #[must_use]
    pub fn has(&self, number: RawFd) -> bool {
        self.0.contains(&number)
    }

    /// Becomes the owner of one; it is closed by an execve(2) from then on.
    ///
    /// # Errors
    /// There is none, or none any more.
    pub fn take(&mut self, number: RawFd) -> Result<OwnedFd, Errno> {
        if !self.0.remove(&number) {
            return Err(Errno::BADF);
        }
        // SAFETY: it is open and nobody's, see the module's invariant.
        let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
        fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
        Ok(descriptor)
    }
}

/// Whether an execve(2) closes a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It does.
    Closed,
    /// It does not.
    Inherited,
}

/// Decides what becomes of descriptors at an execve(2).
///
/// # Errors
/// Those of fcntl(2): one of them is not open. Those before it are changed.
pub fn decide(numbers: &[RawFd], fate: Fate) -> Result<(), Errno> {
    const F_SETFD: usize = 2;
    let flags = match fate {
        Fate::Closed => FdFlags::CLOEXEC,
        Fate::Inherited => FdFlags::empty(),
    };
    for &number in numbers {
        let number = usize::try_from(number).map_err(|_negative| Errno::BADF)?;
        // SAFETY: the call has no pointers, and closes nothing now.
        unsafe { syscall::raw(__NR_fcntl, [number, F_SETFD, flags.bits() as usize, 0, 0, 0]) }?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inherited_is_taken_once_and_claimed_once() {
        let (reader, _writer) = rustix::pipe::pipe().unwrap();
        let number = rustix::io::dup(&reader).unwrap();
        let raw = std::os::fd::IntoRawFd::into_raw_fd(number);
        let mut inheritance = Inheritance::claim().unwrap();
        assert!(Inheritance::claim().is_err());
        assert!(inheritance.has(raw) && !inheritance.has(1_000_000));
        let taken = inheritance.take(raw).unwrap();
        assert!(inheritance.take(raw).is_err());
        decide(&[raw], Fate::Inherited).unwrap();
        assert!(!rustix::io::fcntl_getfd(&taken).unwrap().contains(FdFlags::CLOEXEC));
        decide(&[raw], Fate::Closed).unwrap();
        assert!(rustix::io::fcntl_getfd(&taken).unwrap().contains(FdFlags::CLOEXEC));
        drop(taken);
        assert_eq!(decide(&[raw, -1], Fate::Closed), Err(Errno::BADF));
    }
}
