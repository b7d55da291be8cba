//! Trees of a test's own.

use std::process::Command;

use crate::Need;

/// A copy of Debian 13, for payloads that write to their tree; removed when it is dropped.
#[must_use]
pub fn own_tree() -> tempfile::TempDir {
    let original = Need::Debian13.tree();
    let directory = tempfile::tempdir_in(original.parent().unwrap()).unwrap();
    let copied = Command::new("cp").arg("-a").arg(original.join(".")).arg(directory.path()).status();
    assert!(copied.unwrap().success());
    directory
}
