//! Containers inside the container.

use serde::{Deserialize, Serialize};

/// Whether container managers work inside (`--nesting`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nesting {
    /// Nothing is done for them.
    #[default]
    Off,
    /// They have ids to give, a procfs and a sysfs that allow fresh ones, and session keyrings.
    On,
}

impl Nesting {
    /// Whether they do.
    #[must_use]
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

impl From<bool> for Nesting {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}
