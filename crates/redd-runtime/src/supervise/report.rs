//! What a supervisor knows of its machine and tells whoever asks: when what was, and how often.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Over all boots.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Report {
    /// Microseconds since 1970, as all times here.
    pub(super) started: u64,
    pub(super) booted: u64,
    pub(super) ready: Option<u64>,
    pub(super) boots: u32,
    pub(super) restarts: u32,
    pub(super) status: Option<String>,
    pub(super) is_paused: bool,
}

impl Report {
    /// Of a machine that was not booted yet.
    pub(super) fn begin() -> Self {
        let (started, status) = (now(), None);
        Self { started, booted: started, ready: None, boots: 0, restarts: 0, status, is_paused: false }
    }

    /// It was booted.
    pub(super) fn boot(&mut self) {
        let (booted, boots) = (now(), self.boots.saturating_add(1));
        *self = Self { booted, boots, ready: None, status: None, is_paused: false, ..*self };
    }
}

/// Microseconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
