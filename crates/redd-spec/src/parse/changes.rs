//! What of a machine's life can be chosen while it lives, by the names of the options.

use std::time::Duration;

use super::{ParseError, restart_limit, restart_policy, time_span};
use crate::lifecycle::{Health, Lifecycle, Restart, RestartPolicy, STOP_TIMEOUT};

/// The options, without their dashes.
pub const LIFE: [&str; 6] =
    ["stop-timeout", "restart", "restart-delay", "restart-limit", "watchdog", "ready-timeout"];

/// One of them, with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifeChange {
    /// `--stop-timeout=`
    StopTimeout(Duration),
    /// `--restart=`
    Restart(RestartPolicy),
    /// `--restart-delay=`
    RestartDelay(Duration),
    /// `--restart-limit=`
    RestartLimit(Option<u32>),
    /// `--watchdog=`
    Watchdog(Option<Duration>),
    /// `--ready-timeout=`
    ReadyTimeout(Option<Duration>),
}

/// Reads one; without a value it is what it is where nobody says anything.
///
/// # Errors
/// There is no such option, or no such value.
pub fn life(option: &str, value: Option<&str>) -> Result<LifeChange, ParseError> {
    let (restart, health) = (Restart::default(), Health::default());
    Ok(match option {
        "stop-timeout" => LifeChange::StopTimeout(value.map_or(Ok(STOP_TIMEOUT), time_span)?),
        "restart" => LifeChange::Restart(value.map_or(Ok(restart.policy), restart_policy)?),
        "restart-delay" => LifeChange::RestartDelay(value.map_or(Ok(restart.delay), time_span)?),
        "restart-limit" => LifeChange::RestartLimit(value.map_or(Ok(restart.limit), restart_limit)?),
        "watchdog" => LifeChange::Watchdog(value.map_or(Ok(health.watchdog), some_time)?),
        "ready-timeout" => LifeChange::ReadyTimeout(value.map_or(Ok(health.ready_timeout), some_time)?),
        _ => return Err(ParseError::new(option, "that cannot be changed while a machine runs")),
    })
}

fn some_time(value: &str) -> Result<Option<Duration>, ParseError> {
    time_span(value).map(Some)
}

impl LifeChange {
    /// Makes it hold.
    pub fn apply(self, lifecycle: &mut Lifecycle) {
        match self {
            Self::StopTimeout(time) => lifecycle.stop_timeout = Some(time),
            Self::Restart(policy) => lifecycle.restart.policy = policy,
            Self::RestartDelay(time) => lifecycle.restart.delay = time,
            Self::RestartLimit(limit) => lifecycle.restart.limit = limit,
            Self::Watchdog(time) => lifecycle.health.watchdog = time,
            Self::ReadyTimeout(time) => lifecycle.health.ready_timeout = time,
        }
    }
}
