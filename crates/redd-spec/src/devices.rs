//! Devices of the host that the payload may use.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::path::PathInRoot;

/// What a missing device means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceNeed {
    /// The start is refused: the user asked for it.
    Required,
    /// There is none inside either; and none where redd itself may not read and write it.
    WhereOpenable,
}

/// What a device may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceUse {
    /// Reading, writing, and making nodes of it.
    Everything,
    /// Reading and writing.
    ReadWrite,
    /// Reading.
    Read,
}

impl DeviceUse {
    /// As unit files have it: `r`, `w`, and `m` for nodes.
    #[must_use]
    pub const fn letters(self) -> &'static str {
        match self {
            Self::Everything => "rwm",
            Self::ReadWrite => "rw",
            Self::Read => "r",
        }
    }
}

/// What every payload has of its own.
const OWN: [&str; 12] = [
    "/dev/block",
    "/dev/char",
    "/dev/console",
    "/dev/core",
    "/dev/fd",
    "/dev/mqueue",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/shm",
    "/dev/stderr",
    "/dev/stdin",
    "/dev/stdout",
];

/// A node of the host's `/dev` that the payload has at the same place (`--device=`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceNode {
    /// Below `/dev`.
    path: PathInRoot,
    /// What it means where it is missing.
    pub need: DeviceNeed,
    /// What it may be used for.
    pub usage: DeviceUse,
}

impl DeviceNode {
    /// Names a node; it has to be below `/dev` and not where the payload has file systems of its own.
    #[must_use]
    pub fn new(path: PathInRoot, need: DeviceNeed) -> Option<Self> {
        let is_below = path.starts_with("/dev") && path.as_path() != Path::new("/dev");
        (is_below && !OWN.iter().any(|own| path.starts_with(own))).then_some(Self {
            path,
            need,
            usage: DeviceUse::Everything,
        })
    }

    /// The same for less.
    #[must_use]
    pub fn with_usage(self, usage: DeviceUse) -> Self {
        Self { usage, ..self }
    }

    /// Where it is on the host.
    #[must_use]
    pub fn host_path(&self) -> PathBuf {
        self.path.as_path().to_owned()
    }

    /// Its name relative to `/dev`.
    #[must_use]
    pub fn name(&self) -> String {
        let relative = self.path.as_path().strip_prefix("/dev").unwrap_or(Path::new(""));
        relative.to_string_lossy().into_owned()
    }

    /// What systemd-nspawn gives every container where the host has it.
    #[must_use]
    pub fn of_nspawn() -> Vec<Self> {
        ["/dev/fuse", "/dev/net/tun"]
            .into_iter()
            .filter_map(|path| Self::new(PathInRoot::new(path).ok()?, DeviceNeed::WhereOpenable))
            .collect()
    }
}
