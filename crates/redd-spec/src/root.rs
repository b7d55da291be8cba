//! The tree that becomes the container's root.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::path::PathInRoot;

/// Whether something may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// It may.
    ReadWrite,
    /// It may not, and the payload cannot change that.
    ReadOnly,
}

/// What of the tree survives a start (`--volatile=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Volatile {
    /// Everything written is kept.
    No,
    /// The root is empty and in memory; only `/usr` is the tree's, read-only.
    Yes,
    /// The root is read-only; `/var` is empty and in memory.
    State,
    /// Everything written goes to memory and is lost, at reboot too.
    Overlay,
}

/// Whether the machine works on the tree or on a copy (`--ephemeral`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Persistence {
    /// On the tree itself.
    Kept,
    /// On a copy that is removed when the machine ends; a reboot inside keeps it.
    Ephemeral,
}

/// Whether a tree that is booted has to say which system it is (`SYSTEMD_NSPAWN_CHECK_OS_RELEASE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OsReleaseCheck {
    /// It has to have an os-release file.
    #[default]
    Required,
    /// It need not.
    Unchecked,
}

/// Which tree, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// The tree's directory on the host: absolute.
    pub path: PathBuf,
    /// `--read-only`.
    pub access: Access,
    /// `--volatile=`.
    pub volatile: Volatile,
    /// `--ephemeral`.
    pub persistence: Persistence,
    /// What makes it a system.
    pub os_release: OsReleaseCheck,
    /// `--template=`: what the tree is made from where it does not exist; absolute.
    pub template: Option<PathBuf>,
    /// `--pivot-root=`.
    pub pivot: Option<PivotRoot>,
    /// What is there instead of the tree's own, where changes do not go to the tree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substitutes: Vec<Substitute>,
}

impl Root {
    /// Whether something else is there than what the tree has.
    #[must_use]
    pub fn replaces(&self, path: &str) -> bool {
        self.substitutes.iter().any(|substitute| substitute.path.as_path() == std::path::Path::new(path))
    }
}

/// Something that is there instead of the tree's own. What it takes the place of cannot be reached from inside: nothing is
/// mounted over it, it is not in the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Substitute {
    /// Where.
    pub path: PathInRoot,
    /// What.
    pub what: SubstituteKind,
}

/// What is there instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubstituteKind {
    /// Nothing; where the tree has nothing either, that is all.
    Nothing,
    /// A directory without anything in it, as long as the tree has a directory there.
    EmptyDirectory,
    /// A file of root's.
    File {
        /// Its permissions.
        mode: u32,
        /// What is in it.
        #[serde(skip)]
        contents: Vec<u8>,
    },
    /// A symbolic link.
    Link(String),
}

/// A directory of the tree that becomes the root (`--pivot-root=`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PivotRoot {
    /// Which one.
    pub new: PathInRoot,
    /// Where in it the whole tree appears.
    pub old: Option<PathInRoot>,
}
