//! A file to a pipe: from the beginning to the end, holes too.

use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use redd_sys::Errno;
use rustix::io::{retry_on_intr, write};

use super::malformed;
use crate::copy::report::Failure;
use crate::copy::stream::{Frame, Kind, Receiver};

/// Writes a file that is sent.
pub(in crate::copy) fn write_output(stream: UnixStream, output: BorrowedFd<'_>) -> Result<(), Failure> {
    let mut receiver = Receiver::new(stream);
    let mut next = || {
        let gone = || Failure::of_stream(&std::io::ErrorKind::UnexpectedEof.into());
        receiver.receive().map_err(|error| Failure::of_stream(&error))?.ok_or_else(gone)
    };
    match next()? {
        Frame::Start { kind: Kind::File | Kind::Stream, .. } => {}
        Frame::Start { .. } => {
            let hint = "redd exec NAME -- tar -c PATH writes a directory to standard output";
            return Err(Failure::refused("a directory cannot go to standard output", Some(hint)));
        }
        _ => return Err(malformed()),
    }
    receiver.answer(0, 0).map_err(|error| Failure::of_stream(&error))?;
    let mut next = || {
        let gone = || Failure::of_stream(&std::io::ErrorKind::UnexpectedEof.into());
        receiver.receive().map_err(|error| Failure::of_stream(&error))?.ok_or_else(gone)
    };
    let failed = || Failure::at("writing to", Path::new("standard output"));
    let mut written = 0;
    loop {
        match next()? {
            Frame::File { .. } => {}
            Frame::Data { offset, bytes } if offset >= written => {
                write_zeros(output, offset - written).map_err(failed())?;
                write_all(output, &bytes).map_err(failed())?;
                written = offset.saturating_add(bytes.len() as u64);
            }
            Frame::FileEnd { size } => {
                write_zeros(output, size.saturating_sub(written)).map_err(failed())?;
                written = written.max(size);
            }
            Frame::End => return Ok(()),
            _ => return Err(malformed()),
        }
    }
}

fn write_zeros(output: BorrowedFd<'_>, mut count: u64) -> Result<(), Errno> {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    while count > 0 {
        let length = usize::try_from(count).map_or(ZEROS.len(), |count| count.min(ZEROS.len()));
        write_all(output, &ZEROS[..length])?;
        count -= length as u64;
    }
    Ok(())
}

fn write_all(output: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let written = retry_on_intr(|| write(output, bytes))?;
        bytes = &bytes[written..];
    }
    Ok(())
}
