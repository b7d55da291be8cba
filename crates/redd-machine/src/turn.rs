//! Verbs that change a running machine take turns.
//!
//! A lock in the machine's directory; beside it stands what the verb has begun, so that the next one can finish what a
//! killed one left.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_control::place;
use redd_spec::name::MachineName;
use redd_spec::text::escape;
use redd_sys::Errno;
use redd_sys::lock::{LockOutcome, Sharing, lock_whole_file};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::MachineError;

/// How long a verb waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(10);
/// In a machine's directory: the lock, with a word who has it.
const TURN: &str = "turn";
/// The longest word, in bytes.
const WORD_MAX: usize = 120;

/// A verb's turn at a machine. It is over when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    name: MachineName,
    pub(crate) directory: PathBuf,
    _lock: File,
}

impl Turn {
    /// Waits for it, for a while.
    pub(crate) fn take(name: &MachineName, verb: &str) -> Result<Self, MachineError> {
        Self::take_within(name, verb, PATIENCE)
    }

    fn take_within(name: &MachineName, verb: &str, patience: Duration) -> Result<Self, MachineError> {
        let directory = place::directory(name);
        let failed = |error: io::Error| host("taking turns", &error);
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut lock = match opened.open(directory.join(TURN)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(MachineError::NotRunning { name: name.clone() });
            }
            result => result.map_err(failed)?,
        };
        let deadline = Instant::now() + patience;
        while lock_whole_file(&lock, Sharing::Exclusive)
            .map_err(|cause| MachineError::Host { what: "taking turns".to_owned(), cause })?
            == LockOutcome::Busy
        {
            if Instant::now() >= deadline {
                return Err(MachineError::Busy { name: name.clone(), who: who(&mut lock) });
            }
            sleep(INTERVAL);
        }
        let word = format!("redd {verb}, process {}", std::process::id());
        lock.set_len(0).and_then(|()| lock.write_all_at(word.as_bytes(), 0)).map_err(failed)?;
        Ok(Self { name: name.clone(), directory, _lock: lock })
    }

    /// Writes down what is begun, before it is.
    pub(crate) fn begin(&self, file: &str, what: &impl Serialize) -> Result<(), MachineError> {
        let failed = |error: io::Error| host("writing down what is begun", &error);
        let text = serde_json::to_vec(what).map_err(|error| failed(error.into()))?;
        let temporary = self.directory.join(format!(".{file}.new"));
        let mut options = OpenOptions::new();
        let opened = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary);
        let written = opened.and_then(|mut new| new.write_all(&text));
        match written.and_then(|()| std::fs::rename(&temporary, self.directory.join(file))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(MachineError::NotRunning { name: self.name.clone() })
            }
            result => result.map_err(failed),
        }
    }

    /// What a killed verb had begun.
    pub(crate) fn begun<T: DeserializeOwned>(&self, file: &str) -> Option<T> {
        serde_json::from_slice(&std::fs::read(self.directory.join(file)).ok()?).ok()
    }

    /// It is done, or undone.
    pub(crate) fn finish(&self, file: &str) {
        drop(std::fs::remove_file(self.directory.join(file)));
    }
}

fn who(lock: &mut File) -> String {
    let mut word = Vec::new();
    let read = lock.take(WORD_MAX as u64).read_to_end(&mut word);
    if read.is_err() || word.is_empty() { "by another redd".to_owned() } else { escape(&word, WORD_MAX) }
}

pub(crate) fn host(what: &str, error: &io::Error) -> MachineError {
    MachineError::Host { what: what.to_owned(), cause: Errno::from_io_error(error).unwrap_or(Errno::IO) }
}
