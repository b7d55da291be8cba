//! Messages of sd_notify(3) of the payload, which is not trusted.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use redd_spec::sockets::KeptName;
use redd_spec::text::escape;
use redd_sys::datagram::{self, Completeness};
use rustix::process::Pid;

use super::deadline::EXTENSION_MAX;
use super::health::Failure;
use super::machine::Event;
use super::store::{Polling, Wish};

/// The longest message that is read (R28).
const MESSAGE_MAX: usize = 4096;
/// The longest status that is passed on.
const STATUS_MAX: usize = 256;
/// How many messages are read in a period; the others wait in the socket.
const MESSAGES_PER_PERIOD: u32 = 32;
const PERIOD: Duration = Duration::from_millis(100);
/// For how many others a message with descriptors counts: getting rid of them takes a process.
const DESCRIPTORS_WEIGHT: u32 = 8;
/// The kernel's largest error number.
const ERRNO_MAX: u32 = 4095;

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

    fn take(&mut self, weight: u32) {
        self.left = self.left.saturating_sub(weight);
    }
}

/// One message.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) events: Vec<Event>,
    /// What is to be done with the descriptors that came with it.
    pub(super) wish: Option<Wish>,
    pub(super) descriptors: Vec<OwnedFd>,
}

/// Reads one message, of which only one of PID 1 says anything; `None` where there is none. What came with it is the caller's to
/// get rid of.
pub(super) fn receive(socket: BorrowedFd<'_>, leader: Pid, rate: &mut RateLimit) -> Option<Message> {
    let mut buffer = [0; MESSAGE_MAX];
    let message = datagram::receive(socket, &mut buffer).ok().flatten();
    rate.take(if message.as_ref().is_some_and(|message| !message.descriptors.is_empty()) {
        DESCRIPTORS_WEIGHT
    } else {
        1
    });
    let message = message?;
    let is_heard = message.sender == Some(leader) && message.completeness == Completeness::Complete;
    let text = if is_heard { &buffer[..message.length] } else { &[] };
    Some(Message { events: parse(text), wish: wish(text), descriptors: message.descriptors })
}

/// The assignments of a message.
fn assignments(message: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    message.split(|&byte| byte == b'\n').filter_map(|line| {
        let at = line.iter().position(|&byte| byte == b'=')?;
        Some((&line[..at], &line[at + 1..]))
    })
}

fn value<'a>(message: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    assignments(message).find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// The known assignments of a message; anything else is passed over.
pub(super) fn parse(message: &[u8]) -> Vec<Event> {
    let event = |(name, value): (&[u8], &[u8])| match name {
        b"RELOADING" if value == b"1" => Some(Event::Reloading(began(message))),
        _ => parse_assignment(name, value),
    };
    assignments(message).filter_map(event).collect()
}

/// When a reload began, in microseconds.
fn began(message: &[u8]) -> Option<u64> {
    value(message, b"MONOTONIC_USEC").and_then(number)
}

/// Who may speak for PID 1, which process it is and what keeps it waiting (`NOTIFYACCESS=`, `MAINPID=`, `BARRIER=`…) is nothing that
/// it can say of a whole machine.
fn parse_assignment(name: &[u8], value: &[u8]) -> Option<Event> {
    match name {
        b"READY" if value == b"1" => Some(Event::Ready),
        b"STOPPING" if value == b"1" => Some(Event::Stopping),
        b"WATCHDOG" if value == b"1" => Some(Event::Watchdog),
        b"WATCHDOG" if value == b"trigger" => Some(Event::Unhealthy(Failure::OwnWord)),
        b"WATCHDOG_USEC" => time(value).map(Event::WatchdogTime),
        b"EXTEND_TIMEOUT_USEC" => time(value).map(|time| Event::MoreTime(time.min(EXTENSION_MAX))),
        b"STATUS" => Some(Event::Status(escape(value, STATUS_MAX))),
        b"ERRNO" => number(value).filter(|errno| (1..=ERRNO_MAX).contains(errno)).map(Event::Errno),
        b"EXIT_STATUS" => number(value).map(Event::ExitStatus),
        b"BUSERROR" => bus_error(value).map(Event::BusError),
        b"X_SYSTEMD_SIGNALS_LEVEL" => number(value).map(Event::SignalsLevel),
        _ => None,
    }
}

