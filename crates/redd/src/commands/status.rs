//! `redd status`

use std::time::Duration;

use redd_machine::look::{Health, State, Unit};
use redd_machine::show::{Details, Ending, NetworkKind, details};
use redd_machine::{MachineError, console_log};
use redd_spec::name::MachineName;

use super::look::{failure, painted};
use crate::command_line::machines::look::Status;
use crate::exit_status::{self, ExitStatus};
use crate::surroundings::{self, Colours};
use crate::{report, table};

/// How wide the column of names is.
const WIDTH: usize = 11;

pub(super) fn status(request: &Status) -> ExitStatus {
    let mut status = exit_status::SUCCESS;
    for (index, name) in request.names.iter().enumerate() {
        let found = status_of(name, index, request.lines);
        if found != exit_status::SUCCESS {
            status = found;
        }
    }
    status
}

fn status_of(name: &MachineName, index: usize, lines: usize) -> ExitStatus {
    match details(name) {
        Ok(Some(details)) => {
            let gap = if index == 0 { "" } else { "\n" };
            report::print_result(&format!("{gap}{}", render(&details, surroundings::colours())));
            report::print_result(&log(name, lines));
            if details.summary.state.is_live() { exit_status::SUCCESS } else { exit_status::NOT_RUNNING }
        }
        Ok(None) => failure("no status", &MachineError::NotRunning { name: name.clone() }),
        Err(error) => failure(&format!("cannot look at {name}"), &error),
    }
}

fn render(details: &Details, colours: Colours) -> String {
    let summary = &details.summary;
    let state = summary.state;
    let dot = if state.is_live() { "●" } else { "○" };
    let mut text = format!("{} {}", painted(colours, state, dot), summary.name);
    if let Some(os) = &summary.os {
        text.push_str(&format!(" - {os}"));
    }
    text.push('\n');
    for (name, value) in lines(details, colours) {
        text.push_str(&format!("{name:>WIDTH$}: {value}\n"));
    }
    if let Some(units) = &details.units {
        tree(units, &" ".repeat(WIDTH + 2), &mut text);
    }
    if details.units_truncated {
        text.push_str(&format!("{:WIDTH$}  …and more\n", ""));
    }
    text
}

/// The process, and which redd it is where that is not this one.
fn supervisor(details: &Details) -> Option<String> {
    const THIS: &str = env!("CARGO_PKG_VERSION");
    let process = details.supervisor?;
    Some(match details.redd.as_deref() {
        Some(THIS) => process.to_string(),
        Some(other) => {
            format!("{process} (redd {other}; redd upgrade {} makes it {THIS})", details.summary.name)
        }
        None => format!("{process} (an older redd)"),
    })
}

/// What was written to its console last, behind a gap.
fn log(name: &MachineName, count: usize) -> String {
    let lines = console_log::last_lines(name, count).unwrap_or_default();
    let shown: String = lines.iter().map(|line| format!("{line}\n")).collect();
    if shown.is_empty() { shown } else { format!("\n{shown}") }
}

/// What is known, line by line.
fn lines(details: &Details, colours: Colours) -> Vec<(&'static str, String)> {
    let summary = &details.summary;
    let mut lines = vec![("State", state(details, colours))];
    if let Some(ending) = &details.ending {
        lines.push(("Ended", format!("{} at {}", why(ending), ending.ended)));
    }
    let known = [
        ("Status", details.status.as_ref().map(|status| format!("\"{status}\""))),
        ("Units", details.health.as_ref().map(health)),
        ("Unit", summary.unit.clone()),
        ("Tree", summary.tree.clone()),
        ("Leader", details.leader.map(|leader| leader.to_string())),
        ("Supervisor", supervisor(details)),
        ("UUID", details.uuid.clone()),
        ("Ids", details.ids.clone()),
        ("Boots", boots(details)),
        ("Network", network(details)),
        ("Addresses", (!summary.addresses.is_empty()).then(|| summary.addresses.join(" "))),
    ];
    lines.extend(known.into_iter().filter_map(|(name, value)| Some((name, value?))));
    lines.extend(usage(details));
    let mounts = details
        .mounts
        .iter()
        .map(|mount| format!("{}{}", mount.value, if mount.read_only { " (read-only)" } else { "" }));
    lines.extend(mounts.map(|mount| ("Mount", mount)));
    let links = details.links.iter().map(|link| match &link.inside {
        inside if *inside == link.link => format!("{inside} of the host's"),
        inside => format!("{inside}, the host's {}", link.link),
    });
    lines.extend(links.map(|link| ("Link", link)));
    lines.extend(details.cgroup.clone().map(|cgroup| ("Cgroup", cgroup)));
    lines
}

