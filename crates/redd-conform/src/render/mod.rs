//! Reports as text: for people at a terminal, for other programs, and for a browser.
//!
//! Pure functions of [`Report`]s and of the registry. What a payload said is hostile, and so is a saved report:
//! every string goes through [`escape`] on its way out.

pub mod escape;
mod explain;
mod figures;
mod html;
mod json;
mod junit;
mod markdown;
mod tap;
mod terminal;

#[cfg(test)]
mod tests;

pub use explain::{NoSuchCheck, explain};
pub use figures::{Count, Figures};
pub use html::page as html;
pub use json::{ReadError, read as read_json, write as json};
pub use junit::document as junit;
pub use markdown::page as markdown;
pub use tap::stream as tap;
pub use terminal::{side_by_side, table};

use crate::registry::{Check, Strength};
use crate::report::{Host, Manager, Payload, Report, Verdict};

/// What a report says of a check, also where it says nothing.
fn outcome<'a>(report: &'a Report, check: &Check) -> (Verdict, &'a str) {
    let said = report.judgements.iter().find(|judgement| judgement.check == check.id);
    said.map_or((Verdict::NotJudged, "not part of this run"), |judgement| {
        (judgement.verdict, judgement.evidence.as_str())
    })
}

/// Checks of one clause, in the order in which they were found.
fn by_clause(checks: &[Check]) -> Vec<Vec<Check>> {
    let mut sorted = checks.to_vec();
    sorted.sort_by_key(|check| check.clause);
    sorted.chunk_by(|one, next| one.clause == next.clause).map(<[Check]>::to_vec).collect()
}

/// Checks of clauses with the same letters, with these letters.
fn by_family(checks: &[Check]) -> Vec<(&'static str, Vec<Check>)> {
    let clauses = by_clause(checks);
    let families = clauses.chunk_by(|one, next| one.first().map(family) == next.first().map(family));
    families.filter_map(|clauses| Some((family(clauses.first()?.first()?), clauses.concat()))).collect()
}

/// The letters of a clause's id: `EE`.
fn family(check: &Check) -> &'static str {
    check.clause.id().trim_end_matches(|character: char| character.is_ascii_digit())
}

/// What a family of checks is about.
fn family_title(family: &str) -> &'static str {
    match family {
        "EE" => "Execution environment",
        "EV" => "Environment of PID 1",
        "AI" => "Advanced integration",
        "NET" => "Networking",
        "RH" => "/run/host",
        "NO" => "What a manager must not do",
        "UP" => "Unprivileged payloads",
        "UN" => "What systemd needs unsaid",
        "FW" => "Final words",
        _ => "Further checks",
    }
}

const fn strength_word(strength: Strength) -> &'static str {
    match strength {
        Strength::Must => "must",
        Strength::Should => "should",
        Strength::Extension => "extension",
    }
}

/// `systemd-nspawn 252, default`
fn manager_line(manager: &Manager) -> String {
    let version = manager.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    escape::printable(&format!("{}{version}, {}", manager.name, manager.mode))
}

/// `Linux 6.18, cgroups v2, no service manager`
fn host_line(host: &Host) -> String {
    let service_manager = host.service_manager.as_deref().unwrap_or("no service manager");
    escape::printable(&format!("Linux {}, cgroups {}, {service_manager}", host.kernel, host.cgroups))
}

/// `Debian GNU/Linux 13 (trixie), systemd 257`
fn payload_line(payload: &Payload) -> String {
    let known: Vec<&str> =
        [&payload.os, &payload.init].into_iter().filter_map(|part| part.as_deref()).collect();
    if known.is_empty() { "unknown".to_owned() } else { escape::printable(&known.join(", ")) }
}
