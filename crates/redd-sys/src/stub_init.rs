//! The stub init: PID 1 of `redd run`.
//!
//! A program of its own, without a libc, compiled by the build script from `stub/init.rs`. It is executed from a
//! sealed file in memory, so that the payload never sees redd's own binary as `/proc/1/exe` (R12).

/// The program, a static ELF file.
pub const IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/redd-init"));

/// The descriptor the stub reads its orders from.
pub const ORDERS_FD: i32 = 3;

/// What the stub is to run, in the form it reads: two counts, then strings that end with NUL, the path first.
///
/// The command's arguments and environment do not stand in the stub's own, which other users may read.
#[must_use]
pub fn orders<'a>(
    path: &[u8],
    arguments: impl Iterator<Item = &'a [u8]>,
    environment: impl Iterator<Item = &'a [u8]>,
) -> Vec<u8> {
    let mut strings = path.to_vec();
    strings.push(0);
    let mut append = |texts: &mut dyn Iterator<Item = &'a [u8]>| {
        let mut count: u32 = 0;
        for text in texts {
            strings.extend_from_slice(text);
            strings.push(0);
            count += 1;
        }
        count.to_le_bytes()
    };
    let (argument_count, environment_count) = (append(&mut { arguments }), append(&mut { environment }));
    [&argument_count[..], &environment_count[..], &strings[..]].concat()
}
