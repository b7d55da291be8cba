//! Waiting until a machine is in some state.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use redd_bus::{Bus, Method, Value};
use redd_control::client::{Client, ClientError};
use redd_control::event::{Event, Occurrence, Phase};
use redd_control::machine::method;
use redd_runtime::enter::{Leader, connect};
use redd_spec::name::MachineName;

use crate::MachineError;

/// How often the payload's service manager is asked.
const INTERVAL: Duration = Duration::from_millis(100);
/// How long it may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Where systemd listens for its own tools.
const PRIVATE_SOCKET: &str = "/run/systemd/private";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// PID 1 says that it is ready.
    Ready,
    /// The payload's systemd says so: everything was started, and nothing failed.
    Running,
    /// Everything was started, and something may have failed.
    Degraded,
    /// The machine does not run.
    Stopped,
    /// A unit of the payload's systemd is active.
    Unit(String),
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ready" => Ok(Self::Ready),
            "running" => Ok(Self::Running),
            "degraded" => Ok(Self::Degraded),
            "stopped" => Ok(Self::Stopped),
            _ => match text.strip_prefix("unit=") {
                Some(unit) if !unit.is_empty() && !unit.contains('\0') => Ok(Self::Unit(whole_name(unit))),
                _ => Err("write ready, running, degraded, stopped, or unit=NAME".to_owned()),
            },
        }
    }
}

/// As systemctl reads it.
fn whole_name(unit: &str) -> String {
    if unit.contains('.') { unit.to_owned() } else { format!("{unit}.service") }
}

/// Waits until a machine is in some state.
///
/// # Errors
/// It does not run, or its time is over, or it cannot come to that any more.
pub fn wait(
    name: &MachineName,
    condition: &Condition,
    timeout: Option<Duration>,
) -> Result<(), MachineError> {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let wait = Wait { name, condition, deadline };
    match condition {
        Condition::Stopped => match wait.until(|_phase| false) {
            Err(MachineError::NotRunning { .. }) => Ok(()),
            result => result,
        },
        Condition::Ready => wait.until(|phase| phase == Phase::Running),
        Condition::Running | Condition::Degraded | Condition::Unit(_) => wait.for_systemd(),
    }
}

struct Wait<'a> {
    name: &'a MachineName,
    condition: &'a Condition,
    deadline: Option<Instant>,
}

impl Wait<'_> {
    /// Listens until the machine is in such a phase.
    fn until(&self, is_it: impl Fn(Phase) -> bool) -> Result<(), MachineError> {
        let mut listener = self.listen()?;
        loop {
            if self.next_phase(&mut listener, self.deadline)?.is_some_and(&is_it) {
                return Ok(());
            }
        }
    }

    fn listen(&self) -> Result<Client, MachineError> {
        let failed = |cause| MachineError::of_client(self.name, cause);
        let mut listener = Client::connect(self.name).map_err(failed)?;
        listener.subscribe(method::SUBSCRIBE, &serde_json::json!({})).map_err(failed)?;
        Ok(listener)
    }

    /// The phase it is in now, where the next event tells.
    fn next_phase(
        &self,
        listener: &mut Client,
        deadline: Option<Instant>,
    ) -> Result<Option<Phase>, MachineError> {
        match listener.next_reply::<Occurrence>(deadline) {
            Ok(Occurrence { event: Event::Phase { phase }, .. }) => Ok(Some(phase)),
            Ok(_) => Ok(None),
            Err(ClientError::Closed) => Err(MachineError::NotRunning { name: self.name.clone() }),
            Err(ClientError::TimedOut(_)) => Err(self.timed_out()),
            Err(cause) => Err(MachineError::of_client(self.name, cause)),
        }
    }

    fn timed_out(&self) -> MachineError {
        let what = match self.condition {
            Condition::Ready => "is not ready yet".to_owned(),
            Condition::Running | Condition::Degraded => "has not started everything yet".to_owned(),
            Condition::Stopped => "still runs".to_owned(),
            Condition::Unit(unit) => format!("has no active {unit} yet"),
        };
        MachineError::TimedOut { name: self.name.clone(), what }
    }

    /// Asks again and again, and listens meanwhile whether the machine is still there.
    fn for_systemd(&self) -> Result<(), MachineError> {
        let mut listener = self.listen()?;
        let mut bus = None;
        loop {
            // A payload that is rebooting, or not that far yet, does not answer.
            match self.ask(&mut bus) {
                Ok(Found::Yes) => return Ok(()),
                Ok(Found::NotYet) => {}
                Ok(Found::Never(what)) => return Err(MachineError::Refused { what, hint: None }),
                Err(_not_there) => bus = None,
            }
            let next = Instant::now() + INTERVAL;
            match self.next_phase(&mut listener, Some(next)) {
                Err(MachineError::TimedOut { .. }) => {}
                result => drop(result?),
            }
            if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(self.timed_out());
            }
        }
    }

    fn ask(&self, known: &mut Option<Bus>) -> std::io::Result<Found> {
        let bus = match known {
            Some(bus) => bus,
            None => known.insert(self.greet()?),
        };
        match self.condition {
            Condition::Unit(unit) => is_active(bus, unit),
            _ => {
                let state = text(&bus.property(MANAGER_PATH, MANAGER, "SystemState")?);
                Ok(match (state.as_str(), self.condition) {
                    ("running", _) | ("degraded", Condition::Degraded) => Found::Yes,
                    ("degraded", _) => {
                        Found::Never(format!("{} has started everything, and units of it failed", self.name))
                    }
                    _ => Found::NotYet,
                })
            }
        }
    }

    fn greet(&self) -> std::io::Result<Bus> {
        let leader = Leader::of(self.name).map_err(std::io::Error::other)?;
        let socket =
            connect(&leader, Path::new(PRIVATE_SOCKET), ANSWER_TIMEOUT).map_err(std::io::Error::other)?;
        let stream = UnixStream::from(socket);
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        Bus::greet(stream)
    }
}

/// What the payload's service manager says.
enum Found {
    Yes,
    NotYet,
    /// Waiting does not help.
    Never(String),
}

fn is_active(bus: &mut Bus, unit: &str) -> std::io::Result<Found> {
    let load = Method { path: MANAGER_PATH, interface: MANAGER, name: "LoadUnit" };
    let answer = bus.call(load, &[Value::text(unit)])?;
    let path = answer.first().and_then(Value::as_text).unwrap_or_default().to_owned();
    let mut property =
        |name| bus.property(&path, "org.freedesktop.systemd1.Unit", name).map(|value| text(&value));
    Ok(match (property("LoadState")?.as_str(), property("ActiveState")?.as_str()) {
        (_, "active") => Found::Yes,
        ("not-found", _) => Found::Never(format!("there is no {unit} inside")),
        (_, "failed") => Found::Never(format!("{unit} failed inside")),
        _ => Found::NotYet,
    })
}

fn text(value: &Value) -> String {
    value.inner().as_text().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_words_or_a_unit() {
        assert_eq!("running".parse(), Ok(Condition::Running));
        for unit in ["unit=a.service", "unit=a"] {
            assert_eq!(unit.parse(), Ok(Condition::Unit("a.service".to_owned())));
        }
        assert_eq!("unit=a.socket".parse(), Ok(Condition::Unit("a.socket".to_owned())));
        for wrong in ["", "unit=", "up", "unit"] {
            assert!(wrong.parse::<Condition>().is_err(), "{wrong}");
        }
    }
}
