//! Whether a machine that ended is started again, and when: decided without a clock.

use std::time::Duration;

use redd_spec::lifecycle::{Restart, RestartPolicy};
use serde::{Deserialize, Serialize};

/// A boot that lasted so long was a good one: those before it no longer count.
pub(crate) const GOOD_AFTER: Duration = Duration::from_secs(60);
/// The longest wait, unless the first one is to be longer.
const DELAY_MAX: Duration = Duration::from_secs(300);

/// How a boot came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Somebody asked redd for it.
    Asked,
    /// The payload powered itself off, or its command is done.
    Done,
    /// It failed.
    Failed,
}

/// What comes after a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing.
    End,
    /// Another boot, when this time is over.
    Again(Duration),
    /// Nothing any more: it was tried so often.
    GivenUp(u32),
}

/// The starts of a machine that came one after the other because it ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Restarts {
    settings: Restart,
    in_a_row: u32,
}

impl Restarts {
    pub(crate) const fn new(settings: Restart) -> Self {
        Self { settings, in_a_row: 0 }
    }

    /// Another policy holds from now on.
    pub(crate) const fn set(&mut self, settings: Restart) {
        self.settings = settings;
    }

    /// What comes after a boot that ended so, and had lasted so long.
    pub(crate) fn next(&mut self, cause: Cause, lasted: Duration) -> Next {
        let is_wanted = match (cause, self.settings.policy) {
            (Cause::Asked, _) | (_, RestartPolicy::No) | (Cause::Done, RestartPolicy::OnFailure) => false,
            (Cause::Failed, RestartPolicy::OnFailure)
            | (Cause::Done | Cause::Failed, RestartPolicy::Always) => true,
        };
        if !is_wanted {
            return Next::End;
        }
        if lasted >= GOOD_AFTER {
            self.in_a_row = 0;
        }
        if self.settings.limit.is_some_and(|limit| self.in_a_row >= limit) {
            return Next::GivenUp(self.in_a_row);
        }
        let delay = self.delay();
        self.in_a_row = self.in_a_row.saturating_add(1);
        Next::Again(delay)
    }

    fn delay(&self) -> Duration {
        let longest = DELAY_MAX.max(self.settings.delay);
        let factor = 1_u32.checked_shl(self.in_a_row);
        factor.and_then(|factor| self.settings.delay.checked_mul(factor)).unwrap_or(longest).min(longest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn restarts(policy: RestartPolicy) -> Restarts {
        Restarts::new(Restart { policy, delay: SECOND, limit: Some(3) })
    }

    #[rstest]
    #[case(RestartPolicy::No, Cause::Failed, Next::End)]
    #[case(RestartPolicy::OnFailure, Cause::Failed, Next::Again(SECOND))]
    #[case(RestartPolicy::OnFailure, Cause::Done, Next::End)]
    #[case(RestartPolicy::Always, Cause::Done, Next::Again(SECOND))]
    #[case(RestartPolicy::Always, Cause::Failed, Next::Again(SECOND))]
    #[case(RestartPolicy::Always, Cause::Asked, Next::End)]
    fn a_policy_says_which_ends_are_followed(
        #[case] policy: RestartPolicy,
        #[case] cause: Cause,
        #[case] expected: Next,
    ) {
        assert_eq!(restarts(policy).next(cause, SECOND), expected);
    }

    #[test]
    fn each_wait_is_twice_as_long_until_it_is_given_up() {
        let mut restarts = restarts(RestartPolicy::OnFailure);
        let mut next = || restarts.next(Cause::Failed, SECOND);
        assert_eq!([next(), next(), next()], [1, 2, 4].map(|factor| Next::Again(SECOND * factor)));
        assert_eq!([next(), next()], [Next::GivenUp(3); 2]);
    }

    #[test]
    fn a_boot_that_lasted_makes_up_for_those_before_it() {
        let mut restarts = restarts(RestartPolicy::Always);
        (0..3).for_each(|_| assert_ne!(restarts.next(Cause::Failed, SECOND), Next::End));
        assert_eq!(restarts.next(Cause::Failed, GOOD_AFTER), Next::Again(SECOND));
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_bound(
            delay in 0_u64..100_000, limit in prop::option::of(1_u32..50), boots in 0_usize..100,
        ) {
            let delay = Duration::from_secs(delay);
            let mut restarts = Restarts::new(Restart { policy: RestartPolicy::Always, delay, limit });
            let mut again = 0;
            for _ in 0..boots {
                match restarts.next(Cause::Failed, Duration::ZERO) {
                    Next::Again(wait) => {
                        again += 1;
                        prop_assert!(wait >= delay && wait <= DELAY_MAX.max(delay));
                    }
                    Next::GivenUp(after) => prop_assert_eq!(Some(after), limit),
                    Next::End => prop_assert!(false),
                }
            }
            prop_assert!(limit.is_none_or(|limit| again <= limit));
        }
    }
}
