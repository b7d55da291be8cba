//! `redd top`

use std::io::{self, Write as _};
use std::time::Duration;

use redd_machine::top::{Meter, Share};
use redd_sys::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};

use super::look::{failure, painted};
use crate::command_line::machines::look::Top;
use crate::exit_status::{self, ExitStatus};
use crate::surroundings::{self, Colours};
use crate::table::{self, Legend, Table};

const COLUMNS: [&str; 5] = ["NAME", "STATE", "CPU%", "MEMORY", "PROCESSES"];
/// The shortest and the longest time between two looks.
const DELAYS: (f64, f64) = (0.1, 3600.0);
const FIRST_DELAY: Duration = Duration::from_millis(200);
/// Home, and everything from there on is gone.
const CLEAR: &str = "\x1b[H\x1b[J";

/// What comes after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Look,
    End,
}

pub(super) fn top(request: &Top) -> ExitStatus {
    let delay = Duration::from_secs_f64(request.delay.max(DELAYS.0).min(DELAYS.1));
    let is_live = !request.once && !request.json && isatty(io::stdout());
    let keys = if is_live { Keys::take() } else { None };
    let mut meter = Meter::default();
    if let Err(error) = meter.look() {
        return failure("cannot look at machines", &error);
    }
    // What was used is known when some time has passed; a person does not wait for it as long.
    let mut pause = if is_live { delay.min(FIRST_DELAY) } else { delay };
    loop {
        if wait(pause, keys.as_ref()) == Next::End {
            return exit_status::SUCCESS;
        }
        pause = delay;
        let shares = match meter.look() {
            Ok(shares) => shares,
            Err(error) => return failure("cannot look at machines", &error),
        };
        let text = if request.json { json(&shares) } else { text(&shares, is_live) };
        let mut output = io::stdout().lock();
        let is_read = output.write_all(text.as_bytes()).and_then(|()| output.flush()).is_ok();
        if request.once || !is_read {
            return exit_status::SUCCESS;
        }
    }
}

fn json(shares: &[Share]) -> String {
    format!("{}\n", serde_json::to_string(shares).unwrap_or_default())
}

fn text(shares: &[Share], is_live: bool) -> String {
    let mut table = Table::new(&COLUMNS, Legend::Shown);
    let shown = if is_live { rows() } else { usize::MAX };
    for share in shares.iter().take(shown) {
        table.row([
            share.name.clone(),
            share.state.text().to_owned(),
            share.cpu.map(|cpu| format!("{cpu:.1}")).unwrap_or_default(),
            share.memory.map(table::bytes).unwrap_or_default(),
            share.processes.map(|processes| processes.to_string()).unwrap_or_default(),
        ]);
    }
    let colours = surroundings::colours();
    let line = |row: usize, line: String| match (colours, shares.get(row)) {
        (Colours::Shown, Some(share)) => painted(colours, share.state, &line),
        _ => line,
    };
    format!("{}{}", if is_live { CLEAR } else { "" }, table.render(line))
}

/// How many machines a screen has room for.
fn rows() -> usize {
    let height = tcgetwinsize(io::stdout()).map_or(24, |size| usize::from(size.ws_row));
    height.saturating_sub(2).max(1)
}

/// A terminal that gives each key as it is typed, until this is dropped.
struct Keys(Termios);

impl Keys {
    fn take() -> Option<Self> {
        let before = isatty(io::stdin()).then(|| tcgetattr(io::stdin()).ok()).flatten()?;
        let mut modes = before.clone();
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        tcsetattr(io::stdin(), OptionalActions::Now, &modes).ok()?;
        Some(Self(before))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        tcsetattr(io::stdin(), OptionalActions::Now, &self.0).unwrap_or_default();
    }
}

/// Waits so long, or until somebody types `q`.
fn wait(time: Duration, keys: Option<&Keys>) -> Next {
    let deadline = std::time::Instant::now() + time;
    loop {
        let left = deadline.saturating_duration_since(std::time::Instant::now());
        let left = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        let input = io::stdin();
        let mut polled: Vec<PollFd<'_>> = keys.iter().map(|_| PollFd::new(&input, PollFlags::IN)).collect();
        match poll(&mut polled, Some(&left)) {
            Ok(0) => return Next::Look,
            Err(Errno::INTR) => continue,
            Err(_) => return Next::End,
            Ok(_) => {}
        }
        let mut typed = [0; 16];
        match rustix::io::read(&input, &mut typed) {
            Ok(length) if length > 0 && !typed[..length].contains(&b'q') => {}
            Ok(_) | Err(_) => return Next::End,
        }
    }
}
