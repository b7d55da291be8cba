//! A small client of D-Bus, for sockets that serve one client directly, as a service manager's own does, and for a bus.
#![forbid(unsafe_code)]

mod dial;
mod value;

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use value::{Reader, Writer, signature_of};

pub use dial::Dial;
pub use value::Value;

/// The longest message that is read.
const MESSAGE_MAX: usize = 4 * 1024 * 1024;
/// How many messages are read while one is waited for.
const MESSAGES_MAX: u32 = 10_000;
/// How many signals are kept for later.
const SIGNALS_MAX: usize = 1000;
/// The longest line of the greeting.
const LINE_MAX: usize = 256;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection.
#[derive(Debug)]
pub struct Bus {
    stream: UnixStream,
    serial: u32,
    /// How long one answer may take.
    patience: Duration,
    /// Whose methods are called where nobody else is named; nobody on a socket that serves one client directly.
    service: Option<&'static str>,
    /// What this end is called on a bus.
    name: Option<String>,
    /// What came while an answer was waited for.
    signals: VecDeque<Signal>,
}

/// Something that an object told everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signal {
    /// The object.
    pub path: String,
    /// The interface.
    pub interface: String,
    /// The name.
    pub name: String,
    /// What is told.
    pub body: Vec<Value>,
}

/// What to call.
#[derive(Debug, Clone, Copy)]
pub struct Method<'a> {
    /// The object.
    pub path: &'a str,
    /// The interface.
    pub interface: &'a str,
    /// The name.
    pub name: &'a str,
}

/// What a method answered instead of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodError {
    /// Which error it is, as `org.freedesktop.systemd1.UnitExists`.
    pub name: String,
    /// What it is for people.
    pub text: String,
}

impl MethodError {
    /// The one in an error, where a method answered.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// Whether it is this one, by the last part of its name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.rsplit('.').next() == Some(name)
    }
}

impl fmt::Display for MethodError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name, self.text)
    }
}

impl std::error::Error for MethodError {}

fn broken(what: &str) -> io::Error {
    io::Error::other(format!("the service manager's answer: {what}"))
}

impl Bus {
    /// Connects to a socket that serves one client directly.
    ///
    /// # Errors
    /// It is not there, or it does not greet as it should.
    pub fn connect(path: &Path) -> io::Result<Self> {
        Self::greet(UnixStream::connect(path)?)
    }

    /// Goes on with a connection to a bus that another program had: what it is called there, and how many calls were made.
    #[must_use]
    pub fn resume(
        stream: UnixStream,
        name: String,
        serial: u32,
        service: &'static str,
        patience: Duration,
    ) -> Self {
        let signals = VecDeque::new();
        Self { stream, serial, patience, service: Some(service), name: Some(name), signals }
    }

    /// The number of the last call.
    #[must_use]
    pub const fn serial(&self) -> u32 {
        self.serial
    }

    /// What this end is called, where it is connected to a bus.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Begins a conversation on a connection that root of the other end's user namespace made.
    ///
    /// # Errors
    /// The other end does not greet as it should.
    pub fn greet(stream: UnixStream) -> io::Result<Self> {
        Self::greet_as(stream, 0, PATIENCE)
    }

    fn greet_as(mut stream: UnixStream, user: u32, patience: Duration) -> io::Result<Self> {
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        // A user's number is told in hexadecimal digits of its ASCII.
        let user: String = user.to_string().bytes().map(|digit| format!("{digit:02x}")).collect();
        let greeting = format!("\0AUTH EXTERNAL {user}\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n");
        stream.write_all(greeting.as_bytes())?;
        if !read_line(&mut stream)?.starts_with("OK ") {
            return Err(broken("not allowed in"));
        }
        if read_line(&mut stream)? != "AGREE_UNIX_FD" {
            return Err(broken("descriptors cannot be passed"));
        }
        Ok(Self { stream, serial: 0, patience, service: None, name: None, signals: VecDeque::new() })
    }

    /// Calls a method and waits for its answer.
    ///
    /// # Errors
    /// The method's own error by its text, no answer in time, or nonsense.
    pub fn call(&mut self, method: Method<'_>, arguments: &[Value]) -> io::Result<Vec<Value>> {
        self.call_with(method, arguments, &[])
    }

