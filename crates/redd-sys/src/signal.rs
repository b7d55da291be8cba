//! Signals, blocked and read from a descriptor.
//!
//! The numbers are the kernel's. What every libc calls `SIGRTMIN` is 34.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use linux_raw_sys::general::{
    __NR_pidfd_send_signal, __NR_rt_sigaction, __NR_rt_sigprocmask, __NR_signalfd4, O_CLOEXEC, O_NONBLOCK,
    SIG_BLOCK, SIG_SETMASK,
};
use rustix::io::Errno;

use crate::syscall::{self, fd_argument};

/// The highest signal number.
pub const SIGNAL_MAX: i32 = 64;
/// The signal that nothing survives.
pub const SIGKILL: i32 = 9;
/// The size of the kernel's signal set.
const SET_SIZE: usize = 8;

/// A set of signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SignalSet(u64);

impl SignalSet {
    /// The set of these numbers; those outside 1…64 are left out.
    #[must_use]
    pub fn of(numbers: &[i32]) -> Self {
        let bit = |number: &i32| u32::try_from(*number - 1).ok().and_then(|shift| 1_u64.checked_shl(shift));
        Self(numbers.iter().filter_map(bit).fold(0, |set, bit| set | bit))
    }
}

/// Blocks these signals: they wait until they are read or unblocked.
///
/// # Errors
/// None that a valid set can cause.
pub fn block(set: SignalSet) -> Result<(), Errno> {
    change_mask(SIG_BLOCK, set)
}

/// Blocks every signal that can be blocked.
///
/// # Errors
/// None that a valid set can cause.
pub fn block_all() -> Result<(), Errno> {
    change_mask(SIG_SETMASK, SignalSet(u64::MAX))
}

/// Unblocks every signal.
///
/// # Errors
/// None that a valid set can cause.
pub fn unblock_all() -> Result<(), Errno> {
    change_mask(SIG_SETMASK, SignalSet::default())
}

fn change_mask(how: u32, set: SignalSet) -> Result<(), Errno> {
    let arguments = [how as usize, (&raw const set.0) as usize, 0, SET_SIZE, 0, 0];
    // SAFETY: the set lives until the call returns; the kernel writes nowhere.
    unsafe { syscall::raw(__NR_rt_sigprocmask, arguments) }?;
    Ok(())
}

/// Gives a signal its default action. An ignored one would stay ignored in a program that is executed (UN3).
pub fn reset_to_default(number: i32) {
    // handler (SIG_DFL), flags, restorer, mask: all zero.
    let action = [0_u64; 4];
    let argument = usize::try_from(number).unwrap_or_default();
    let arguments = [argument, action.as_ptr() as usize, 0, SET_SIZE, 0, 0];
    // SAFETY: the structure lives until the call returns. SIG_DFL runs no code of ours.
    let result = unsafe { syscall::raw(__NR_rt_sigaction, arguments) };
    // KILL and STOP cannot be changed, and have no other action.
    debug_assert!(result.is_ok() || number == 9 || number == 19, "signal {number}");
}

/// A descriptor that signals are read from.
#[derive(Debug)]
pub struct SignalFd(OwnedFd);

/// A signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedSignal {
    /// Its number.
    pub number: i32,
    /// Who sent it, where a process did.
    pub sender: u32,
}

impl SignalFd {
    /// Opens a descriptor for these signals, which should be blocked.
    ///
    /// # Errors
    /// Those of signalfd(2).
    pub fn new(set: SignalSet) -> Result<Self, Errno> {
        let new = usize::MAX;
        let flags = (O_CLOEXEC | O_NONBLOCK) as usize;
        let arguments = [new, (&raw const set.0) as usize, SET_SIZE, flags, 0, 0];
        // SAFETY: the set lives until the call returns.
        let result = unsafe { syscall::raw(__NR_signalfd4, arguments) }?;
        // SAFETY: the call made a new descriptor.
        Ok(Self(unsafe { syscall::owned_fd(result) }))
    }

    /// The next signal, if one came.
    ///
    /// # Errors
    /// Those of read(2).
    pub fn read(&self) -> Result<Option<ReceivedSignal>, Errno> {
        // struct signalfd_siginfo: number in bytes 0 to 3, sender in 12 to 15.
        let mut information = [0_u8; 128];
        match rustix::io::read(&self.0, &mut information) {
            Ok(_) => {
                let word = |at: usize| {
                    u32::from_ne_bytes([
                        information[at],
                        information[at + 1],
                        information[at + 2],
                        information[at + 3],
                    ])
                };
                Ok(Some(ReceivedSignal { number: word(0).cast_signed(), sender: word(12) }))
            }
            Err(Errno::AGAIN) => Ok(None),
            Err(errno) => Err(errno),
        }
    }
}

impl AsFd for SignalFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Sends any signal, real-time ones too, to a process.
///
/// # Errors
/// Those of pidfd_send_signal(2).
pub fn send(pidfd: BorrowedFd<'_>, number: i32) -> Result<(), Errno> {
    let number = usize::try_from(number).map_err(|_negative| Errno::INVAL)?;
    // SAFETY: there are no pointers but a null one, which the call allows.
    unsafe { syscall::raw(__NR_pidfd_send_signal, [fd_argument(pidfd), number, 0, 0, 0, 0]) }?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_signal_is_read_with_its_sender() {
        const SIGRTMIN_PLUS_5: i32 = 39;
        let set = SignalSet::of(&[SIGRTMIN_PLUS_5]);
        block(set).unwrap();
        let signals = SignalFd::new(set).unwrap();
        assert_eq!(signals.read().unwrap(), None);
        // To this thread: the others of the test program do not have it blocked.
        let thread = rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned() as usize;
        let process = rustix::process::getpid().as_raw_nonzero().get().cast_unsigned() as usize;
        let arguments = [process, thread, SIGRTMIN_PLUS_5.cast_unsigned() as usize, 0, 0, 0];
        // SAFETY: the call has no pointers.
        unsafe { syscall::raw(linux_raw_sys::general::__NR_tgkill, arguments) }.unwrap();
        let received = signals.read().unwrap().unwrap();
        assert_eq!((received.number, received.sender as usize), (SIGRTMIN_PLUS_5, process));
    }

    #[test]
    fn the_set_of_signal_34_is_bit_33() {
        assert_eq!(SignalSet::of(&[34, 0, 65, -3]), SignalSet(1 << 33));
    }
}
