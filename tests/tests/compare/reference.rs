//! systemd's own program, in the versions there are here.

use std::path::{Path, PathBuf};
use std::process::Command;

use redd_tests::{Need, program_of};

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

fn program(tree: &Path) -> Command {
    program_of(tree, "systemd-nspawn")
}

/// `systemd 257 (257.13-1~deb13u1)` is version 257.
fn version(program: &mut Command) -> Option<u32> {
    let output = program.arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().nth(1)?.parse().ok()
}
