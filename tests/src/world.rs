//! How machines are, as everything tells it: their supervisors, the kernel, and what is left of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_control::client::{Client, ClientError};
use redd_control::event::Phase;
use redd_control::machine::{Description, method};
use redd_control::record::Record;
use redd_lab::time_limit;
use serde_json::json;

use crate::model::{Life, Limit, Motion};

/// How long a machine may be on its way.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a machine has where nobody sets another limit.
const LIMIT_OF_A_START: u32 = 16_384;

/// How a machine was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// In a state that lasts.
    Settled(Life),
    /// On its way from one to another, or with something left behind.
    Between(String),
}

/// Looks at a machine.
///
/// # Panics
/// The kernel and its supervisor say different things of it.
#[must_use]
pub fn look(name: &str) -> Seen {
    let asked = Client::connect(&name.parse().unwrap())
        .and_then(|mut client| client.call::<Description>(method::DESCRIBE, &json!({})));
    match asked {
        Ok(description) if description.phase == Phase::Running => running(&description),
        Ok(description) => Seen::Between(format!("{:?}", description.phase)),
        Err(ClientError::NotRunning | ClientError::Closed) if !is_there(name) => Seen::Settled(Life::Stopped),
        Err(error) => Seen::Between(error.to_string()),
    }
}

/// Waits until a machine is in one of these states; else how it is in the end.
///
/// # Errors
/// It is in none of them for a long time.
pub fn settled(name: &str, allowed: &BTreeSet<Life>) -> Result<Life, Seen> {
    let deadline = Instant::now() + time_limit(PATIENCE);
    loop {
        match look(name) {
            Seen::Settled(state) if allowed.contains(&state) || allowed.contains(&doomed(state)) => {
                return Ok(state);
            }
            seen if Instant::now() > deadline => return Err(seen),
            _ => sleep(Duration::from_millis(5)),
        }
    }
}

/// Nobody sees from outside that a frozen machine will end.
fn doomed(life: Life) -> Life {
    match life {
        Life::Running(Motion::Frozen, limit) => Life::Running(Motion::Doomed, limit),
        life => life,
    }
}

fn is_there(name: &str) -> bool {
    Path::new("/run/redd/machines").join(name).exists()
}

fn running(description: &Description) -> Seen {
    let motion = if description.paused { Motion::Frozen } else { Motion::Going };
    let Some(frozen) = is_frozen(&description.cgroups) else { return Seen::Between("no cgroup".to_owned()) };
    if frozen != description.paused {
        return Seen::Between(format!("paused {}, frozen {frozen}", description.paused));
    }
    Seen::Settled(Life::Running(motion, limit(&description.cgroups)))
}

/// As version 2 says, or version 1.
fn is_frozen(cgroups: &[String]) -> Option<bool> {
    let read =
        |file: &str| cgroups.iter().find_map(|path| fs::read_to_string(Path::new(path).join(file)).ok());
    let events = read("cgroup.events").map(|text| text.lines().any(|line| line == "frozen 1"));
    let state = read("freezer.state").map(|text| text.trim() != "THAWED");
    events.or(state)
}

fn limit(cgroups: &[String]) -> Limit {
    let text = cgroups.iter().find_map(|path| fs::read_to_string(Path::new(path).join("pids.max")).ok());
    text.and_then(|text| text.trim().parse().ok()).filter(|limit| *limit != LIMIT_OF_A_START)
}

/// Processes of the host that were started for a machine of that name: redds, its guard, and whatever else has it as a
/// word of its command line.
#[must_use]
pub fn processes(name: &str) -> Vec<String> {
    let deadline = Instant::now() + time_limit(PATIENCE);
    loop {
        let found = processes_now(name);
        // Who removed a machine's directory last has a moment to end.
        if found.is_empty() || Instant::now() > deadline {
            return found;
        }
        sleep(Duration::from_millis(5));
    }
}

/// Waits for a start whose client was killed: it is on its way all the same, and ends with a machine that says so or none.
pub fn await_start(name: &str) {
    let deadline = Instant::now() + time_limit(PATIENCE);
    while is_on_its_way(name) && Instant::now() < deadline {
        sleep(Duration::from_millis(5));
    }
}

/// Whether there are processes beside those of a machine that is there: one that waits until an earlier machine is gone is
/// not what has the name yet.
fn is_on_its_way(name: &str) -> bool {
    let record = Record::read(&name.parse().unwrap()).ok().flatten();
    let listens = Path::new("/run/redd/machines").join(name).join("control").exists();
    let supervisor = record.filter(|_| listens).map(|record| record.supervisor);
    pids(name).into_iter().any(|(pid, _)| supervisor.is_none_or(|supervisor| !is_of(pid, supervisor)))
}

/// Whether a process is another one, or one of its children, or of theirs.
fn is_of(pid: u32, other: u32) -> bool {
    let parent = |pid: u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
    };
    std::iter::successors(Some(pid), |pid| parent(*pid)).any(|pid| pid == other)
}

fn processes_now(name: &str) -> Vec<String> {
    pids(name).into_iter().map(|(_, line)| line).collect()
}

/// Those that have it as a word, each with all its words.
fn pids(name: &str) -> Vec<(u32, String)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let words = line.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let words: Vec<_> = words.map(std::borrow::Cow::into_owned).collect();
        words.iter().any(|word| word == name).then(|| (pid, words.join(" ")))
    });
    lines.collect()
}
