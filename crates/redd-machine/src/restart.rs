//! Another boot of a machine by the supervisor it has.

use std::time::{Duration, Instant};

use redd_control::client::{Client, ClientError};
use redd_control::event::{Event, Occurrence, Phase};
use redd_control::machine::{Description, Done, Stop, StopMode, method};
use redd_spec::name::MachineName;

use crate::MachineError;
use crate::start::Until;

/// Stops a machine that runs at a terminal, and has it booted again there.
///
/// # Errors
/// It does not run, or its supervisor refuses, or it is not ready in time.
pub fn by_supervisor(name: &MachineName, until: Until, timeout: Duration) -> Result<(), MachineError> {
    let failed = |cause| MachineError::of_client(name, cause);
    let mut listener = Client::connect(name).map_err(failed)?;
    listener.subscribe(method::SUBSCRIBE, &serde_json::json!({})).map_err(failed)?;
    let request = Stop { mode: StopMode::Restart, timeout: None };
    let Done {} =
        Client::connect(name).and_then(|mut client| client.call(method::STOP, &request)).map_err(failed)?;
    let deadline = Instant::now().checked_add(timeout);
    let mut has_ended = false;
    loop {
        match listener.next_reply::<Occurrence>(deadline).map(|occurrence| occurrence.event) {
            Ok(Event::Exited { .. }) => has_ended = true,
            Ok(Event::Phase { phase: Phase::Starting }) if has_ended && until == Until::Executed => {
                return Ok(());
            }
            Ok(Event::Phase { phase: Phase::Running }) if has_ended => return Ok(()),
            Ok(_) => {}
            Err(ClientError::TimedOut(_)) => {
                let what = format!("is not ready again after {timeout:?}, and goes on");
                return Err(MachineError::TimedOut { name: name.clone(), what });
            }
            Err(ClientError::Closed) => return Err(MachineError::NotRunning { name: name.clone() }),
            Err(cause) => return Err(failed(cause)),
        }
    }
}

/// Whether a machine has a supervisor, and nobody wants it to end.
#[must_use]
pub fn is_running(name: &MachineName) -> bool {
    phase(name).is_some_and(|phase| !matches!(phase, Phase::Stopping | Phase::Stopped))
}

pub(crate) fn phase(name: &MachineName) -> Option<Phase> {
    let description: Description =
        Client::connect(name).ok()?.call(method::DESCRIBE, &serde_json::json!({})).ok()?;
    Some(description.phase)
}
