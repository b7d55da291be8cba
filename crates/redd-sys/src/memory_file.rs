//! Files in memory that nobody can change.

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;

/// An executable file in memory with these contents, sealed against every change (R12).
///
/// # Errors
/// Those of memfd_create(2) and write(2).
pub fn sealed(name: &CStr, contents: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Kernels before 6.3 do not know the flag, and make every such file executable.
    let file = memfd_create(name, flags | MemfdFlags::EXEC).or_else(|_old| memfd_create(name, flags))?;
    let mut rest = contents;
    while !rest.is_empty() {
        let written = rustix::io::write(&file, rest)?;
        rest = &rest[written..];
    }
    fcntl_add_seals(&file, SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_file_can_be_read_and_not_changed() {
        let file = sealed(c"test", b"contents").unwrap();
        assert_eq!(rustix::io::pwrite(&file, b"x", 0), Err(Errno::PERM));
        assert_eq!(rustix::fs::ftruncate(&file, 0), Err(Errno::PERM));
        let mut buffer = [0; 16];
        let length = rustix::io::pread(&file, &mut buffer, 0).unwrap();
        assert_eq!(&buffer[..length], b"contents");
    }
}
