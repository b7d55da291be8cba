//! The payload's service manager, asked by its own socket.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::observation::SystemdSight;
use redd_bus::{Bus, Method, Value};

/// The manager's object; the name is filled in.
pub(super) const MANAGER: Method<'static> =
    Method { path: MANAGER_PATH, interface: MANAGER_INTERFACE, name: "" };
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
const MANAGER_INTERFACE: &str = "org.freedesktop.systemd1.Manager";
const UNIT_INTERFACE: &str = "org.freedesktop.systemd1.Unit";
const SERVICE_INTERFACE: &str = "org.freedesktop.systemd1.Service";
const SOCKET: &str = "/run/systemd/private";
/// How long a unit may take to end, once its output is closed, and systemd to come back.
const PATIENCE: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(10);
/// The most units whose names are kept.
const UNITS_MAX: usize = 200;

/// A connection to it.
#[derive(Debug)]
pub(super) struct Systemd {
    pub(super) bus: Bus,
}

impl Systemd {
    pub(super) fn connect() -> io::Result<Self> {
        Bus::connect(Path::new(SOCKET)).map(|bus| Self { bus })
    }

    fn manager(&mut self, name: &str) -> io::Result<String> {
        self.bus.property(MANAGER_PATH, MANAGER_INTERFACE, name).map(|value| value.show())
    }

    /// What it says of itself, without changing anything.
    pub(super) fn look(&mut self) -> io::Result<SystemdSight> {
        let listed = self.bus.call(Method { name: "ListUnits", ..MANAGER }, &[])?;
        let states = listed.first().map(unit_states).unwrap_or_default();
        let failed =
            states.iter().filter(|(_, state)| state.contains(" failed")).map(|(name, _)| name.clone());
        let mut sight = SystemdSight {
            version: self.manager("Version")?,
            virtualization: self.manager("Virtualization")?,
            state: self.manager("SystemState")?,
            failed: failed.take(UNITS_MAX).collect(),
            ..SystemdSight::default()
        };
        let interesting = |name: &String| name.contains("getty") || name.starts_with("systemd-udevd.service");
        sight.units = states.into_iter().filter(|(name, _)| interesting(name)).take(UNITS_MAX).collect();
        if let Ok(udev) = self.unit_line("systemd-udevd.service") {
            sight.units.insert("systemd-udevd.service".to_owned(), udev);
        }
        Ok(sight)
    }

    /// When it was up, in seconds of the monotonic clock; not there while it boots.
    pub(super) fn finished(&mut self) -> Option<f64> {
        let microseconds: u32 = self
            .manager("FinishTimestampMonotonic")
            .ok()?
            .parse::<u64>()
            .ok()?
            .div_ceil(1000)
            .try_into()
            .ok()?;
        (microseconds > 0).then(|| f64::from(microseconds) / 1000.0)
    }

    fn unit_path(&mut self, unit: &str) -> io::Result<String> {
        let answer = self.bus.call(Method { name: "LoadUnit", ..MANAGER }, &[Value::text(unit)])?;
        let path = answer.first().and_then(Value::as_text).map(str::to_owned);
        path.ok_or_else(|| io::Error::other("no such unit"))
    }

    /// `loaded inactive dead condition=no`
    fn unit_line(&mut self, unit: &str) -> io::Result<String> {
        let path = self.unit_path(unit)?;
        let mut property = |name| self.bus.property(&path, UNIT_INTERFACE, name).map(|value| value.show());
        let (load, active, sub) = (property("LoadState")?, property("ActiveState")?, property("SubState")?);
        Ok(format!("{load} {active} {sub} condition={}", property("ConditionResult")?))
    }

    /// `inactive dead success 0`
    fn end_line(&mut self, unit: &str) -> io::Result<String> {
        let path = self.unit_path(unit)?;
        let mut property =
            |interface, name| self.bus.property(&path, interface, name).map(|value| value.show());
        let (active, sub) = (property(UNIT_INTERFACE, "ActiveState")?, property(UNIT_INTERFACE, "SubState")?);
        let result = property(SERVICE_INTERFACE, "Result")?;
        Ok(format!("{active} {sub} {result} {}", property(SERVICE_INTERFACE, "ExecMainStatus")?))
    }

