//! Turning this process into another program, and what is settled before.

use std::ffi::{CStr, c_char};
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

use linux_raw_sys::general::{
    __NR_close_range, __NR_dup3, __NR_execve, __NR_execveat, __NR_exit_group, __NR_fcntl, __NR_kcmp,
    __NR_keyctl, __NR_personality, __NR_setns, __NR_unshare, AT_EMPTY_PATH,
};
use rustix::io::Errno;
use rustix::process::{Gid, Uid, getegid, geteuid, getgid, getuid};
use rustix::thread::{
    CapabilitiesSecureBits, capabilities_secure_bits, set_capabilities_secure_bits, set_thread_res_gid,
    set_thread_res_uid,
};

use crate::clone::Namespaces;
use crate::single_thread::SingleThreaded;
use crate::syscall::{self, fd_argument};

/// Arguments and environment in the kernel's form, made before they are needed.
#[derive(Debug)]
pub struct ExecVectors<'a> {
    arguments: Vec<*const c_char>,
    environment: Vec<*const c_char>,
    strings: std::marker::PhantomData<&'a CStr>,
}

impl<'a> ExecVectors<'a> {
    /// Collects the pointers.
    pub fn new(
        arguments: impl IntoIterator<Item = &'a CStr>,
        environment: impl IntoIterator<Item = &'a CStr>,
    ) -> Self {
        let pointers = |strings: &mut dyn Iterator<Item = &'a CStr>| {
            strings.map(CStr::as_ptr).chain([std::ptr::null()]).collect::<Vec<_>>()
        };
        Self {
            arguments: pointers(&mut arguments.into_iter()),
            environment: pointers(&mut environment.into_iter()),
            strings: std::marker::PhantomData,
        }
    }

    fn pointers(&self) -> (usize, usize) {
        (self.arguments.as_ptr() as usize, self.environment.as_ptr() as usize)
    }
}

/// Does something as another user and group, with the caller's capabilities. No core is dumped from then on.
///
/// # Errors
/// Those of setresuid(2), setresgid(2) and of prctl(2) for `PR_SET_SECUREBITS`.
pub fn as_user<T>(_proof: &SingleThreaded, id: u32, work: impl FnOnce() -> T) -> Result<T, Errno> {
    let (user, group) = (geteuid(), getegid());
    if id == user.as_raw() {
        return Ok(work());
    }
    let bits = capabilities_secure_bits()?;
    set_capabilities_secure_bits(bits | CapabilitiesSecureBits::NO_SETUID_FIXUP)?;
    let become_user = |user: Uid, group: Gid, saved: (Uid, Gid)| {
        set_thread_res_gid(getgid(), group, saved.1)
            .and_then(|()| set_thread_res_uid(getuid(), user, saved.0))
    };
    let result = become_user(Uid::from_raw(id), Gid::from_raw(id), (user, group)).map(|()| work());
    become_user(user, group, (user, group))?;
    set_capabilities_secure_bits(bits)?;
    result
}

/// Becomes another program; returns only when that failed, and why.
#[must_use]
pub fn execute(path: &CStr, vectors: &ExecVectors<'_>) -> Errno {
    let (arguments, environment) = vectors.pointers();
    // SAFETY: `vectors` holds NULL-terminated arrays of strings that live as long as it does.
    match unsafe { syscall::raw(__NR_execve, [path.as_ptr() as usize, arguments, environment, 0, 0, 0]) } {
        Ok(_) => Errno::INVAL,
        Err(errno) => errno,
    }
}

/// Becomes the program in an open file; returns only when that failed, and why.
#[must_use]
pub fn execute_file(file: BorrowedFd<'_>, vectors: &ExecVectors<'_>) -> Errno {
    let (arguments, environment) = vectors.pointers();
    let arguments =
        [fd_argument(file), c"".as_ptr() as usize, arguments, environment, AT_EMPTY_PATH as usize, 0];
    // SAFETY: `vectors` holds NULL-terminated arrays of strings that live as long as it does.
    match unsafe { syscall::raw(__NR_execveat, arguments) } {
        Ok(_) => Errno::INVAL,
        Err(errno) => errno,
    }
}

/// Ends this process at once: no destructors, no buffers.
pub fn exit_now(status: u8) -> ! {
    loop {
        // SAFETY: the call has no pointers, and does not return.
        let result = unsafe { syscall::raw(__NR_exit_group, [usize::from(status), 0, 0, 0, 0, 0]) };
        debug_assert!(result.is_err(), "exit_group(2) returned");
    }
}

/// Whether a descriptor of this number is open.
#[must_use]
pub fn is_open(number: RawFd) -> bool {
    const F_GETFD: usize = 1;
    let Ok(number) = usize::try_from(number) else { return false };
    // SAFETY: the call has no pointers, and changes nothing.
    unsafe { syscall::raw(__NR_fcntl, [number, F_GETFD, 0, 0, 0, 0]) }.is_ok()
}

/// A copy of the descriptor of a number that is at least so high, and is closed by an execve(2).
///
/// # Errors
/// Those of fcntl(2); `BADF` where there is none.
pub fn duplicate(number: RawFd, lowest: RawFd) -> Result<OwnedFd, Errno> {
    const F_DUPFD_CLOEXEC: usize = 1030;
    let argument = |number: RawFd| usize::try_from(number).map_err(|_negative| Errno::BADF);
    let arguments = [argument(number)?, F_DUPFD_CLOEXEC, argument(lowest)?, 0, 0, 0];
    // SAFETY: the call has no pointers, and makes a descriptor without touching another one.
    let copy = unsafe { syscall::raw(__NR_fcntl, arguments) }?;
    // SAFETY: the kernel returned a new descriptor.
    Ok(unsafe { syscall::owned_fd(copy) })
}

