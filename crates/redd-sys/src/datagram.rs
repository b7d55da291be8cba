//! Datagrams of peers that are not trusted (R28).

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketAddrUnix, recvmsg, sendmsg_addr, sockopt,
};
use rustix::process::Pid;

/// As many descriptors as the kernel takes in one message. There is room for all of them: what finds none is closed by the
/// kernel in the midst of the call, and a sender can make that take as long as it wants.
const DESCRIPTORS_MAX: usize = 253;

/// Whether a datagram fitted into the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// All of it was read.
    Complete,
    /// The rest is lost.
    Truncated,
}

/// One datagram and who sent it.
#[derive(Debug)]
pub struct PeerDatagram {
    /// How many bytes of the buffer it fills.
    pub length: usize,
    /// Whether that is all of it.
    pub completeness: Completeness,
    /// The sender as this pid namespace sees it.
    pub sender: Option<Pid>,
    /// What came with it, of whatever kind.
    pub descriptors: Vec<OwnedFd>,
}

/// Asks the kernel to say who sends.
///
/// # Errors
/// Those of setsockopt(2).
pub fn enable_credentials(socket: impl AsFd) -> Result<(), Errno> {
    sockopt::set_socket_passcred(socket, true)
}

/// Sends one datagram, and descriptors with it, without waiting.
///
/// # Errors
/// Those of sendmsg(2): `AGAIN` where there is no room.
pub fn send(
    socket: impl AsFd,
    address: &SocketAddrUnix,
    message: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Errno::TOOBIG);
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    sendmsg_addr(socket, address, &[IoSlice::new(message)], &mut ancillary, flags).map(drop)
}

/// Reads one datagram if there is one.
///
/// # Errors
/// Those of recvmsg(2).
pub fn receive(socket: impl AsFd, buffer: &mut [u8]) -> Result<Option<PeerDatagram>, Errno> {
    const SPACE: usize = rustix::cmsg_space!(ScmCredentials(1), ScmRights(DESCRIPTORS_MAX));
    let mut space = [MaybeUninit::uninit(); SPACE];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let result = match recvmsg(socket, &mut [IoSliceMut::new(buffer)], &mut ancillary, flags) {
        Err(Errno::AGAIN | Errno::INTR) => return Ok(None),
        result => result?,
    };
    let (mut sender, mut descriptors) = (None, Vec::new());
    for message in ancillary.drain() {
        match message {
            RecvAncillaryMessage::ScmCredentials(credentials) => sender = Some(credentials.pid),
            RecvAncillaryMessage::ScmRights(received) => descriptors.extend(received),
            _ => {}
        }
    }
    let truncated = result.flags.contains(ReturnFlags::TRUNC);
    let completeness = if truncated { Completeness::Truncated } else { Completeness::Complete };
    Ok(Some(PeerDatagram { length: result.bytes, completeness, sender, descriptors }))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use rustix::net::{AddressFamily, SocketFlags, SocketType, sendmsg, socketpair};

    use super::*;

    #[test]
    fn descriptors_of_a_datagram_come_with_its_sender() {
        let (one, other) =
            socketpair(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None).unwrap();
        enable_credentials(&other).unwrap();
        let file = tempfile::tempfile().unwrap();
        let descriptors = [file.as_fd(); DESCRIPTORS_MAX];
        let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        assert!(ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)));
        sendmsg(&one, &[IoSlice::new(b"READY=1")], &mut ancillary, SendFlags::empty()).unwrap();
        let mut buffer = [0; 64];
        let datagram = receive(&other, &mut buffer).unwrap().unwrap();
        assert_eq!(datagram.descriptors.len(), DESCRIPTORS_MAX);
        assert_eq!(datagram.sender, Some(rustix::process::getpid()));
        assert_eq!(&buffer[..datagram.length], b"READY=1");
    }

    #[test]
    fn nothing_there_is_not_waited_for() {
        let (_one, other) =
            socketpair(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None).unwrap();
        assert!(receive(&other, &mut [0; 8]).unwrap().is_none());
    }
}
