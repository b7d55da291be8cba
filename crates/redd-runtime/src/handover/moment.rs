//! Instants, as nanoseconds of `CLOCK_MONOTONIC`: that clock goes on while a program becomes another one.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant, as it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Instant);

fn now() -> (Instant, Duration) {
    let time = clock_gettime(ClockId::Monotonic);
    let nanoseconds = Duration::from_nanos(time.tv_nsec.unsigned_abs());
    (Instant::now(), Duration::from_secs(time.tv_sec.unsigned_abs()) + nanoseconds)
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (instant, time) = now();
        let since = match self.0.checked_duration_since(instant) {
            Some(ahead) => time.saturating_add(ahead),
            None => time.saturating_sub(instant - self.0),
        };
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let since = Duration::from_nanos(u64::deserialize(deserializer)?);
        let (instant, time) = now();
        let moment = match since.checked_sub(time) {
            Some(ahead) => instant.checked_add(ahead),
            // Nothing is older than the clock.
            None => Some(instant.checked_sub(time - since).unwrap_or(instant)),
        };
        moment.map(Self).ok_or_else(|| D::Error::custom("a moment that no clock will show"))
    }
}

/// For fields that are an [`Instant`], or might be.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Instant, Moment, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        instant: &Option<Instant>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        instant.map(Moment).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Instant>, D::Error> {
        Ok(Option::<Moment>::deserialize(deserializer)?.map(|Moment(instant)| instant))
    }
}
