//! Messages with descriptors between the two sides of a clone.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

/// How many descriptors a message carries at most.
pub const DESCRIPTORS_MAX: usize = 40;

/// One end of a connection that keeps messages apart.
#[derive(Debug)]
pub struct Channel(OwnedFd);

/// A message that came.
#[derive(Debug)]
pub struct Received {
    /// Its length; 0 when the other end is closed.
    pub length: usize,
    /// The descriptors with it.
    pub descriptors: Vec<OwnedFd>,
}

impl Channel {
    /// Both ends.
    ///
    /// # Errors
    /// Those of socketpair(2).
    pub fn pair() -> Result<(Self, Self), Errno> {
        let (one, other) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        Ok((Self(one), Self(other)))
    }

    /// Sends one message.
    ///
    /// # Errors
    /// Those of sendmsg(2); `E2BIG` for more than [`DESCRIPTORS_MAX`] descriptors.
    pub fn send(&self, message: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<(), Errno> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
            return Err(Errno::TOOBIG);
        }
        sendmsg(&self.0, &[IoSlice::new(message)], &mut ancillary, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// Waits for one message.
    ///
    /// # Errors
    /// Those of recvmsg(2).
    pub fn receive(&self, buffer: &mut [u8]) -> Result<Received, Errno> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let result = rustix::io::retry_on_intr(|| {
            recvmsg(&self.0, &mut [IoSliceMut::new(buffer)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)
        })?;
        let mut descriptors = Vec::new();
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(received) = message {
                descriptors.extend(received);
            }
        }
        Ok(Received { length: result.bytes, descriptors })
    }
}

/// A connection of a socket that keeps messages apart.
impl From<OwnedFd> for Channel {
    fn from(connection: OwnedFd) -> Self {
        Self(connection)
    }
}

impl From<Channel> for OwnedFd {
    fn from(channel: Channel) -> Self {
        channel.0
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_arrives_with_its_descriptors() {
        let (one, other) = Channel::pair().unwrap();
        let file = tempfile::tempfile().unwrap();
        one.send(b"hello", &[file.as_fd()]).unwrap();
        let mut buffer = [0; 16];
        let received = other.receive(&mut buffer).unwrap();
        assert_eq!((&buffer[..received.length], received.descriptors.len()), (&b"hello"[..], 1));
    }

    #[test]
    fn a_closed_end_is_an_empty_message() {
        let (one, other) = Channel::pair().unwrap();
        drop(one);
        assert_eq!(other.receive(&mut [0; 16]).unwrap().length, 0);
    }
}
