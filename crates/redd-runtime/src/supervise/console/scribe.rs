//! Writes the console's log: two files of bounded length, and a note where something could not be written.

use std::fs::{DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _};
use std::path::PathBuf;

use redd_control::place::{CONSOLE_LOG, CONSOLE_LOG_OLD};
use rustix::fs::{CWD, Mode, OFlags, openat};

use super::log::note_of_loss;

/// The longest file. There are two.
const LENGTH_MAX: u64 = 4 * 1024 * 1024;

/// Who writes.
#[derive(Debug)]
pub(super) struct Scribe {
    directory: PathBuf,
    length_max: u64,
    current: Option<Current>,
    /// What could not be written since something could.
    lost: usize,
}

/// The file that is written.
#[derive(Debug)]
struct Current {
    file: File,
    length: u64,
}

impl Scribe {
    pub(super) const fn new(directory: PathBuf) -> Self {
        Self { directory, length_max: LENGTH_MAX, current: None, lost: 0 }
    }

    /// Adds something. What cannot be written is counted.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.lost > 0 && self.try_to_write(note_of_loss(self.lost).as_bytes()).is_ok() {
            self.lost = 0;
        }
        if self.lost > 0 || self.try_to_write(bytes).is_err() {
            self.lost = self.lost.saturating_add(bytes.len());
        }
    }

    fn try_to_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = bytes.len() as u64;
        let mut current = match self.current.take() {
            Some(current) => current,
            None => self.open()?,
        };
        if current.length + length > self.length_max {
            current = self.turn_over(current)?;
        }
        let current = self.current.insert(current);
        // Of what fails a part may have been written.
        current.length += length;
        current.file.write_all(bytes)
    }

    /// The file is the old one from now on, and what the old one had is gone. It is never longer, whatever fails.
    fn turn_over(&self, current: Current) -> io::Result<Current> {
        let (now, then) = (self.directory.join(CONSOLE_LOG), self.directory.join(CONSOLE_LOG_OLD));
        if std::fs::rename(&now, &then).is_err() {
            current.file.set_len(0)?;
        }
        self.open()
    }

    fn open(&self) -> io::Result<Current> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(openat(
            CWD,
            self.directory.join(CONSOLE_LOG),
            flags | OFlags::NOCTTY,
            Mode::from_raw_mode(0o600),
        )?);
        let length = file.metadata()?.len();
        let mut last = [b'\n'];
        if length > 0 {
            file.read_exact_at(&mut last, length - 1)?;
        }
        let mut current = Current { file, length };
        // One who was killed left half a line.
        if last != *b"\n" {
            current.file.write_all(b"\r\n")?;
            current.length += 2;
        }
        Ok(current)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn scribe(directory: PathBuf) -> Scribe {
        Scribe { length_max: 100, ..Scribe::new(directory) }
    }

    #[test]
    fn both_files_together_have_the_newest_and_neither_is_too_long() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("logs/machine");
        let mut scribe = scribe(path.clone());
        for number in 0..1000 {
            scribe.write(format!("line {number}\n").as_bytes());
        }
        let read = |name| fs::read_to_string(path.join(name)).unwrap();
        let (old, new) = (read(CONSOLE_LOG_OLD), read(CONSOLE_LOG));
        assert!(old.len() <= 100 && new.len() <= 100);
        assert!(format!("{old}{new}").ends_with("line 998\nline 999\n"));
        assert!(old.lines().count() >= 9, "{old}");
    }

    #[test]
    fn another_one_goes_on_behind_what_is_there() {
        let directory = tempfile::tempdir().unwrap();
        scribe(directory.path().into()).write(b"half a line");
        scribe(directory.path().into()).write(b"another\n");
        let text = fs::read_to_string(directory.path().join(CONSOLE_LOG)).unwrap();
        assert_eq!(text, "half a line\r\nanother\n");
    }

    #[test]
    fn what_could_not_be_written_is_told_when_something_can() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("machine");
        fs::write(&path, "in its place").unwrap();
        let mut scribe = scribe(path.clone());
        scribe.write(b"12345");
        scribe.write(b"67890");
        fs::remove_file(&path).unwrap();
        scribe.write(b"after");
        let text = fs::read_to_string(path.join(CONSOLE_LOG)).unwrap();
        assert_eq!(text, "\r\n-- redd: 10 bytes lost --\r\nafter");
    }
}
