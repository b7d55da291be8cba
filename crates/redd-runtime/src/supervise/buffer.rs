//! Bytes on their way through the console.

use std::os::fd::BorrowedFd;

use redd_sys::Errno;

/// A pty hands over so much at most.
const CHUNK: usize = 4 * 1024;
/// More is kept where the other side is slow, to be written at once.
const BUFFER_SIZE: usize = 4 * CHUNK;

/// Bytes that were read and not written yet.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Box<[u8; BUFFER_SIZE]>,
    start: usize,
    end: usize,
}

/// What a read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// So many bytes.
    Some(usize),
    /// Nothing for now.
    Nothing,
    /// Nothing any more.
    End,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// So many bytes.
    Some(usize),
    /// Nobody will read: there is no use in trying again.
    Refused,
}

impl Buffer {
    pub(super) fn new() -> Self {
        Self { bytes: Box::new([0; BUFFER_SIZE]), start: 0, end: 0 }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Whether as much can be read as there may be: small reads cost as much as large ones.
    pub(super) const fn has_room(&self) -> bool {
        BUFFER_SIZE - (self.end - self.start) >= CHUNK
    }

    /// What was read last.
    pub(super) fn newest(&self, length: usize) -> &[u8] {
        &self.bytes[self.end - length..self.end]
    }

    /// Reads once, behind what is there already.
    pub(super) fn fill(&mut self, from: BorrowedFd<'_>) -> Read {
        if !self.has_room() {
            return Read::Nothing;
        }
        if BUFFER_SIZE - self.end < CHUNK {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        match rustix::io::read(from, &mut self.bytes[self.end..]) {
            Ok(0) => Read::End,
            Ok(length) => {
                self.end += length;
                Read::Some(length)
            }
            Err(Errno::AGAIN | Errno::INTR) => Read::Nothing,
            Err(_) => Read::End,
        }
    }

    /// Puts something into an empty buffer, as much as fits.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        let length = bytes.len().min(BUFFER_SIZE);
        self.bytes[..length].copy_from_slice(&bytes[..length]);
        (self.start, self.end) = (0, length);
    }

    /// What was read and not written yet.
    pub(super) fn unwritten(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Writes once. What cannot be written now stays.
    pub(super) fn flush(&mut self, write: impl FnOnce(&[u8]) -> Result<usize, Errno>) -> Written {
        let written = match write(&self.bytes[self.start..self.end]) {
            Ok(length) => Written::Some(length),
            Err(Errno::AGAIN | Errno::INTR) => Written::Some(0),
            Err(_) => Written::Refused,
        };
        match written {
            Written::Some(length) => self.start += length,
            Written::Refused => self.start = self.end,
        }
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use super::*;

    #[test]
    fn bytes_leave_in_the_order_they_came() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let mut buffer = Buffer::new();
        let sent: Vec<u8> = (0..100_000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect();
        let (mut rest, mut received) = (&sent[..], Vec::new());
        while received.len() < sent.len() {
            let (now, later) = rest.split_at(rest.len().min(5000));
            rustix::io::write(&writer, now).unwrap();
            rest = later;
            while buffer.has_room() && rustix::io::ioctl_fionread(&reader).unwrap() > 0 {
                assert!(matches!(buffer.fill(reader.as_fd()), Read::Some(_)));
            }
            buffer.flush(|bytes| {
                let taken = bytes.len().min(4099);
                received.extend_from_slice(&bytes[..taken]);
                Ok(taken)
            });
        }
        assert!(received == sent, "something came out of place");
        assert!(buffer.is_empty());
    }

    #[test]
    fn what_cannot_be_written_stays_and_what_nobody_reads_does_not() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        rustix::io::write(&writer, b"text").unwrap();
        let mut buffer = Buffer::new();
        assert_eq!(buffer.fill(reader.as_fd()), Read::Some(4));
        assert_eq!(buffer.newest(2), b"xt");
        assert_eq!(buffer.flush(|_| Err(Errno::AGAIN)), Written::Some(0));
        assert!(!buffer.is_empty());
        assert_eq!(buffer.flush(|_| Err(Errno::IO)), Written::Refused);
        assert!(buffer.is_empty());
    }
}
