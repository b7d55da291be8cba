//! bpf(2), as far as a cgroup's device filter needs it.

use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};

use linux_raw_sys::general::__NR_bpf;
use rustix::io::Errno;

use crate::syscall;

const BPF_PROG_LOAD: usize = 5;
const BPF_PROG_ATTACH: usize = 8;
const BPF_PROG_GET_FD_BY_ID: usize = 13;
const BPF_PROG_QUERY: usize = 16;
const BPF_PROG_TYPE_CGROUP_DEVICE: u32 = 15;
const BPF_CGROUP_DEVICE: u32 = 6;
const BPF_F_ALLOW_MULTI: u32 = 2;
const BPF_F_REPLACE: u32 = 4;

/// The members of `union bpf_attr` for `BPF_PROG_LOAD` that are used; the kernel takes the others as zero.
#[repr(C)]
struct LoadAttributes {
    program_type: u32,
    instruction_count: u32,
    instructions: u64,
    licence: u64,
    log_level: u32,
    log_size: u32,
    log_buffer: u64,
    kernel_version: u32,
    program_flags: u32,
    name: [u8; 16],
    interface_index: u32,
    expected_attach_type: u32,
}

/// The members of `union bpf_attr` for `BPF_PROG_ATTACH`.
#[repr(C)]
struct AttachAttributes {
    target: u32,
    program: u32,
    attach_type: u32,
    flags: u32,
    replaced: u32,
}

/// The members of `union bpf_attr` for `BPF_PROG_QUERY`.
#[repr(C)]
struct QueryAttributes {
    target: u32,
    attach_type: u32,
    query_flags: u32,
    attach_flags: u32,
    program_ids: u64,
    program_count: u32,
    padding: u32,
}

/// The members of `union bpf_attr` for `BPF_PROG_GET_FD_BY_ID`.
#[repr(C)]
struct OpenAttributes {
    id: u32,
    next_id: u32,
    flags: u32,
}

fn number(fd: BorrowedFd<'_>) -> u32 {
    fd.as_raw_fd().cast_unsigned()
}

/// Loads a `BPF_PROG_TYPE_CGROUP_DEVICE` program. Each item is one 8-byte `struct bpf_insn`.
///
/// # Errors
/// Those of bpf(2); a program that the verifier refuses is `EINVAL` or `EACCES`.
pub fn load_device_program(program: &[u64]) -> Result<OwnedFd, Errno> {
    let mut name = [0; 16];
    name[..12].copy_from_slice(b"redd_devices");
    let attributes = LoadAttributes {
        program_type: BPF_PROG_TYPE_CGROUP_DEVICE,
        instruction_count: u32::try_from(program.len()).map_err(|_too_long| Errno::TOOBIG)?,
        instructions: program.as_ptr() as u64,
        licence: c"MIT".as_ptr() as u64,
        log_level: 0,
        log_size: 0,
        log_buffer: 0,
        kernel_version: 0,
        program_flags: 0,
        name,
        interface_index: 0,
        expected_attach_type: BPF_CGROUP_DEVICE,
    };
    let arguments = [BPF_PROG_LOAD, (&raw const attributes) as usize, size_of::<LoadAttributes>(), 0, 0, 0];
    for _ in 0..LOAD_ATTEMPTS {
        // SAFETY: the structure, the program and the licence live until the call returns; counts are the program's.
        match unsafe { syscall::raw(__NR_bpf, arguments) } {
            Err(Errno::AGAIN) => {}
            // SAFETY: the call made a new descriptor.
            result => return Ok(unsafe { syscall::owned_fd(result?) }),
        }
    }
    Err(Errno::AGAIN)
}

/// How often a program is loaded when a signal, even one that is ignored, interrupts the verifier.
const LOAD_ATTEMPTS: u32 = 16;

/// Attaches a device program to a cgroup, beside others that may be there.
///
/// # Errors
/// Those of bpf(2).
pub fn attach_device_program(cgroup: BorrowedFd<'_>, program: BorrowedFd<'_>) -> Result<(), Errno> {
    attach(cgroup, program, None)
}

