//! Machines as other programs get to see them: what `--json` prints. The fields are in docs/json.md and docs/schemas.

use std::path::Path;

use redd_control::ending::LastEnding;
use redd_control::machine::Description;
use redd_control::record::{Record, Times};
use redd_control::time::rfc3339;
use redd_spec::name::MachineName;
use redd_spec::text::{escape, escape_path};
use serde::Serialize;

use crate::MachineError;
use crate::enable::is_enabled;
use crate::limits::{self, Holding};
use crate::links::{self, Shown};
use crate::look::{self, Health, Network, Sight, State, Unit, Usage};
use crate::mounts::{self, Mounted};
use crate::registry::Registered;

/// The longest text of a supervisor's that is shown, in bytes.
const TEXT_MAX: usize = 500;

/// A machine in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What its system is called, escaped.
    pub os: Option<String>,
    /// Where its tree is, escaped.
    pub tree: Option<String>,
    /// Since when it is booted.
    pub booted: Option<String>,
    /// Which network it is in.
    pub network: Option<NetworkKind>,
    /// Whether it is started with the host.
    pub enabled: bool,
    /// The unit of the host's systemd that it is, escaped.
    pub unit: Option<String>,
    /// Its own addresses.
    pub addresses: Vec<String>,
    /// What it uses.
    pub usage: Usage,
}

/// Which network a machine is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkKind {
    /// The host's.
    Host,
    /// One of its own.
    Private,
}

impl NetworkKind {
    /// That of a machine that runs.
    #[must_use]
    pub const fn of(network: &Network) -> Option<Self> {
        match network {
            Network::Host => Some(Self::Host),
            Network::Private(_) => Some(Self::Private),
            Network::Unknown => None,
        }
    }
}

impl Summary {
    /// That of a machine.
    #[must_use]
    pub fn of(sight: &Sight) -> Self {
        Self {
            name: sight.name.to_string(),
            state: sight.state,
            os: sight.os.clone(),
            tree: sight.tree.as_deref().map(escape_path),
            booted: sight.booted.map(moment),
            network: NetworkKind::of(&sight.network),
            enabled: is_enabled(&sight.name),
            unit: sight.unit.as_ref().map(|unit| unit.name().to_owned()),
            addresses: sight.network.addresses().iter().map(ToString::to_string).collect(),
            usage: sight.usage,
        }
    }
}

/// Everything about a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// What a list has of it.
    #[serde(flatten)]
    pub summary: Summary,
    /// What PID 1 said last of itself, escaped.
    pub status: Option<String>,
    /// When it was started; earlier boots come before `booted`.
    pub started: Option<String>,
    /// When this boot was ready.
    pub ready: Option<String>,
    /// How often it was booted since it was started.
    pub boots: Option<u32>,
    /// How often it was started again because it had ended.
    pub restarts: Option<u32>,
    /// Its PID 1, as the host counts.
    pub leader: Option<i32>,
    /// Its redd.
    pub supervisor: Option<u32>,
    /// Which redd that is; one that does not say it is older than that is said.
    pub redd: Option<String>,
    /// What `$container_uuid` is.
    pub uuid: Option<String>,
    /// Ids of the host that are its own, as `FIRST:COUNT`.
    pub ids: Option<String>,
    /// The link of the host that leads to it.
    pub host_link: Option<String>,
    /// The ptys beside the console.
    pub terminals: Vec<String>,
    /// The payload's cgroup in the unified hierarchy.
    pub cgroup: Option<String>,
    /// When redd came how far with this boot, in microseconds of the monotonic clock.
    pub times: Option<Times>,
    /// What runs in it.
    pub units: Option<Unit>,
    /// Whether more runs in it than is told.
    pub units_truncated: bool,
    /// What its systemd says of its units; nothing where it has none, is frozen, or does not answer.
    pub health: Option<Health>,
    /// What verbs have mounted in it while it runs.
    pub mounts: Vec<Mount>,
    /// The links of the host's that it has.
    pub links: Vec<Link>,
    /// What limits hold for it.
    pub limits: Vec<Limit>,
    /// How its last life ended, where that is known and it does not run.
    pub ending: Option<Ending>,
}

/// How a life ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// When.
    pub ended: String,
    /// Whether something went wrong.
    pub failed: bool,
    /// Whether somebody asked redd for it.
    pub asked: bool,
    /// The exit status of the payload.
    pub status: Option<u8>,
    /// Or the signal that ended it.
    pub signal: Option<i32>,
    /// Or why it could not be started, or supervised, escaped.
    pub error: Option<String>,
    /// As many of its processes the kernel killed because there was no memory left for them.
    pub oom_kills: u64,
}

/// Looks at one machine; `None` where there is none of that name.
///
/// # Errors
/// The directory of machines cannot be read.
pub fn details(name: &MachineName) -> Result<Option<Details>, MachineError> {
    Ok(look::look_at(name)?.map(|sight| Details::of(&sight)))
}

