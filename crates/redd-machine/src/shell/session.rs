//! A session as a unit of the payload's service manager.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Instant;

use redd_bus::{Bus, Method, Signal, Value};
use redd_runtime::enter::Seat;
use redd_spec::text::ByteString;
use redd_sys::{Errno, signal};

use crate::exec::attend::Attended;
use crate::exec::{Ending, Request};

const MANAGER: Method<'static> =
    Method { path: "/org/freedesktop/systemd1", interface: "org.freedesktop.systemd1.Manager", name: "" };
const SERVICE: &str = "org.freedesktop.systemd1.Service";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const CHANGED: &str = "PropertiesChanged";
/// `CLD_EXITED`; the others are ends by a signal.
const EXITED: i32 = 1;

/// A session that runs.
#[derive(Debug)]
pub(super) struct Session {
    bus: Bus,
    unit: String,
    path: String,
    has_begun: bool,
    ending: Option<Ending>,
}

impl Session {
    pub(super) fn start(mut bus: Bus, seat: &Seat, request: &Request<'_>) -> io::Result<Self> {
        let unit = format!("redd-shell-{}.service", std::process::id());
        let mut properties = properties(seat, request);
        // Nothing of it is to be left where redd is killed. Versions before 236 do not know that.
        properties.push(("CollectMode", Value::text("inactive-or-failed")));
        let mut start = |properties: &[(&'static str, Value)]| {
            bus.call(Method { name: "StartTransientUnit", ..MANAGER }, &arguments(&unit, properties))
        };
        let started = start(&properties).or_else(|_unknown| {
            properties.pop();
            start(&properties)
        });
        started?;
        let path = format!("/org/freedesktop/systemd1/unit/{}", escaped(&unit));
        Ok(Self { bus, unit, path, has_begun: false, ending: None })
    }

    /// What its end is told by.
    fn hear(&mut self, signal: &Signal) {
        let text = |index: usize| signal.body.get(index).and_then(Value::as_text).unwrap_or_default();
        if signal.name == "UnitRemoved" && text(0) == self.unit {
            self.ending.get_or_insert(Ending::Killed(signal::SIGKILL));
        }
        if signal.path != self.path || signal.name != CHANGED {
            return;
        }
        let changed = signal.body.get(1).map(Value::elements).unwrap_or_default();
        let property = |name: &str| {
            let entry =
                changed.iter().find(|entry| entry.elements().first().and_then(Value::as_text) == Some(name));
            entry.and_then(|entry| entry.elements().get(1))
        };
        match text(0) {
            SERVICE => {
                self.ending = self.ending.or(ending(property("ExecMainCode"), property("ExecMainStatus")))
            }
            UNIT => match property("ActiveState").and_then(Value::as_text) {
                // It is that before it begins, too.
                Some("inactive") if !self.has_begun => {}
                // One whose main process never was.
                Some("inactive" | "failed") => {
                    self.ending.get_or_insert(Ending::Exited(125));
                }
                Some(_) => self.has_begun = true,
                None => {}
            },
            _ => {}
        }
    }
}

fn ending(code: Option<&Value>, status: Option<&Value>) -> Option<Ending> {
    let number = |value: Option<&Value>| match value?.inner() {
        Value::I32(number) => Some(*number),
        _ => None,
    };
    match (number(code)?, number(status)?) {
        (0, _) => None,
        (EXITED, status) => Some(Ending::Exited(u8::try_from(status & 0xff).unwrap_or(u8::MAX))),
        (_, signal) => Some(Ending::Killed(signal)),
    }
}

fn properties(seat: &Seat, request: &Request<'_>) -> Vec<(&'static str, Value)> {
    // A service manager puts variables of its own into what it starts.
    let arguments: Vec<String> = seat.arguments.iter().map(|text| text.replace('$', "$$")).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let command =
        Value::Struct(vec![Value::text(&seat.program), Value::texts(&arguments), Value::Bool(false)]);
    let directory = match request.directory {
        Some(directory) => directory.to_string(),
        // The user's home, where there is one.
        None => "-~".to_owned(),
    };
    let terminal = request.terminal_type.unwrap_or("dumb");
    let mut environment = vec![format!("TERM={terminal}")];
    let text = |bytes: &ByteString| String::from_utf8_lossy(bytes.as_bytes()).into_owned();
    environment.extend(
        request
            .variables
            .iter()
            .map(|variable| format!("{}={}", text(&variable.name), text(&variable.value))),
    );
    let environment: Vec<&str> = environment.iter().map(String::as_str).collect();
    let utmp = seat.terminal.strip_prefix("/dev/").unwrap_or(&seat.terminal);
    vec![
        ("Description", Value::text(&format!("Shell of {}", seat.user))),
        ("ExecStart", Value::Array("(sasb)", vec![command])),
        ("User", Value::text(&seat.user)),
        ("PAMName", Value::text("login")),
        ("WorkingDirectory", Value::text(&directory)),
        ("TTYPath", Value::text(&seat.terminal)),
        ("StandardInput", Value::text("tty")),
        ("StandardOutput", Value::text("tty")),
        ("StandardError", Value::text("tty")),
        // The last four letters of it are shown by who(1).
        ("UtmpIdentifier", Value::text(&utmp[utmp.len().saturating_sub(4)..])),
        ("UtmpMode", Value::text("user")),
        ("KillMode", Value::text("mixed")),
        ("SendSIGHUP", Value::Bool(true)),
        ("IgnoreSIGPIPE", Value::Bool(false)),
        ("Environment", Value::texts(&environment)),
    ]
}

fn arguments(unit: &str, properties: &[(&'static str, Value)]) -> [Value; 4] {
    let property = |(name, value): &(&'static str, Value)| {
        Value::Struct(vec![Value::text(name), Value::Variant(Box::new(value.clone()))])
    };
    let properties = Value::Array("(sv)", properties.iter().map(property).collect());
    [Value::text(unit), Value::text("fail"), properties, Value::Array("(sa(sv))", Vec::new())]
}

/// As a part of an object's path.
fn escaped(unit: &str) -> String {
    let escape = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("_{byte:02x}") }
    };
    unit.bytes().map(escape).collect()
}

impl Attended for Session {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.bus.as_fd()
    }

