//! A place at a machine's console: to watch, or to type.

mod conversation;

use std::os::fd::OwnedFd;

pub use conversation::{Left, Notice, converse};
use redd_control::client::{Client, ClientError};
use redd_control::machine::{Attach, AttachConsole, error, method};
use redd_spec::name::MachineName;
use serde::Deserialize;

use crate::MachineError;

/// A place at a console. Dropping this leaves it.
#[derive(Debug)]
pub struct Place {
    name: MachineName,
    connection: OwnedFd,
    role: Role,
}

/// What somebody does at a console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What is typed goes to the payload.
    Drives,
    /// Nothing does.
    Watches,
}

#[derive(Debug, Deserialize)]
struct Attached {}

/// Takes a place.
///
/// # Errors
/// The machine does not run, or has no place for this one.
pub fn attach(name: &MachineName, mode: Attach) -> Result<Place, MachineError> {
    let refused = |cause| refusal(name, cause);
    let mut client = Client::connect(name).map_err(refused)?;
    let (Attached {}, descriptors) =
        client.call_with_descriptors(method::ATTACH_CONSOLE, &AttachConsole { mode }).map_err(refused)?;
    let connection = descriptors.into_iter().next().ok_or_else(|| refused(ClientError::Closed))?;
    let role = if mode == Attach::Watch { Role::Watches } else { Role::Drives };
    Ok(Place { name: name.clone(), connection, role })
}

fn refusal(name: &MachineName, cause: ClientError) -> MachineError {
    let ClientError::Refused { name: reason, parameters } = &cause else {
        return MachineError::of_client(name, cause);
    };
    match reason.as_str() {
        error::CONSOLE_TAKEN => {
            let is_terminal = parameters.as_ref().is_some_and(|text| text.contains("terminal"));
            let (who, hint) = match is_terminal {
                true => ("the terminal where it was started", "--watch looks on"),
                false => ("somebody else", "--watch looks on, --force takes over"),
            };
            let what = format!("{who} drives the console of {name}");
            MachineError::Taken { what, hint: format!("redd console {name} {hint}") }
        }
        error::NO_CONSOLE => MachineError::Refused {
            what: format!("{name} has no console for one more"),
            hint: Some(format!("redd shell {name} needs none")),
        },
        _ => MachineError::of_client(name, cause),
    }
}
