//! How machines are: running ones by what is written of them, by the kernel, and by their supervisors; the others by their
//! trees. Nothing of it waits for a payload, and for a supervisor only as long as for all of them together.

mod addresses;
mod ask;
mod manager;
mod units;
mod usage;

use std::collections::BTreeMap;
use std::path::PathBuf;

use redd_control::client::ClientError;
use redd_control::ending::LastEnding;
use redd_control::event::Phase;
use redd_control::machine::Description;
use redd_spec::name::MachineName;
use serde::{Deserialize, Serialize};

pub use addresses::{Network, is_link_local};
pub use manager::{Health, Startup, UnitStart};
pub(crate) use manager::{health, startup};
pub use units::{Process, Unit, units};
pub use usage::{Cgroups, Usage};

use crate::MachineError;
use crate::registry::{self, Presence, Registered};
use crate::service::{self, Unit as HostUnit};
use crate::trees::{self, NamedTree, System};

/// How a machine is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// PID 1 has not said that it is ready, or is not there yet.
    Starting,
    /// It is ready.
    Running,
    /// Every process of it is frozen.
    Paused,
    /// It was told to stop, or its redd died and its guard is at work.
    Stopping,
    /// Another boot comes.
    Rebooting,
    /// It is started again when some time is over.
    Waiting,
    /// There is a supervisor, which does not answer.
    Unresponsive,
    /// A killed redd left something: `redd gc` removes it.
    Leftover,
    /// There is a tree, and it does not run.
    Stopped,
}

impl State {
    /// As it is written.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Rebooting => "rebooting",
            Self::Waiting => "waiting",
            Self::Unresponsive => "unresponsive",
            Self::Leftover => "leftover",
            Self::Stopped => "stopped",
        }
    }

    /// Whether there is a supervisor.
    #[must_use]
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Leftover | Self::Stopped)
    }
}

/// A machine, and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// It.
    pub name: MachineName,
    /// How it is.
    pub state: State,
    /// What its system is called, escaped.
    pub os: Option<String>,
    /// Where its tree is.
    pub tree: Option<PathBuf>,
    /// Since when it is booted, in microseconds since 1970.
    pub booted: Option<u64>,
    /// Its network.
    pub network: Network,
    /// What it uses.
    pub usage: Usage,
    /// The unit of the host's systemd that its redd is in.
    pub unit: Option<HostUnit>,
    /// What is written of it, where it runs.
    pub registered: Option<Registered>,
    /// What its supervisor says.
    pub description: Option<Description>,
}

/// What is known of all machines, and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// The machines, by name.
    pub machines: Vec<Sight>,
    /// What could not be looked at.
    pub warnings: Vec<String>,
}

/// Which machines are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those that have a supervisor, or left something behind.
    Running,
    /// Those with a tree, too.
    All,
}

/// Looks at all machines.
///
/// # Errors
/// The directory of machines cannot be read.
pub fn survey(scope: Scope) -> Result<Survey, MachineError> {
    let mut machines: BTreeMap<MachineName, Sight> = running(registry::registered()?);
    let mut warnings = Vec::new();
    if scope == Scope::All {
        match trees::named_trees() {
            Some(trees) => trees.into_iter().for_each(|tree| {
                machines.entry(tree.name.clone()).or_insert_with(|| stopped(tree));
            }),
            None => {
                warnings.push("the directories of trees do not answer: stopped machines are not shown".into())
            }
        }
    }
    Ok(Survey { machines: machines.into_values().collect(), warnings })
}

/// Looks at one machine; `None` where there is none of that name. One that was started from a path, or from a copy, and
/// ended has no tree of its name: how it ended is known all the same.
///
/// # Errors
/// The directory of machines cannot be read.
pub fn look_at(name: &MachineName) -> Result<Option<Sight>, MachineError> {
    if let Some(registered) = registry::registered_as(name.clone()) {
        return Ok(running(vec![registered]).into_values().next());
    }
    let trees = trees::named_trees().unwrap_or_default();
    let tree = trees.into_iter().find(|tree| tree.name == *name).map(stopped);
    Ok(tree.or_else(|| LastEnding::read(name).ok().flatten().map(|_| without_tree(name.clone()))))
}