    /// Whoever has asked gets no answer: the session's end tells whether it was heard.
    fn send(&mut self, number: i32) {
        let method = Method { name: "KillUnit", ..MANAGER };
        let arguments = [Value::text(&self.unit), Value::text("main"), Value::I32(number)];
        drop(self.bus.send(method, &arguments, &[]));
    }

    fn ending(&mut self) -> Result<Option<Ending>, Errno> {
        while self.ending.is_none() {
            match self.bus.next_signal(Some(Instant::now())) {
                Ok(Some(signal)) => self.hear(&signal),
                Ok(None) => break,
                // A service manager that is gone has taken everything with it.
                Err(_broken) => self.ending = Some(Ending::Killed(signal::SIGKILL)),
            }
        }
        Ok(self.ending)
    }
}

/// One that an older service manager would remember as failed.
impl Drop for Session {
    fn drop(&mut self) {
        let arguments = [Value::text(&self.unit)];
        drop(self.bus.send(Method { name: "ResetFailedUnit", ..MANAGER }, &arguments, &[]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_status_or_a_signal() {
        let (one, two) = (Value::I32(1), Value::I32(2));
        let status = Value::I32(42);
        assert_eq!(ending(Some(&one), Some(&status)), Some(Ending::Exited(42)));
        assert_eq!(ending(Some(&two), Some(&one)), Some(Ending::Killed(1)));
        assert_eq!(ending(Some(&Value::I32(0)), Some(&one)), None);
        assert_eq!(ending(None, Some(&one)), None);
    }

    #[test]
    fn a_unit_is_a_part_of_a_path() {
        assert_eq!(escaped("redd-shell-7.service"), "redd_2dshell_2d7_2eservice");
    }
}
