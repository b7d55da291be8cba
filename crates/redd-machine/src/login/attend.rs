//! Carries what is typed to the prompt, and what is written there to the caller.

use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};

use redd_runtime::terminal::{self, Access, EscapeDetector, RawTerminal, Stream, Typed};
use redd_sys::Errno;
use redd_sys::signal::{self, SignalFd, SignalSet};
use rustix::event::PollFlags;
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{stdin, stdout};
use rustix::termios::{isatty, tcsetwinsize};

use super::Prompt;
use crate::MachineError;
use crate::console::Left;
use crate::flow::{Came, END_OF_INPUT, End, Flow};
use crate::ready::ready;

const SIGWINCH: i32 = 28;
/// How often it is looked whether a session has ended.
const INTERVAL: Duration = Duration::from_millis(100);
/// How often the end of the input is told.
const AGAIN: Duration = Duration::from_secs(1);
/// HUP INT QUIT TERM WINCH
const SIGNALS: [i32; 5] = [1, 2, 3, 15, SIGWINCH];

/// Stays until somebody leaves by a key, or the machine ends; where nobody sits at a terminal, until what is typed is at
/// its end and whoever was logged in is logged out.
///
/// # Errors
/// Those of the kernel.
pub fn attend(prompt: Prompt) -> Result<Left, MachineError> {
    let failed = |cause| MachineError::Host { what: "talking to the prompt".to_owned(), cause };
    Attendance::new(prompt).map_err(failed)?.run().map_err(failed)
}

struct Attendance {
    /// Before the copies of its terminal in the flows.
    prompt: Prompt,
    signals: SignalFd,
    inward: Flow,
    outward: Flow,
    /// Where somebody sits at a terminal.
    keys: Option<EscapeDetector>,
    progress: Progress,
    _terminal: Option<RawTerminal>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nothing was written: what is typed now would be thrown away when the prompt begins.
    Silent,
    /// It is read and written.
    Talking,
    /// Nothing is typed any more.
    Ending {
        /// What was at the prompt then.
        process: Option<u32>,
        /// When the end of the input is told again: a shell that was about to read a line may have missed it.
        again: Instant,
    },
}

/// Something to attend to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Leader,
    Signals,
    Prompt,
    Caller,
    /// What waits can be written.
    Room,
}

impl Attendance {
    fn new(prompt: Prompt) -> Result<Self, Errno> {
        let set = SignalSet::of(&SIGNALS);
        signal::block(set)?;
        let copy = || fcntl_dupfd_cloexec(&prompt.manager, 3).map(End::Terminal);
        let open = |file: BorrowedFd<'static>, access| Stream::open(file, access).ok_or(Errno::BADF);
        let is_typed = isatty(stdin());
        let attendance = Self {
            signals: SignalFd::new(set)?,
            inward: Flow::new(End::Stream(open(stdin(), Access::Read)?), copy()?),
            outward: Flow::new(copy()?, End::Stream(open(stdout(), Access::Write)?)),
            keys: is_typed.then(EscapeDetector::default),
            progress: if prompt.screen.is_empty() { Progress::Silent } else { Progress::Talking },
            _terminal: if is_typed { RawTerminal::enter() } else { None },
            prompt,
        };
        tcsetwinsize(&attendance.prompt.manager, terminal::size())?;
        Ok(attendance)
    }

    fn run(&mut self) -> Result<Left, Errno> {
        self.outward.put(&self.prompt.screen);
        loop {
            let sources = self.wait()?;
            let now = Instant::now();
            self.show(now);
            if sources.contains(&Source::Leader) {
                return Ok(Left::Ended);
            }
            let leaves = sources.contains(&Source::Signals) && self.leaves_by_signal()?
                || sources.contains(&Source::Caller) && self.leaves_by_key(now);
            self.inward.write();
            if leaves || self.is_logged_out(now) {
                return Ok(Left::Detached);
            }
        }
    }

    fn wait(&self) -> Result<Vec<Source>, Errno> {
        let mut sources = vec![
            (Source::Leader, self.prompt.leader.pidfd.as_fd(), PollFlags::IN),
            (Source::Signals, self.signals.as_fd(), PollFlags::IN),
        ];
        let can_type = self.progress != Progress::Silent || self.keys.is_some();
        let inward = can_type.then_some(&self.inward);
        for (source, flow) in [(Source::Prompt, Some(&self.outward)), (Source::Caller, inward)] {
            for (descriptor, flags) in flow.into_iter().flat_map(Flow::interests) {
                let source = if flags == PollFlags::IN { source } else { Source::Room };
                sources.push((source, descriptor, flags));
            }
        }
        let look_again = matches!(self.progress, Progress::Ending { .. }).then(|| Instant::now() + INTERVAL);
        ready(&sources, self.outward.retry_at().into_iter().chain(look_again).min())
    }

    fn leaves_by_signal(&self) -> Result<bool, Errno> {
        while let Some(received) = self.signals.read()? {
            if received.number != SIGWINCH {
                return Ok(true);
            }
            tcsetwinsize(&self.prompt.manager, terminal::size())?;
        }
        Ok(false)
    }

    fn show(&mut self, now: Instant) {
        self.outward.resume(now);
        if matches!(self.outward.read(now), Came::Some(_)) && self.progress == Progress::Silent {
            self.progress = Progress::Talking;
        }
        self.outward.write();
    }

    /// The prompt gets what could be the beginning of a key.
    fn leaves_by_key(&mut self, now: Instant) -> bool {
        let came = self.inward.read(now);
        if self.inward.is_at_end() {
            self.progress = Progress::Ending { process: self.prompt.main_process(), again: now + AGAIN };
        }
        let (Came::Some(length), Some(keys)) = (came, &mut self.keys) else { return false };
        matches!(keys.feed(self.inward.newest(length), now), Typed::Detach | Typed::Kill)
    }

    /// Nothing is typed any more, and nobody has the terminal, or the next prompt is there already.
    fn is_logged_out(&mut self, now: Instant) -> bool {
        let Progress::Ending { process, again } = self.progress else { return false };
        if again <= now {
            self.inward.put(&[END_OF_INPUT]);
            self.progress = Progress::Ending { process, again: now + AGAIN };
        }
        let is_hung_up = || self.outward.retry_at().is_some();
        self.inward.is_empty() && (is_hung_up() || self.prompt.main_process() != process)
    }
}
