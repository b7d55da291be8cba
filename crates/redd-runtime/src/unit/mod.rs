//! The machine's unit of the host's systemd: what systemd is asked for, and how.

mod facts;
pub(crate) mod machined;
mod requests;
mod scope;
mod values;

use std::io;
use std::path::Path;
use std::time::Duration;

use redd_bus::{Bus, Dial, Method, MethodError, Value};
use redd_spec::text::escape;
use redd_spec::unit::UnitProperty;
use redd_sys::Errno;
use rustix::process::geteuid;

use crate::StepError;

pub use facts::runs_host;
pub(crate) use facts::service_manager;
pub(crate) use machined::register;
pub(crate) use requests::{Heard, ManagerState};
pub(crate) use scope::ask;

/// Where everybody is served, and where the service manager serves root alone, without a bus.
const SYSTEM_BUS: &str = "/run/dbus/system_bus_socket";
const PRIVATE: &str = "/run/systemd/private";
/// systemd on a bus.
const SERVICE: &str = "org.freedesktop.systemd1";
const OBJECT: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
/// How long connecting, and each answer, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to the host's systemd.
#[derive(Debug)]
pub(crate) struct Manager {
    bus: Bus,
}

impl Manager {
    /// By a bus, over which systemd can ask for a stop later; else directly.
    pub(crate) fn connect() -> Result<Self, String> {
        let dial = |path| Dial { path: Path::new(path), user: geteuid().as_raw(), patience: PATIENCE };
        let by_bus = dial(SYSTEM_BUS).bus(SERVICE).and_then(Self::answering);
        by_bus
            .or_else(|_unreachable| dial(PRIVATE).direct().and_then(Self::answering))
            .map_err(|error| format!("{PRIVATE}: {}", reason(&error, PATIENCE)))
    }

    /// A bus may be there, and systemd not on it.
    fn answering(bus: Bus) -> io::Result<Self> {
        let mut manager = Self { bus };
        let ping = Method { path: OBJECT, interface: "org.freedesktop.DBus.Peer", name: "Ping" };
        manager.bus.call(ping, &[])?;
        Ok(manager)
    }

    fn call(&mut self, name: &str, arguments: &[Value]) -> io::Result<Vec<Value>> {
        self.bus.call(Method { path: OBJECT, interface: MANAGER, name }, arguments)
    }

    /// Until the unit ends.
    pub(crate) fn set_properties(
        &mut self,
        unit: &str,
        properties: &[UnitProperty],
    ) -> Result<(), StepError> {
        let properties = properties.iter().map(values::property).collect();
        let arguments = [Value::text(unit), Value::Bool(true), Value::Array("(sv)", properties)];
        self.call("SetUnitProperties", &arguments).map(drop).map_err(|error| refused(&error))
    }
}

/// Has systemd change a unit until that ends.
///
/// # Errors
/// Why it did not: it does not answer, or in its own words.
pub fn change(unit: &str, properties: &[UnitProperty]) -> Result<(), String> {
    let mut manager = Manager::connect()?;
    manager.set_properties(unit, properties).map_err(|error| error.to_string())
}

/// A timeout is told by the kernel as something that would block.
fn reason(error: &io::Error, patience: Duration) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            format!("no answer within {} seconds", patience.as_secs())
        }
        _ => error.to_string(),
    }
}

/// What systemd did not do, in its own words, and what can be done about it.
fn refused(error: &io::Error) -> StepError {
    let Some(method) = MethodError::of(error) else {
        let errno = Errno::from_io_error(error).unwrap_or(Errno::IO);
        return StepError::about(format!("asking systemd: {}", reason(error, PATIENCE)))(errno);
    };
    let said = escape(method.text.as_bytes(), 300);
    let about = |errno, hint: &str| {
        let error = StepError::about(format!("systemd says {said:?}"))(errno);
        if hint.is_empty() { error } else { error.with_hint(hint) }
    };
    match method.name.rsplit('.').next().unwrap_or_default() {
        "PropertyReadOnly" | "UnknownProperty" => about(
            Errno::INVAL,
            "this systemd has no such property for this kind of unit: see systemd.resource-control(5), systemd.kill(5)",
        ),
        "InvalidArgs" => {
            about(Errno::INVAL, "a property cannot have this value: see systemd.resource-control(5)")
        }
        "AccessDenied" | "InteractiveAuthorizationRequired" => {
            about(Errno::ACCESS, "redd needs to be root for this")
        }
        "UnitMasked" => about(Errno::PERM, "unmask the unit, or name another slice with --slice="),
        "UnitExists" => about(
            Errno::EXIST,
            "a unit of that name is there: systemctl status tells whose it is; choose another name with -M",
        ),
        "NoSuchUnit" | "LoadFailed" | "BadUnitSetting" => {
            about(Errno::NOENT, "see systemctl status of that unit")
        }
        _ => about(Errno::IO, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_refuses_is_told_in_its_words_and_explained() {
        let error = MethodError {
            name: "org.freedesktop.DBus.Error.PropertyReadOnly".to_owned(),
            text: "Cannot set property Frobnicate, or unknown property.".to_owned(),
        };
        let told = refused(&io::Error::other(error));
        assert!(told.to_string().contains("Cannot set property Frobnicate"), "{told}");
        assert!(told.hint.unwrap().contains("no such property"));
        assert!(refused(&io::ErrorKind::TimedOut.into()).to_string().contains("no answer within 5 seconds"));
    }
}
