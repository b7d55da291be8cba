//! Something goes wrong at one system call: the n-th of its name that redd makes.

mod child;

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

pub use child::{child_points, kill_supervisor, output_with_fault_in_child, supervisor_points};

/// A system call of a run: its name, and the how manieth of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// As strace(1) spells it.
    pub system_call: String,
    /// From 1.
    pub occurrence: usize,
}

/// What goes wrong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// redd is killed.
    Killed,
    /// The call fails, with this name of an error.
    Fails(&'static str),
}

/// Whose system calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// redd's own.
    Supervisor,
    /// Those of each process it makes as well, each counted for itself.
    EveryProcess,
}

impl fmt::Display for Point {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} #{}", self.system_call, self.occurrence)
    }
}

/// Makes the command run redd under strace(1), beside it: the process that is started is redd's.
fn traced(command: &Command, scope: Scope, options: &[&str], log: &Path) -> Command {
    let mut traced = Command::new("strace");
    traced.args(["-D", "-qq", "-o"]).arg(log).args(options);
    if scope == Scope::EveryProcess {
        traced.arg("-f");
    }
    traced.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    traced
}

/// The command with something to go wrong at a point.
#[must_use]
pub fn with_fault(command: &Command, scope: Scope, point: &Point, fault: Fault) -> Command {
    let what = match fault {
        Fault::Killed => "signal=SIGKILL".to_owned(),
        Fault::Fails(error) => format!("error={error}"),
    };
    let Point { system_call, occurrence } = point;
    injected(command, scope, system_call, &format!("{what}:when={occurrence}"))
}

/// The command with a system call that always fails, in every process.
#[must_use]
pub fn with_refusal(command: &Command, system_call: &str, error: &str) -> Command {
    injected(command, Scope::EveryProcess, system_call, &format!("error={error}"))
}

fn injected(command: &Command, scope: Scope, system_call: &str, what: &str) -> Command {
    let (trace, inject) = (format!("trace={system_call}"), format!("inject={system_call}:{what}"));
    traced(command, scope, &["-e", &trace, "-e", &inject], Path::new("/dev/null"))
}

/// Lists the points of a life of redd in order; in `EveryProcess`, each name as often as the process that calls it most.
pub fn points(command: &Command, scope: Scope, during: impl FnOnce(&mut std::process::Child)) -> Vec<Point> {
    let points = all_points(command, scope, during);
    assert!(points.len() > 100, "a life of redd has more than {} system calls", points.len());
    points
}

/// Lists the points of a command that only asks or tells, in order.
#[must_use]
pub fn command_points(command: &Command) -> Vec<Point> {
    let points = all_points(command, Scope::Supervisor, |_process| {});
    assert!(points.len() > 20, "a verb has more than {} system calls", points.len());
    points
}

fn all_points(command: &Command, scope: Scope, during: impl FnOnce(&mut std::process::Child)) -> Vec<Point> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut process =
        traced(command, scope, &[], log.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    during(&mut process);
    process.wait().unwrap();
    // The tracer goes after redd.
    std::thread::sleep(std::time::Duration::from_millis(100));
    let text = std::fs::read_to_string(log.path()).unwrap();
    points_of(text.lines().map(|line| match scope {
        Scope::Supervisor => ("", line),
        Scope::EveryProcess => line.split_once(' ').unwrap_or(("", line)),
    }))
}

/// The points in the log of strace(1): lines of processes.
fn points_of<'log>(log: impl Iterator<Item = (&'log str, &'log str)>) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    let mut counts = std::collections::BTreeMap::new();
    for (process, call) in log {
        let Some((name, _arguments)) = call.trim_start().split_once('(') else { continue };
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        let count = counts.entry((process, name)).or_insert(0);
        *count += 1;
        let point = Point { system_call: name.to_owned(), occurrence: *count };
        // The first execve(2) is strace's own way to redd.
        if name != "execve" && !points.contains(&point) {
            points.push(point);
        }
    }
    points
}

/// Whether `REDD_SWEEP` asks for everything instead of a sample.
#[must_use]
pub fn is_complete() -> bool {
    std::env::var("REDD_SWEEP").is_ok_and(|value| value == "all")
}

/// All points of a complete sweep, else this many, evenly spread.
#[must_use]
pub fn selected(points: Vec<Point>, sample: usize) -> Vec<Point> {
    if is_complete() || points.len() <= sample {
        return points;
    }
    let step = points.len().div_ceil(sample);
    points.into_iter().step_by(step).collect()
}
