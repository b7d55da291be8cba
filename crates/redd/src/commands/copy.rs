//! `redd copy`

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use redd_machine::copy::{self, Event};

use crate::command_line::CopyRequest;
use crate::exit_status::{self, ExitStatus};
use crate::report;

use super::machines::status_of;

/// What is done sooner needs no progress.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn copy(request: &CopyRequest) -> ExitStatus {
    let mut progress = Progress::new(request.quiet);
    let result = copy::copy(&request.copy, |event| match event {
        Event::Progress { bytes, total } => progress.show(bytes, total),
        Event::Left(text) if !request.quiet => {
            progress.clear();
            report::warning(&text);
        }
        Event::Left(_) => {}
    });
    progress.clear();
    match result {
        Ok(()) => exit_status::SUCCESS,
        Err(error) => {
            report::failure("cannot copy", &error, error.hint().as_deref());
            status_of(&error)
        }
    }
}

/// One line at a terminal, and nothing elsewhere.
struct Progress {
    is_shown: bool,
    started: Instant,
    is_drawn: bool,
}

impl Progress {
    fn new(quiet: bool) -> Self {
        let is_shown = !quiet && io::stderr().is_terminal();
        Self { is_shown, started: Instant::now(), is_drawn: false }
    }

    fn show(&mut self, bytes: u64, total: Option<u64>) {
        let elapsed = self.started.elapsed();
        if !self.is_shown || elapsed < PATIENCE {
            return;
        }
        self.is_drawn = true;
        report::progress(&line(bytes, total, elapsed));
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            report::progress("");
        }
    }
}

fn line(bytes: u64, total: Option<u64>, elapsed: Duration) -> String {
    let rate = u128::from(bytes) * 1000 / elapsed.as_millis().max(1);
    let rate = amount(u64::try_from(rate).unwrap_or(u64::MAX));
    match total.filter(|&total| total > 0) {
        Some(total) => {
            let part = (u128::from(bytes) * 100 / u128::from(total)).min(100);
            format!("{part:>3} %  {} of {}  {rate}/s", amount(bytes), amount(total))
        }
        None => format!("{}  {rate}/s", amount(bytes)),
    }
}

/// Bytes as people read them.
fn amount(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let power = (bytes.ilog2() / 10).min(6);
    let tenths = (u128::from(bytes) * 10) >> (10 * power);
    let unit = UNITS[power as usize - 1];
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        let shown = [0, 1023, 1024, 1536, 5 << 20, u64::MAX].map(amount);
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "5.0 MiB", "15.9 EiB"]);
    }

    #[test]
    fn a_line_tells_how_much_of_what_and_how_fast() {
        let second = Duration::from_secs(1);
        assert_eq!(line(1 << 20, Some(4 << 20), second), " 25 %  1.0 MiB of 4.0 MiB  1.0 MiB/s");
        assert_eq!(line(1 << 20, None, second), "1.0 MiB  1.0 MiB/s");
    }
}
