//! What a supervisor in the background says: `supervisor.log`, of a bounded size.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use redd_control::place::{self, SUPERVISOR_LOG, SUPERVISOR_LOG_OLD};
use redd_control::time::rfc3339;
use redd_spec::name::MachineName;
use redd_spec::text::escape;

use crate::error::best_effort;

/// How long it may become before it is the old one.
const LENGTH_MAX: u64 = 256 * 1024;
/// The longest line.
const LINE_MAX: usize = 4096;

/// The log of one machine's supervisor.
#[derive(Debug)]
pub(super) struct Log {
    directory: PathBuf,
    file: Option<File>,
    length: u64,
}

impl Log {
    /// Goes on with it. A disk that takes nothing is no reason not to start.
    pub(super) fn open(name: &MachineName) -> Self {
        let mut log = Self { directory: place::logs(name), file: None, length: 0 };
        best_effort(log.reopen());
        log
    }

    fn reopen(&mut self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let path = self.directory.join(SUPERVISOR_LOG);
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        self.length = file.metadata()?.len();
        self.file = Some(file);
        Ok(())
    }

    /// What a panic is to be written to.
    pub(super) const fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// Writes a line.
    pub(super) fn add(&mut self, text: &str) {
        if self.length > LENGTH_MAX {
            let [now, old] = [SUPERVISOR_LOG, SUPERVISOR_LOG_OLD].map(|name| self.directory.join(name));
            best_effort(std::fs::rename(now, old));
            self.file = None;
        }
        if self.file.is_none() {
            best_effort(self.reopen());
        }
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let line = format!("{} {}\n", rfc3339(seconds), escape(text.as_bytes(), LINE_MAX));
        if let Some(file) = &mut self.file {
            best_effort(file.write_all(line.as_bytes()));
            self.length = self.length.saturating_add(line.len() as u64);
        }
    }
}
