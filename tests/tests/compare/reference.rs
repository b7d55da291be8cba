//! systemd's own program, in the versions there are here.

use std::path::PathBuf;
use std::process::Command;

use redd_tests::Need;

/// A version of it: from a tree with nothing but it, or the installed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) version: u32,
    directory: PathBuf,
}

impl Reference {
    /// All there are, the oldest first.
    pub(crate) fn all() -> Vec<Self> {
        let directories = [Need::Nspawn257.tree(), Need::NspawnSid.tree()];
        let all = directories.into_iter().filter(|directory| directory.join("usr").is_dir());
        all.filter_map(|directory| {
            let version = version(&mut program(&directory))?;
            Some(Self { version, directory })
        })
        .collect()
    }

    /// As a command.
    pub(crate) fn command(&self) -> Command {
        program(&self.directory)
    }
}

/// Programs of another release run with the loader and the libraries of that release.
fn program(tree: &std::path::Path) -> Command {
    let libraries = tree.join("usr/lib/x86_64-linux-gnu");
    let path = format!("{}:{}", libraries.display(), libraries.join("systemd").display());
    let mut command = Command::new(libraries.join("ld-linux-x86-64.so.2"));
    command.args(["--argv0", "systemd-nspawn", "--library-path", &path]);
    command.arg(tree.join("usr/bin/systemd-nspawn"));
    command
}

/// `systemd 257 (257.13-1~deb13u1)` is version 257.
fn version(program: &mut Command) -> Option<u32> {
    let output = program.arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().nth(1)?.parse().ok()
}
