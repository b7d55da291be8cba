//! What a process sees around it, and what it can do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Mount;

/// What was tried, and what came of it: `ok`, `ok …` or the name of the error, `EPERM`.
pub type Attempts = BTreeMap<String, String>;

/// What a process inside sees around it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// `uname -n`
    pub host_name: String,
    /// In the order in which they were mounted.
    pub mounts: Vec<Mount>,
    /// The environment of PID 1.
    pub environment: BTreeMap<String, String>,
    /// PID 1 itself.
    pub process: Process,
    /// Device nodes in /dev, without following links.
    pub device_nodes: Vec<Node>,
    /// What some paths are, following links.
    pub nodes: BTreeMap<String, Node>,
    /// What some small files hold; what cannot be read is not there.
    pub texts: BTreeMap<String, String>,
    /// Where some links lead.
    pub links: BTreeMap<String, String>,
    /// Network links: name → address, `veth` where the other end is elsewhere, flags.
    pub network: BTreeMap<String, NetworkLink>,
}

/// A network link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkLink {
    /// Its hardware address.
    pub address: String,
    /// Its index, and that of the link it is joined to.
    pub index: u32,
    /// The same as `index` where it is joined to none.
    pub joined_to: u32,
    /// `IFF_UP` and others.
    pub flags: u32,
    /// Whether it is an Ethernet link with nothing behind it that could be its other end: as a veth is.
    pub is_end: bool,
}

/// A process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Capabilities in its bounding set.
    pub bounding: u64,
    /// Blocked signals.
    pub blocked: u64,
    /// Ignored signals.
    pub ignored: u64,
    /// Whether it can gain no privileges.
    pub no_new_privileges: bool,
    /// Its umask.
    pub umask: u32,
    /// Its working directory.
    pub directory: String,
    /// Its hard limit of open files.
    pub open_files: u64,
    /// Its descriptors, and what they are; not there where nobody could look.
    pub descriptors: Option<BTreeMap<u32, String>>,
    /// Its number in its own pid namespace.
    pub number: u32,
}

/// What is at a path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The path.
    pub path: String,
    /// `file`, `directory`, `link`, `character`, `block`, `fifo`, `socket`
    pub kind: String,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub owner: u32,
    /// `major:minor` of what a device node stands for.
    pub stands_for: String,
    /// `major:minor` of the file system it is on.
    pub device: String,
}

impl Node {
    /// What it is, in short.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { path, kind, mode, owner, stands_for, .. } = self;
        format!("{path}: {kind} {stands_for} {mode:04o} of {owner}")
    }
}

/// A transient unit that was started and what it did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitRun {
    /// Why it could not be started.
    pub refused: Option<String>,
    /// What the probe in it tried; not there where it did not run.
    pub attempts: Option<Attempts>,
    /// What another program in it printed, escaped and cut.
    pub output: String,
    /// `inactive dead success 0`: its states, result and exit status, afterwards.
    pub ended: String,
}

impl Surroundings {
    /// The topmost mount at a place.
    #[must_use]
    pub fn mount(&self, place: &str) -> Option<&Mount> {
        self.mounts.iter().rev().find(|mount| mount.place == place)
    }

    /// The mount that a path is on.
    #[must_use]
    pub fn mount_of(&self, path: &str) -> Option<&Mount> {
        let covers = |place: &str| {
            place == "/"
                || path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mounts = self.mounts.iter().enumerate().filter(|(_, mount)| covers(&mount.place));
        mounts.max_by_key(|(index, mount)| (mount.place.len(), *index)).map(|(_, mount)| mount)
    }

    /// A variable of PID 1's environment.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }
}
