//! What a machine uses, and what it may use at most, by its cgroups: in whichever hierarchy has the controller.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use redd_control::record::Record;
use redd_runtime::facts::cgroups::{Hierarchy, HierarchyKind, hierarchies};
use redd_spec::name::MachineName;
use serde::{Deserialize, Serialize};

/// The most that is read of an attribute, in bytes.
const ATTRIBUTE_MAX: u64 = 16 * 1024;
/// From here on an amount of version 1 means that there is no limit.
const LEGACY_UNLIMITED: u64 = 1 << 62;

/// What a machine uses; what the host does not count is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    /// Processor time since it was booted, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u64>,
    /// Processor time it may have of each second, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_max: Option<u64>,
    /// Memory, caches with it, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// As much memory it may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_max: Option<u64>,
    /// Processes and threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<u64>,
    /// As many it may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes_max: Option<u64>,
    /// As many of its processes the kernel killed because there was no memory left for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom_kills: Option<u64>,
}

/// A machine's own cgroups, the ones that carry its limits, as directories of the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cgroups {
    /// In the unified hierarchy.
    pub unified: Option<PathBuf>,
    /// In those of version 1.
    pub legacy: Vec<PathBuf>,
}

impl Cgroups {
    /// Those of a machine, by the text of this process's `/proc/self/mountinfo`.
    #[must_use]
    pub fn of(record: &Record, mountinfo: &str) -> Self {
        let memberships = read(Path::new(&format!("/proc/{}/cgroup", record.leader))).unwrap_or_default();
        let found = hierarchies(mountinfo, &memberships);
        let unified = record.cgroup.as_ref().and_then(|payload| Path::new(payload).parent());
        Self { unified: unified.map(Path::to_owned), legacy: legacy(&found, &record.name) }
    }

    /// What is used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let events = |directory: &Path| keyed(&read(&directory.join("memory.events"))?, "oom_kill");
        let legacy_events =
            |directory: &Path| keyed(&read(&directory.join("memory.oom_control"))?, "oom_kill");
        Usage {
            cpu: self.unified(cpu_time).or_else(|| self.legacy(legacy_cpu_time)),
            cpu_max: self.unified(cpu_max).or_else(|| self.legacy(legacy_cpu_max)),
            memory: self.number("memory.current", "memory.usage_in_bytes"),
            memory_max: self.number("memory.max", "memory.limit_in_bytes"),
            processes: self.number("pids.current", "pids.current"),
            processes_max: self.number("pids.max", "pids.max"),
            oom_kills: self.unified(events).or_else(|| self.legacy(legacy_events)),
        }
    }

    fn unified<T>(&self, look: impl Fn(&Path) -> Option<T>) -> Option<T> {
        self.unified.as_deref().and_then(look)
    }

    fn legacy<T>(&self, look: impl Fn(&Path) -> Option<T>) -> Option<T> {
        self.legacy.iter().find_map(|directory| look(directory))
    }

    fn number(&self, unified: &str, legacy: &str) -> Option<u64> {
        let number = |name: &str, directory: &Path| amount(&read(&directory.join(name))?);
        self.unified(|directory| number(unified, directory))
            .or_else(|| self.legacy(|directory| number(legacy, directory)))
    }
}

/// The cgroup that was made for the machine, not one of the payload's own below it.
fn legacy(hierarchies: &[Hierarchy], name: &MachineName) -> Vec<PathBuf> {
    let wanted = format!("redd-{name}");
    let of_machine = |hierarchy: &Hierarchy| {
        let own = hierarchy.own.as_deref()?;
        let mut above = own.ancestors().take_while(|path| *path != hierarchy.place);
        above.find(|path| path.ends_with(&wanted)).map(Path::to_owned)
    };
    let is_legacy = |hierarchy: &&Hierarchy| matches!(hierarchy.kind, HierarchyKind::Legacy(_));
    hierarchies.iter().filter(is_legacy).filter_map(of_machine).collect()
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(ATTRIBUTE_MAX).read_to_string(&mut text).ok()?;
    Some(text)
}

fn amount(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|amount| *amount < LEGACY_UNLIMITED)
}

fn keyed(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}

fn cpu_time(directory: &Path) -> Option<u64> {
    keyed(&read(&directory.join("cpu.stat"))?, "usage_usec")
}

fn legacy_cpu_time(directory: &Path) -> Option<u64> {
    amount(&read(&directory.join("cpuacct.usage"))?).map(|nanoseconds| nanoseconds / 1000)
}

fn cpu_max(directory: &Path) -> Option<u64> {
    of_a_second(read(&directory.join("cpu.max"))?.split_whitespace())
}

fn legacy_cpu_max(directory: &Path) -> Option<u64> {
    let text = |name: &str| read(&directory.join(name));
    let (quota, period) = (text("cpu.cfs_quota_us")?, text("cpu.cfs_period_us")?);
    of_a_second([quota.trim(), period.trim()].into_iter())
}

/// A quota, and the period that it is of; `max` and `-1` are none.
fn of_a_second<'a>(mut fields: impl Iterator<Item = &'a str>) -> Option<u64> {
    let mut number = || fields.next()?.parse::<u64>().ok();
    let (quota, period) = (number()?, number()?);
    quota.checked_mul(1_000_000)?.checked_div(period)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, contents) in files {
            fs::write(directory.path().join(name), contents).unwrap();
        }
        directory
    }

    #[test]
    fn each_hierarchy_tells_what_it_counts() {
        let unified = directory(&[("cpu.stat", "usage_usec 1500\nuser_usec 1000\n")]);
        let legacy = directory(&[
            ("memory.usage_in_bytes", "4096\n"),
            ("memory.limit_in_bytes", "9223372036854771712\n"),
            ("pids.current", "3\n"),
            ("pids.max", "max\n"),
            ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"),
            ("cpu.cfs_quota_us", "150000\n"),
            ("cpu.cfs_period_us", "100000\n"),
        ]);
        let cgroups = Cgroups { unified: Some(unified.path().into()), legacy: vec![legacy.path().into()] };
        let expected = Usage {
            cpu: Some(1500),
            cpu_max: Some(1_500_000),
            memory: Some(4096),
            processes: Some(3),
            oom_kills: Some(2),
            ..Usage::default()
        };
        assert_eq!(cgroups.usage(), expected);
    }

    #[test]
    fn a_cgroup_that_the_payload_made_is_not_the_machine_s() {
        let mounts = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        let name: MachineName = "web".parse().unwrap();
        let found = |memberships: &str| legacy(&hierarchies(mounts, memberships), &name);
        assert_eq!(found("4:memory:/a/redd-web/x\n"), [Path::new("/sys/fs/cgroup/memory/a/redd-web")]);
        assert_eq!(found("4:memory:/a\n"), [] as [PathBuf; 0]);
    }
}
