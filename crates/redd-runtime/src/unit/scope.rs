//! A scope with redd in it.

use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_bus::{MethodError, Value};
use redd_plan::action::ScopeRequest;
use redd_sys::Errno;

use super::values::{pair, property};
use super::{Manager, PATIENCE, refused};
use crate::StepError;
use crate::error::best_effort;
use crate::facts::cgroups::{HierarchyKind, hierarchies};
use crate::facts::read_text;

/// How long a scope of the machine's last life may take to be forgotten: systemd hears of its end when it has the time.
const FORGETTING: Duration = Duration::from_secs(5);
const FORGETTING_INTERVAL: Duration = Duration::from_millis(20);
/// What a bus tells of jobs.
const JOBS: &str = "type='signal',sender='org.freedesktop.systemd1',interface='org.freedesktop.systemd1.Manager',member='JobRemoved'";

/// Asks for the scope, and waits until redd is in it.
pub(crate) fn ask(manager: &mut Manager, request: &ScopeRequest) -> Result<(), StepError> {
    manager.listen_for_jobs().map_err(|error| refused(&error))?;
    let job = start(manager, request)?;
    wait_for(manager, &job, &request.name)?;
    manager.stop_listening();
    let own = own_cgroup()?;
    if own.as_deref() != Some(request.path.0.as_path()) {
        let found = own.unwrap_or_default();
        let detail = format!("systemd put redd into {}, and not into {}", found.display(), request.path);
        return Err(StepError::about(detail)(Errno::NOTRECOVERABLE));
    }
    Ok(())
}

fn start(manager: &mut Manager, request: &ScopeRequest) -> Result<String, StepError> {
    let arguments = [
        Value::text(&request.name),
        Value::text("fail"),
        Value::Array("(sv)", properties(manager, request)),
        Value::Array("(sa(sv))", Vec::new()),
    ];
    let deadline = Instant::now() + FORGETTING;
    loop {
        match manager.call("StartTransientUnit", &arguments) {
            Ok(answer) => {
                let job = answer.first().and_then(Value::as_text).unwrap_or_default();
                return Ok(job.to_owned());
            }
            Err(error) if is_still_there(&error) && Instant::now() < deadline => sleep(FORGETTING_INTERVAL),
            Err(error) => return Err(refused(&error)),
        }
    }
}

fn is_still_there(error: &io::Error) -> bool {
    MethodError::of(error).is_some_and(|error| error.is("UnitExists"))
}

/// The user's own win, as they come last; what makes the scope redd's is not among them.
fn properties(manager: &Manager, request: &ScopeRequest) -> Vec<Value> {
    let yes = || Value::Bool(true);
    let mut properties = vec![
        pair("Slice", Value::text(request.slice.as_str())),
        pair("Delegate", yes()),
        pair("Description", Value::text(&request.description)),
        pair("TimeoutStopUSec", Value::U64(request.stop_timeout)),
        pair("CollectMode", Value::text("inactive-or-failed")),
        pair("PIDs", Value::Array("u", vec![Value::U32(std::process::id())])),
    ];
    // Only who is on a bus can be asked for a stop over it. At the end of the host that bus has to outlive the machine.
    if let Some(name) = manager.bus.name() {
        properties.push(pair("Controller", Value::text(name)));
        properties.push(pair("After", Value::texts(&["dbus.service", "dbus.socket"])));
    }
    properties.extend(request.properties.iter().map(property));
    properties
}

fn wait_for(manager: &mut Manager, job: &str, unit: &str) -> Result<(), StepError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let signal = manager.bus.next_signal(Some(deadline)).map_err(|error| refused(&error))?;
        let Some(signal) = signal else { return Err(refused(&io::ErrorKind::TimedOut.into())) };
        let text = |index: usize| signal.body.get(index).and_then(Value::as_text);
        if signal.name == "JobRemoved" && text(1) == Some(job) {
            return match text(3) {
                Some("done") => Ok(()),
                result => {
                    let detail =
                        format!("systemd's job for {unit} ended as {:?}", result.unwrap_or_default());
                    Err(StepError::about(detail)(Errno::IO).with_hint("see journalctl -b -u of that unit"))
                }
            };
        }
    }
}

impl Manager {
    fn listen_for_jobs(&mut self) -> io::Result<()> {
        if self.bus.name().is_some() {
            self.bus.of_bus("AddMatch", &[Value::text(JOBS)])?;
        }
        self.call("Subscribe", &[]).map(drop)
    }

    /// A supervisor is not to be woken by every job of the host.
    fn stop_listening(&mut self) {
        if self.bus.name().is_some() {
            best_effort(self.bus.of_bus("RemoveMatch", &[Value::text(JOBS)]));
        }
        best_effort(self.call("Unsubscribe", &[]));
    }
}

/// Where redd is in the unified hierarchy.
fn own_cgroup() -> Result<Option<PathBuf>, StepError> {
    let read = |path: &str| {
        let text = read_text(Path::new(path)).map_err(|_error| StepError::from(Errno::IO));
        text.map(Option::unwrap_or_default)
    };
    let found = hierarchies(&read("/proc/self/mountinfo")?, &read("/proc/self/cgroup")?);
    let unified = found.into_iter().find(|hierarchy| hierarchy.kind == HierarchyKind::Unified);
    Ok(unified.and_then(|hierarchy| hierarchy.own))
}
