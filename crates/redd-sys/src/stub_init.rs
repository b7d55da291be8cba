//! The stub: PID 1 of `redd run`, and what is seen inside of somebody who goes into a machine.
//!
//! A program of its own, without a libc, compiled by the build script from `stub/init.rs`. It is executed from a
//! sealed file in memory, so that the payload never sees redd's own binary as `/proc/1/exe` (R12).

/// The program, a static ELF file.
pub const IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/redd-init"));

/// The descriptor the stub reads its orders from.
pub const ORDERS_FD: i32 = 3;

/// The descriptor by which the stub says what it did, where it is not an init.
pub const CHANNEL_FD: i32 = 4;

/// The descriptor that the stub connects.
pub const SOCKET_FD: i32 = 5;

/// What the stub is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// PID 1, with one command.
    Init = 0,
    /// Who starts a command as a child of its own parent, in the pid namespace that was joined.
    Command = 1,
    /// Who connects a socket from there to the path.
    Connection = 2,
}

/// What the stub is to do, in the form it reads: its role, two counts, then strings that end with NUL, the path first.
///
/// The command's arguments and environment do not stand in the stub's own, which other users may read.
#[must_use]
pub fn orders<'a>(
    role: Role,
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
    [&(role as u32).to_le_bytes()[..], &argument_count[..], &environment_count[..], &strings[..]].concat()
}
