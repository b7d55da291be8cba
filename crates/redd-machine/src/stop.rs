//! Ending a machine: in an orderly way, or at once, and always.

use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

use redd_control::client::{Client, ClientError};
use redd_control::event::Occurrence;
use redd_control::machine::{Kill, Stop, StopMode, method};
use redd_spec::name::MachineName;
use redd_sys::{Errno, signal};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::Deserialize;

use crate::MachineError;
use crate::registry::record;

/// How long a supervisor that was told to kill everything may take, before it is killed itself: its guard does the rest.
const KILL_PATIENCE: Duration = Duration::from_secs(10);

/// An answer without anything in it.
#[derive(Debug, Deserialize)]
struct Done {}

/// Ends a machine, and waits until it is gone. `progress` hears what happens meanwhile.
///
/// # Errors
/// It does not run, or its supervisor refuses.
pub fn stop(
    name: &MachineName,
    request: &Stop,
    mut progress: impl FnMut(&Occurrence),
) -> Result<(), MachineError> {
    let supervisor = supervisor(name)?;
    match ask(name, request, &mut progress) {
        Ok(()) => Ok(()),
        // One that hangs, or died meanwhile, must not keep a machine alive.
        Err(ClientError::TimedOut(_) | ClientError::Closed) if request.mode == StopMode::Now => {
            end_supervisor(&supervisor)
        }
        Err(ClientError::Closed) => Ok(()),
        Err(cause) => Err(MachineError::of_client(name, cause)),
    }
}

/// Sends processes of a machine a signal.
///
/// # Errors
/// It does not run, or its supervisor refuses.
pub fn kill(name: &MachineName, request: &Kill) -> Result<(), MachineError> {
    let ask = || Client::connect(name)?.call(method::KILL, request);
    let Done {} = ask().map_err(|cause| MachineError::of_client(name, cause))?;
    Ok(())
}

/// A hold on a machine's redd.
fn supervisor(name: &MachineName) -> Result<OwnedFd, MachineError> {
    let not_running = || MachineError::NotRunning { name: name.clone() };
    let record = record(name)?.ok_or_else(not_running)?;
    let pid = i32::try_from(record.supervisor).ok().and_then(Pid::from_raw).ok_or_else(not_running)?;
    pidfd_open(pid, PidfdFlags::empty()).map_err(|_gone| not_running())
}

/// The supervisor closes the connection when the machine is gone.
fn ask(
    name: &MachineName,
    request: &Stop,
    progress: &mut impl FnMut(&Occurrence),
) -> Result<(), ClientError> {
    let mut listener = Client::connect(name)?;
    listener.subscribe(method::SUBSCRIBE, &serde_json::json!({}))?;
    let Done {} = Client::connect(name)?.call(method::STOP, request)?;
    let deadline = (request.mode == StopMode::Now).then(|| Instant::now() + KILL_PATIENCE);
    loop {
        match listener.next_reply::<Occurrence>(deadline) {
            Ok(occurrence) => progress(&occurrence),
            Err(ClientError::Closed) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn end_supervisor(supervisor: &OwnedFd) -> Result<(), MachineError> {
    match signal::send(supervisor.as_fd(), signal::SIGKILL) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(cause) => Err(MachineError::Host { what: "killing its supervisor".to_owned(), cause }),
    }
}
