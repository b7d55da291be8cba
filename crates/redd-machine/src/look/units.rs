//! What runs in a machine: its cgroups as its service manager made them, and the processes in them.
//!
//! Names are the payload's: escaped, and no more of them than a limit (R27).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use redd_spec::text::escape;
use serde::Serialize;

use crate::aside::{Aside, Heard};

/// As many processes are told of one machine.
const PROCESSES_MAX: usize = 500;
/// As many cgroups.
const UNITS_MAX: usize = 500;
/// How deep they lie in each other.
const DEPTH_MAX: u32 = 16;
/// How many entries of one directory are looked at.
const ENTRIES_MAX: usize = 2000;
/// The most that is read of a list of processes, in bytes.
const LIST_MAX: u64 = 64 * 1024;
/// The longest name, and the longest command line.
const NAME_MAX: usize = 100;
const COMMAND_MAX: usize = 200;
/// How long one process may take to tell its command line.
const PATIENCE: Duration = Duration::from_millis(200);

/// A cgroup, and what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// Its name, escaped; that of the payload's own cgroup is empty.
    pub name: String,
    /// The processes right in it.
    pub processes: Vec<Process>,
    /// The cgroups in it.
    pub units: Vec<Unit>,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Process {
    /// Its number, as the host counts.
    pub pid: i32,
    /// Its command line, or in brackets its name; escaped.
    pub command: String,
}

/// How much more may be told.
struct Allowance {
    processes: usize,
    units: usize,
}

/// What is in a payload's cgroup; whether there is more than is told.
#[must_use]
pub fn units(payload: &Path) -> (Unit, bool) {
    let mut allowance = Allowance { processes: PROCESSES_MAX, units: UNITS_MAX };
    let mut whole = walk(payload, String::new(), DEPTH_MAX, &mut allowance);
    let mut pids = Vec::new();
    collect(&whole, &mut pids);
    let commands = commands(&pids);
    name(&mut whole, &commands);
    (whole, allowance.processes == 0 || allowance.units == 0)
}

fn walk(directory: &Path, name: String, depth: u32, allowance: &mut Allowance) -> Unit {
    let mut unit = Unit { name, ..Unit::default() };
    for pid in processes(directory) {
        let Some(left) = allowance.processes.checked_sub(1) else { break };
        allowance.processes = left;
        unit.processes.push(Process { pid, command: String::new() });
    }
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().take(ENTRIES_MAX);
    let mut below: Vec<fs::DirEntry> =
        entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).collect();
    below.sort_by_key(fs::DirEntry::file_name);
    for entry in below {
        if depth == 0 || allowance.units == 0 {
            allowance.units = 0;
            break;
        }
        allowance.units -= 1;
        let name = escape(entry.file_name().as_bytes(), NAME_MAX);
        let found = walk(&entry.path(), name, depth - 1, allowance);
        // Service managers leave empty ones behind.
        if !found.processes.is_empty() || !found.units.is_empty() {
            unit.units.push(found);
        }
    }
    unit
}

/// A process that the host does not see has the number 0.
fn processes(directory: &Path) -> Vec<i32> {
    let mut text = String::new();
    let read = File::open(directory.join("cgroup.procs"))
        .and_then(|file| file.take(LIST_MAX).read_to_string(&mut text));
    if read.is_err() {
        return Vec::new();
    }
    text.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 0).collect()
}

fn collect(unit: &Unit, pids: &mut Vec<i32>) {
    pids.extend(unit.processes.iter().map(|process| process.pid));
    unit.units.iter().for_each(|unit| collect(unit, pids));
}

fn name(unit: &mut Unit, commands: &BTreeMap<i32, String>) {
    for process in &mut unit.processes {
        process.command = commands.get(&process.pid).cloned().unwrap_or_else(|| short_name(process.pid));
    }
    unit.units.iter_mut().for_each(|unit| name(unit, commands));
}

/// The name that the kernel keeps, which nobody has to be asked for.
fn short_name(pid: i32) -> String {
    let name = fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
    format!("[{}]", escape(name.trim_ascii_end(), NAME_MAX))
}

/// A command line is in the process's own memory, which may be on a file system that does not answer.
fn commands(pids: &[i32]) -> BTreeMap<i32, String> {
    let mut commands = BTreeMap::new();
    let Ok(mut aside) = Aside::start(|speaker| {
        for pid in pids {
            if let Some(command) = command_line(*pid) {
                speaker.say(&(*pid, command));
            }
        }
    }) else {
        return commands;
    };
    while let Heard::Said((pid, command)) = aside.listen::<(i32, String)>(Instant::now() + PATIENCE) {
        commands.insert(pid, command);
    }
    commands
}

fn command_line(pid: i32) -> Option<String> {
    let mut text = Vec::new();
    let limit = COMMAND_MAX as u64 + 1;
    File::open(format!("/proc/{pid}/cmdline")).ok()?.take(limit).read_to_end(&mut text).ok()?;
    let end = text.iter().rposition(|&byte| byte != 0)? + 1;
    text.truncate(end);
    text.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
    Some(escape(&text, COMMAND_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cgroup(directory: &Path, path: &str, processes: &str) {
        fs::create_dir_all(directory.join(path)).unwrap();
        fs::write(directory.join(path).join("cgroup.procs"), processes).unwrap();
    }

    #[test]
    fn units_are_told_as_they_lie_in_each_other_and_empty_ones_are_not() {
        let directory = tempfile::tempdir().unwrap();
        cgroup(directory.path(), "system.slice/ssh.service", "999999998\n0\n999999999\n");
        cgroup(directory.path(), "system.slice/empty.service", "");
        cgroup(directory.path(), "a\x1b[2J", "999999997\n");
        let (whole, is_more) = units(directory.path());
        assert!(!is_more);
        let names: Vec<&str> = whole.units.iter().map(|unit| unit.name.as_str()).collect();
        assert_eq!(names, ["a\\x1b[2J", "system.slice"]);
        let pids: Vec<i32> = whole.units[1].units[0].processes.iter().map(|process| process.pid).collect();
        assert_eq!((whole.units[1].units.len(), pids), (1, vec![999_999_998, 999_999_999]));
    }

    #[test]
    fn a_payload_that_nests_without_end_is_cut() {
        let directory = tempfile::tempdir().unwrap();
        cgroup(directory.path(), &"a/".repeat(40), "999999999\n");
        assert!(units(directory.path()).1);
    }

    #[test]
    fn a_command_line_is_its_words() {
        let own = std::process::id().cast_signed();
        assert!(command_line(own).is_some_and(|line| !line.contains('\0')));
        assert_eq!(command_line(-1), None);
    }
}
