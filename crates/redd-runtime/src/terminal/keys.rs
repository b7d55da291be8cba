//! The keys that mean something to redd, among what is typed.

use std::time::{Duration, Instant};

/// What introduces them, twice: `^]`. A third time it kills.
const ESCAPE: u8 = 0x1d;
const INTRODUCTION: usize = 2;
/// From the first key to the last.
const PERIOD: Duration = Duration::from_secs(1);

/// Finds the keys in what is typed.
#[derive(Debug, Default)]
pub struct EscapeDetector {
    /// When the last presses of the escape key were, at most as many as are needed.
    presses: Vec<Instant>,
}

/// What was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// Something for the payload alone.
    Text,
    /// `^]^]^]`: the machine is to be gone.
    Kill,
    /// `^]^]p`
    PowerOff,
    /// `^]^]r`
    Reboot,
    /// `^]^]d`: whoever types wants to leave.
    Detach,
}

impl EscapeDetector {
    /// The payload gets all of it, as it cannot be known in time what comes next.
    pub fn feed(&mut self, typed: &[u8], now: Instant) -> Typed {
        for &byte in typed {
            self.presses.retain(|&press| now.duration_since(press) <= PERIOD);
            let is_introduced = self.presses.len() >= INTRODUCTION;
            match (byte, is_introduced) {
                (ESCAPE, true) => return Typed::Kill,
                (ESCAPE, false) => {
                    self.presses.push(now);
                    continue;
                }
                (b'p', true) => return self.found(Typed::PowerOff),
                (b'd', true) => return self.found(Typed::Detach),
                (b'r', true) => return self.found(Typed::Reboot),
                _ => self.presses.clear(),
            }
        }
        Typed::Text
    }

    fn found(&mut self, typed: Typed) -> Typed {
        self.presses.clear();
        typed
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[ESCAPE], Typed::Kill)]
    #[case(b"p", Typed::PowerOff)]
    #[case(b"r", Typed::Reboot)]
    #[case(b"d", Typed::Detach)]
    #[case(b"x", Typed::Text)]
    #[case(b"P", Typed::Text)]
    fn two_presses_and_a_key_within_a_second_mean_something(#[case] last: &[u8], #[case] expected: Typed) {
        let now = Instant::now();
        let mut detector = EscapeDetector::default();
        assert_eq!(detector.feed(&[b'a', ESCAPE, ESCAPE], now), Typed::Text);
        assert_eq!(detector.feed(last, now + Duration::from_millis(900)), expected);
    }

    #[test]
    fn slow_presses_and_other_keys_between_mean_nothing() {
        let now = Instant::now();
        let mut detector = EscapeDetector::default();
        assert_eq!(detector.feed(&[ESCAPE, ESCAPE], now), Typed::Text);
        assert_eq!(detector.feed(&[ESCAPE, b'p'], now + Duration::from_secs(2)), Typed::Text);
        assert_eq!(detector.feed(&[ESCAPE, b'x', ESCAPE, b'r'], now + Duration::from_secs(4)), Typed::Text);
    }

    #[test]
    fn one_introduction_is_good_for_one_key() {
        let now = Instant::now();
        let mut detector = EscapeDetector::default();
        assert_eq!(detector.feed(&[ESCAPE, ESCAPE, b'r'], now), Typed::Reboot);
        assert_eq!(detector.feed(b"p", now), Typed::Text);
    }
}