fn number<T: std::str::FromStr>(value: &[u8]) -> Option<T> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn time(value: &[u8]) -> Option<Duration> {
    number(value).filter(|&time| time > 0).map(Duration::from_micros)
}

/// The name of an error of D-Bus.
fn bus_error(value: &[u8]) -> Option<String> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
    let fits = (1..=STATUS_MAX).contains(&value.len()) && value.iter().all(is_plain);
    std::str::from_utf8(value).ok().filter(|_| fits).map(str::to_owned)
}

/// What PID 1 wants of the store, where it wants something that can be done.
fn wish(message: &[u8]) -> Option<Wish> {
    let name = value(message, b"FDNAME").map(KeptName::new);
    if value(message, b"FDSTOREREMOVE") == Some(b"1") {
        return name.flatten().map(Wish::GiveUp);
    }
    let polling = match value(message, b"FDPOLL") {
        Some(b"0") => Polling::Refused,
        _ => Polling::Allowed,
    };
    let is_wanted = value(message, b"FDSTORE") == Some(b"1");
    is_wanted.then(|| Wish::Keep(name.flatten().unwrap_or_default(), polling))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_assignments_are_read_and_others_passed_over() {
        let events = parse(
            b"READY=1\nSTATUS=Startup \x1b[1mfinished\nX_SYSTEMD_SIGNALS_LEVEL=2\nMAINPID=1\nREADY=0\n",
        );
        let status = Event::Status("Startup \\x1b[1mfinished".to_owned());
        assert_eq!(events, [Event::Ready, status, Event::SignalsLevel(2)]);
    }

    #[test]
    fn a_reload_has_its_time_from_the_same_message() {
        assert_eq!(parse(b"MONOTONIC_USEC=17\nRELOADING=1"), [Event::Reloading(Some(17))]);
        assert_eq!(parse(b"RELOADING=1\nMONOTONIC_USEC=soon"), [Event::Reloading(None)]);
    }

    #[test]
    fn what_is_told_of_errors_is_what_it_says_it_is() {
        let events = parse(b"ERRNO=5\nEXIT_STATUS=7\nBUSERROR=org.example.Failed");
        let bus_error = Event::BusError("org.example.Failed".to_owned());
        assert_eq!(events, [Event::Errno(5), Event::ExitStatus(7), bus_error]);
        for nothing in
            [&b"ERRNO=0"[..], b"ERRNO=99999", b"EXIT_STATUS=256", b"EXIT_STATUS=-1", b"BUSERROR=a b"]
        {
            assert_eq!(parse(nothing), []);
        }
    }

    #[test]
    fn what_is_to_be_kept_has_a_name() {
        let name = |text: &str| KeptName::new(text.as_bytes()).unwrap();
        assert_eq!(wish(b"FDSTORE=1\nFDNAME=log"), Some(Wish::Keep(name("log"), Polling::Allowed)));
        assert_eq!(wish(b"FDSTORE=1\nFDPOLL=0"), Some(Wish::Keep(name("stored"), Polling::Refused)));
        assert_eq!(wish(b"FDNAME=log\nFDSTOREREMOVE=1"), Some(Wish::GiveUp(name("log"))));
        assert_eq!(wish(b"FDSTOREREMOVE=1\nFDNAME=a:b"), None);
        assert_eq!(wish(b"FDNAME=log"), None);
    }

    #[test]
    fn a_flood_waits_for_the_next_period() {
        let now = Instant::now();
        let mut rate = RateLimit::new(now);
        assert_eq!(rate.wait_until(now), None);
        (0..MESSAGES_PER_PERIOD).for_each(|_| rate.take(1));
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
            wish(&message);
        }
    }
}