    /// Calls a method with descriptors.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub fn call_with(
        &mut self,
        method: Method<'_>,
        arguments: &[Value],
        descriptors: &[BorrowedFd<'_>],
    ) -> io::Result<Vec<Value>> {
        self.call_service(self.service, method, arguments, descriptors)
    }

    /// Calls a method of somebody on the bus.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub fn call_service(
        &mut self,
        service: Option<&str>,
        method: Method<'_>,
        arguments: &[Value],
        descriptors: &[BorrowedFd<'_>],
    ) -> io::Result<Vec<Value>> {
        self.send_to(service, method, arguments, descriptors)?;
        let deadline = Instant::now() + self.patience;
        for _ in 0..MESSAGES_MAX {
            let message = self.receive()?;
            if message.answers == Some(self.serial) {
                return message.result();
            }
            self.keep(message);
            if Instant::now() > deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        Err(broken("too many other messages"))
    }

    /// The next signal, where one comes until then. A service manager tells those who are connected to it directly
    /// everything, once somebody has subscribed.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn next_signal(&mut self, deadline: Option<Instant>) -> io::Result<Option<Signal>> {
        loop {
            if let Some(signal) = self.signals.pop_front() {
                return Ok(Some(signal));
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let timeout = left.map(rustix::time::Timespec::try_from).transpose().map_err(io::Error::other)?;
            match poll(&mut [PollFd::new(&self.stream, PollFlags::IN)], timeout.as_ref()) {
                Ok(0) => return Ok(None),
                Ok(_) => {
                    let message = self.receive()?;
                    self.keep(message);
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Of what nobody fetches the oldest is forgotten.
    fn keep(&mut self, message: Message) {
        if message.kind == SIGNAL {
            if self.signals.len() >= SIGNALS_MAX {
                self.signals.pop_front();
            }
            self.signals.push_back(message.signal);
        }
    }

    /// A property of an object.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub fn property(&mut self, path: &str, interface: &str, name: &str) -> io::Result<Value> {
        let method = Method { path, interface: "org.freedesktop.DBus.Properties", name: "Get" };
        let answer = self.call(method, &[Value::text(interface), Value::text(name)])?;
        answer.into_iter().next().ok_or_else(|| broken("no value"))
    }

    /// Calls a method without waiting.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn send(
        &mut self,
        method: Method<'_>,
        arguments: &[Value],
        descriptors: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        self.send_to(self.service, method, arguments, descriptors)
    }

    fn send_to(
        &mut self,
        service: Option<&str>,
        method: Method<'_>,
        arguments: &[Value],
        descriptors: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        self.serial += 1;
        let message = marshal(self.serial, (service, method), arguments, descriptors.len());
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
            return Err(io::Error::other("too many descriptors"));
        }
        let stream = self.stream.as_fd();
        let sent = sendmsg(stream, &[IoSlice::new(&message)], &mut ancillary, SendFlags::NOSIGNAL)?;
        self.stream.write_all(&message[sent..])
    }

    fn receive(&mut self) -> io::Result<Message> {
        // Fixed header: endianness, type, flags, version, body length, serial; then the length of the header fields.
        let mut start = [0_u8; 16];
        self.stream.read_exact(&mut start)?;
        let number =
            |at: usize| u32::from_le_bytes([start[at], start[at + 1], start[at + 2], start[at + 3]]) as usize;
        let (body, fields) = (number(4), number(12));
        let total = fields.next_multiple_of(8).saturating_add(body);
        if start[0] != b'l' || total > MESSAGE_MAX {
            return Err(broken("no message"));
        }
        let mut rest = vec![0; total];
        self.stream.read_exact(&mut rest)?;
        let bytes = [&start[..], &rest].concat();
        Message::parse(start[1], &bytes, fields).ok_or_else(|| broken("nonsense"))
    }
}

/// Readable when something came.
impl AsFd for Bus {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

fn read_line(stream: &mut UnixStream) -> io::Result<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        line.push(byte[0]);
        if line.len() > LINE_MAX {
            return Err(broken("no greeting"));
        }
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// `type`, its fields in order of their codes.
const METHOD_CALL: u8 = 1;
const METHOD_RETURN: u8 = 2;
const SIGNAL: u8 = 4;

fn marshal(
    serial: u32,
    (service, method): (Option<&str>, Method<'_>),
    arguments: &[Value],
    descriptors: usize,
) -> Vec<u8> {
    let mut body = Writer::default();
    arguments.iter().for_each(|value| body.value(value));
    let mut header = Writer(vec![b'l', METHOD_CALL, 0, 1]);
    header.number(u32::try_from(body.0.len()).unwrap_or(u32::MAX));
    header.number(serial);
    let field = |code: u8, value: Value| (code, value);
    let mut fields = vec![
        field(1, Value::Path(method.path.to_owned())),
        field(2, Value::text(method.interface)),
        field(3, Value::text(method.name)),
    ];
    if let Some(service) = service {
        fields.push(field(6, Value::text(service)));
    }
    if descriptors > 0 {
        fields.push(field(9, Value::U32(u32::try_from(descriptors).unwrap_or(0))));
    }
    header.number(0);
    let start = header.0.len();
    for (code, value) in fields {
        header.align(8);
        header.0.push(code);
        header.value(&Value::Variant(Box::new(value)));
    }
    let signature = signature_of(arguments);
    if !signature.is_empty() {
        header.align(8);
        header.0.push(8);
        header.signature("g");
        header.signature(&signature);
    }
    let written = u32::try_from(header.0.len() - start).unwrap_or(u32::MAX);
    header.0[start - 4..start].copy_from_slice(&written.to_le_bytes());
    header.align(8);
    header.0.extend(body.0);
    header.0
}

/// A message that came.
#[derive(Debug)]
struct Message {
    kind: u8,
    answers: Option<u32>,
    error: String,
    signal: Signal,
}

impl Message {
    fn parse(kind: u8, bytes: &[u8], fields: usize) -> Option<Self> {
        let mut message = Self { kind, answers: None, error: String::new(), signal: Signal::default() };
        let mut reader = Reader { bytes, at: 16 };
        let mut signature = String::new();
        while reader.at < 16 + fields {
            reader.at = reader.at.next_multiple_of(8);
            let code = *bytes.get(reader.at)?;
            reader.at += 1;
            let value = reader.value(&mut &b"v"[..], 0)?;
            match (code, value.inner()) {
                (1, Value::Text(path)) => message.signal.path.clone_from(path),
                (2, Value::Text(interface)) => message.signal.interface.clone_from(interface),
                (3, Value::Text(name)) => message.signal.name.clone_from(name),
                (4, Value::Text(name)) => message.error.clone_from(name),
                (5, Value::U32(serial)) => message.answers = Some(*serial),
                (8, Value::Text(text)) => signature.clone_from(text),
                _ => {}
            }
        }
        reader.at = (16 + fields).next_multiple_of(8);
        // What marshals a body alone is aligned as if it stood at the start.
        let body = bytes.get(reader.at..)?;
        let (mut reader, mut signature) = (Reader { bytes: body, at: 0 }, signature.as_bytes());
        while !signature.is_empty() {
            message.signal.body.push(reader.value(&mut signature, 0)?);
        }
        Some(message)
    }

    fn result(self) -> io::Result<Vec<Value>> {
        if self.kind == METHOD_RETURN {
            return Ok(self.signal.body);
        }
        let text = self.signal.body.first().and_then(Value::as_text).unwrap_or_default().to_owned();
        Err(io::Error::other(MethodError { name: self.error, text }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_a_message_that_can_be_read() {
        let method = Method { path: "/a", interface: "b.c", name: "D" };
        let bytes = marshal(7, (Some("e.f"), method), &[Value::text("x"), Value::U32(9)], 0);
        let fields = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
        let message = Message::parse(bytes[1], &bytes, fields).unwrap();
        assert_eq!((message.kind, message.signal.body[1].show().as_str()), (METHOD_CALL, "9"));
        assert!(message.result().is_err());
    }

    #[test]
    fn a_cut_message_is_nonsense_and_no_panic() {
        let method = Method { path: "/a", interface: "b.c", name: "D" };
        let bytes = marshal(7, (None, method), &[Value::text("x")], 1);
        let fields = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
        for length in 16..bytes.len() {
            assert!(Message::parse(2, &bytes[..length], fields).is_none(), "{length}");
        }
    }

    #[test]
    fn a_socket_that_talks_nonsense_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let connecting = UnixStream::connect(&path).unwrap();
        let (mut served, _) = listener.accept().unwrap();
        served.write_all(&[b'x'; 1024]).unwrap();
        assert!(read_line(&mut { connecting }).is_err());
    }
}
