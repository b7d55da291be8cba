//! A plan as text for people; for machines it serialises.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use redd_spec::init::InitKind;
use redd_spec::text::escape;

use crate::step::{Plan, Side, Undo};
use crate::supervision::{PidOne, Request};

/// The plan as a table: step, side, what, clauses; then what is undone, in order.
#[must_use]
pub fn to_text(plan: &Plan) -> String {
    let mut text = format!("machine {}, uuid {}\n", plan.name, plan.uuid);
    write_steps(plan, &mut text).unwrap_or_default();
    text
}

fn write_steps(plan: &Plan, text: &mut String) -> fmt::Result {
    writeln!(text, "{:>3}  {:<5}  {:<76}  clauses", "#", "side", "step")?;
    for (index, step) in plan.steps.iter().enumerate() {
        let clauses: Vec<&str> = step.serves.iter().map(|clause| clause.id()).collect();
        let line =
            format!("{index:>3}  {:<5}  {:<76}  {}", step.side.to_string(), step.action, clauses.join(" "));
        writeln!(text, "{}", shown(line.trim_end()))?;
    }
    writeln!(text, "\n{}", shown(&stop_of(plan)))?;
    writeln!(text, "\nundone at the end, in this order:")?;
    for undo in plan.undo() {
        writeln!(text, "  {}", shown(&undo.to_string()))?;
    }
    for warning in &plan.warnings {
        writeln!(text, "\nwarning: {}", shown(&warning.0))?;
    }
    Ok(())
}

/// What PID 1 is, and how it is told to stop.
fn stop_of(plan: &Plan) -> String {
    let supervision = &plan.supervision;
    let means = |request| supervision.means(request).map(|means| means.to_string());
    let pid1 = match supervision.pid1 {
        PidOne::Init(InitKind::Other) => "an init of no known kind".to_owned(),
        PidOne::Init(kind) => format!("an init of the kind {kind}"),
        PidOne::Command => "a command".to_owned(),
    };
    let Some(stop) = means(Request::Stop) else { return format!("PID 1 is {pid1}, and killed to stop it") };
    let limit = supervision.lifecycle.stop_timeout;
    let limit = limit.map_or_else(String::new, |limit| format!(" (killed after {limit:?})"));
    let reboot = means(Request::Reboot).map_or_else(String::new, |means| format!(", to reboot by {means}"));
    format!("PID 1 is {pid1}: told to stop by {stop}{limit}{reboot}")
}

/// Options may hold anything, and a plan is shown on a terminal.
fn shown(line: &str) -> Cow<'_, str> {
    if line.bytes().any(|byte| byte.is_ascii_control() || !byte.is_ascii()) {
        return Cow::Owned(escape(line.as_bytes(), usize::MAX));
    }
    Cow::Borrowed(line)
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Host => "host",
            Self::Child => "child",
        })
    }
}

impl fmt::Display for Undo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemoveCgroup { path } => write!(formatter, "remove cgroup {path}"),
            Self::RemoveNamedCgroup { path, .. } => write!(formatter, "remove cgroup {path}"),
            Self::RemoveLink { name, .. } => write!(formatter, "remove link {name}"),
            Self::LeaveZone { bridge, link, .. } => {
                write!(formatter, "remove link {link}, and {bridge} if unused")
            }
            Self::RemoveInnerLinks { parent } => write!(formatter, "remove what is on link {parent} inside"),
            Self::ReturnLink(lent) => write!(formatter, "give back link {}", lent.link.name),
            Self::RemoveDirectory { path } => write!(formatter, "remove directory {}", path.display()),
            Self::RemoveWorkDirectory { place } => write!(formatter, "remove directory {place}"),
            Self::UnregisterMachine { name } => {
                write!(formatter, "end the entry of {name} in systemd-machined")
            }
            Self::RemoveSymbolicLink { path } => write!(formatter, "remove link {}", path.display()),
            Self::ReleaseIds { path } => write!(formatter, "give back the ids of {}", path.display()),
        }
    }
}
