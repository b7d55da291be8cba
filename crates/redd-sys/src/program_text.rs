//! The pages of this program's own code and constants.

use linux_raw_sys::general::{__NR_madvise, MADV_DONTNEED};
use rustix::io::Errno;

use crate::syscall;

const PAGE: usize = 4096;
/// A segment that is mapped.
const PT_LOAD: u32 = 1;
/// A segment that may be written.
const PF_W: u32 = 2;

/// The start of an ELF file of 64 bits, as far as it leads to the segments.
#[repr(C)]
struct FileHeader {
    identification: [u8; 16],
    kind: [u16; 2],
    version: u32,
    entry: u64,
    segments_at: u64,
    sections_at: u64,
    flags: u32,
    size: u16,
    segment_size: u16,
    segment_count: u16,
}

/// One segment.
#[repr(C)]
struct Segment {
    kind: u32,
    flags: u32,
    offset: u64,
    address: u64,
    physical_address: u64,
    file_size: u64,
    memory_size: u64,
    alignment: u64,
}

/// Lets go of the code and constants that were needed once: what is needed again comes back from the page cache.
///
/// # Errors
/// Those of madvise(2).
pub fn release() -> Result<(), Errno> {
    unsafe extern "C" {
        /// The program's first byte in memory, which is its file header.
        static __ehdr_start: FileHeader;
    }
    // SAFETY: the linker puts the symbol at the header, which is mapped for as long as the program runs.
    let header = unsafe { &__ehdr_start };
    let start = &raw const *header as usize;
    let table = std::ptr::with_exposed_provenance::<Segment>(start + to_usize(header.segments_at));
    // SAFETY: the first segment has the table of all of them behind the header, and is mapped as long as that.
    let table = unsafe { std::slice::from_raw_parts(table, header.segment_count.into()) };
    let mapped = || table.iter().filter(|segment| segment.kind == PT_LOAD);
    // The header is where the first one starts, wherever the program was put.
    let base = start - mapped().next().map_or(0, |first| to_usize(first.address));
    // To look at the table brings its page back.
    let constant: Vec<_> =
        mapped().filter(|segment| segment.flags & PF_W == 0).map(|segment| pages_of(segment, base)).collect();
    for (from, to) in constant {
        // SAFETY: nothing is ever written to a segment that may not be written, so every page is as it is in the
        // file; the kernel reads it again where it is needed, also for the instruction after this call.
        unsafe { syscall::raw(__NR_madvise, [from, to - from, MADV_DONTNEED as usize, 0, 0, 0]) }?;
    }
    Ok(())
}

/// The whole pages that are a segment's alone.
fn pages_of(segment: &Segment, base: usize) -> (usize, usize) {
    let from = (base + to_usize(segment.address)).next_multiple_of(PAGE);
    let to = (base + to_usize(segment.address + segment.memory_size)) / PAGE * PAGE;
    (from, to.max(from))
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn code_and_constants_that_were_let_go_of_are_still_there() {
        super::release().unwrap();
        assert_eq!(format!("{:?}", Some(1)), "Some(1)");
    }
}
