//! Datagrams of peers that are not trusted (R28).

use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;

use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg, sockopt};
use rustix::process::Pid;

/// Whether a datagram fitted into the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// All of it was read.
    Complete,
    /// The rest is lost.
    Truncated,
}

/// One datagram and who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerDatagram {
    /// How many bytes of the buffer it fills.
    pub length: usize,
    /// Whether that is all of it.
    pub completeness: Completeness,
    /// The sender as this pid namespace sees it.
    pub sender: Option<Pid>,
}

/// Asks the kernel to say who sends.
///
/// # Errors
/// Those of setsockopt(2).
pub fn enable_credentials(socket: impl AsFd) -> Result<(), Errno> {
    sockopt::set_socket_passcred(socket, true)
}

/// Reads one datagram if there is one.
///
/// There is room for the sender's credentials only: descriptors that come with a message are closed by the kernel.
///
/// # Errors
/// Those of recvmsg(2).
pub fn receive(socket: impl AsFd, buffer: &mut [u8]) -> Result<Option<PeerDatagram>, Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let result = match recvmsg(socket, &mut [IoSliceMut::new(buffer)], &mut ancillary, flags) {
        Err(Errno::AGAIN | Errno::INTR) => return Ok(None),
        result => result?,
    };
    let mut sender = None;
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmCredentials(credentials) = message {
            sender = Some(credentials.pid);
        }
    }
    let truncated = result.flags.contains(ReturnFlags::TRUNC);
    let completeness = if truncated { Completeness::Truncated } else { Completeness::Complete };
    Ok(Some(PeerDatagram { length: result.bytes, completeness, sender }))
}

#[cfg(test)]
mod tests {
    use std::io::IoSlice;
    use std::os::fd::AsFd as _;

    use rustix::net::{
        AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
        sendmsg, socketpair,
    };

    use super::*;

    /// How many descriptors of this process refer to the file.
    fn copies_of(file: &std::fs::File) -> usize {
        use std::os::unix::fs::MetadataExt as _;
        let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
        let wanted = identity(file.metadata().unwrap());
        let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        descriptors
            .filter(|entry| std::fs::metadata(entry.path()).is_ok_and(|found| identity(found) == wanted))
            .count()
    }

    #[test]
    fn descriptors_in_a_datagram_are_dropped() {
        let (one, other) =
            socketpair(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None).unwrap();
        enable_credentials(&other).unwrap();
        let file = tempfile::tempfile().unwrap();
        let descriptors = [file.as_fd(); 200];
        let mut space = vec![MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(200))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        assert!(ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)));
        sendmsg(&one, &[IoSlice::new(b"READY=1")], &mut ancillary, SendFlags::empty()).unwrap();
        let before = copies_of(&file);
        let mut buffer = [0; 64];
        let datagram = receive(&other, &mut buffer).unwrap().unwrap();
        assert_eq!(copies_of(&file), before);
        assert_eq!(datagram.sender, Some(rustix::process::getpid()));
        assert_eq!(&buffer[..datagram.length], b"READY=1");
    }

    #[test]
    fn nothing_there_is_not_waited_for() {
        let (_one, other) =
            socketpair(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None).unwrap();
        assert_eq!(receive(&other, &mut [0; 8]).unwrap(), None);
    }
}
