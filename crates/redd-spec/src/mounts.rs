//! Mounts that the user asked for.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::path::PathInRoot;
use crate::root::Access;

/// One mount, in the payload's terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CustomMount {
    /// `--bind=`, `--bind-ro=`.
    Bind(Bind),
    /// `--tmpfs=`.
    Tmpfs(Tmpfs),
    /// `--overlay=`, `--overlay-ro=`.
    Overlay(Overlay),
    /// `--inaccessible=`: covered by a node of mode 0000.
    Inaccessible(PathInRoot),
    /// The same, where it is there.
    Masked(PathInRoot),
    /// What is there is read-only; nothing where nothing is.
    ReadOnly(PathInRoot),
}

impl CustomMount {
    /// Where it appears; mounts are made in the order of their destinations.
    #[must_use]
    pub const fn destination(&self) -> &PathInRoot {
        match self {
            Self::Bind(bind) => &bind.destination,
            Self::Tmpfs(tmpfs) => &tmpfs.destination,
            Self::Overlay(overlay) => &overlay.destination,
            Self::Inaccessible(path) | Self::Masked(path) | Self::ReadOnly(path) => path,
        }
    }
}

/// A file or directory that appears at a second place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// What appears.
    pub source: BindSource,
    /// Where.
    pub destination: PathInRoot,
    /// `--bind-ro=` is read-only.
    pub access: Access,
    /// Whether mounts below the source come along.
    pub submounts: Submounts,
    /// How owners are mapped.
    pub id_map: BindIdMap,
}

/// Where a bind mount's contents come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindSource {
    /// A path on the host.
    Host(PathBuf),
    /// A path in the tree (`+PATH`).
    Tree(PathInRoot),
    /// An empty directory that is removed when the machine ends (no path at all).
    Temporary,
}

/// Whether mounts below the source come along (`rbind`, `norbind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Submounts {
    /// `rbind`
    Included,
    /// `norbind`
    Excluded,
}

/// How owners of a bind mount's files appear inside a user namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindIdMap {
    /// As they are: ids outside the container's range appear as nobody.
    Unmapped,
    /// `idmap`: id N outside is id N inside.
    Identity,
    /// `rootidmap`: the source's owner is root inside, everybody else is nobody.
    Root,
    /// `owneridmap`: the source's owner is the destination's owner, everybody else is nobody.
    Owner,
}

/// An empty file system in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tmpfs {
    /// Where.
    pub destination: PathInRoot,
    /// Options of tmpfs(5), as `name` or `name=value`; ids are the payload's.
    pub options: Vec<TmpfsOption>,
}

/// One option of tmpfs(5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TmpfsOption {
    /// `size`, `mode`, `nosuid`, …
    pub name: String,
    /// What stands behind `=`.
    pub value: Option<String>,
}

/// Directories shown as one; what is written goes to the highest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlay {
    /// The layers that are only read, the lowest first. There is at least one.
    pub lower: Vec<LayerSource>,
    /// The highest layer.
    pub upper: UpperSource,
    /// Where they appear.
    pub destination: PathInRoot,
    /// `--overlay-ro=` is read-only, the highest layer too.
    pub access: Access,
}

/// The most layers below the highest one.
pub const LOWER_LAYERS_MAX: usize = 30;

/// Where a layer's contents come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerSource {
    /// A directory of the host.
    Host(PathBuf),
    /// A directory of the tree (`+PATH`).
    Tree(PathInRoot),
}

/// Where the highest layer of an overlay comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpperSource {
    /// A directory that is there.
    Given(LayerSource),
    /// An empty one that is removed when the machine ends (no path at all).
    Temporary,
}
