//! What a machine's unit starts: the words that `redd start` kept for it, or those it was enabled with.

use std::fs;
use std::io;

use redd_control::place;
use redd_spec::name::MachineName;

use crate::MachineError;
use crate::enable;
use crate::words::{failed, read, replace};

/// Words for a unit, by where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// Somebody said them to `redd start`, since the host was booted.
    Said(Vec<u8>),
    /// It was enabled with them.
    Enabled(Vec<u8>),
    /// Nobody said any: it is the tree of that name, and what files say about it.
    None,
}

/// Those that hold for a machine's unit.
///
/// # Errors
/// They are there, and cannot be read.
pub fn words(name: &MachineName) -> Result<Words, MachineError> {
    if let Some(words) = read(&place::start_words(name))? {
        return Ok(Words::Said(words));
    }
    Ok(enable::kept(name)?.map_or(Words::None, Words::Enabled))
}

/// Has the unit start with these words, until the host ends or somebody says something else.
pub(super) fn say(name: &MachineName, words: &[u8]) -> Result<(), MachineError> {
    if enable::kept(name)?.is_some_and(|kept| kept == words) {
        return forget(name);
    }
    let path = place::start_words(name);
    replace(&path, words).map_err(|error| failed("writing", &path, &error))
}

/// Has the unit start as it was enabled, or as files say.
pub(super) fn forget(name: &MachineName) -> Result<(), MachineError> {
    let path = place::start_words(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("removing", &path, &error)),
        _ => Ok(()),
    }
}
