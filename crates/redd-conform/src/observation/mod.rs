//! What was seen, as plain data: verdicts are functions of this and of nothing else.

mod mounts;
mod sights;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use mounts::{Mount, mounts_of};
pub use sights::{Attempts, NetworkLink, Node, Process, Surroundings, UnitRun};

/// Everything that was seen in one judgement. What was not looked at is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Observations {
    /// What the manager was given.
    pub given: Given,
    /// The host itself.
    pub host: HostSight,
    /// From inside, as the first process, before the init.
    pub before: Option<Surroundings>,
    /// From inside, after boot.
    pub after: Option<Surroundings>,
    /// The init as the host sees it.
    pub outside: Option<OutsideSight>,
    /// What could be done before the init ran.
    pub first_attempts: Option<Attempts>,
    /// What a process that joined the namespaces could do without changing anything.
    pub attempts: Option<Attempts>,
    /// What the payload's service manager says of itself; why it says nothing.
    pub systemd: Option<Result<SystemdSight, String>>,
    /// Transient units, by the name of their case.
    pub units: Option<BTreeMap<String, UnitRun>>,
    /// Lives from start to end.
    pub lives: Option<Lives>,
}

/// What the manager was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The name of the container.
    pub name: Option<String>,
    /// The value of the credential, where the manager took one; the error where it could not.
    pub credential: Option<Result<String, String>>,
    /// The inode of the listening socket at descriptor 3.
    pub socket: Option<u64>,
}

/// The host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSight {
    /// Its os-release file.
    pub os_release: String,
    /// Its boot id.
    pub boot_id: String,
    /// Its name.
    pub host_name: String,
    /// Where its /etc/localtime leads, below the zoneinfo directory.
    pub zone: Option<String>,
    /// Whether selinuxfs is mounted.
    pub has_selinux: bool,
    /// Major and minor number of the block device its root is on, where its own root may open that.
    pub root_device: Option<(u32, u32)>,
    /// Devices of all file systems in the checker's mount namespace, `major:minor`.
    pub devices: Vec<String>,
    /// The hard limit of open files.
    pub open_files: u64,
    /// Controllers that version 2 has on this host.
    pub controllers: Vec<String>,
    /// Whether PID 1 is systemd.
    pub has_systemd: bool,
    /// Whether it keeps a journal.
    pub has_journal: bool,
    /// The checker's own namespaces, by kind.
    pub namespaces: BTreeMap<String, String>,
}

/// The init as the host sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideSight {
    /// Its namespaces, by kind: `uts` → `uts:[4026531838]`.
    pub namespaces: BTreeMap<String, String>,
    /// `/proc/PID/uid_map`
    pub uid_map: String,
    /// `/proc/PID/cgroup`
    pub cgroup: String,
    /// The cgroup of the process that started it, or of the manager.
    pub manager_cgroup: Option<String>,
    /// How many device programs are attached to its cgroup and those above; an error where that cannot be asked.
    pub device_programs: Option<Result<u32, String>>,
    /// The first lines of `devices.list` of its version 1 cgroup.
    pub device_list: Option<String>,
    /// Extended attributes for delegation on the cgroups above it, with their values.
    pub delegation: Vec<String>,
    /// The names of the other ends of its veth links, as far as the host has them.
    pub peers: Vec<String>,
    /// Where the host's journal directory of the payload's machine id leads.
    pub journal: Option<String>,
    /// The payload's exported sockets on the host: what was found.
    pub unix_export: Option<UnixExport>,
    /// What the payload's console showed.
    pub console: Option<String>,
    /// Cgroups that were there while it ran and not before, and controllers enabled meanwhile.
    pub new_cgroups: Option<Vec<String>>,
    /// Cgroups that were not there before the start and were after the stop.
    pub left_cgroups: Option<Vec<String>>,
}

/// The directory of exported sockets, on the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnixExport {
    /// Whether it is there.
    pub is_there: bool,
    /// What creating a file in it gave.
    pub write: String,
    /// What connecting to a socket of the payload's gave.
    pub connect: String,
}

/// What the payload's service manager says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemdSight {
    /// Its version: `257.9-1~deb13u1`.
    pub version: String,
    /// What it takes its surroundings for.
    pub virtualization: String,
    /// `running`, `degraded`, …
    pub state: String,
    /// Names of failed units.
    pub failed: Vec<String>,
    /// States of some units: `console-getty.service` → `loaded active`.
    pub units: BTreeMap<String, String>,
    /// The journal of this boot from warnings up; not there where it was not asked for.
    pub journal: Option<Vec<String>>,
    /// After it executed itself again: state and virtualization.
    pub reexecuted: Option<Result<(String, String), String>>,
    /// Whether a service manager of root's came up, and the file system of its directory.
    pub user_manager: Option<Result<String, String>>,
}

/// Lives from start to end.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lives {
    /// The first process of the second boot.
    pub second: Option<Surroundings>,
    /// The name inside after booting a tree whose /etc/hostname says `fromfile`, and the host's meanwhile.
    pub from_file: Option<(String, String)>,
    /// The uuid of another container made of the same tree.
    pub other_uuid: Option<String>,
    /// How an orderly stop went.
    pub stop: Option<Stop>,
    /// The manager's exit status after a power-off inside.
    pub power_off: Option<Ended>,
    /// What a reboot inside led to.
    pub reboot: Option<Reboot>,
    /// The manager's exit status after `systemctl exit 7` inside.
    pub exit: Option<Ended>,
    /// Messages on the manager's notify socket, and whether the payload was up when READY=1 came.
    pub notified: Option<Vec<String>>,
    /// How the same went inside a delegated container.
    pub stacked: Option<Result<(), String>>,
    /// How a start by an ordinary user went.
    pub ordinary_user: Option<Result<(), String>>,
    /// How a start without two capabilities went.
    pub few_capabilities: Option<Result<(), String>>,
    /// How binding a user of the host went: the user's record inside.
    pub bound_user: Option<Result<String, String>>,
    /// The home of that user inside: owner and kind.
    pub bound_home: Option<Result<String, String>>,
    /// How a mount was added while it ran.
    pub live_bind: Option<Result<(), String>>,
    /// The lease of host0, where a server was there.
    pub lease: Option<Result<String, String>>,
}

/// An orderly stop.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How the manager ended.
    pub ended: Ended,
    /// The last words on the console that tell of it.
    pub last_words: String,
    /// Whether the payload left its mark of an orderly end.
    pub is_orderly: bool,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// It did not.
    #[default]
    Running,
    /// With this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

/// What a reboot inside led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reboot {
    /// The payload booted again.
    BootedAgain,
    /// The manager ended; the status it documents for a restart, if any, is beside it.
    Ended(Ended, Option<i32>),
}
