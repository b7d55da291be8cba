//! The pages of this program's own code.

use linux_raw_sys::general::{__NR_madvise, MADV_DONTNEED};
use rustix::io::Errno;

use crate::syscall;

/// Lets go of the code that was needed once: what is needed again comes back from the page cache.
///
/// # Errors
/// Those of madvise(2).
pub fn release() -> Result<(), Errno> {
    const PAGE: usize = 4096;
    unsafe extern "C" {
        /// Where the program's first segment starts.
        static __executable_start: u8;
        /// Where its code ends.
        static etext: u8;
    }
    let (start, end) = (&raw const __executable_start as usize, &raw const etext as usize);
    let (start, end) = (start.next_multiple_of(PAGE), end - end % PAGE);
    // SAFETY: the linker puts nothing that is written between these two symbols, so every page is as it is in the
    // file; the kernel reads it again where it is needed, also for the instruction after this call.
    unsafe { syscall::raw(__NR_madvise, [start, end - start, MADV_DONTNEED as usize, 0, 0, 0]) }?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn code_that_was_let_go_of_still_runs() {
        super::release().unwrap();
        assert_eq!(format!("{:?}", Some(1)), "Some(1)");
    }
}