impl Details {
    fn of(sight: &Sight) -> Self {
        let record = sight.registered.as_ref().and_then(|machine: &Registered| machine.record.as_ref());
        let description = sight.description.as_ref();
        let tells = |field: fn(&Description) -> Option<u64>| description.and_then(field).map(moment);
        let recorded = |field: fn(&Record) -> Option<String>| {
            record.and_then(field).map(|text| escape(text.as_bytes(), TEXT_MAX))
        };
        let cgroup = record.and_then(|record| record.cgroup.clone());
        let (units, units_truncated) = match &cgroup {
            Some(cgroup) if sight.state.is_live() => {
                let (units, is_more) = look::units(Path::new(cgroup));
                (Some(units), is_more)
            }
            _ => (None, false),
        };
        Self {
            summary: Summary::of(sight),
            status: description.and_then(|description| {
                description.status.as_ref().map(|text| escape(text.as_bytes(), TEXT_MAX))
            }),
            started: tells(|description| Some(description.started)),
            ready: tells(|description| description.ready),
            boots: description.map(|description| description.boots),
            restarts: description.map(|description| description.restarts),
            leader: match description {
                Some(description) => description.leader,
                None => record.map(|record| record.leader),
            },
            supervisor: record.map(|record| record.supervisor),
            redd: recorded(|record| record.redd.as_ref().map(|redd| escape(redd.as_bytes(), TEXT_MAX))),
            uuid: recorded(|record| Some(record.uuid.clone())),
            ids: recorded(|record| record.ids.clone()),
            host_link: description.and_then(|description| {
                description.host_link.as_ref().map(|link| escape(link.as_bytes(), TEXT_MAX))
            }),
            terminals: record.map(|record| record.terminals.clone()).unwrap_or_default(),
            cgroup: cgroup.map(|cgroup| escape_path(Path::new(&cgroup))),
            times: record.map(|record| record.times),
            units,
            units_truncated,
            health: matches!(sight.state, State::Starting | State::Running)
                .then(|| look::health(&sight.name))
                .flatten(),
            mounts: mounts(sight),
            links: links(sight),
            limits: limits(sight),
            ending: ending(sight),
        }
    }
}

/// Something that a verb has mounted in a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mount {
    /// Source, destination and options, as `--bind=` takes them, escaped.
    pub value: String,
    /// Whether it is read-only.
    pub read_only: bool,
    /// Whether it is there after later starts.
    pub kept: bool,
}

/// A link of the host's in a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// What the host calls it.
    pub link: String,
    /// What it is called inside, escaped.
    pub inside: String,
    /// Whether a verb has attached it for later starts too.
    pub kept: bool,
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// The option that sets it, without its dashes.
    pub option: String,
    /// What the kernel has, as values of the option.
    pub values: Vec<String>,
}

fn mounts(sight: &Sight) -> Vec<Mount> {
    let all = if sight.state.is_live() { mounts::list(&sight.name) } else { Ok(Vec::new()) };
    let mount = |mounted: Mounted| Mount {
        value: escape(mounted.value.as_bytes(), TEXT_MAX),
        read_only: mounted.read_only,
        kept: mounted.kept,
    };
    all.unwrap_or_default().into_iter().map(mount).collect()
}

fn links(sight: &Sight) -> Vec<Link> {
    let all = if sight.state.is_live() { links::list(&sight.name) } else { Ok(Vec::new()) };
    let link = |Shown { link, inside, kept }| Link { link, inside, kept };
    all.unwrap_or_default().into_iter().map(link).collect()
}

fn limits(sight: &Sight) -> Vec<Limit> {
    let all = if sight.state.is_live() { limits::holding(&sight.name, |_| None) } else { Ok(Vec::new()) };
    let limit = |holding: Holding| Limit { option: holding.option.to_owned(), values: holding.now };
    all.unwrap_or_default().into_iter().map(limit).filter(|limit| !limit.values.is_empty()).collect()
}

/// One that runs has had better days since.
fn ending(sight: &Sight) -> Option<Ending> {
    if sight.state.is_live() {
        return None;
    }
    let ending = LastEnding::read(&sight.name).ok().flatten()?;
    Some(Ending {
        ended: moment(ending.ended),
        failed: ending.is_failure(),
        asked: ending.asked,
        status: ending.status,
        signal: ending.signal,
        error: ending.error.map(|error| escape(error.as_bytes(), TEXT_MAX)),
        oom_kills: ending.oom_kills,
    })
}

/// A moment in microseconds since 1970 as RFC 3339 has it.
#[must_use]
pub fn moment(microseconds: u64) -> String {
    let text = rfc3339(microseconds / 1_000_000);
    let fraction = format!(".{:06}Z", microseconds % 1_000_000);
    text.strip_suffix('Z').map_or(text.clone(), |seconds| format!("{seconds}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_keep_their_fractions() {
        assert_eq!(moment(951_782_399_000_012), "2000-02-28T23:59:59.000012Z");
    }
}
