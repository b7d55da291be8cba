//! What a supervisor says from some moment on, by its log.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use redd_control::place::{self, SUPERVISOR_LOG};
use redd_spec::name::MachineName;

/// The most that is read of it, in bytes.
const LENGTH_MAX: u64 = 64 * 1024;
/// As many lines are of interest.
const LINES_MAX: usize = 10;

/// A place in a log.
#[derive(Debug)]
pub(super) struct Said {
    path: PathBuf,
    from: u64,
}

impl Said {
    pub(super) fn from_now_on(name: &MachineName) -> Self {
        let path = place::logs(name).join(SUPERVISOR_LOG);
        let from = path.metadata().map_or(0, |metadata| metadata.len());
        Self { path, from }
    }

    /// The last lines, without the moments they were written at.
    pub(super) fn lines(&self) -> Vec<String> {
        let text = self.read().unwrap_or_default();
        let without_moment = |line: &str| Some(line.split_once(' ')?.1.to_owned());
        let mut lines: Vec<String> = text.lines().filter_map(without_moment).collect();
        lines.split_off(lines.len().saturating_sub(LINES_MAX))
    }

    /// One that became too long was begun anew.
    fn read(&self) -> io::Result<String> {
        let mut file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        let from = if length < self.from { 0 } else { self.from };
        file.seek(SeekFrom::Start(from.max(length.saturating_sub(LENGTH_MAX))))?;
        let mut bytes = Vec::new();
        file.take(LENGTH_MAX).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
