//! `io.systemd.MachineInstance`: a machine as systemd's tools know one.

use redd_control::event::{Event, Occurrence, Phase};
use redd_control::interface::methods;
use redd_control::machine::{self, Description, INSTANCE, Stop, StopMode, instance};
use redd_control::message::{Call, Reply, error};
use serde::Deserialize;
use serde_json::json;

use super::Interest;
use super::request::{Interface, Request, invalid, parameters, unknown_method};

/// A subscriber can name no more events.
const FILTER_MAX: usize = 32;
/// What is told first: nothing that happens from then on is missed.
const READY: &str = "READY";

#[derive(Debug, Deserialize)]
struct Filter {
    #[serde(default)]
    filter: Option<Vec<String>>,
}

pub(super) fn request(call: Call) -> Result<Request, Reply> {
    let stop = |mode| Ok(Request::Stop(Stop { mode, timeout: None }));
    match call.method.as_str() {
        instance::TERMINATE => stop(StopMode::Now),
        instance::POWER_OFF => stop(StopMode::PowerOff),
        instance::REBOOT => stop(StopMode::Reboot),
        instance::PAUSE => Ok(Request::Pause),
        instance::RESUME => Ok(Request::Resume),
        instance::DESCRIBE => Ok(Request::DescribeInstance),
        instance::SUBSCRIBE if call.more => subscription(call),
        instance::SUBSCRIBE => Err(Reply::error(error::EXPECTED_MORE, &json!({}))),
        // Disks of a machine that has a kernel of its own.
        other if methods(INSTANCE).any(|method| method == other) => Err(not_supported()),
        other => Err(unknown_method(other)),
    }
}

/// No names mean all events, as for systemd.
fn subscription(call: Call) -> Result<Request, Reply> {
    let Filter { filter } = parameters(call).map_err(|_unusable| invalid("filter"))?;
    let filter = filter.unwrap_or_default();
    if filter.len() > FILTER_MAX {
        return Err(invalid("filter"));
    }
    Ok(Request::Subscribe(Interest::Instance(filter)))
}

/// How a machine is.
pub(in crate::supervise) fn describe(description: &Description) -> Reply {
    let status = if description.paused { "paused" } else { description.phase.text() };
    let has_processes = !matches!(description.phase, Phase::Waiting | Phase::Stopped);
    Reply::of(&json!({ "running": has_processes && !description.paused, "status": status }))
}

impl Interface {
    /// A reply in the terms of the interface that was called.
    pub(in crate::supervise) fn worded(self, reply: Reply) -> Reply {
        match self {
            Self::Machine => reply,
            Self::Instance => translated(reply),
        }
    }
}

impl Interest {
    /// What somebody hears first: how far the machine is, or that it is heard.
    pub(in crate::supervise) fn first(&self, phase: &Occurrence) -> Reply {
        match self {
            Self::Instance(_) => ready(),
            Self::Events | Self::Answers => Reply::continued(phase),
        }
    }
}

/// An error in the terms of this interface.
fn translated(reply: Reply) -> Reply {
    match reply.error.as_deref() {
        None => reply,
        Some(machine::error::FAILED) => {
            let errno = reply.parameters.get("errno").cloned().unwrap_or_default();
            Reply::error(machine::error::SYSTEM, &json!({ "origin": "linux", "errno": errno }))
        }
        Some(_) => not_supported(),
    }
}

fn not_supported() -> Reply {
    Reply::error(machine::error::INSTANCE_NOT_SUPPORTED, &json!({}))
}

/// The first event of a subscription.
fn ready() -> Reply {
    Reply::continued(&json!({ "event": READY }))
}

/// An event under the name that virtual machines have for it; most have none.
pub(super) fn told(occurrence: &Occurrence, filter: &[String]) -> Option<Reply> {
    let name = match &occurrence.event {
        Event::Paused => "STOP",
        Event::Resumed => "RESUME",
        Event::Phase { phase: Phase::Stopping } => "POWERDOWN",
        Event::Phase { phase: Phase::Rebooting } => "RESET",
        Event::Exited { .. } => "SHUTDOWN",
        Event::Phase { .. } | Event::Status { .. } | Event::Warning { .. } | Event::Changed { .. } => {
            return None;
        }
    };
    let is_wanted = filter.is_empty() || filter.iter().any(|wanted| wanted == name);
    is_wanted.then(|| Reply::continued(&json!({ "event": name })))
}
