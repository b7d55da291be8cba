//! A plan and its steps.

use std::path::PathBuf;

use redd_spec::name::MachineName;
use redd_spec::uuid::Uuid;
use serde::{Deserialize, Serialize};

use crate::action::{Action, DevicePolicy, LayerPlace};
use crate::cgroup::{CgroupPath, NamedCgroup};
use crate::clause::Clause;
use crate::link::LentLink;
use crate::supervision::Supervision;

/// Everything that will happen at a start, in order, and what remains to be done after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The machine.
    pub name: MachineName,
    /// What `$container_uuid` will be.
    pub uuid: Uuid,
    /// The machine's unit of the host's systemd, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What happens; both sides of the clone walk this list.
    pub steps: Vec<Step>,
    /// What the supervisor is to do while the payload runs.
    pub supervision: Supervision,
    /// Which devices may be used, for changes while it runs.
    #[serde(skip)]
    pub devices: DevicePolicy,
    /// What the user should know before it starts.
    pub warnings: Vec<Warning>,
}

impl Plan {
    /// The payload's cgroup in the unified hierarchy, where there is one.
    #[must_use]
    pub fn payload_cgroup(&self) -> Option<&CgroupPath> {
        self.steps.iter().find_map(|step| match &step.action {
            Action::OpenPayloadCgroup { path } => Some(path),
            _ => None,
        })
    }

    /// Everything that has to be undone, last thing first.
    pub fn undo(&self) -> impl Iterator<Item = &Undo> {
        self.steps.iter().rev().filter_map(|step| step.undo.as_ref())
    }
}

/// Something the user should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning(pub String);

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which side acts; the other one waits.
    pub side: Side,
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
    /// Which clauses it serves.
    pub serves: &'static [Clause],
    /// How it is undone, where something outlives the processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
}

/// A side of the clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// redd itself.
    Host,
    /// The process that becomes the payload.
    Child,
}

/// Whose the hierarchy named `systemd` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NamedHierarchy {
    /// It was there before.
    Host,
    /// The host has none: it is made for payloads.
    Payloads,
}

/// How something that outlives the processes is undone. Undoing what was never made does nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "kebab-case")]
pub enum Undo {
    /// Kills what is in the cgroup and removes it with everything below.
    RemoveCgroup {
        /// Its directory.
        path: CgroupPath,
    },
    /// Removes a cgroup of the hierarchy named `systemd` with everything below, and the hierarchy where it was redd's.
    RemoveNamedCgroup {
        /// Where it is there.
        path: NamedCgroup,
        /// Whose the hierarchy is.
        hierarchy: NamedHierarchy,
    },
    /// Removes the link, if it still carries the machine's mark.
    RemoveLink {
        /// Its name.
        name: String,
        /// The machine.
        machine: MachineName,
    },
    /// Removes the link, if it still carries the machine's mark, and the bridge of the zone that it was in, if nobody
    /// else is.
    LeaveZone {
        /// The bridge.
        bridge: String,
        /// The link.
        link: String,
        /// The machine.
        machine: MachineName,
    },
    /// Removes what was made on a link of the host's in the machine's network namespace: its address is free then.
    RemoveInnerLinks {
        /// The host's number of that link.
        parent: u32,
    },
    /// Gives a link of the host's back.
    ReturnLink(LentLink),
    /// Removes a directory of the machine's own with everything in it.
    RemoveDirectory {
        /// Where it is.
        path: PathBuf,
    },
    /// Removes a directory that an overlay worked in.
    RemoveWorkDirectory {
        /// Where it is.
        place: LayerPlace,
    },
    /// Ends the machine's entry in systemd-machined, where its first process has ended.
    UnregisterMachine {
        /// The machine.
        name: MachineName,
    },
    /// Removes a symbolic link.
    RemoveSymbolicLink {
        /// Where it is.
        path: PathBuf,
    },
    /// Gives a range of ids back.
    ReleaseIds {
        /// The file that stands for it.
        path: PathBuf,
    },
}
