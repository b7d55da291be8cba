//! The system call filter of this process.

use linux_raw_sys::general::__NR_seccomp;
use rustix::io::Errno;

use crate::syscall;

/// `struct sock_fprog`
#[repr(C)]
struct FilterProgram {
    length: u16,
    instructions: *const u64,
}

/// Installs a filter for good. Each item is one 8-byte `struct sock_filter`.
///
/// # Errors
/// Those of seccomp(2); a program that is too long is `EINVAL`.
pub fn install(program: &[u64]) -> Result<(), Errno> {
    const SECCOMP_SET_MODE_FILTER: usize = 1;
    let length = u16::try_from(program.len()).map_err(|_too_long| Errno::INVAL)?;
    let structure = FilterProgram { length, instructions: program.as_ptr() };
    let arguments = [SECCOMP_SET_MODE_FILTER, 0, (&raw const structure) as usize, 0, 0, 0];
    // SAFETY: the structure and the program live until the call returns, and the length is the program's.
    unsafe { syscall::raw(__NR_seccomp, arguments) }?;
    Ok(())
}
