//! System calls by number.
//!
//! # Safety
//! Whoever calls [`raw`] guarantees that pointers among the arguments are valid for what the kernel does with
//! them, for as long as it does it.

use std::arch::asm;

use rustix::io::Errno;

/// The largest value that stands for an error.
const ERRNO_MAX: isize = 4095;

/// Makes a system call with up to six arguments.
///
/// # Safety
/// See the module.
#[cfg(target_arch = "x86_64")]
pub(crate) unsafe fn raw(number: u32, arguments: [usize; 6]) -> Result<usize, Errno> {
    let result: isize;
    // SAFETY: the caller vouches for the arguments; the clobbers are those of the x86-64 system call interface.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    decode(result)
}

/// Makes a system call with up to six arguments.
///
/// # Safety
/// See the module.
#[cfg(target_arch = "aarch64")]
pub(crate) unsafe fn raw(number: u32, arguments: [usize; 6]) -> Result<usize, Errno> {
    let result: isize;
    // SAFETY: the caller vouches for the arguments; the registers are those of the AArch64 system call interface.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number as usize,
            inlateout("x0") arguments[0] => result,
            in("x1") arguments[1],
            in("x2") arguments[2],
            in("x3") arguments[3],
            in("x4") arguments[4],
            in("x5") arguments[5],
            options(nostack),
        );
    }
    decode(result)
}

fn decode(result: isize) -> Result<usize, Errno> {
    if (-ERRNO_MAX..0).contains(&result) {
        // ERRNO_MAX fits into an i32.
        return Err(Errno::from_raw_os_error(i32::try_from(-result).unwrap_or(i32::MAX)));
    }
    Ok(result.cast_unsigned())
}

/// The descriptor in a result, as its owner.
///
/// # Safety
/// `result` is what a system call returned that made this descriptor, and nobody else owns it.
pub(crate) unsafe fn owned_fd(result: usize) -> std::os::fd::OwnedFd {
    use std::os::fd::FromRawFd as _;
    let raw = i32::try_from(result).unwrap_or(-1);
    // SAFETY: the caller vouches for the descriptor; the kernel's are below 2³¹.
    unsafe { std::os::fd::OwnedFd::from_raw_fd(raw) }
}

/// The number of a borrowed descriptor as an argument.
pub(crate) fn fd_argument(fd: std::os::fd::BorrowedFd<'_>) -> usize {
    use std::os::fd::AsRawFd as _;
    isize::try_from(fd.as_raw_fd()).unwrap_or(-1).cast_unsigned()
}
