//! What redd tells its own supervisor, with the messages of sd_notify(3).

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use redd_sys::Errno;
use serde::{Deserialize, Serialize};

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
    waiting: Vec<String>,
    retry_at: Option<Instant>,
}

/// How it is reached.
#[derive(Debug)]
enum Connection {
    /// As `$NOTIFY_SOCKET` says.
    Socket(UnixDatagram, SocketAddr),
    /// It started redd, and waits for a moment.
    Starter(Starter),
}

impl Connection {
    /// Whether it had room.
    fn takes(&self, message: &str) -> bool {
        match self {
            Self::Socket(socket, address) => {
                let sent = socket.send_to_addr(message.as_bytes(), address);
                !sent.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
            }
            Self::Starter(starter) => starter.tell(message) != Err(Errno::AGAIN),
        }
    }
}

impl Upstream {
    /// It is who started redd in the background.
    pub(crate) const fn to_starter(starter: Starter) -> Self {
        Self { connection: Some(Connection::Starter(starter)), waiting: Vec::new(), retry_at: None }
    }

    /// Who started redd may not want to know more than that.
    pub(super) fn tell_of_execution(&self) {
        if let Some(Connection::Starter(starter)) = &self.connection {
            starter.tell_of_execution();
        }
    }

    /// Connects to what `$NOTIFY_SOCKET` names, if it names anything.
    pub(crate) fn from_environment() -> Self {
        let path = std::env::var_os(redd_spec::variables::NOTIFY_SOCKET).map(PathBuf::from);
        Self::to(path.and_then(|path| address(&path)))
    }

    fn to(address: Option<SocketAddr>) -> Self {
        let connection = address.and_then(|address| Some((UnixDatagram::unbound().ok()?, address)));
        if let Some((socket, _)) = &connection {
            best_effort(socket.set_nonblocking(true));
        }
        let connection = connection.map(|(socket, address)| Connection::Socket(socket, address));
        Self { connection, waiting: Vec::new(), retry_at: None }
    }

    /// Tells it something. A supervisor that does not listen is no reason to stop; one that has much to do is
    /// told when it has room again.
    pub(super) fn send(&mut self, message: String, now: Instant) {
        let name = |text: &str| text.split('=').next().map(ToOwned::to_owned);
        self.waiting.retain(|older| name(older) != name(&message));
        self.waiting.push(message);
        self.flush(now);
    }

    /// When it should be tried again.
    pub(super) const fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Sends what waits, in the order it came.
    pub(super) fn flush(&mut self, now: Instant) {
        let Some(connection) = &self.connection else {
            self.waiting.clear();
            return;
        };
        let sent = self.waiting.iter().take_while(|message| connection.takes(message)).count();
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
}

impl HandOver for Upstream {
    type State = UpstreamState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> UpstreamState {
        let starter = match &self.connection {
            Some(Connection::Starter(starter)) => Some(outgoing.add(starter)),
            Some(Connection::Socket(..)) | None => None,
        };
        UpstreamState { starter, waiting: self.waiting.clone() }
    }

    fn take_over(state: UpstreamState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let upstream = match state.starter {
            Some(starter) => Self::to_starter(Starter::from(incoming.take(starter)?)),
            None => Self::from_environment(),
        };
        let retry_at = (!state.waiting.is_empty()).then(Instant::now);
        Ok(Self { waiting: state.waiting, retry_at, ..upstream })
    }
}

/// A path, or after `@` a name that has no file.
fn address(path: &Path) -> Option<SocketAddr> {
    match path.as_os_str().as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name).ok(),
        [b'/', ..] => SocketAddr::from_pathname(path).ok(),
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
