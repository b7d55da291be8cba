//! What redd tells its own supervisor, with the messages of sd_notify(3).

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use redd_spec::sockets::{KeptName, STORE_MAX};
use redd_spec::variables;
use redd_sys::{Errno, datagram};
use rustix::net::SocketAddrUnix;
use serde::{Deserialize, Serialize};

use super::health::Sign;
use super::store::Polling;
use crate::background::Starter;
use crate::error::best_effort;
use crate::handover::{HandOver, Incoming, Number, Outgoing, Refusal};

/// How often it is tried again while the other side has no room.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// redd's own supervisor, if it has one that wants to know.
#[derive(Debug)]
pub(crate) struct Upstream {
    connection: Option<Connection>,
    /// What it had no room for: of each assignment the newest.
    waiting: Vec<Waiting>,
    retry_at: Option<Instant>,
    keepalive: Option<Keepalive>,
    keeping: Keeping,
}

/// A message that waits, and what goes with it.
#[derive(Debug)]
struct Waiting {
    message: String,
    descriptors: Vec<OwnedFd>,
}

/// How often it wants to hear that redd lives (`$WATCHDOG_USEC`).
#[derive(Debug, Clone, Copy)]
struct Keepalive {
    interval: Duration,
    next: Instant,
}

/// Whether it keeps descriptors (`$FDSTORE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeping {
    Yes,
    No,
}

/// How it is reached.
#[derive(Debug)]
enum Connection {
    /// As `$NOTIFY_SOCKET` says.
    Socket(UnixDatagram, SocketAddrUnix),
    /// It started redd, and waits for a moment.
    Starter(Starter),
}

impl Connection {
    /// Whether it had room.
    fn takes(&self, waiting: &Waiting) -> bool {
        let message = &waiting.message;
        match self {
            Self::Socket(socket, address) => {
                let descriptors: Vec<_> = waiting.descriptors.iter().map(OwnedFd::as_fd).collect();
                datagram::send(socket, address, message.as_bytes(), &descriptors) != Err(Errno::AGAIN)
            }
            Self::Starter(starter) => starter.tell(message) != Err(Errno::AGAIN),
        }
    }
}

impl Upstream {
    /// It is who started redd in the background.
    pub(crate) const fn to_starter(starter: Starter) -> Self {
        Self::over(Some(Connection::Starter(starter)))
    }

    const fn over(connection: Option<Connection>) -> Self {
        Self { connection, waiting: Vec::new(), retry_at: None, keepalive: None, keeping: Keeping::No }
    }

    /// Who started redd may not want to know more than that.
    pub(super) fn tell_of_execution(&self) {
        if let Some(Connection::Starter(starter)) = &self.connection {
            starter.tell_of_execution();
        }
    }

    /// Connects to what `$NOTIFY_SOCKET` names, if it names anything.
    pub(crate) fn from_environment() -> Self {
        let path = std::env::var_os(variables::NOTIFY_SOCKET).map(PathBuf::from);
        let mut upstream = Self::to(path.and_then(|path| address(&path)));
        if upstream.connection.is_some() {
            let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
            let is_meant =
                number(variables::WATCHDOG_PID).is_none_or(|pid| pid == u64::from(std::process::id()));
            let time = number(variables::WATCHDOG_USEC).filter(|&time| time > 0 && is_meant);
            let now = Instant::now();
            let interval = |time| Duration::from_micros(time) / 2;
            upstream.keepalive = time.map(|time| Keepalive { interval: interval(time), next: now });
            if number(variables::FDSTORE).is_some_and(|count| count > 0) {
                upstream.keeping = Keeping::Yes;
            }
        }
        upstream
    }

    fn to(address: Option<SocketAddrUnix>) -> Self {
        let connection = address.and_then(|address| Some((UnixDatagram::unbound().ok()?, address)));
        if let Some((socket, _)) = &connection {
            best_effort(socket.set_nonblocking(true));
        }
        Self::over(connection.map(|(socket, address)| Connection::Socket(socket, address)))
    }

    /// Tells it something. A supervisor that does not listen is no reason to stop; one that has much to do is
    /// told when it has room again.
    pub(super) fn send(&mut self, message: String, now: Instant) {
        let name = |text: &str| text.split('=').next().map(ToOwned::to_owned);
        self.waiting.retain(|older| !older.descriptors.is_empty() || name(&older.message) != name(&message));
        self.waiting.push(Waiting { message, descriptors: Vec::new() });
        self.flush(now);
    }

    /// Gives it the payload's descriptors to keep, where it keeps any. It is not to look at them by itself: what they answer is
    /// the payload's to say.
    pub(super) fn keep(
        &mut self,
        name: &KeptName,
        polling: Polling,
        descriptors: Vec<OwnedFd>,
        now: Instant,
    ) {
        let message = format!("FDSTORE=1\nFDNAME={}", name.outside());
        let message = match polling {
            Polling::Allowed => message,
            Polling::Refused => format!("{message}\nFDPOLL=0"),
        };
        self.push(message, descriptors, now);
    }

