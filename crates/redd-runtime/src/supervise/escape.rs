//! The key that kills, among what is typed.

use std::time::{Duration, Instant};

/// The key that kills, three times within a second: `^]`.
const ESCAPE: u8 = 0x1d;
const ESCAPE_COUNT: usize = 3;
const ESCAPE_PERIOD: Duration = Duration::from_secs(1);

/// Finds the key in what is typed.
#[derive(Debug, Default)]
pub(super) struct EscapeDetector {
    /// When the last presses were, at most as many as are needed.
    presses: Vec<Instant>,
}

/// What was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    /// Something for the payload.
    Text,
    /// The key, often enough.
    Escape,
}

impl EscapeDetector {
    pub(super) fn feed(&mut self, typed: &[u8], now: Instant) -> Typed {
        for &byte in typed {
            if byte != ESCAPE {
                self.presses.clear();
                continue;
            }
            self.presses.retain(|&press| now.duration_since(press) <= ESCAPE_PERIOD);
            self.presses.push(now);
            if self.presses.len() >= ESCAPE_COUNT {
                return Typed::Escape;
            }
        }
        Typed::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_presses_within_a_second_are_the_escape() {
        let now = Instant::now();
        let mut detector = EscapeDetector::default();
        assert_eq!(detector.feed(&[ESCAPE, ESCAPE], now), Typed::Text);
        assert_eq!(detector.feed(&[ESCAPE], now + Duration::from_millis(900)), Typed::Escape);
    }

    #[test]
    fn slow_presses_and_other_keys_are_not() {
        let now = Instant::now();
        let mut detector = EscapeDetector::default();
        assert_eq!(detector.feed(&[ESCAPE, ESCAPE], now), Typed::Text);
        assert_eq!(detector.feed(&[ESCAPE], now + Duration::from_secs(2)), Typed::Text);
        assert_eq!(detector.feed(&[ESCAPE, b'x', ESCAPE], now + Duration::from_secs(2)), Typed::Text);
    }
}
