//! What ended children used.

use linux_raw_sys::general::__NR_getrusage;
use rustix::io::Errno;
use std::time::Duration;

use crate::syscall;

/// What processes used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceUsage {
    /// User and system time of all of them.
    pub processor_time: Duration,
    /// The most memory that one of them had, in KiB.
    pub peak_resident_kib: u64,
}

/// What all children that were waited for used, and theirs.
///
/// # Errors
/// Those of getrusage(2).
pub fn of_children() -> Result<ResourceUsage, Errno> {
    const RUSAGE_CHILDREN: isize = -1;
    /// Two `struct timeval`, then fourteen numbers, of which the first is used here.
    const WORDS: usize = 18;
    let mut usage = [0_i64; WORDS];
    let arguments = [RUSAGE_CHILDREN.cast_unsigned(), usage.as_mut_ptr() as usize, 0, 0, 0, 0];
    // SAFETY: the array has the size of `struct rusage` on 64-bit machines, and lives until the call returns.
    unsafe { syscall::raw(__NR_getrusage, arguments) }?;
    let [user_seconds, user_micros, system_seconds, system_micros, peak, ..] = usage;
    let micros = (user_seconds + system_seconds) * 1_000_000 + user_micros + system_micros;
    Ok(ResourceUsage {
        processor_time: Duration::from_micros(micros.cast_unsigned()),
        peak_resident_kib: peak.cast_unsigned(),
    })
}
