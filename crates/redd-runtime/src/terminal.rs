//! The caller's terminal: in raw mode, and back whatever happens; what is typed there, and what is written.

mod keys;
mod stream;

use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::Mutex;

pub use keys::{EscapeDetector, Typed};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{
    ControlModes, InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, Winsize,
    isatty, tcgetattr, tcgetwinsize, tcsetattr,
};
use serde::{Deserialize, Serialize};
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

/// What a terminal's modes were before redd changed them, as far as raw mode changes any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Modes {
    input: u32,
    output: u32,
    control: u32,
    local: u32,
    minimum: u8,
    time: u8,
}

impl RawTerminal {
    /// The modes that it will have again; `None` where somebody has restored them already.
    pub(crate) fn modes(&self) -> Option<Modes> {
        let saved = SAVED.lock().ok()?;
        let before = saved.as_ref()?;
        Some(Modes {
            input: before.input_modes.bits(),
            output: before.output_modes.bits(),
            control: before.control_modes.bits(),
            local: before.local_modes.bits(),
            minimum: before.special_codes[SpecialCodeIndex::VMIN],
            time: before.special_codes[SpecialCodeIndex::VTIME],
        })
    }

    /// Takes over a terminal that is in raw mode already; `None` where it is gone.
    pub(crate) fn resume(modes: &Modes) -> Option<Self> {
        let mut before = tcgetattr(stdin()).ok()?;
        before.input_modes = InputModes::from_bits_retain(modes.input);
        before.output_modes = OutputModes::from_bits_retain(modes.output);
        before.control_modes = ControlModes::from_bits_retain(modes.control);
        before.local_modes = LocalModes::from_bits_retain(modes.local);
        before.special_codes[SpecialCodeIndex::VMIN] = modes.minimum;
        before.special_codes[SpecialCodeIndex::VTIME] = modes.time;
        *SAVED.lock().ok()? = Some(before);
        Some(Self(()))
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
