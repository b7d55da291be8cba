//! A login prompt of the payload's own.

mod attend;
mod getty;
mod terminals;

use std::os::fd::OwnedFd;

pub use attend::attend;
use redd_control::client::{Client, ClientError};
use redd_control::machine::{Description, method};
use redd_runtime::enter::Leader;
use redd_spec::name::MachineName;
use redd_sys::channel::Channel;

use crate::MachineError;

/// A terminal of the payload's, with a login prompt at its other end. Dropping this hangs it up.
#[derive(Debug)]
pub struct Prompt {
    /// Given back before it is hung up: systemd would start a prompt again where there is no terminal any more, and the
    /// unit would have failed.
    origin: Origin,
    leader: Leader,
    /// What was written there before.
    screen: Vec<u8>,
    manager: OwnedFd,
}

/// Where a terminal comes from.
#[derive(Debug)]
enum Origin {
    /// It was made for this, and a unit of the payload's systemd prompts there.
    Unit {
        /// The unit.
        unit: getty::Unit,
    },
    /// It is one of `--ttys=`, for as long as this is open.
    Place {
        /// To the supervisor.
        _connection: Channel,
    },
}

impl Prompt {
    /// What prompts now, or the session that came of it: another one is another prompt.
    fn main_process(&mut self) -> Option<u32> {
        match &mut self.origin {
            Origin::Unit { unit } => unit.main_process(),
            Origin::Place { .. } => None,
        }
    }
}

/// Opens one: the payload's systemd starts it on a new terminal, or it is on one that the machine was started with.
///
/// # Errors
/// The machine does not run, is frozen, or offers neither.
pub fn open(name: &MachineName) -> Result<Prompt, MachineError> {
    let ask = || -> Result<Description, ClientError> {
        Client::connect(name)?.call(method::DESCRIBE, &serde_json::json!({}))
    };
    if ask().map_err(|cause| MachineError::of_client(name, cause))?.paused {
        return Err(MachineError::Refused {
            what: format!("{name} is frozen"),
            hint: Some(format!("redd resume {name} lets it go on")),
        });
    }
    let leader = Leader::of(name).map_err(|cause| MachineError::of_entrance(name, cause))?;
    let why = match getty::start(&leader) {
        Ok((manager, unit)) => {
            let origin = Origin::Unit { unit };
            return Ok(Prompt { leader, screen: Vec::new(), manager, origin });
        }
        Err(why) => why,
    };
    match terminals::ask(name) {
        Some((manager, screen, connection)) => {
            let origin = Origin::Place { _connection: connection };
            Ok(Prompt { leader, screen, manager, origin })
        }
        None => Err(MachineError::Refused {
            what: format!(
                "{name} has no systemd that would prompt for a login ({why}), and no terminal is free"
            ),
            hint: Some(format!(
                "redd shell {name} needs neither; --ttys=1 gives a machine a terminal at its start"
            )),
        }),
    }
}