fn running(registered: Vec<Registered>) -> BTreeMap<MachineName, Sight> {
    let mountinfo = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let names = registered.iter().filter(|machine| machine.presence == Presence::Live);
    let mut answers = ask::describe_all(names.map(|machine| machine.name.clone()));
    let sight = |machine: Registered| {
        let answer = answers.remove(&machine.name);
        (machine.name.clone(), sight(machine, answer, &mountinfo))
    };
    registered.into_iter().map(sight).collect()
}

fn sight(machine: Registered, answer: Option<Result<Description, ClientError>>, mountinfo: &str) -> Sight {
    let state = state(&machine, answer.as_ref());
    let description = answer.and_then(Result::ok);
    // A number of a process that is gone may be another one's by now.
    let record = machine.record.as_ref().filter(|_| machine.presence == Presence::Live);
    let leader = match &description {
        Some(description) => description.leader,
        None => record.map(|record| record.leader),
    };
    let record_of_leader = record.filter(|record| leader == Some(record.leader));
    Sight {
        name: machine.name.clone(),
        state,
        os: machine.record.as_ref().and_then(|record| record.os.clone()),
        tree: machine.record.as_ref().map(|record| record.tree.clone()),
        booted: description
            .as_ref()
            .map(|description| description.booted)
            .or_else(|| record.and_then(|record| booted(record.times.executed))),
        network: leader.map(Network::of).unwrap_or_default(),
        unit: record.and_then(|record| service::unit_of_process(record.supervisor)),
        usage: record_of_leader.map(|record| Cgroups::of(record, mountinfo).usage()).unwrap_or_default(),
        description,
        registered: Some(machine),
    }
}

/// A moment of the monotonic clock on the other one, both in microseconds.
fn booted(executed: u64) -> Option<u64> {
    let now = |clock| {
        let time = rustix::time::clock_gettime(clock);
        time.tv_sec.unsigned_abs().saturating_mul(1_000_000) + time.tv_nsec.unsigned_abs() / 1000
    };
    let age = now(rustix::time::ClockId::Monotonic).checked_sub(executed).filter(|_| executed != 0)?;
    now(rustix::time::ClockId::Realtime).checked_sub(age)
}

fn state(machine: &Registered, answer: Option<&Result<Description, ClientError>>) -> State {
    match (machine.presence, answer) {
        (Presence::Leftover, _) => State::Leftover,
        (Presence::Ending, _) => State::Stopping,
        (Presence::Live, Some(Ok(description))) => match description.phase {
            Phase::Starting | Phase::Running if description.paused => State::Paused,
            Phase::Starting => State::Starting,
            Phase::Running => State::Running,
            Phase::Stopping | Phase::Stopped => State::Stopping,
            Phase::Rebooting => State::Rebooting,
            Phase::Waiting => State::Waiting,
        },
        // Before its payload was executed nobody listens.
        (Presence::Live, Some(Err(ClientError::NotRunning))) => State::Starting,
        (Presence::Live, Some(Err(ClientError::Closed))) => State::Stopping,
        (Presence::Live, Some(Err(_)) | None) => State::Unresponsive,
    }
}

fn stopped(tree: NamedTree) -> Sight {
    let os = match tree.system {
        System::Named(name) => Some(name),
        System::Unnamed => None,
        System::Unresponsive => Some("(does not answer)".to_owned()),
    };
    Sight { os, tree: Some(tree.path), ..without_tree(tree.name) }
}

fn without_tree(name: MachineName) -> Sight {
    Sight {
        name,
        state: State::Stopped,
        os: None,
        tree: None,
        booted: None,
        network: Network::Unknown,
        usage: Usage::default(),
        unit: None,
        registered: None,
        description: None,
    }
}
