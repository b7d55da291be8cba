//! What systemd asks of a scope's controller, for as long as the machine runs.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use redd_bus::Bus;
use serde::{Deserialize, Serialize};

use super::{Manager, PATIENCE, SERVICE};
use crate::handover::{HandOver, Incoming, Number, Outgoing, Refusal};

/// What came over the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing that concerns the machine.
    Nothing,
    /// systemd wants its unit to end.
    StopRequested,
    /// Nothing more will come.
    Gone,
}

impl Manager {
    /// Whether anything can come: only who is on a bus is the scope's controller.
    pub(crate) fn hears_requests(&self) -> bool {
        self.bus.name().is_some()
    }

    /// Reads what is there.
    pub(crate) fn hear(&mut self) -> Heard {
        let mut heard = Heard::Nothing;
        loop {
            match self.bus.next_signal(Some(Instant::now())) {
                Ok(None) => return heard,
                Ok(Some(signal)) if signal.name == "RequestStop" => heard = Heard::StopRequested,
                Ok(Some(_other)) => {}
                Err(_broken) if heard == Heard::StopRequested => return heard,
                Err(_broken) => return Heard::Gone,
            }
        }
    }
}

/// Readable when something came.
impl AsFd for Manager {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bus.as_fd()
    }
}

/// The connection, as it is written down: the scope knows it by the name that it has on the bus.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ManagerState {
    connection: Number,
    name: String,
    serial: u32,
}

impl HandOver for Manager {
    type State = ManagerState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> ManagerState {
        ManagerState {
            connection: outgoing.add(self),
            name: self.bus.name().unwrap_or_default().to_owned(),
            serial: self.bus.serial(),
        }
    }

    fn take_over(state: ManagerState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let connection: OwnedFd = incoming.take(state.connection)?;
        let stream = UnixStream::from(connection);
        Ok(Self { bus: Bus::resume(stream, state.name, state.serial, SERVICE, PATIENCE) })
    }
}
