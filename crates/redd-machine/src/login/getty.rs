//! A getty that the payload's systemd starts on a new terminal of the payload's.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use redd_bus::{Bus, Method, Value};
use redd_runtime::enter::errand::{self, Errand, Rights};
use redd_runtime::enter::{Leader, connect};
use redd_sys::Errno;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::pty::{ptsname, unlockpt};

/// Where systemd serves root without a bus.
const SOCKET: &str = "/run/systemd/private";
/// The payload's own devpts; what is at `/dev/ptmx` may be anything.
const MULTIPLEXER: &str = "/dev/pts/ptmx";
const MANAGER: Method<'static> =
    Method { path: "/org/freedesktop/systemd1", interface: "org.freedesktop.systemd1.Manager", name: "" };
/// How long a payload may take for each of the things it is asked for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A unit that prompts. Dropping this stops it.
#[derive(Debug)]
pub(super) struct Unit {
    bus: Bus,
    name: String,
}

impl Unit {
    /// Its main process, as the payload counts.
    pub(super) fn main_process(&mut self) -> Option<u32> {
        let arguments = [Value::text(&self.name)];
        let answer = self.bus.call(Method { name: "LoadUnit", ..MANAGER }, &arguments).ok()?;
        let path = answer.first()?.as_text()?.to_owned();
        let value = self.bus.property(&path, "org.freedesktop.systemd1.Service", "MainPID").ok()?;
        value.show().parse().ok()
    }
}

/// Makes a terminal, and has systemd prompt there; or why not.
pub(super) fn start(leader: &Leader) -> Result<(OwnedFd, Unit), String> {
    let socket = connect(leader, Path::new(SOCKET), PATIENCE).map_err(|error| error.to_string())?;
    let mut bus = Bus::greet(UnixStream::from(socket)).map_err(|error| error.to_string())?;
    let (number, manager) = terminal(leader)?;
    let name = format!("container-getty@{number}.service");
    let arguments = [Value::text(&name), Value::text("replace")];
    bus.call(Method { name: "StartUnit", ..MANAGER }, &arguments).map_err(|error| error.to_string())?;
    Ok((manager, Unit { bus, name }))
}

/// A terminal in the payload's devpts, and its number there. Whoever makes it is root of the payload's user namespace,
/// and so it is the payload's root's.
fn terminal(leader: &Leader) -> Result<(u32, OwnedFd), String> {
    let errand = Errand { rights: Rights::None, kept: &[] };
    let work = || match open_terminal() {
        Ok((number, manager)) => (Ok(number), vec![manager]),
        Err(errno) => (Err(errno.raw_os_error()), Vec::new()),
    };
    let (number, descriptors): (Result<u32, i32>, _) =
        errand::run(leader, &errand, PATIENCE, work).map_err(|error| error.to_string())?;
    let number = number.map_err(|errno| format!("{MULTIPLEXER}: {}", Errno::from_raw_os_error(errno)))?;
    let manager = descriptors.into_iter().next().ok_or("no terminal came out")?;
    Ok((number, manager))
}

fn open_terminal() -> Result<(u32, OwnedFd), Errno> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let manager = openat(CWD, MULTIPLEXER, flags, Mode::empty())?;
    unlockpt(&manager)?;
    let path = ptsname(&manager, Vec::new())?;
    let number = path.to_str().ok().and_then(|path| path.rsplit('/').next()?.parse().ok());
    Ok((number.ok_or(Errno::NOTTY)?, manager))
}

/// The answer is waited for: from then on systemd does not start the prompt again.
impl Drop for Unit {
    fn drop(&mut self) {
        let arguments = [Value::text(&self.name), Value::text("replace")];
        // A payload that does not answer any more has nothing that would prompt either.
        drop(self.bus.call(Method { name: "StopUnit", ..MANAGER }, &arguments));
    }
}
