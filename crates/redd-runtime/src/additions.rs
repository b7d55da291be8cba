//! What verbs make for a running machine, and what outlives them: it is undone when the boot ends, as what its start made.
//!
//! The list is a file in the machine's directory beside the journal, which is its supervisor's alone. A verb writes down what
//! it is about to make; the supervisor, its guard, and whoever cleans up after both undo it.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use redd_plan::step::Undo;

use crate::error::best_effort;
use crate::state;

/// In a machine's directory.
pub(crate) const ADDITIONS: &str = "additions";

/// Writes down what a verb is about to make, which has the machine's turn.
///
/// # Errors
/// The machine is gone, or nothing can be written.
pub fn announce(directory: &Path, item: Undo) -> io::Result<()> {
    let mut list = state::read_list(directory, ADDITIONS);
    if list.contains(&item) {
        return Ok(());
    }
    list.push(item);
    write(directory, &list)
}

/// Takes something off the list, which was undone.
///
/// # Errors
/// Nothing can be written.
pub fn withdraw(directory: &Path, item: &Undo) -> io::Result<()> {
    let mut list = state::read_list(directory, ADDITIONS);
    list.retain(|known| known != item);
    if list.is_empty() {
        return crate::undo::or_gone(fs::remove_file(directory.join(ADDITIONS)));
    }
    write(directory, &list)
}

/// All that has to be undone when this boot ends: what its start made, and what verbs have made.
#[must_use]
pub fn all(directory: &Path) -> Vec<Undo> {
    let mut all = state::read_list(directory, state::JOURNAL);
    all.extend(state::read_list(directory, ADDITIONS));
    all
}

fn write(directory: &Path, list: &[Undo]) -> io::Result<()> {
    let temporary = directory.join(format!(".{ADDITIONS}.new"));
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(&serde_json::to_vec(list)?)?;
    fs::rename(&temporary, directory.join(ADDITIONS))
}

/// Undoes all of it, the last thing first.
pub(crate) fn undo_all(state: &state::StateDirectory) {
    let list = state::read_list(&state.path, ADDITIONS);
    if list.is_empty() {
        return;
    }
    list.iter().rev().for_each(|item| state.undo(item));
    if !state.is_unfinished() {
        best_effort(fs::remove_file(state.path.join(ADDITIONS)));
    }
}
