//! Whether the host has room for more machines: limits of its kernel that all of them share, looked at before anything is
//! touched. A machine that meets such a limit later fails in ways that tell nobody why.

use std::fs;

use redd_control::record::Record;
use redd_plan::facts::InotifyFacts;
use redd_spec::Spec;
use redd_spec::ids::UserNamespace;
use redd_spec::name::MachineName;

use crate::Error;
use crate::state::MACHINES;

/// What a booted system has at least: its service manager, journal, login manager, bus, and some services.
const PROCESSES_PER_MACHINE: u64 = 32;
/// What these have open together.
const FILES_PER_MACHINE: u64 = 512;

/// Something that there is only so much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stock {
    /// The kernel parameter that says how much.
    sysctl: &'static str,
    limit: u64,
    used: u64,
    /// What the machines that are wanted take of it together.
    wanted: u64,
}

/// Whether machines can be started beside those that run.
///
/// # Errors
/// A limit of the kernel's is too low; it is named.
pub fn check(wanted: &[&Spec]) -> Result<(), Error> {
    stocks(wanted).into_iter().find_map(shortage).map_or(Ok(()), Err)
}

fn shortage(stock: Stock) -> Option<Error> {
    let Stock { sysctl, limit, used, wanted } = stock;
    let needed = used.saturating_add(wanted);
    (wanted > 0 && needed > limit).then_some(Error::NoRoom { sysctl, limit, used, needed })
}

/// What is not known here is no limit.
fn stocks(wanted: &[&Spec]) -> Vec<Stock> {
    let count = wanted.len() as u64;
    let tasks = tasks();
    let of_tasks = |sysctl, path| {
        Some(Stock { sysctl, limit: number(path)?, used: tasks?, wanted: count * PROCESSES_PER_MACHINE })
    };
    let files = || {
        let text = fs::read_to_string("/proc/sys/fs/file-nr").ok()?;
        let mut numbers = text.split_whitespace().map(|word| word.parse::<u64>().ok());
        let (used, limit) = (numbers.next()??, numbers.nth(1)??);
        Some(Stock { sysctl: "fs.file-max", limit, used, wanted: count * FILES_PER_MACHINE })
    };
    let terminals = || {
        let [max, reserve, used] =
            ["max", "reserve", "nr"].map(|name| number(&format!("/proc/sys/kernel/pty/{name}")));
        let wanted = wanted.iter().map(|spec| 1 + u64::from(spec.terminals.get())).sum();
        Some(Stock { sysctl: "kernel.pty.max", limit: max?.saturating_sub(reserve?), used: used?, wanted })
    };
    let all = [
        of_tasks("kernel.pid_max", "/proc/sys/kernel/pid_max"),
        of_tasks("kernel.threads-max", "/proc/sys/kernel/threads-max"),
        files(),
        terminals(),
        inotify(wanted),
    ];
    all.into_iter().flatten().collect()
}

/// Where a machine has ids of its own, the kernel counts its instances for them.
fn inotify(wanted: &[&Spec]) -> Option<Stock> {
    let shares = |spec: &&&Spec| spec.users == UserNamespace::Host;
    let wanted = wanted.iter().filter(shares).count() as u64;
    let running = if wanted == 0 { 0 } else { sharing() };
    Some(Stock {
        sysctl: "fs.inotify.max_user_instances",
        limit: number("/proc/sys/fs/inotify/max_user_instances")?,
        used: running * InotifyFacts::INSTANCES_PER_MACHINE,
        wanted: wanted * InotifyFacts::INSTANCES_PER_MACHINE,
    })
}

/// How many machines run that have no ids of their own.
fn sharing() -> u64 {
    let entries = fs::read_dir(MACHINES).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<MachineName>().ok());
    let records = names.filter_map(|name| Record::read(&name).ok().flatten());
    records.filter(|record| record.ids.is_none()).count() as u64
}

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// How many tasks there are: `0.20 0.18 0.12 1/80 11206`, see proc_loadavg(5).
fn tasks() -> Option<u64> {
    parse_tasks(&fs::read_to_string("/proc/loadavg").ok()?)
}

fn parse_tasks(loadavg: &str) -> Option<u64> {
    loadavg.split_whitespace().nth(3)?.split_once('/')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_names_the_limit_and_what_would_be_enough() {
        let stock = Stock { sysctl: "kernel.pid_max", limit: 100, used: 90, wanted: 10 };
        assert!(shortage(stock).is_none());
        let error = shortage(Stock { used: 91, ..stock }).unwrap();
        assert!(error.to_string().contains("kernel.pid_max"), "{error}");
        assert_eq!(error.hint().unwrap(), "sysctl kernel.pid_max=202");
        assert!(shortage(Stock { used: 101, wanted: 0, ..stock }).is_none());
    }

    #[test]
    fn tasks_are_read_as_the_kernel_prints_them() {
        assert_eq!(parse_tasks("0.20 0.18 0.12 1/80 11206\n"), Some(80));
        assert_eq!(parse_tasks("0.20 0.18"), None);
    }
}