/// Puts a device program in the place of the one that is attached to a cgroup itself, at once: there is no moment without
/// any.
///
/// # Errors
/// Those of bpf(2); `EBUSY` where there is more than one, `ENOENT` where there is none.
pub fn replace_device_program(cgroup: BorrowedFd<'_>, program: BorrowedFd<'_>) -> Result<(), Errno> {
    let mut ids = [0_u32; 2];
    let old = match query(cgroup, &mut ids) {
        Ok(0) => return Err(Errno::NOENT),
        Ok(1) => open(ids[0])?,
        Ok(_) | Err(Errno::NOSPC) => return Err(Errno::BUSY),
        Err(errno) => return Err(errno),
    };
    use std::os::fd::AsFd as _;
    attach(cgroup, program, Some(old.as_fd()))
}

fn open(id: u32) -> Result<OwnedFd, Errno> {
    let attributes = OpenAttributes { id, next_id: 0, flags: 0 };
    let arguments =
        [BPF_PROG_GET_FD_BY_ID, (&raw const attributes) as usize, size_of::<OpenAttributes>(), 0, 0, 0];
    // SAFETY: the structure lives until the call returns.
    let result = unsafe { syscall::raw(__NR_bpf, arguments) };
    // SAFETY: the call made a new descriptor.
    Ok(unsafe { syscall::owned_fd(result?) })
}

fn attach(
    cgroup: BorrowedFd<'_>,
    program: BorrowedFd<'_>,
    replaced: Option<BorrowedFd<'_>>,
) -> Result<(), Errno> {
    let attributes = AttachAttributes {
        target: number(cgroup),
        program: number(program),
        attach_type: BPF_CGROUP_DEVICE,
        flags: if replaced.is_some() { BPF_F_ALLOW_MULTI | BPF_F_REPLACE } else { BPF_F_ALLOW_MULTI },
        replaced: replaced.map_or(0, number),
    };
    let arguments =
        [BPF_PROG_ATTACH, (&raw const attributes) as usize, size_of::<AttachAttributes>(), 0, 0, 0];
    // SAFETY: the structure lives until the call returns.
    unsafe { syscall::raw(__NR_bpf, arguments) }?;
    Ok(())
}

/// How many device programs are attached to a cgroup itself.
///
/// # Errors
/// Those of bpf(2).
pub fn count_device_programs(cgroup: BorrowedFd<'_>) -> Result<u32, Errno> {
    query(cgroup, &mut [])
}

/// How many there are; their ids, where there is room for all.
fn query(cgroup: BorrowedFd<'_>, ids: &mut [u32]) -> Result<u32, Errno> {
    let mut attributes = QueryAttributes {
        target: number(cgroup),
        attach_type: BPF_CGROUP_DEVICE,
        query_flags: 0,
        attach_flags: 0,
        program_ids: if ids.is_empty() { 0 } else { ids.as_mut_ptr() as u64 },
        program_count: u32::try_from(ids.len()).unwrap_or(0),
        padding: 0,
    };
    let arguments = [BPF_PROG_QUERY, (&raw mut attributes) as usize, size_of::<QueryAttributes>(), 0, 0, 0];
    // SAFETY: the structure and the ids live until the call returns; the kernel stores no more ids than there is room for.
    unsafe { syscall::raw(__NR_bpf, arguments) }?;
    Ok(attributes.program_count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// r0 = 1; exit
    const ALLOW_ALL: [u64; 2] = [0x0000_0001_0000_00b7, 0x0000_0000_0000_0095];

    #[test]
    fn a_valid_program_is_loaded_and_a_broken_one_is_refused() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        assert!(load_device_program(&ALLOW_ALL).is_ok());
        assert!(load_device_program(&ALLOW_ALL[..1]).is_err(), "a program that does not end");
        assert!(load_device_program(&[]).is_err());
    }

    #[test]
    fn programs_are_attached_to_cgroups_only() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        use std::os::fd::AsFd as _;
        let program = load_device_program(&ALLOW_ALL).unwrap();
        let directory = std::fs::File::open("/").unwrap();
        assert!(attach_device_program(directory.as_fd(), program.as_fd()).is_err());
        assert!(count_device_programs(directory.as_fd()).is_err());
    }
}
