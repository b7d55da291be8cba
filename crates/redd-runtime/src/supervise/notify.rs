//! Messages of sd_notify(3) of the payload, which is not trusted.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use redd_spec::text::escape;
use redd_sys::datagram::{self, Completeness};
use rustix::process::Pid;

use super::health::Failure;
use super::machine::Event;

/// The longest message that is read (R28).
const MESSAGE_MAX: usize = 4096;
/// The longest status that is passed on.
const STATUS_MAX: usize = 256;
/// How many messages are read in a period; the others wait in the socket.
const MESSAGES_PER_PERIOD: u32 = 32;
const PERIOD: Duration = Duration::from_millis(100);

/// The rate at which a payload is listened to.
#[derive(Debug)]
pub(super) struct RateLimit {
    period_start: Instant,
    left: u32,
}

impl RateLimit {
    pub(super) fn new(now: Instant) -> Self {
        Self { period_start: now, left: MESSAGES_PER_PERIOD }
    }

    /// When the next message may be read: `None` for now.
    pub(super) fn wait_until(&mut self, now: Instant) -> Option<Instant> {
        if now.duration_since(self.period_start) >= PERIOD {
            *self = Self::new(now);
        }
        (self.left == 0).then(|| self.period_start + PERIOD)
    }

    fn take(&mut self) {
        self.left = self.left.saturating_sub(1);
    }
}

/// Reads one message, of which only one of PID 1 says anything; `None` where there is none.
pub(super) fn receive(socket: BorrowedFd<'_>, leader: Pid, rate: &mut RateLimit) -> Option<Vec<Event>> {
    rate.take();
    let mut buffer = [0; MESSAGE_MAX];
    match datagram::receive(socket, &mut buffer) {
        Ok(Some(message))
            if message.sender == Some(leader) && message.completeness == Completeness::Complete =>
        {
            Some(parse(&buffer[..message.length]))
        }
        Ok(Some(_)) => Some(Vec::new()),
        Ok(None) | Err(_) => None,
    }
}

/// The known assignments of a message; anything else is passed over.
pub(super) fn parse(message: &[u8]) -> Vec<Event> {
    message.split(|&byte| byte == b'\n').filter_map(parse_line).collect()
}

fn parse_line(line: &[u8]) -> Option<Event> {
    let at = line.iter().position(|&byte| byte == b'=')?;
    let (name, value) = (&line[..at], &line[at + 1..]);
    match name {
        b"READY" if value == b"1" => Some(Event::Ready),
        b"WATCHDOG" if value == b"1" => Some(Event::Watchdog),
        b"WATCHDOG" if value == b"trigger" => Some(Event::Unhealthy(Failure::OwnWord)),
        b"STATUS" => Some(Event::Status(escape(value, STATUS_MAX))),
        b"X_SYSTEMD_SIGNALS_LEVEL" => {
            let level = std::str::from_utf8(value).ok()?.parse().ok()?;
            Some(Event::SignalsLevel(level))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_assignments_are_read_and_others_passed_over() {
        let events = parse(
            b"READY=1\nSTATUS=Startup \x1b[1mfinished\nX_SYSTEMD_SIGNALS_LEVEL=2\nFDSTORE=1\nREADY=0\n",
        );
        let status = Event::Status("Startup \\x1b[1mfinished".to_owned());
        assert_eq!(events, [Event::Ready, status, Event::SignalsLevel(2)]);
    }

    #[test]
    fn a_flood_waits_for_the_next_period() {
        let now = Instant::now();
        let mut rate = RateLimit::new(now);
        assert_eq!(rate.wait_until(now), None);
        (0..MESSAGES_PER_PERIOD).for_each(|_| rate.take());
        assert_eq!(rate.wait_until(now), Some(now + PERIOD));
        assert_eq!(rate.wait_until(now + PERIOD), None);
    }

    proptest! {
        #[test]
        fn any_message_is_taken(message in prop::collection::vec(any::<u8>(), 0..300)) {
            for event in parse(&message) {
                if let Event::Status(status) = event {
                    prop_assert!(!status.chars().any(char::is_control));
                }
            }
        }
    }
}
