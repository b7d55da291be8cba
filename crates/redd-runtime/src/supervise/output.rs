//! Where the console's output goes, in its colour.

use std::os::fd::{AsFd, BorrowedFd};

use redd_sys::Errno;
use serde::{Deserialize, Serialize};

use super::tint::{RESTORE, Tint};
use crate::error::best_effort;
use crate::handover::Bytes;
use crate::terminal::Stream;

/// So much is tinted at once: it becomes more than it was.
const PIECE: usize = 1024;

/// The caller's standard output.
#[derive(Debug)]
pub(super) struct Output {
    stream: Stream,
    colour: Option<Colour>,
}

#[derive(Debug)]
struct Colour {
    tint: Tint,
    /// What is tinted and not written yet.
    waiting: Vec<u8>,
}

impl Output {
    pub(super) fn new(stream: Stream, tint: Option<Tint>) -> Self {
        Self { stream, colour: tint.map(|tint| Colour { waiting: tint.start(), tint }) }
    }

    /// Whether something was taken and not written.
    pub(super) fn is_behind(&self) -> bool {
        self.colour.as_ref().is_some_and(|colour| !colour.waiting.is_empty())
    }

    /// Takes what can be taken without waiting.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let Some(colour) = &mut self.colour else { return self.stream.write(bytes) };
        colour.flush(&self.stream)?;
        let piece = &bytes[..bytes.len().min(PIECE)];
        colour.tint.apply(piece, &mut colour.waiting);
        match colour.flush(&self.stream) {
            Ok(()) | Err(Errno::AGAIN | Errno::INTR) => Ok(piece.len()),
            Err(errno) => Err(errno),
        }
    }
}

/// What was tinted, and did not get out yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ColourState {
    tint: Tint,
    waiting: Bytes,
}

impl Output {
    /// What goes over to another program; the stream is opened again there.
    pub(super) fn colour(&self) -> Option<ColourState> {
        let state = |colour: &Colour| ColourState {
            tint: colour.tint.clone(),
            waiting: Bytes(colour.waiting.clone()),
        };
        self.colour.as_ref().map(state)
    }

    /// Goes on where another program was.
    pub(super) fn resume(stream: Stream, colour: Option<ColourState>) -> Self {
        let colour = colour.map(|ColourState { tint, waiting }| Colour { tint, waiting: waiting.0 });
        Self { stream, colour }
    }
}

impl Colour {
    /// All of it, or it is to be tried again.
    fn flush(&mut self, stream: &Stream) -> Result<(), Errno> {
        while !self.waiting.is_empty() {
            let length = stream.write(&self.waiting)?;
            self.waiting.drain(..length);
        }
        Ok(())
    }
}

/// Whatever happened, the caller's terminal has its own colour again.
impl Drop for Output {
    fn drop(&mut self) {
        if self.colour.is_some() {
            best_effort(self.stream.write(RESTORE));
        }
    }
}

impl AsFd for Output {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
