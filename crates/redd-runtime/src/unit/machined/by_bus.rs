//! Over the bus.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use redd_bus::{Bus, Dial, Method, MethodError, Value};
use redd_spec::name::MachineName;
use rustix::process::{Pid, PidfdFlags, geteuid, pidfd_open};
use std::os::fd::AsFd as _;

use super::{Entry, Failure, PATIENCE};
use crate::unit::values::pair;
use crate::unit::{SYSTEM_BUS, reason};

const SERVICE: &str = "org.freedesktop.machine1";
const OBJECT: &str = "/org/freedesktop/machine1";
const MANAGER: &str = "org.freedesktop.machine1.Manager";
const MACHINE: &str = "org.freedesktop.machine1.Machine";

/// The newest way that it knows.
pub(super) fn register(entry: &Entry<'_>) -> Result<(), Failure> {
    let mut bus = connect()?;
    match register_extended(&mut bus, entry) {
        Err(Failure::NotThisWay(_)) => register_with_network(&mut bus, entry),
        result => result,
    }
}

fn register_extended(bus: &mut Bus, entry: &Entry<'_>) -> Result<(), Failure> {
    let leader = pidfd_open(entry.leader, PidfdFlags::empty())
        .map_err(|errno| Failure::NotThisWay(errno.to_string()))?;
    let properties = vec![
        pair("Id", Value::Bytes(entry.uuid.as_bytes().to_vec())),
        pair("Service", Value::text(entry.service)),
        pair("Class", Value::text("container")),
        pair("LeaderPIDFD", Value::Descriptor(0)),
        pair("RootDirectory", root(entry)),
        pair("NetworkInterfaces", links(entry)),
    ];
    let arguments = [Value::text(entry.name.as_str()), Value::Array("(sv)", properties)];
    let method = Method { path: OBJECT, interface: MANAGER, name: "RegisterMachineEx" };
    bus.call_with(method, &arguments, &[leader.as_fd()]).map(drop).map_err(|error| failure(&error))
}

fn register_with_network(bus: &mut Bus, entry: &Entry<'_>) -> Result<(), Failure> {
    let arguments = [
        Value::text(entry.name.as_str()),
        Value::Bytes(entry.uuid.as_bytes().to_vec()),
        Value::text(entry.service),
        Value::text("container"),
        Value::U32(entry.leader.as_raw_nonzero().get().unsigned_abs()),
        root(entry),
        links(entry),
    ];
    call(bus, "RegisterMachineWithNetwork", &arguments).map(drop)
}

fn root(entry: &Entry<'_>) -> Value {
    Value::text(&String::from_utf8_lossy(entry.root.as_os_str().as_bytes()))
}

fn links(entry: &Entry<'_>) -> Value {
    Value::Array("i", entry.links.iter().copied().map(Value::I32).collect())
}

pub(super) fn leader(name: &MachineName) -> Result<Option<Pid>, Failure> {
    let mut bus = connect()?;
    let machine = match call(&mut bus, "GetMachine", &[Value::text(name.as_str())]) {
        Err(Failure::Other(said)) if said.contains("NoSuchMachine") => return Ok(None),
        answer => answer?,
    };
    let path = machine.first().and_then(Value::as_text).unwrap_or_default();
    let leader = bus.property(path, MACHINE, "Leader").map_err(|error| failure(&error))?;
    match leader.inner() {
        Value::U32(pid) => Ok(i32::try_from(*pid).ok().and_then(Pid::from_raw)),
        _ => Ok(None),
    }
}

pub(super) fn unregister(name: &MachineName) -> Result<(), Failure> {
    match call(&mut connect()?, "UnregisterMachine", &[Value::text(name.as_str())]) {
        Err(Failure::Other(said)) if said.contains("NoSuchMachine") => Ok(()),
        result => result.map(drop),
    }
}

fn connect() -> Result<Bus, Failure> {
    let dial = Dial { path: Path::new(SYSTEM_BUS), user: geteuid().as_raw(), patience: PATIENCE };
    dial.bus(SERVICE).map_err(|error| Failure::Other(format!("{SYSTEM_BUS}: {}", reason(&error, PATIENCE))))
}

fn call(bus: &mut Bus, name: &str, arguments: &[Value]) -> Result<Vec<Value>, Failure> {
    let method = Method { path: OBJECT, interface: MANAGER, name };
    bus.call(method, arguments).map_err(|error| failure(&error))
}

fn failure(error: &io::Error) -> Failure {
    match MethodError::of(error) {
        Some(error) if error.is("MachineExists") => Failure::Exists,
        Some(error) if error.is("UnknownMethod") => Failure::NotThisWay(error.to_string()),
        Some(error) => Failure::Other(error.to_string()),
        None => Failure::Other(reason(error, PATIENCE)),
    }
}
