//! A login session in a machine: by the payload's own systemd, with PAM, logind and utmp, where it has one.

mod session;

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use redd_bus::Bus;
use redd_runtime::enter::{EnterError, Leader, Seat, connect};
use redd_runtime::terminal::{self, RawTerminal};
use redd_spec::name::MachineName;
use redd_sys::Errno;

use crate::MachineError;
use crate::exec::attend::Attendance;
use crate::exec::{self, Ending, Request};
use session::Session;

/// Where the payload's service manager listens.
const MANAGER_SOCKET: &str = "/run/systemd/private";
/// How long it may take to let somebody in.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whose work a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// The payload's service manager's, where there is one.
    Session,
    /// Nobody's: it is a command like any other.
    Plain,
}

/// Opens a session, and stays until it ends.
///
/// # Errors
/// It cannot be opened.
pub fn shell(name: &MachineName, request: &Request<'_>, login: Login) -> Result<Ending, MachineError> {
    let of_entrance = |cause| MachineError::of_entrance(name, cause);
    let leader = Leader::of(name).map_err(of_entrance)?;
    if leader.is_frozen().map_err(of_entrance)? {
        return Err(of_entrance(EnterError::Frozen));
    }
    let bus = if login == Login::Session { manager(&leader).map_err(of_entrance)? } else { None };
    match bus {
        Some(bus) => log_in(name, &leader, request, bus),
        None => exec::exec(name, request),
    }
}

/// The payload's service manager; none where nobody is at home.
fn manager(leader: &Leader) -> Result<Option<Bus>, EnterError> {
    match connect(leader, Path::new(MANAGER_SOCKET), PATIENCE) {
        Ok(socket) => Ok(Bus::greet(UnixStream::from(socket)).ok()),
        Err(EnterError::Failed { cause, .. })
            if matches!(cause.errno, Errno::NOENT | Errno::NOTDIR | Errno::CONNREFUSED) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn log_in(
    name: &MachineName,
    leader: &Leader,
    request: &Request<'_>,
    bus: Bus,
) -> Result<Ending, MachineError> {
    let failed = |cause| MachineError::Host { what: "preparing a session".to_owned(), cause };
    let refused = |error: io::Error| {
        let hint = Some("--plain opens one without the machine's service manager".to_owned());
        MachineError::Refused { what: format!("its service manager: {error}"), hint }
    };
    let signals = exec::listen().map_err(failed)?;
    let seat = Seat::prepare(leader, request.user, request.arguments, terminal::size())
        .map_err(|cause| MachineError::of_entrance(name, cause))?;
    let session = Session::start(bus, &seat, request).map_err(refused)?;
    let flows = exec::terminal_flows(&seat.manager).map_err(failed)?;
    let raw = RawTerminal::enter();
    let ending = Attendance::new(session, Some(seat.manager), flows, signals, raw.as_ref()).attend();
    drop(raw);
    ending.map_err(|cause| MachineError::Host { what: "waiting for the session".to_owned(), cause })
}