    /// Has it give up what it keeps.
    pub(super) fn give_up(&mut self, name: &KeptName, now: Instant) {
        self.push(format!("FDSTOREREMOVE=1\nFDNAME={}", name.outside()), Vec::new(), now);
    }

    /// About descriptors each message counts. Who has no room for so many is not told of more.
    fn push(&mut self, message: String, descriptors: Vec<OwnedFd>, now: Instant) {
        if self.keeping == Keeping::Yes && self.waiting.len() < STORE_MAX as usize {
            self.waiting.push(Waiting { message, descriptors });
            self.flush(now);
        }
    }

    /// When it should be tried again.
    pub(super) const fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// When it wants to hear that redd lives.
    pub(super) fn keepalive_at(&self) -> Option<Instant> {
        self.keepalive.map(|keepalive| keepalive.next)
    }

    /// Tells it that redd lives, if it is time, and `payload` lives too.
    pub(super) fn keep_alive(&mut self, payload: Sign, now: Instant) {
        let Some(keepalive) = self.keepalive.as_mut().filter(|keepalive| keepalive.next <= now) else {
            return;
        };
        keepalive.next = now + keepalive.interval;
        if payload == Sign::Alive {
            self.send("WATCHDOG=1".to_owned(), now);
        }
    }

    /// Sends what waits, in the order it came.
    pub(super) fn flush(&mut self, now: Instant) {
        let Some(connection) = &self.connection else {
            self.waiting.clear();
            return;
        };
        let sent = self.waiting.iter().take_while(|waiting| connection.takes(waiting)).count();
        self.waiting.drain(..sent);
        self.retry_at = (!self.waiting.is_empty()).then(|| now + RETRY_INTERVAL);
    }
}

/// As it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UpstreamState {
    /// Where the environment says nothing of it.
    starter: Option<Number>,
    waiting: Vec<String>,
    /// What goes with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    descriptors: Vec<Vec<Number>>,
}

impl HandOver for Upstream {
    type State = UpstreamState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> UpstreamState {
        let starter = match &self.connection {
            Some(Connection::Starter(starter)) => Some(outgoing.add(starter)),
            Some(Connection::Socket(..)) | None => None,
        };
        let waiting = self.waiting.iter().map(|waiting| waiting.message.clone()).collect();
        let numbers = |waiting: &Waiting| waiting.descriptors.iter().map(|one| outgoing.add(one)).collect();
        UpstreamState { starter, waiting, descriptors: self.waiting.iter().map(numbers).collect() }
    }

    fn take_over(state: UpstreamState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let upstream = match state.starter {
            Some(starter) => Self::to_starter(Starter::from(incoming.take(starter)?)),
            None => Self::from_environment(),
        };
        let mut descriptors = state.descriptors.into_iter();
        let mut waiting = Vec::new();
        for message in state.waiting {
            let numbers = descriptors.next().unwrap_or_default().into_iter();
            let descriptors = numbers.map(|number| incoming.take(number)).collect::<Result<_, _>>()?;
            waiting.push(Waiting { message, descriptors });
        }
        let retry_at = (!waiting.is_empty()).then(Instant::now);
        Ok(Self { waiting, retry_at, ..upstream })
    }
}

/// A path, or after `@` a name that has no file.
fn address(path: &Path) -> Option<SocketAddrUnix> {
    match path.as_os_str().as_bytes() {
        [b'@', name @ ..] => SocketAddrUnix::new_abstract_name(name).ok(),
        [b'/', ..] => SocketAddrUnix::new(path).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_busy_supervisor_has_no_room_for_comes_later() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        let other = UnixDatagram::unbound().unwrap();
        other.set_nonblocking(true).unwrap();
        let mut unread = 0;
        while other.send_to(b"of another one", &path).is_ok() {
            unread += 1;
        }
        let mut upstream = Upstream::to(address(&path));
        let now = Instant::now();
        for message in ["READY=1", "STATUS=one", "STATUS=two"] {
            upstream.send(message.to_owned(), now);
        }
        assert_eq!(upstream.retry_at(), Some(now + RETRY_INTERVAL));
        let mut buffer = [0; 64];
        (0..unread).for_each(|_| assert!(listener.recv(&mut buffer).is_ok()));
        upstream.flush(now);
        assert_eq!(upstream.retry_at(), None);
        for expected in ["READY=1", "STATUS=two"] {
            let length = listener.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..length], expected.as_bytes());
        }
    }

    #[test]
    fn nobody_to_tell_is_no_reason_to_wait() {
        let mut upstream = Upstream::to(address(Path::new("/run/nobody-is-here")));
        upstream.send("READY=1".to_owned(), Instant::now());
        assert_eq!(upstream.retry_at(), None);
        assert!(address(Path::new("relative")).is_none());
    }
}