/// Marks every descriptor from this one on to be closed by an execve(2) (R10).
///
/// # Errors
/// Those of close_range(2).
pub fn close_on_exec_from(first: RawFd) -> Result<(), Errno> {
    let first = usize::try_from(first).map_err(|_negative| Errno::BADF)?;
    const CLOSE_RANGE_CLOEXEC: usize = 4;
    let last = u32::MAX as usize;
    // SAFETY: the call has no pointers, and closes nothing now.
    unsafe { syscall::raw(__NR_close_range, [first, last, CLOSE_RANGE_CLOEXEC, 0, 0, 0]) }?;
    Ok(())
}

/// Closes every descriptor but these; whoever owned the others must not use them any more.
///
/// # Errors
/// Those of close_range(2).
pub fn close_all_but(mut kept: Vec<RawFd>) -> Result<(), Errno> {
    kept.sort_unstable();
    let mut first: u32 = 0;
    for kept in kept.into_iter().filter_map(|kept| u32::try_from(kept).ok()) {
        if kept > first {
            close_range(first, kept - 1)?;
        }
        first = first.max(kept + 1);
    }
    close_range(first, u32::MAX)
}

fn close_range(first: u32, last: u32) -> Result<(), Errno> {
    // SAFETY: the call has no pointers. Callers are processes that only use what they keep.
    unsafe { syscall::raw(__NR_close_range, [first as usize, last as usize, 0, 0, 0, 0]) }?;
    Ok(())
}

/// Hands a descriptor to the next program under a number; whatever had the number is closed.
///
/// # Errors
/// Those of dup3(2).
pub fn inherit_as(fd: BorrowedFd<'_>, number: RawFd) -> Result<(), Errno> {
    let number = usize::try_from(number).map_err(|_negative| Errno::BADF)?;
    // SAFETY: the call has no pointers. Callers are about to execute another program: an owner of the number in
    // this one is not used again.
    unsafe { syscall::raw(__NR_dup3, [fd_argument(fd), number, 0, 0, 0, 0]) }?;
    Ok(())
}

/// Whether two descriptors of this process are of one open file, which nothing but the kernel is asked for. Where it does not
/// tell, they are not.
#[must_use]
pub fn are_of_one_file(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> bool {
    const KCMP_FILE: usize = 0;
    let Ok(process) = usize::try_from(rustix::process::getpid().as_raw_nonzero().get()) else { return false };
    let arguments = [process, process, KCMP_FILE, fd_argument(one), fd_argument(other), 0];
    // SAFETY: the call has no pointers, and changes nothing.
    let order = unsafe { syscall::raw(__NR_kcmp, arguments) };
    order == Ok(0)
}

/// Joins a new, empty session keyring (R21).
///
/// # Errors
/// Those of keyctl(2).
pub fn join_new_session_keyring() -> Result<(), Errno> {
    const KEYCTL_JOIN_SESSION_KEYRING: usize = 1;
    // SAFETY: a null name asks for an anonymous keyring.
    unsafe { syscall::raw(__NR_keyctl, [KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0, 0]) }?;
    Ok(())
}

/// `PER_LINUX`
pub const PERSONALITY_NATIVE: u32 = 0;
/// `PER_LINUX32`
pub const PERSONALITY_32_BITS: u32 = 8;

/// Sets the execution domain of this process and of those it starts, see personality(2).
///
/// # Errors
/// Those of personality(2).
pub fn set_personality(personality: u32) -> Result<(), Errno> {
    // SAFETY: the call has no pointers.
    unsafe { syscall::raw(__NR_personality, [personality as usize, 0, 0, 0, 0, 0]) }?;
    Ok(())
}

/// The execution domain of this process.
///
/// # Errors
/// Those of personality(2).
pub fn personality() -> Result<u32, Errno> {
    const QUERY: usize = 0xffff_ffff;
    // SAFETY: the call has no pointers, and changes nothing.
    let personality = unsafe { syscall::raw(__NR_personality, [QUERY, 0, 0, 0, 0, 0]) }?;
    u32::try_from(personality).map_err(|_beyond| Errno::RANGE)
}

/// Enters new namespaces.
///
/// # Errors
/// Those of unshare(2).
pub fn unshare(_proof: &SingleThreaded, namespaces: Namespaces) -> Result<(), Errno> {
    // SAFETY: the call has no pointers; with one thread there is nobody to share less with.
    unsafe { syscall::raw(__NR_unshare, [namespaces.bits() as usize, 0, 0, 0, 0, 0]) }?;
    Ok(())
}

/// Enters the namespaces of a kind that a descriptor stands for.
///
/// # Errors
/// Those of setns(2).
pub fn enter_namespace(
    _proof: &SingleThreaded,
    fd: BorrowedFd<'_>,
    namespaces: Namespaces,
) -> Result<(), Errno> {
    // SAFETY: the call has no pointers; with one thread there is nobody to share less with.
    unsafe { syscall::raw(__NR_setns, [fd_argument(fd), namespaces.bits() as usize, 0, 0, 0, 0]) }?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_the_personality_it_is_given() {
        // Of this thread alone: others of the test go on as they are.
        set_personality(PERSONALITY_32_BITS).unwrap();
        assert_eq!(personality(), Ok(PERSONALITY_32_BITS));
        set_personality(PERSONALITY_NATIVE).unwrap();
        assert_eq!(personality(), Ok(PERSONALITY_NATIVE));
    }
}
