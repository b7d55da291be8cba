//! Bytes on their way from one descriptor to another, without waiting for either.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use redd_runtime::terminal::Stream;
use redd_sys::Errno;
use rustix::event::PollFlags;

/// So much is kept where the other side is slow.
const KEPT_MAX: usize = 64 * 1024;
/// So much is read at once.
const PIECE: usize = 16 * 1024;
/// How often a terminal is looked at that nobody inside has open.
const INTERVAL: Duration = Duration::from_millis(50);
/// What a terminal takes for the end of what is typed.
pub(crate) const END_OF_INPUT: u8 = 4;

/// An end of a flow.
#[derive(Debug)]
pub(crate) enum End {
    /// One of the caller's streams.
    Stream(Stream),
    /// A pipe, which is closed when nothing more comes.
    Pipe(OwnedFd),
    /// A terminal of the payload's.
    Terminal(OwnedFd),
}

impl End {
    fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        match self {
            Self::Stream(stream) => stream.write(bytes),
            Self::Pipe(file) | Self::Terminal(file) => rustix::io::write(file, bytes),
        }
    }
}

impl AsFd for End {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Stream(stream) => stream.as_fd(),
            Self::Pipe(file) | Self::Terminal(file) => file.as_fd(),
        }
    }
}

/// What came of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// So many bytes, which are the newest that are kept.
    Some(usize),
    /// Nothing now.
    Nothing,
}

/// A way for bytes.
#[derive(Debug)]
pub(crate) struct Flow {
    from: Option<End>,
    to: Option<End>,
    kept: Vec<u8>,
    /// Until then nobody is at the other end of the terminal.
    pause: Option<Instant>,
}

impl Flow {
    pub(crate) const fn new(from: End, to: End) -> Self {
        Self { from: Some(from), to: Some(to), kept: Vec::new(), pause: None }
    }

    /// What to wait for.
    pub(crate) fn interests(&self) -> impl Iterator<Item = (BorrowedFd<'_>, PollFlags)> {
        let can_read = self.kept.len() < KEPT_MAX && self.pause.is_none();
        let from = self.from.iter().filter(move |_| can_read);
        let to = self.to.iter().filter(|_| !self.kept.is_empty());
        from.map(|from| (from.as_fd(), PollFlags::IN)).chain(to.map(|to| (to.as_fd(), PollFlags::OUT)))
    }

    /// When it is worth another look, where nothing would wake anybody.
    pub(crate) const fn retry_at(&self) -> Option<Instant> {
        self.pause
    }

    /// Looks again where it is time.
    pub(crate) fn resume(&mut self, now: Instant) {
        self.pause.take_if(|pause| *pause <= now);
    }

    /// Puts something behind what is kept.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.kept.extend(bytes);
    }

    /// Whether nothing more comes.
    pub(crate) const fn is_at_end(&self) -> bool {
        self.from.is_none()
    }

    /// What was read last.
    pub(crate) fn newest(&self, length: usize) -> &[u8] {
        &self.kept[self.kept.len().saturating_sub(length)..]
    }

    /// Reads once, where there is room. The caller's streams may make whoever reads wait: they have to be ready.
    pub(crate) fn read(&mut self, now: Instant) -> Came {
        let Some(from) = self.from.as_ref().filter(|_| self.kept.len() < KEPT_MAX && self.pause.is_none())
        else {
            return Came::Nothing;
        };
        let mut piece = [0; PIECE];
        match rustix::io::read(from, &mut piece) {
            Ok(length @ 1..) => {
                self.kept.extend(&piece[..length]);
                return Came::Some(length);
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            // One inside may have closed it, and another one may open it again.
            Err(Errno::IO) if matches!(from, End::Terminal(_)) => self.pause = Some(now + INTERVAL),
            Ok(_) | Err(_) => self.end(),
        }
        Came::Nothing
    }

    /// Nothing more comes.
    fn end(&mut self) {
        self.from = None;
        if matches!(self.to, Some(End::Terminal(_))) {
            self.kept.push(END_OF_INPUT);
        }
    }

    /// Writes once; whether something went away.
    pub(crate) fn write(&mut self) -> bool {
        let mut is_moved = false;
        if let Some(to) = self.to.as_ref().filter(|_| !self.kept.is_empty()) {
            match to.write(&self.kept) {
                Ok(length) => {
                    self.kept.drain(..length);
                    is_moved = true;
                }
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(_) => self.stop(),
            }
        }
        if self.from.is_none() && self.kept.is_empty() && !matches!(self.to, Some(End::Terminal(_))) {
            self.to = None;
        }
        is_moved
    }

    /// Nobody takes anything any more: whoever writes is to notice.
    fn stop(&mut self) {
        self.to = None;
        self.kept.clear();
        if !matches!(self.from, Some(End::Terminal(_))) {
            self.from = None;
        }
    }

    /// Whether it leads to the caller.
    pub(crate) const fn is_outward(&self) -> bool {
        matches!(self.to, Some(End::Stream(_)))
    }

    /// Whether nothing waits to be taken.
    pub(crate) const fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{OFlags, fcntl_setfl};
    use rustix::pipe::{PipeFlags, pipe_with};

    use super::*;

    fn pipe() -> (OwnedFd, OwnedFd) {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        fcntl_setfl(&reader, OFlags::NONBLOCK).unwrap();
        fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
        (reader, writer)
    }

    #[test]
    fn everything_arrives_in_order_and_the_end_is_passed_on() {
        let ((source, input), (output, sink)) = (pipe(), pipe());
        let mut flow = Flow::new(End::Pipe(source), End::Pipe(sink));
        let sent: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
        let (mut rest, mut input, mut received) = (&sent[..], Some(input), Vec::<u8>::new());
        loop {
            if let Some(open) = &input {
                rest = &rest[rustix::io::write(open, &rest[..rest.len().min(7000)]).unwrap_or(0)..];
                if rest.is_empty() {
                    input = None;
                }
            }
            flow.read(Instant::now());
            flow.write();
            let mut buffer = [0; 9000];
            match rustix::io::read(&output, &mut buffer) {
                Ok(0) => break,
                Ok(length) => received.extend(&buffer[..length]),
                Err(_) => {}
            }
        }
        assert!(received == sent, "{} of {}", received.len(), sent.len());
    }

    #[test]
    fn who_writes_where_nobody_reads_notices() {
        let ((source, input), (output, sink)) = (pipe(), pipe());
        let mut flow = Flow::new(End::Pipe(source), End::Pipe(sink));
        drop(output);
        rustix::io::write(&input, b"text").unwrap();
        assert_eq!(flow.read(Instant::now()), Came::Some(4));
        assert_eq!(flow.newest(2), b"xt");
        flow.write();
        assert_eq!(rustix::io::write(&input, b"text"), Err(Errno::PIPE));
    }
}
