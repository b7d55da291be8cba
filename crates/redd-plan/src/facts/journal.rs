//! What there is for the payload's journal (AI2).

use serde::Serialize;

use super::FileKind;

/// What there is for the payload's journal, on the host and in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct JournalFacts {
    /// At the host's place for it.
    pub entry: JournalEntry,
    /// Whether the host keeps journals.
    pub is_kept: bool,
    /// In the tree's place for it, or what is on the way there and no directory.
    pub tree: FileKind,
    /// Whether the host's file system there can be mounted with other ids.
    pub id_mapping: IdMapping,
}

/// What is at the host's place for a machine's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalEntry {
    /// Nothing.
    Missing,
    /// A directory.
    Directory,
    /// A link to that of the tree.
    Linked,
    /// A link to that of a tree that is gone.
    Stale,
    /// Something else.
    Others,
}

/// Whether a file system can be mounted with other ids than it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdMapping {
    /// It can.
    Supported,
    /// It cannot.
    Unsupported,
}
