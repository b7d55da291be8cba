//! Trees of a test's own.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::Need;

/// What `tests/tiny/init.c` becomes.
const TINY_INIT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tiny-init"));
/// What can be called by name in a tiny tree.
const TINY_PROGRAMS: [&str; 14] =
    ["cat", "cp", "dd", "echo", "false", "head", "id", "ls", "mkdir", "rm", "sh", "sleep", "tail", "true"];

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

/// A minimal tree with an init that stands for a systemd, and needs less than a megabyte of memory: for many machines
/// at once.
///
/// The init is ready at once, and stops when it is told to. Arguments change that: with `deaf` it hears no word of
/// stopping, with `unready` it never says that it is ready, with `crash` or `crash-when-ready` it ends at once with
/// status 70; with `greedy` it has a child that takes memory without end. In any case it ends with that status at
/// SIGUSR1, and looks for a file at SIGHUP.
#[must_use]
pub fn tiny_tree() -> tempfile::TempDir {
    let tree = minimal_tree();
    let path = |name: &str| tree.path().join(name);
    fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(path("usr/lib/systemd")).unwrap();
    write_program(&path("usr/lib/systemd/systemd"), TINY_INIT);
    for program in TINY_PROGRAMS {
        symlink("busybox", path("usr/bin").join(program)).unwrap();
    }
    for (link, target) in [("bin", "usr/bin"), ("lib", "usr/lib"), ("sbin", "usr/bin")] {
        symlink(target, path(link)).unwrap();
    }
    tree
}

/// By another process: a copy of this one that has the file open to write would keep it from being executed.
fn write_program(path: &Path, contents: &[u8]) {
    let source = tempfile::NamedTempFile::new().unwrap();
    fs::write(source.path(), contents).unwrap();
    let copied = Command::new("install").args(["-m", "755"]).arg(source.path()).arg(path).status();
    assert!(copied.unwrap().success());
}

/// A program of another release, which runs with the loader and the libraries of that release.
#[must_use]
pub fn program_of(tree: &Path, name: &str) -> Command {
    let libraries = tree.join("usr/lib/x86_64-linux-gnu");
    let path = format!("{}:{}", libraries.display(), libraries.join("systemd").display());
    let mut command = Command::new(libraries.join("ld-linux-x86-64.so.2"));
    command.args(["--argv0", name, "--library-path", &path]);
    command.arg(tree.join("usr/bin").join(name));
    command
}
