//! Trees of a test's own.

use std::fs;
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

/// A tree with as little in it as a command needs.
#[must_use]
pub fn minimal_tree() -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    for directory in ["usr/bin", "etc", "dev", "proc", "sys", "run", "tmp", "root"] {
        fs::create_dir_all(tree.path().join(directory)).unwrap();
    }
    fs::copy("/bin/busybox", tree.path().join("usr/bin/busybox")).unwrap();
    fs::write(tree.path().join("etc/os-release"), "ID=test\n").unwrap();
    tree
}
