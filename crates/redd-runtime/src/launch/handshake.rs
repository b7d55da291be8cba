//! The messages between the two sides of the clone.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use redd_sys::Errno;
use redd_sys::channel::Channel;
use rustix::io::fcntl_dupfd_cloexec;

use crate::StepError;
use crate::child::execute::sockets_end;

/// The most that a failure's text may have, in bytes.
const DETAIL_MAX: usize = 512;
/// kind, index, error number, then text
const HEADER: usize = 1 + 4 + 4;
/// The kernel's error numbers.
const ERRNO: std::ops::Range<i32> = 1..4096;

/// Both ends, until the clone; then one.
pub(crate) struct Handshake {
    parent: Option<Channel>,
    child: Option<Channel>,
}

/// What the other side says.
#[derive(Debug)]
pub(crate) enum PeerMessage {
    /// Every step up to this one is done.
    Done { index: usize },
    /// A step failed.
    Failed { index: usize, cause: StepError },
    /// The files of a step.
    Descriptors { index: usize, descriptors: Vec<OwnedFd> },
    /// The next thing is execve(2).
    Executing,
    /// Nobody is there any more.
    Closed,
}

#[repr(u8)]
#[derive(Clone, Copy)]
enum Kind {
    Done = 1,
    Failed = 2,
    Descriptors = 3,
    Executing = 4,
}

impl Handshake {
    /// The child speaks until the payload is executed: its end is in the way of nothing that the payload is given.
    pub(super) fn new(sockets: &[OwnedFd]) -> Result<Self, Errno> {
        let (parent, mut child) = Channel::pair()?;
        if !sockets.is_empty() {
            let end = sockets_end(u32::try_from(sockets.len()).unwrap_or(u32::MAX));
            child = Channel::from(fcntl_dupfd_cloexec(child.as_fd(), end)?);
        }
        Ok(Self { parent: Some(parent), child: Some(child) })
    }

    /// After the clone, in the parent: the other end is the child's alone, so that its death closes it.
    pub(super) fn keep_parent(&mut self) {
        self.child = None;
    }

    /// After the clone, in the child.
    pub(super) fn into_child(mut self) -> Self {
        Self { parent: None, child: self.child.take() }
    }

    fn channel(&self) -> Result<&Channel, Errno> {
        self.parent.as_ref().or(self.child.as_ref()).ok_or(Errno::NOTCONN)
    }

    /// The end that is left.
    pub(crate) fn descriptor(&self) -> Result<BorrowedFd<'_>, Errno> {
        self.channel().map(Channel::as_fd)
    }

    pub(crate) fn send_done(&self, index: usize) -> Result<(), Errno> {
        self.send(Kind::Done, index, 0, "", &[])
    }

    pub(crate) fn send_executing(&self, index: usize) -> Result<(), Errno> {
        self.send(Kind::Executing, index, 0, "", &[])
    }

    pub(crate) fn send_failed(&self, index: usize, cause: &StepError) -> Result<(), Errno> {
        self.send(Kind::Failed, index, cause.errno.raw_os_error(), &cause.detail, &[])
    }

    pub(crate) fn send_descriptors(&self, index: usize, descriptors: &[BorrowedFd<'_>]) -> Result<(), Errno> {
        self.send(Kind::Descriptors, index, 0, "", descriptors)
    }

    fn send(
        &self,
        kind: Kind,
        index: usize,
        errno: i32,
        detail: &str,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), Errno> {
        let message = encode(kind, index, errno, detail);
        self.channel()?.send(&message, descriptors)
    }

    /// Waits for the other side.
    pub(crate) fn receive(&self) -> Result<PeerMessage, Errno> {
        let mut buffer = [0; HEADER + DETAIL_MAX];
        let received = self.channel()?.receive(&mut buffer)?;
        decode(&buffer[..received.length], received.descriptors)
    }
}

fn encode(kind: Kind, index: usize, errno: i32, detail: &str) -> Vec<u8> {
    let mut message = Vec::with_capacity(HEADER + DETAIL_MAX);
    message.push(kind as u8);
    message.extend_from_slice(&u32::try_from(index).unwrap_or(u32::MAX).to_le_bytes());
    message.extend_from_slice(&errno.to_le_bytes());
    message.extend_from_slice(&detail.as_bytes()[..detail.floor_char_boundary(DETAIL_MAX)]);
    message
}

/// What the bytes of a message and the descriptors with it say.
pub(crate) fn decode(message: &[u8], descriptors: Vec<OwnedFd>) -> Result<PeerMessage, Errno> {
    let Some((header, detail)) = message.split_at_checked(HEADER) else {
        return Ok(PeerMessage::Closed);
    };
    let word = |at: usize| [header[at], header[at + 1], header[at + 2], header[at + 3]];
    let index = usize::try_from(u32::from_le_bytes(word(1))).unwrap_or(usize::MAX);
    match header[0] {
        kind if kind == Kind::Done as u8 => Ok(PeerMessage::Done { index }),
        kind if kind == Kind::Executing as u8 => Ok(PeerMessage::Executing),
        kind if kind == Kind::Descriptors as u8 => Ok(PeerMessage::Descriptors { index, descriptors }),
        kind if kind == Kind::Failed as u8 => {
            let errno = i32::from_le_bytes(word(5));
            if !ERRNO.contains(&errno) {
                return Err(Errno::PROTO);
            }
            let errno = Errno::from_raw_os_error(errno);
            let detail = String::from_utf8_lossy(detail).into_owned();
            Ok(PeerMessage::Failed { index, cause: StepError { errno, detail, hint: None } })
        }
        _ => Err(Errno::PROTO),
    }
}

/// The bytes of a message.
#[cfg(feature = "fuzzing")]
pub(crate) fn written_again(message: PeerMessage) -> Option<Vec<u8>> {
    Some(match message {
        PeerMessage::Done { index } => encode(Kind::Done, index, 0, ""),
        PeerMessage::Executing => encode(Kind::Executing, 0, 0, ""),
        PeerMessage::Descriptors { index, .. } => encode(Kind::Descriptors, index, 0, ""),
        PeerMessage::Failed { index, cause } => {
            encode(Kind::Failed, index, cause.errno.raw_os_error(), &cause.detail)
        }
        PeerMessage::Closed => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn failure(message: &[u8]) -> Option<(usize, StepError)> {
        match decode(message, Vec::new()) {
            Ok(PeerMessage::Failed { index, cause }) => Some((index, cause)),
            _ => None,
        }
    }

    #[test]
    fn an_error_number_that_is_none_is_refused() {
        for errno in [0, -5, 4096, i32::MIN] {
            let message = encode(Kind::Failed, 1, errno, "");
            assert_eq!(decode(&message, Vec::new()).unwrap_err(), Errno::PROTO, "{errno}");
        }
    }

    proptest! {
        #[test]
        fn any_message_is_answered(message in prop::collection::vec(any::<u8>(), 0..40)) {
            drop(decode(&message, Vec::new()));
        }

        #[test]
        fn a_failure_arrives_as_it_was_sent(index: u32, errno in ERRNO, detail in ".{0,300}") {
            let (read, cause) = failure(&encode(Kind::Failed, index as usize, errno, &detail)).unwrap();
            prop_assert_eq!((read, cause.errno.raw_os_error()), (index as usize, errno));
            prop_assert!(detail.starts_with(&cause.detail));
            prop_assert!(cause.detail == detail || cause.detail.len() > DETAIL_MAX - 4);
        }
    }
}