    /// How a unit ended. One that ended well is forgotten at once, and looks as if it had never been.
    pub(super) fn wait_for_end(&mut self, unit: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.end_line(unit) {
                Ok(line) if line.starts_with("activ") || line.starts_with("deactiv") => {
                    if Instant::now() > deadline {
                        return line;
                    }
                    sleep(INTERVAL);
                }
                Ok(line) => return line,
                Err(error) => return error.to_string(),
            }
        }
    }

    /// Ends and forgets a unit, in whatever state it is.
    pub(super) fn forget(&mut self, unit: &str) {
        for (name, arguments) in [
            ("StopUnit", &[Value::text(unit), Value::text("replace")][..]),
            ("ResetFailedUnit", &[Value::text(unit)][..]),
        ] {
            // One that is gone already is what was wanted.
            drop(self.bus.call(Method { name, ..MANAGER }, arguments));
        }
    }

    /// Starts a service manager for root, as `loginctl enable-linger` would; the mount of its directory.
    pub(super) fn try_user_manager(&mut self) -> Result<String, String> {
        const UNIT: &str = "user@0.service";
        let was_there = self.unit_line(UNIT).is_ok_and(|line| line.contains(" active "));
        let result = self.start_user_manager(UNIT);
        if !was_there {
            for unit in [UNIT, "user-runtime-dir@0.service"] {
                self.forget(unit);
            }
        }
        result.map_err(|error| error.to_string())
    }

    fn start_user_manager(&mut self, unit: &str) -> io::Result<String> {
        let arguments = [Value::text(unit), Value::text("replace")];
        self.bus.call(Method { name: "StartUnit", ..MANAGER }, &arguments)?;
        let deadline = Instant::now() + PATIENCE;
        let mut line = String::new();
        while Instant::now() < deadline {
            line = self.unit_line(unit)?;
            if line.contains(" active ") {
                return Ok(super::attempt::attempt("file-system:/run/user/0"));
            }
            if line.contains(" failed ") {
                break;
            }
            sleep(INTERVAL);
        }
        Err(io::Error::other(format!("{unit}: {line}")))
    }

    /// Lets it execute itself again; its state and virtualization afterwards.
    pub(super) fn execute_again(mut self) -> Result<(String, String), String> {
        let method = Method { name: "Reexecute", ..MANAGER };
        self.bus.send(method, &[], &[]).map_err(|error| error.to_string())?;
        // It answers nothing, and closes the connection when it goes.
        drop(self.bus.property(MANAGER_PATH, MANAGER_INTERFACE, "Version"));
        drop(self);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let again = Self::connect().and_then(|mut systemd| {
                Ok((systemd.manager("SystemState")?, systemd.manager("Virtualization")?))
            });
            match again {
                Ok(again) => return Ok(again),
                Err(error) if Instant::now() > deadline => return Err(error.to_string()),
                Err(_) => sleep(INTERVAL),
            }
        }
    }
}

/// Waits until it is up, degraded, or late.
pub(super) fn wait_for_boot() {
    const BOOT_PATIENCE: Duration = Duration::from_secs(30);
    let deadline = Instant::now() + BOOT_PATIENCE;
    while Instant::now() < deadline {
        let state = Systemd::connect().and_then(|mut systemd| systemd.manager("SystemState"));
        if state.is_ok_and(|state| !matches!(state.as_str(), "initializing" | "starting")) {
            return;
        }
        sleep(INTERVAL);
    }
}

/// `a(ssssssouso)`: name, description, load state, active state, sub state, …
fn unit_states(list: &Value) -> BTreeMap<String, String> {
    let line = |unit: &Value| {
        let field = |index: usize| unit.elements().get(index).and_then(Value::as_text).map(str::to_owned);
        Some((field(0)?, format!("{} {} {}", field(2)?, field(3)?, field(4)?)))
    };
    list.elements().iter().filter_map(line).collect()
}
