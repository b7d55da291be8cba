//! The caller's terminal: in raw mode, and back whatever happens; what is typed there, and what is written.

mod keys;
mod stream;

use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::Mutex;

pub use keys::{EscapeDetector, Typed};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{OptionalActions, Termios, Winsize, isatty, tcgetattr, tcgetwinsize, tcsetattr};
pub use stream::{Access, Stream};

use crate::error::best_effort;

/// The modes of the caller's terminal before redd changed them.
static SAVED: Mutex<Option<Termios>> = Mutex::new(None);

/// The caller's terminal in raw mode; dropping this restores it.
#[derive(Debug)]
pub struct RawTerminal(());

impl RawTerminal {
    /// Switches standard input to raw mode, if it is a terminal.
    #[must_use]
    pub fn enter() -> Option<Self> {
        let before = tcgetattr(stdin()).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        *SAVED.lock().ok()? = Some(before);
        let guard = Self(());
        tcsetattr(stdin(), OptionalActions::Now, &raw).ok()?;
        Some(guard)
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        restore();
    }
}

fn restore() {
    if let Ok(mut saved) = SAVED.lock()
        && let Some(before) = saved.take()
    {
        best_effort(tcsetattr(stdin(), OptionalActions::Drain, &before));
    }
}

/// Restores the terminal when redd panics, before the message is printed: in raw mode it would be hard to read.
pub fn restore_at_panic() {
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |information| {
        restore();
        previous(information);
    }));
}

/// Where nobody sits at a terminal, programs are told the size of the oldest ones.
const ELSEWHERE: Winsize = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };

/// The size of the caller's terminal.
#[must_use]
pub fn size() -> Winsize {
    let of_terminal = |fd: BorrowedFd<'_>| isatty(fd).then(|| tcgetwinsize(fd.as_fd()).ok())?;
    [stdout(), stdin()].into_iter().find_map(of_terminal).unwrap_or(ELSEWHERE)
}
