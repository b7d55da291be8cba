//! Control groups as a plan speaks of them.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The cgroup of the payload itself, below the one that carries its limits.
pub const PAYLOAD: &str = "payload";

/// redd's own cgroup, where it has handed controllers down.
pub const SUPERVISOR: &str = "supervisor";

/// What a payload's systemd has a use for, and so what is handed down to it.
pub const UNIT_CONTROLLERS: [Controller; 5] =
    [Controller::Cpu, Controller::Cpuset, Controller::Io, Controller::Memory, Controller::Pids];

/// The directory of a unit: where its name could be a file of the kernel's, systemd puts a `_` before it.
#[must_use]
pub fn escape_component(name: &str) -> String {
    let is_controllers = name.split_once('.').is_some_and(|(first, _)| {
        matches!(first, "cgroup" | "blkio" | "cpuacct" | "bpf" | "misc" | "rdma" | "net_cls" | "perf_event")
            || Controller::named(first).is_some()
    });
    let is_kernels = name.starts_with(['_', '.'])
        || matches!(name, "notify_on_release" | "release_agent" | "tasks")
        || is_controllers;
    if is_kernels { format!("_{name}") } else { name.to_owned() }
}

/// The unit whose directory has this name; none where it is no service's and no scope's.
#[must_use]
pub fn unit_of_component(component: &str) -> Option<&str> {
    let name = component.strip_prefix('_').unwrap_or(component);
    (name.ends_with(".service") || name.ends_with(".scope")).then_some(name)
}

/// A controller that redd uses; the kernel has more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the kernel's")]
pub enum Controller {
    Cpu,
    Cpuset,
    Io,
    Memory,
    Pids,
    Hugetlb,
    Devices,
    Freezer,
}

impl Controller {
    /// Every one of them.
    pub const ALL: [Self; 8] = [
        Self::Cpu,
        Self::Cpuset,
        Self::Io,
        Self::Memory,
        Self::Pids,
        Self::Hugetlb,
        Self::Devices,
        Self::Freezer,
    ];

    /// The kernel's name in the unified hierarchy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cpuset => "cpuset",
            Self::Io => "io",
            Self::Memory => "memory",
            Self::Pids => "pids",
            Self::Hugetlb => "hugetlb",
            Self::Devices => "devices",
            Self::Freezer => "freezer",
        }
    }

    /// The controller of that name in either kind of hierarchy.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "blkio" => Some(Self::Io),
            _ => Self::ALL.into_iter().find(|controller| controller.name() == name),
        }
    }
}

impl fmt::Display for Controller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A cgroup directory on the host, as a path: these directories are the manager's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CgroupPath(pub PathBuf);

impl CgroupPath {
    /// A directory below this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        Self(self.0.join(name))
    }
}

/// A cgroup in the hierarchy of version 1 that is named `systemd`: its path there, as `/proc/self/cgroup` tells it. That
/// hierarchy need not be mounted anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedCgroup(pub PathBuf);

impl fmt::Display for NamedCgroup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "name=systemd:{}", redd_spec::text::escape_path(&self.0))
    }
}

impl fmt::Display for CgroupPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&redd_spec::text::escape_path(&self.0))
    }
}
