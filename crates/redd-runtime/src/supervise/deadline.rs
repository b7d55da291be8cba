//! Time limits that the payload may put off, up to a point (`EXTEND_TIMEOUT_USEC=`).

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// By how much a limit can be put off in all: a stop ends (R43), whatever the payload says.
pub(super) const EXTENSION_MAX: Duration = Duration::from_secs(60 * 60);

/// By how much a limit can still be put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Extension(Duration);

impl Default for Extension {
    fn default() -> Self {
        Self(EXTENSION_MAX)
    }
}

impl Extension {
    /// The limit, or a later one so that so much time is left. Nobody can make it shorter.
    pub(super) fn extend(&mut self, limit: Instant, now: Instant, time: Duration) -> Instant {
        let wanted = now.checked_add(time).map_or(self.0, |wanted| wanted.saturating_duration_since(limit));
        let Some(later) = limit.checked_add(wanted.min(self.0)) else { return limit };
        self.0 -= later - limit;
        later
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_limit_is_put_off_and_never_brought_forward() {
        let (now, mut extension) = (Instant::now(), Extension::default());
        let limit = now + MINUTE;
        assert_eq!(extension.extend(limit, now, MINUTE / 2), limit);
        assert_eq!(extension.extend(limit, now + MINUTE / 2, MINUTE), limit + MINUTE / 2);
    }

    #[test]
    fn a_limit_is_not_put_off_for_ever() {
        let (now, mut extension) = (Instant::now(), Extension::default());
        let mut limit = now + MINUTE;
        for time in [EXTENSION_MAX * 2, Duration::MAX, EXTENSION_MAX] {
            limit = extension.extend(limit, now, time);
            assert_eq!(limit, now + MINUTE + EXTENSION_MAX);
        }
    }
}
