//! Writing limits into files of cgroups: what was written is read back, and all of it holds or nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use redd_plan::limits::{Attribute, Form};
use redd_spec::text::escape;
use redd_sys::Errno;
use serde::{Deserialize, Serialize};

use crate::MachineError;

/// Pages are not larger than this.
const PAGE_MAX: u64 = 64 * 1024;
/// What version 1 has for no limit is about this, or more.
const NO_LIMIT: u64 = 1 << 62;
/// How much of a file is told.
const SHOWN_MAX: usize = 100;

/// A file of a cgroup of this machine, and what is to be in it.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// For whom.
    pub(super) option: String,
    /// The cgroup.
    pub(super) cgroup: PathBuf,
    pub(super) attribute: Attribute,
}

/// What was in a file before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Before {
    path: PathBuf,
    value: String,
}

impl File {
    fn path(&self) -> PathBuf {
        self.cgroup.join(self.attribute.name)
    }

    /// What has to be written to have again what is there now.
    pub(super) fn before(&self) -> Result<Before, MachineError> {
        let text = fs::read_to_string(self.path()).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => MachineError::Refused {
                what: format!("{}: the host's kernel has no {}", self.option, self.attribute.name),
                hint: Some(
                    "swap needs swapaccount=1, a weight of block devices needs one of their schedulers"
                        .to_owned(),
                ),
            },
            _ => self.failed(&error, None),
        })?;
        Ok(Before { path: self.path(), value: self.attribute.before(&text) })
    }

    fn write(&self) -> Result<(), MachineError> {
        self.make_room()?;
        let now = || fs::read_to_string(self.path()).ok();
        fs::write(self.path(), &self.attribute.value).map_err(|error| self.failed(&error, now()))?;
        let text = fs::read_to_string(self.path()).map_err(|error| self.failed(&error, None))?;
        if self.attribute.holds(&text) {
            return Ok(());
        }
        Err(MachineError::Refused {
            what: format!("{}: it did not take: {}", self.option, self.told(&text)),
            hint: None,
        })
    }

    /// Version 2 kills where a limit is below what is used. What can be given back is; where that is not enough the limit is
    /// refused, as version 1 does.
    fn make_room(&self) -> Result<(), MachineError> {
        let Ok(wanted) = self.attribute.value.parse::<u64>() else { return Ok(()) };
        let used = || number(&self.cgroup.join("memory.current"));
        match (self.attribute.name, used()) {
            ("memory.max", Some(now)) if now > wanted => {
                // The kernel says when it was not enough; what is used then says so too.
                drop(fs::write(self.cgroup.join("memory.reclaim"), (now - wanted).to_string()));
            }
            _ => return Ok(()),
        }
        match used() {
            Some(now) if now > wanted => Err(self.below(now)),
            _ => Ok(()),
        }
    }

    fn below(&self, used: u64) -> MachineError {
        let limit = fs::read_to_string(self.path()).map(|text| self.told(&text)).unwrap_or_default();
        MachineError::Refused {
            what: format!("{}: {used} bytes are used; {limit}", self.option),
            hint: Some("a limit of memory cannot be below what is used".to_owned()),
        }
    }

    fn told(&self, text: &str) -> String {
        format!("{} has {:?}", self.attribute.name, escape(text.trim_end().as_bytes(), SHOWN_MAX))
    }

    fn failed(&self, error: &io::Error, now: Option<String>) -> MachineError {
        let errno = Errno::from_io_error(error).unwrap_or(Errno::IO);
        let used = number(&self.cgroup.join("memory.usage_in_bytes"));
        if let (Errno::BUSY, Some(used)) = (errno, used) {
            return self.below(used);
        }
        let now = now.map(|text| format!("; {}", self.told(&text))).unwrap_or_default();
        MachineError::Refused {
            what: format!("{}: the kernel refuses {:?}: {errno}{now}", self.option, self.attribute.value),
            hint: None,
        }
    }
}

impl Before {
    pub(super) fn restore(&self) {
        // A cgroup that is gone has nothing to get back.
        drop(fs::write(&self.path, &self.value));
    }
}

/// Writes all of them. Where one fails those before it are taken back.
pub(super) fn write_all(files: &[File], before: &[Before]) -> Result<(), MachineError> {
    for (index, file) in files.iter().enumerate() {
        if let Err(error) = file.write() {
            before.iter().take(index + 1).rev().for_each(Before::restore);
            return Err(error);
        }
    }
    Ok(())
}

pub(super) fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// What an attribute says of the text of its file.
trait Read {
    /// Whether the text says that it was taken.
    fn holds(&self, text: &str) -> bool;
    /// What has to be written to have this text again.
    fn before(&self, text: &str) -> String;
}

impl Read for Attribute {
    fn holds(&self, text: &str) -> bool {
        match self.form {
            Form::Word => text.trim() == self.value,
            Form::Bytes => match (self.value.parse::<u64>(), text.trim().parse::<u64>()) {
                (Ok(wanted), Ok(got)) => got <= wanted && wanted - got < PAGE_MAX,
                (Err(_), Ok(got)) => got >= NO_LIMIT,
                (_, Err(_)) => text.trim() == self.value,
            },
            Form::Line => {
                let (key, wanted) = self.value.split_once(' ').unwrap_or((&self.value, ""));
                match line(text, key) {
                    Some(line) => wanted.split(' ').all(|word| line.split(' ').any(|known| known == word)),
                    None => is_lifted(wanted),
                }
            }
        }
    }

    fn before(&self, text: &str) -> String {
        let Form::Line = self.form else { return text.trim().to_owned() };
        let (key, wanted) = self.value.split_once(' ').unwrap_or((&self.value, ""));
        match (line(text, key), wanted.split_once('=')) {
            (Some(line), _) => line.to_owned(),
            (None, Some((kind, _))) => format!("{key} {kind}=max"),
            (None, None) => format!("{key} 0"),
        }
    }
}

fn line<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find(|line| line.split(' ').next() == Some(key))
}

/// A device without a limit has no line.
fn is_lifted(wanted: &str) -> bool {
    wanted == "0" || wanted.ends_with("=max")
}

#[cfg(test)]
mod tests;
