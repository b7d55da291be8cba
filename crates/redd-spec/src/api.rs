//! File systems that the kernel makes up, as far as a caller may choose.

use serde::{Deserialize, Serialize};

/// What of `/proc` and `/sys` may be written (`SYSTEMD_NSPAWN_API_VFS_WRITABLE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApiAccess {
    /// Nothing but `/proc/sys/net` of a network namespace of its own.
    #[default]
    ReadOnly,
    /// `/proc/sys/net`, be it the host's.
    NetworkWritable,
    /// Everything, and nothing is covered: the payload may change the host's kernel.
    Writable,
}

/// What `/tmp` is (`SYSTEMD_NSPAWN_TMPFS_TMP`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TemporaryDirectory {
    /// A file system in memory.
    #[default]
    Memory,
    /// The tree's own.
    Tree,
}

/// File systems that the kernel makes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ApiFileSystems {
    /// `/proc` and `/sys`.
    pub access: ApiAccess,
    /// `/tmp`.
    pub temporary: TemporaryDirectory,
}
