//! Namespaces that the payload has for itself, or shares with the host.

use serde::{Deserialize, Serialize};

/// Whose namespace it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// The payload's own.
    #[default]
    Private,
    /// The host's.
    Shared,
}

impl Sharing {
    /// Whether it is the host's.
    #[must_use]
    pub const fn is_shared(self) -> bool {
        matches!(self, Self::Shared)
    }
}

/// Namespaces that a caller may share; the others have options of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SharedNamespaces {
    /// System V objects and POSIX message queues (`SYSTEMD_NSPAWN_SHARE_NS_IPC`).
    pub ipc: Sharing,
    /// Process numbers (`SYSTEMD_NSPAWN_SHARE_NS_PID`).
    pub pid: Sharing,
    /// Host name (`SYSTEMD_NSPAWN_SHARE_NS_UTS`).
    pub uts: Sharing,
    /// Control groups (`SYSTEMD_NSPAWN_USE_CGNS=0`).
    pub cgroup: Sharing,
}
