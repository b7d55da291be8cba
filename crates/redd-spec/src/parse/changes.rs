//! What of a machine's life can be chosen while it lives, by the names of the options.

use std::time::Duration;

use super::{ParseError, time_span};
use crate::lifecycle::{Lifecycle, STOP_TIMEOUT};

/// The options, without their dashes.
pub const LIFE: [&str; 1] = ["stop-timeout"];

/// One of them, with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifeChange {
    /// `--stop-timeout=`
    StopTimeout(Duration),
}

/// Reads one; without a value it is what it is where nobody says anything.
///
/// # Errors
/// There is no such option, or no such value.
pub fn life(option: &str, value: Option<&str>) -> Result<LifeChange, ParseError> {
    match option {
        "stop-timeout" => value.map_or(Ok(STOP_TIMEOUT), time_span).map(LifeChange::StopTimeout),
        _ => Err(ParseError::new(option, "that cannot be changed while a machine runs")),
    }
}

impl LifeChange {
    /// Makes it hold.
    pub fn apply(self, lifecycle: &mut Lifecycle) {
        match self {
            Self::StopTimeout(time) => lifecycle.stop_timeout = Some(time),
        }
    }
}
