//! Words with the host's systemd, at the socket that it keeps for root: no bus is needed.

use std::io;
use std::path::Path;

use redd_bus::{Bus, Method, Value};
use redd_spec::text::escape;
use redd_sys::Errno;

use crate::MachineError;

const SOCKET: &str = "/run/systemd/private";
const PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const SERVICE: &str = "org.freedesktop.systemd1.Service";
/// The longest text of systemd's that is shown, in bytes.
const TEXT_MAX: usize = 1000;

/// A connection to it.
#[derive(Debug)]
pub(super) struct Manager {
    pub(super) bus: Bus,
}

/// Of which kind a property of a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Every unit has it.
    Unit,
    /// Services have it.
    Service,
}

impl Manager {
    /// # Errors
    /// It does not answer, or only to root.
    pub(super) fn connect() -> Result<Self, MachineError> {
        Ok(Self { bus: Bus::connect(Path::new(SOCKET)).map_err(|error| failed("asking systemd", &error))? })
    }

    fn call(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Value>, MachineError> {
        let method = Method { path: PATH, interface: MANAGER, name };
        self.bus.call(method, arguments).map_err(|error| failed("systemd refuses", &error))
    }

    /// Asks for a job for a unit; the job.
    pub(super) fn unit_job(&mut self, verb: &str, unit: &str) -> Result<String, MachineError> {
        let answer = self.call(verb, &[Value::text(unit), Value::text("replace")])?;
        Ok(answer.first().and_then(Value::as_text).unwrap_or_default().to_owned())
    }

    /// The object that a unit is.
    pub(super) fn load(&mut self, unit: &str) -> Result<String, MachineError> {
        let answer = self.call("LoadUnit", &[Value::text(unit)])?;
        Ok(answer.first().and_then(Value::as_text).unwrap_or_default().to_owned())
    }

    /// The object of the unit that a process is in.
    pub(super) fn unit_by_process(&mut self, process: u32) -> Option<String> {
        let answer = self.call("GetUnitByPID", &[Value::U32(process)]).ok()?;
        answer.first().and_then(Value::as_text).map(str::to_owned)
    }

    pub(super) fn property(&mut self, object: &str, kind: Kind, name: &str) -> Option<Value> {
        let interface = match kind {
            Kind::Unit => UNIT,
            Kind::Service => SERVICE,
        };
        self.bus.property(object, interface, name).ok()
    }

    pub(super) fn text(&mut self, object: &str, kind: Kind, name: &str) -> String {
        let value = self.property(object, kind, name);
        shown(value.as_ref().and_then(Value::as_text).unwrap_or_default())
    }

    pub(super) fn enable(&mut self, units: &[&str]) -> Result<(), MachineError> {
        let (for_this_boot, by_force) = (Value::Bool(false), Value::Bool(false));
        self.call("EnableUnitFiles", &[Value::texts(units), for_this_boot, by_force])?;
        self.call("Reload", &[]).map(drop)
    }

    pub(super) fn disable(&mut self, units: &[&str]) -> Result<(), MachineError> {
        self.call("DisableUnitFiles", &[Value::texts(units), Value::Bool(false)])?;
        self.call("Reload", &[]).map(drop)
    }

    pub(super) fn reload(&mut self) -> Result<(), MachineError> {
        self.call("Reload", &[]).map(drop)
    }
}

/// Has systemd read its units anew.
///
/// # Errors
/// It does not answer, or refuses.
pub fn reload() -> Result<(), MachineError> {
    Manager::connect()?.reload()
}

/// What systemd says, for people.
pub(super) fn shown(text: &str) -> String {
    escape(text.as_bytes(), TEXT_MAX)
}

fn failed(what: &str, error: &io::Error) -> MachineError {
    match Errno::from_io_error(error) {
        Some(cause) => MachineError::Host { what: what.to_owned(), cause },
        None => MachineError::Refused { what: format!("{what}: {}", shown(&error.to_string())), hint: None },
    }
}
