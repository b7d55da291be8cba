//! What a process inside tells the one that sent it.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use redd_sys::Errno;
use redd_sys::channel::Channel;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Pid;

use super::EnterError;
use crate::StepError;

/// The most of an answer that goes into one message.
const PIECE_MAX: usize = 32 * 1024;
/// The most that a failure's text may have, in bytes.
const DETAIL_MAX: usize = 512;
/// The most that a message has which is no long answer: a kind, a number, two texts.
const SHORT_MAX: usize = 8 + 2 * DETAIL_MAX;
/// What each kind of message begins with. The stub knows the last one too.
const PIECE: u8 = b'+';
const LAST: u8 = b'.';
const FAILED: u8 = b'!';
const NO_PROGRAM: u8 = b'?';
const BORN: u8 = b'P';

/// A message.
#[derive(Debug)]
pub(super) enum Message {
    /// A part of an answer.
    Piece(Vec<u8>),
    /// The last part, and descriptors.
    Last(Vec<u8>, Vec<OwnedFd>),
    /// It did not work.
    Failed(StepError),
    /// What is to be executed is not to be had.
    NoProgram(StepError),
    /// A command is there, as a child of whoever reads this.
    Born(Result<Pid, Errno>),
    /// Nobody is there any more.
    Closed,
}

/// Sends an answer of any length.
pub(super) fn send_answer(
    channel: &Channel,
    answer: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), Errno> {
    let (pieces, last) = answer.split_at(answer.len().saturating_sub(1) / PIECE_MAX * PIECE_MAX);
    for piece in pieces.chunks(PIECE_MAX) {
        channel.send(&[&[PIECE], piece].concat(), &[])?;
    }
    channel.send(&[&[LAST], last].concat(), descriptors)
}

/// Says why it did not work.
pub(super) fn send_failed(channel: &Channel, cause: &StepError) -> Result<(), Errno> {
    send_cause(channel, FAILED, cause)
}

/// Says why a program cannot be executed, with its name as the detail.
pub(super) fn send_no_program(channel: &Channel, cause: &StepError) -> Result<(), Errno> {
    send_cause(channel, NO_PROGRAM, cause)
}

fn send_cause(channel: &Channel, kind: u8, cause: &StepError) -> Result<(), Errno> {
    let cut = |text: &str| text.as_bytes()[..text.floor_char_boundary(DETAIL_MAX)].to_vec();
    let (detail, hint) = (cut(&cause.detail), cut(cause.hint.as_deref().unwrap_or_default()));
    let errno = cause.errno.raw_os_error().to_le_bytes();
    channel.send(&[&[kind], &errno[..], &detail, &[0], &hint].concat(), &[])
}

/// Waits for a message until a time, without one for ever.
pub(super) fn receive(channel: &Channel, limit: Limit) -> Result<Message, EnterError> {
    receive_into(&mut vec![0; PIECE_MAX + 1], channel, limit)
}

/// Waits for a message that is no long answer.
pub(super) fn receive_short(channel: &Channel, limit: Limit) -> Result<Message, EnterError> {
    receive_into(&mut [0; SHORT_MAX], channel, limit)
}

fn receive_into(buffer: &mut [u8], channel: &Channel, limit: Limit) -> Result<Message, EnterError> {
    let failed = || EnterError::failed("listening to the inside");
    wait(channel, limit)?;
    let received = channel.receive(buffer).map_err(failed())?;
    let message = buffer.get(..received.length).unwrap_or_default();
    decode(message, received.descriptors).map_err(failed())
}

fn decode(message: &[u8], descriptors: Vec<OwnedFd>) -> Result<Message, Errno> {
    let Some((&kind, rest)) = message.split_first() else { return Ok(Message::Closed) };
    let number = rest.first_chunk::<4>().map(|bytes| i32::from_le_bytes(*bytes));
    match (kind, number) {
        (PIECE, _) => Ok(Message::Piece(rest.to_vec())),
        (LAST, _) => Ok(Message::Last(rest.to_vec(), descriptors)),
        (FAILED, Some(errno @ 1..4096)) => Ok(Message::Failed(failure(errno, &rest[4..]))),
        (NO_PROGRAM, Some(errno @ 1..4096)) => Ok(Message::NoProgram(failure(errno, &rest[4..]))),
        (BORN, Some(pid @ 1..)) => Pid::from_raw(pid).map(|pid| Message::Born(Ok(pid))).ok_or(Errno::PROTO),
        (BORN, Some(errno @ -4095..=-1)) => Ok(Message::Born(Err(Errno::from_raw_os_error(-errno)))),
        _ => Err(Errno::PROTO),
    }
}

fn failure(errno: i32, texts: &[u8]) -> StepError {
    let mut texts = texts.split(|&byte| byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
    let detail = texts.next().unwrap_or_default();
    let hint = texts.next().filter(|hint| !hint.is_empty());
    StepError { errno: Errno::from_raw_os_error(errno), detail, hint }
}

/// How long somebody waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    time: Option<Duration>,
    deadline: Option<Instant>,
}

impl Limit {
    /// From now on; for ever where there is no time.
    pub(super) fn of(time: Option<Duration>) -> Self {
        Self { time, deadline: time.and_then(|time| Instant::now().checked_add(time)) }
    }
}

fn wait(channel: &Channel, limit: Limit) -> Result<(), EnterError> {
    loop {
        let left = limit.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map(Timespec::try_from).transpose().unwrap_or_default();
        match poll(&mut [PollFd::from_borrowed_fd(channel.as_fd(), PollFlags::IN)], timeout.as_ref()) {
            Ok(0) => return Err(EnterError::TimedOut(limit.time.unwrap_or_default())),
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(EnterError::failed("listening to the inside")(errno)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_answer_of_any_length_arrives_as_it_was(length in 0..100_000_usize) {
            let (one, other) = Channel::pair().unwrap();
            let answer: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            send_answer(&one, &answer, &[]).unwrap();
            let mut read = Vec::new();
            loop {
                match receive(&other, Limit::of(None)).unwrap() {
                    Message::Piece(piece) => read.extend(piece),
                    Message::Last(piece, _) => { read.extend(piece); break; }
                    message => prop_assert!(false, "{message:?}"),
                }
            }
            prop_assert!(read == answer);
        }

        #[test]
        fn any_message_is_answered(message in prop::collection::vec(any::<u8>(), 0..20)) {
            drop(decode(&message, Vec::new()));
        }
    }

    #[test]
    fn a_failure_keeps_its_number_and_its_words() {
        let (one, other) = Channel::pair().unwrap();
        let sent = StepError::about("on the way")(Errno::NOENT).with_hint("go another way");
        send_failed(&one, &sent).unwrap();
        let Message::Failed(cause) = receive(&other, Limit::of(None)).unwrap() else { panic!("no failure") };
        assert_eq!(cause, sent);
        assert!(matches!(receive(&other, Limit::of(Some(Duration::ZERO))), Err(EnterError::TimedOut(_))));
        drop(one);
        assert!(matches!(receive(&other, Limit::of(None)), Ok(Message::Closed)));
    }
}
