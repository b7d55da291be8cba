//! Whether PID 1 is heard of when it should be: decided without a clock.

use std::time::{Duration, Instant};

use redd_spec::lifecycle::{Lifecycle, NotifyReady};
use serde::{Deserialize, Serialize};

use super::deadline::Extension;
use super::machine::Event;
use crate::handover::moment::{self, Moment};

/// Why a PID 1 that runs counts as failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// It was not ready within this time.
    NotReady(Duration),
    /// It has sent `WATCHDOG=1`, and did not again within this time.
    Silent(Duration),
    /// It says so itself (`WATCHDOG=trigger`).
    OwnWord,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotReady(time) => write!(formatter, "PID 1 was not ready within {time:?}"),
            Self::Silent(time) => write!(formatter, "PID 1 has not sent WATCHDOG=1 for {time:?}"),
            Self::OwnWord => write!(formatter, "PID 1 says with WATCHDOG=trigger that it failed"),
        }
    }
}

/// Whether PID 1 has given the signs of life that it owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It has, or owes none.
    Alive,
    /// It has not.
    Overdue,
}

/// When PID 1 has to be heard of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Health {
    watchdog: Option<Duration>,
    /// When it has to be ready, and within how long that is.
    ready: Option<(Moment, Duration)>,
    /// By how much that can be put off.
    #[serde(default)]
    extension: Extension,
    /// When the next `WATCHDOG=1` has to have come.
    #[serde(with = "moment::optional")]
    next: Option<Instant>,
}

impl Health {
    /// For a PID 1 that was executed now.
    pub(super) fn new(lifecycle: &Lifecycle, now: Instant) -> Self {
        let ready =
            lifecycle.health.ready_timeout.and_then(|time| Some((Moment(now.checked_add(time)?), time)));
        let tells = lifecycle.notify_ready == NotifyReady::WhenPayloadIsReady;
        let ready = ready.filter(|_| tells);
        Self { watchdog: lifecycle.health.watchdog, ready, extension: Extension::default(), next: None }
    }

    /// When it should be looked at [`Self::failure`].
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.ready.map(|(deadline, _)| deadline.0).into_iter().chain(self.next).min()
    }

    /// Another time holds from the next word of PID 1 on.
    pub(super) fn change(&mut self, watchdog: Option<Duration>) {
        self.watchdog = watchdog;
        self.next = self.next.filter(|_| watchdog.is_some());
    }

    /// Something happened.
    pub(super) fn hear(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Ready => self.ready = None,
            Event::Watchdog => self.next = self.watchdog.and_then(|time| now.checked_add(time)),
            Event::WatchdogTime(time) if self.watchdog.is_some() => {
                self.change(Some(*time));
                self.next = self.next.and_then(|_| now.checked_add(*time));
            }
            Event::MoreTime(time) => {
                if let Some((Moment(limit), _)) = &mut self.ready {
                    *limit = self.extension.extend(*limit, now, *time);
                }
            }
            _ => {}
        }
    }

    /// Who is frozen says nothing: each time begins anew.
    pub(super) fn resumed(&mut self, now: Instant) {
        self.ready = self.ready.and_then(|(_, time)| Some((Moment(now.checked_add(time)?), time)));
        self.next = self.next.and(self.watchdog).and_then(|time| now.checked_add(time));
    }

    /// Whether it lives, as far as it is to tell.
    pub(super) fn sign(&self, now: Instant) -> Sign {
        if self.next.is_some_and(|deadline| deadline <= now) { Sign::Overdue } else { Sign::Alive }
    }

    /// What is wrong by now. It is said once.
    pub(super) fn failure(&mut self, now: Instant) -> Option<Failure> {
        let not_ready =
            self.ready.filter(|(deadline, _)| deadline.0 <= now).map(|(_, time)| Failure::NotReady(time));
        let is_silent = self.next.is_some_and(|deadline| deadline <= now);
        let failure = not_ready.or_else(|| self.watchdog.filter(|_| is_silent).map(Failure::Silent))?;
        (self.ready, self.next) = (None, None);
        Some(failure)
    }
}

#[cfg(test)]
mod tests {
    use redd_spec::lifecycle::{self, RebootAction, Restart, StopMethod};

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn health(notify_ready: NotifyReady, now: Instant) -> Health {
        let lifecycle = Lifecycle {
            stop: StopMethod::ByKind,
            stop_timeout: None,
            notify_ready,
            reboot: RebootAction::BootAgain,
            restart: Restart::default(),
            health: lifecycle::Health { watchdog: Some(MINUTE), ready_timeout: Some(2 * MINUTE) },
            after: Vec::new(),
        };
        Health::new(&lifecycle, now)
    }

    #[test]
    fn who_is_not_ready_in_time_has_failed() {
        let now = Instant::now();
        let mut health = health(NotifyReady::WhenPayloadIsReady, now);
        assert_eq!(health.deadline(), Some(now + 2 * MINUTE));
        assert_eq!(health.failure(now + MINUTE), None);
        assert_eq!(health.failure(now + 2 * MINUTE), Some(Failure::NotReady(2 * MINUTE)));
        assert_eq!(health.failure(now + 3 * MINUTE), None);
    }

    #[test]
    fn who_was_ready_or_never_tells_is_waited_for_no_longer() {
        let now = Instant::now();
        let mut ready = health(NotifyReady::WhenPayloadIsReady, now);
        ready.hear(&Event::Ready, now);
        assert_eq!(ready.deadline(), None);
        assert_eq!(health(NotifyReady::AtExec, now).deadline(), None);
    }

    #[test]
    fn who_has_never_sent_a_sign_of_life_owes_none() {
        let now = Instant::now();
        let mut health = health(NotifyReady::AtExec, now);
        assert_eq!(health.failure(now + 10 * MINUTE), None);
        health.hear(&Event::Watchdog, now);
        health.hear(&Event::Watchdog, now + MINUTE / 2);
        assert_eq!(health.failure(now + MINUTE), None);
        assert_eq!(health.failure(now + 2 * MINUTE), Some(Failure::Silent(MINUTE)));
    }

    #[test]
    fn who_asks_for_more_time_has_it() {
        let now = Instant::now();
        let mut health = health(NotifyReady::WhenPayloadIsReady, now);
        health.hear(&Event::MoreTime(10 * MINUTE), now + MINUTE);
        assert_eq!(health.failure(now + 10 * MINUTE), None);
        assert_eq!(health.failure(now + 11 * MINUTE), Some(Failure::NotReady(2 * MINUTE)));
    }

    #[test]
    fn a_watchdog_that_is_on_has_the_time_that_is_asked_for() {
        let now = Instant::now();
        let mut health = health(NotifyReady::AtExec, now);
        health.hear(&Event::Watchdog, now);
        health.hear(&Event::WatchdogTime(5 * MINUTE), now);
        assert_eq!((health.sign(now + 4 * MINUTE), health.failure(now + 4 * MINUTE)), (Sign::Alive, None));
        assert_eq!(health.sign(now + 5 * MINUTE), Sign::Overdue);
        assert_eq!(health.failure(now + 5 * MINUTE), Some(Failure::Silent(5 * MINUTE)));
    }

    #[test]
    fn the_time_of_a_pause_does_not_count() {
        let now = Instant::now();
        let mut health = health(NotifyReady::WhenPayloadIsReady, now);
        health.hear(&Event::Watchdog, now);
        health.resumed(now + 10 * MINUTE);
        assert_eq!(health.failure(now + 10 * MINUTE), None);
        assert_eq!(health.failure(now + 11 * MINUTE), Some(Failure::Silent(MINUTE)));
    }
}
