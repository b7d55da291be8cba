//! Connecting, within a time.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use crate::{Bus, Method, Value, broken};

/// How to get a connection.
#[derive(Debug, Clone, Copy)]
pub struct Dial<'a> {
    /// The socket.
    pub path: &'a Path,
    /// Who this end is.
    pub user: u32,
    /// How long connecting, and each answer, may take.
    pub patience: Duration,
}

impl Dial<'_> {
    /// To a socket that serves one client directly.
    ///
    /// # Errors
    /// It is not there, does not greet as it should, or not in time.
    pub fn direct(self) -> io::Result<Bus> {
        Bus::greet_as(self.stream()?, self.user, self.patience)
    }

    /// To a bus, on which the methods of this service are called.
    ///
    /// # Errors
    /// As [`Dial::direct`].
    pub fn bus(self, service: &'static str) -> io::Result<Bus> {
        let mut bus = self.direct()?;
        let answer = bus.of_bus("Hello", &[])?;
        let name = answer.first().and_then(Value::as_text).ok_or_else(|| broken("no name"))?;
        bus.name = Some(name.to_owned());
        bus.service = Some(service);
        Ok(bus)
    }

    /// A socket whose queue is full makes who connects wait as long as a send may take.
    pub fn stream(self) -> io::Result<UnixStream> {
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        set_socket_timeout(&socket, Timeout::Send, Some(self.patience))?;
        connect(&socket, &SocketAddrUnix::new(self.path)?)?;
        let stream = UnixStream::from(socket);
        stream.set_read_timeout(Some(self.patience))?;
        Ok(stream)
    }
}

impl Bus {
    /// Calls a method of the bus itself.
    ///
    /// # Errors
    /// As [`Bus::call`].
    pub fn of_bus(&mut self, name: &str, arguments: &[Value]) -> io::Result<Vec<Value>> {
        let method = Method { path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", name };
        self.call_service(Some("org.freedesktop.DBus"), method, arguments, &[])
    }
}
