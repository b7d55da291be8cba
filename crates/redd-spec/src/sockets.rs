//! Sockets that whoever started redd has opened for the payload (AI4).

use serde::{Deserialize, Serialize};

/// The most that are passed on.
pub const SOCKETS_MAX: u32 = 1024;

/// Open sockets from descriptor 3 on, see sd_listen_fds(3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedSockets {
    /// How many there are.
    pub count: u32,
    /// Their names, separated by colons, where they have some.
    pub names: Option<String>,
}

/// `$LISTEN_FDS` is no number, or too large a one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("LISTEN_FDS={value:?} is no number of sockets; at most {SOCKETS_MAX} are passed on")]
pub struct InvalidCount {
    value: String,
}

impl PassedSockets {
    /// Reads what the variables say: `for_process` is `$LISTEN_PID`, without which, or with another process's number,
    /// there are none.
    ///
    /// # Errors
    /// The number is none.
    pub fn parse(
        process: u32,
        for_process: Option<&str>,
        count: Option<&str>,
        names: Option<&str>,
    ) -> Result<Self, InvalidCount> {
        let (Some(for_process), Some(count)) = (for_process, count) else { return Ok(Self::default()) };
        if for_process.parse() != Ok(process) {
            return Ok(Self::default());
        }
        let number = count.parse().ok().filter(|&number| number <= SOCKETS_MAX);
        let count = number.ok_or_else(|| InvalidCount { value: count.chars().take(64).collect() })?;
        Ok(Self { count, names: names.filter(|_| count > 0).map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_those_for_this_very_process() {
        let parse = |process, count| PassedSockets::parse(7, process, count, Some("http:ssh"));
        let expected = PassedSockets { count: 2, names: Some("http:ssh".to_owned()) };
        assert_eq!(parse(Some("7"), Some("2")), Ok(expected));
        for (process, count) in
            [(None, Some("2")), (Some("8"), Some("2")), (Some("7"), None), (Some("7"), Some("0"))]
        {
            assert_eq!(parse(process, count), Ok(PassedSockets::default()), "{process:?} {count:?}");
        }
    }

    #[test]
    fn a_count_that_is_none_is_refused() {
        for count in ["", "-1", "1025", "many", "99999999999999999999"] {
            assert!(PassedSockets::parse(7, Some("7"), Some(count), None).is_err(), "{count}");
        }
    }
}
