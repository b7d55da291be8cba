//! How the last life of a machine ended: `last.json` beside its logs, for whoever asks why it does not run.

use std::fs::{self, DirBuilder};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;

use redd_spec::name::MachineName;
use redd_spec::text::escape;
use serde::{Deserialize, Serialize};

use crate::place;

/// The most that is read of such a file, in bytes.
const ENDING_MAX: u64 = 64 * 1024;
/// The longest reason that is kept, in bytes.
const ERROR_MAX: usize = 2000;

/// How a life ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastEnding {
    /// When, in microseconds since 1970.
    pub ended: u64,
    /// The exit status of the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u8>,
    /// Or the signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Or why it could not be started, or supervised; escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether that was because something was in the way.
    #[serde(default, skip_serializing_if = "is_false")]
    pub conflict: bool,
    /// Whether somebody asked redd for it.
    #[serde(default)]
    pub asked: bool,
    /// How many of its processes the kernel killed because there was no memory left for them.
    #[serde(default)]
    pub oom_kills: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl LastEnding {
    /// Whether something went wrong.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        let went_wrong = self.signal.is_some() || self.status.is_some_and(|status| status != 0);
        self.error.is_some() || (went_wrong && !self.asked)
    }

    /// A life that an error ended, or prevented.
    #[must_use]
    pub fn of_error(ended: u64, error: &str) -> Self {
        Self { ended, error: Some(escape(error.as_bytes(), ERROR_MAX)), ..Self::default() }
    }

    /// That of a machine; `None` where none is known.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read(name: &MachineName) -> io::Result<Option<Self>> {
        let file = match fs::File::open(place::logs(name).join(place::ENDING)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            result => result?,
        };
        let mut text = Vec::new();
        file.take(ENDING_MAX).read_to_end(&mut text)?;
        Ok(Some(serde_json::from_slice(&text)?))
    }

    /// Keeps it, in place of the one before.
    ///
    /// # Errors
    /// Those of mkdir(2), open(2), write(2) and rename(2).
    pub fn write(&self, name: &MachineName) -> io::Result<()> {
        let directory = place::logs(name);
        DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        let temporary = directory.join(".last.json.new");
        fs::write(&temporary, serde_json::to_vec_pretty(self)?)?;
        fs::rename(temporary, directory.join(place::ENDING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asked_for_and_is_no_power_off_is_a_failure() {
        let ending = |status, signal| LastEnding { status, signal, ..LastEnding::default() };
        assert!(!ending(Some(0), None).is_failure());
        assert!(ending(Some(1), None).is_failure());
        assert!(ending(None, Some(9)).is_failure());
        assert!(!LastEnding { asked: true, ..ending(None, Some(9)) }.is_failure());
        assert!(LastEnding::of_error(0, "x").is_failure());
    }

    #[test]
    fn an_error_is_kept_without_escape_sequences() {
        assert_eq!(LastEnding::of_error(0, "a\x1b[2J").error.as_deref(), Some("a\\x1b[2J"));
    }
}
