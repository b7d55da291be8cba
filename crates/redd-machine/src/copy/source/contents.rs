//! What is in a file: where it has holes nothing is sent.

use std::os::fd::BorrowedFd;
use std::path::Path;

use redd_sys::Errno;
use rustix::fs::{SeekFrom, Stat, seek};
use rustix::io::{pread, read, retry_on_intr};

use super::Source;
use crate::copy::report::Failure;
use crate::copy::stream::DATA_MAX;

/// The most that is read of a file that says it is empty: those of the kernel do, and have something in them.
const UNSIZED_MAX: u64 = 64 * 1024 * 1024;

impl Source<'_> {
    /// Sends as much as the file has now; one that grows meanwhile does not keep anybody for ever. Its length.
    pub(super) fn send_contents(
        &mut self,
        file: BorrowedFd<'_>,
        status: &Stat,
        path: &Path,
    ) -> Result<u64, Failure> {
        let size = u64::try_from(status.st_size).unwrap_or_default();
        if size == 0 {
            return self.send_until_end(file, UNSIZED_MAX, path);
        }
        let mut buffer = vec![0; DATA_MAX];
        let mut offset = 0;
        while let Some((start, end)) = next_data(file, offset, size).map_err(Failure::at("reading", path))? {
            offset = start;
            while offset < end {
                let wanted = usize::try_from(end - offset).map_or(DATA_MAX, |left| left.min(DATA_MAX));
                let length = retry_on_intr(|| pread(file, &mut buffer[..wanted], offset))
                    .map_err(Failure::at("reading", path))?;
                if length == 0 {
                    // It has become shorter.
                    return Ok(offset);
                }
                self.data(offset, &buffer[..length])?;
                offset += length as u64;
            }
        }
        Ok(size)
    }

    /// Sends everything that can be read; how much that was.
    pub(super) fn send_until_end(
        &mut self,
        file: BorrowedFd<'_>,
        limit: u64,
        path: &Path,
    ) -> Result<u64, Failure> {
        let mut buffer = vec![0; DATA_MAX];
        let mut offset = 0;
        while offset < limit {
            let length = retry_on_intr(|| read(file, &mut buffer)).map_err(Failure::at("reading", path))?;
            if length == 0 {
                break;
            }
            self.data(offset, &buffer[..length])?;
            offset += length as u64;
        }
        Ok(offset)
    }

    fn data(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Failure> {
        self.sender.send_data(offset, bytes).map_err(|error| Failure::of_stream(&error))?;
        self.progress(bytes.len());
        Ok(())
    }
}

/// The next part of a file that is no hole, from an offset on.
fn next_data(file: BorrowedFd<'_>, offset: u64, size: u64) -> Result<Option<(u64, u64)>, Errno> {
    if offset >= size {
        return Ok(None);
    }
    let start = match seek(file, SeekFrom::Data(offset)) {
        Ok(start) => start,
        Err(Errno::NXIO) => return Ok(None),
        // A file system that cannot tell.
        Err(_) => return Ok(Some((offset, size))),
    };
    let end = seek(file, SeekFrom::Hole(start)).unwrap_or(size);
    Ok((start < size).then_some((start, end.min(size))))
}