fn state(details: &Details, colours: Colours) -> String {
    let state = details.summary.state;
    let text = painted(colours, state, state.text());
    match (&details.summary.booted, state) {
        (Some(booted), _) => format!("{text}; booted {booted}"),
        (None, State::Leftover) => format!("{text}; redd gc removes what a killed redd left behind"),
        (None, _) => text,
    }
}

fn health(health: &Health) -> String {
    match health.failed.as_slice() {
        [] => format!("{}, none failed", health.system),
        failed => format!("{}, failed: {}", health.system, failed.join(" ")),
    }
}

fn boots(details: &Details) -> Option<String> {
    let (boots, restarts) = (details.boots?, details.restarts.unwrap_or_default());
    let since = details.started.as_ref().map(|started| format!(" since {started}")).unwrap_or_default();
    (boots > 1).then(|| format!("{boots}{since}, {restarts} of them because it had ended"))
}

fn network(details: &Details) -> Option<String> {
    let kind = match details.summary.network? {
        NetworkKind::Host => "the host's",
        NetworkKind::Private => "its own",
    };
    let link = details.host_link.as_ref().map(|link| format!(", reached through {link}"));
    Some(format!("{kind}{}", link.unwrap_or_default()))
}

fn usage(details: &Details) -> impl Iterator<Item = (&'static str, String)> {
    let usage = details.summary.usage;
    let span = |microseconds| table::span(Duration::from_micros(microseconds));
    let limited =
        |limit: Option<String>| limit.map(|limit| format!(" (at most {limit})")).unwrap_or_default();
    let cpu = usage.cpu.map(|cpu| {
        let most =
            usage.cpu_max.map(|most| format!("{}.{:02} processors", most / 1_000_000, most / 10_000 % 100));
        format!("{}{}", span(cpu), limited(most))
    });
    let memory = usage.memory.map(|memory| {
        let kills = usage.oom_kills.filter(|kills| *kills > 0);
        let kills = kills.map(|kills| format!("; the kernel killed {kills} processes for want of it"));
        let most = limited(usage.memory_max.map(table::bytes));
        format!("{}{most}{}", table::bytes(memory), kills.unwrap_or_default())
    });
    let processes = usage
        .processes
        .map(|processes| format!("{processes}{}", limited(usage.processes_max.map(|most| most.to_string()))));
    let known = [("CPU", cpu), ("Memory", memory), ("Processes", processes)];
    known.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

/// Why a life ended.
fn why(ending: &Ending) -> String {
    let memory = match ending.oom_kills {
        0 => String::new(),
        kills => format!("; the kernel killed {kills} of its processes: out of memory"),
    };
    let cause = match ending {
        Ending { error: Some(error), .. } => format!("failed: {error}"),
        Ending { asked: true, .. } => "as it was asked to".to_owned(),
        Ending { signal: Some(signal), .. } => format!("failed: PID 1 was ended by signal {signal}"),
        Ending { status: Some(0), .. } => "as it should".to_owned(),
        Ending { status: Some(status), .. } => format!("failed: PID 1 ended with status {status}"),
        Ending { .. } => "nobody knows how".to_owned(),
    };
    format!("{cause}{memory}")
}

/// Processes first, as systemctl(1) draws it.
fn tree(unit: &Unit, indent: &str, text: &mut String) {
    let count = unit.processes.len() + unit.units.len();
    let branches = |index: usize| if index + 1 == count { ("└─", "  ") } else { ("├─", "│ ") };
    for (index, process) in unit.processes.iter().enumerate() {
        text.push_str(&format!("{indent}{}{} {}\n", branches(index).0, process.pid, process.command));
    }
    for (index, below) in unit.units.iter().enumerate() {
        let (branch, more) = branches(unit.processes.len() + index);
        text.push_str(&format!("{indent}{branch}{}\n", below.name));
        tree(below, &format!("{indent}{more}"), text);
    }
}

#[cfg(test)]
mod tests {
    use redd_machine::look::Process;

    use super::*;

    #[test]
    fn the_tree_of_units_is_drawn_with_its_branches() {
        let process = |pid| Process { pid, command: "x".to_owned() };
        let leaf =
            |name: &str, pid| Unit { name: name.to_owned(), processes: vec![process(pid)], units: vec![] };
        let whole = Unit { units: vec![leaf("init.scope", 1), leaf("a.slice", 2)], ..Unit::default() };
        let mut text = String::new();
        tree(&whole, "", &mut text);
        assert_eq!(text, "├─init.scope\n│ └─1 x\n└─a.slice\n  └─2 x\n");
    }

    #[test]
    fn a_failure_says_why() {
        let ending = Ending {
            ended: String::new(),
            failed: true,
            asked: false,
            status: None,
            signal: Some(9),
            error: None,
            oom_kills: 1,
        };
        assert_eq!(
            why(&ending),
            "failed: PID 1 was ended by signal 9; the kernel killed 1 of its processes: out of memory"
        );
    }
}
