//! Kinds of inits, and which one is to be booted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::path::PathInRoot;

/// What kind of init a tree has: each is told in a way of its own to power off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitKind {
    /// systemd.
    Systemd,
    /// The init of System V, whatever runs its scripts.
    Sysvinit,
    /// OpenRC's own.
    #[serde(rename = "openrc")]
    OpenRc,
    /// runit.
    Runit,
    /// s6-svscan as PID 1, started by a script.
    S6,
    /// s6-svscan as s6-linux-init sets it up.
    S6LinuxInit,
    /// The init of BusyBox.
    Busybox,
    /// Any other program.
    Other,
}

impl InitKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Systemd,
        Self::Sysvinit,
        Self::OpenRc,
        Self::Runit,
        Self::S6,
        Self::S6LinuxInit,
        Self::Busybox,
        Self::Other,
    ];

    /// Whether it may send `READY=1`, as far as its kind tells.
    #[must_use]
    pub const fn may_tell_readiness(self) -> bool {
        matches!(self, Self::Systemd | Self::Other)
    }

    /// Its name, as `--init=` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Sysvinit => "sysvinit",
            Self::OpenRc => "openrc",
            Self::Runit => "runit",
            Self::S6 => "s6",
            Self::S6LinuxInit => "s6-linux-init",
            Self::Busybox => "busybox",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for InitKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Which init is booted (`--init=`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitChoice {
    /// The first one that is found, whatever it is.
    #[default]
    Detected,
    /// One of this kind; it is not looked what the file is.
    Kind(InitKind),
    /// This file, whatever it is.
    Path(PathInRoot),
}
