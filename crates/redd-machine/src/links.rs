//! Links of the host in a machine that runs.

use std::fs::File;
use std::io;

use redd_control::place;
use redd_control::record::Record;
use redd_plan::link::{LentLink, LinkError};
use redd_plan::step::Undo;
use redd_runtime::additions;
use redd_runtime::network::crossing::{Crossing, Refusal, is_own};
use redd_runtime::network::routes::of_default_routes;
use redd_spec::name::MachineName;
use redd_spec::network::LinkPair;
use redd_spec::parse;
use redd_spec::text::escape;
use redd_sys::Errno;
use serde::{Deserialize, Serialize};

use crate::keep::{Addition, Kept, Line};
use crate::reach::{adopt, failed, leader};
use crate::turn::{Turn, host};
use crate::{MachineError, mend};

/// In a machine's directory: what verbs have attached.
const LINKS: &str = "links";
/// Beside it: what a verb has begun.
pub(crate) const BEGUN: &str = "link";
const KEPT: Addition = Addition { file: "50-redd-network.conf", verb: "network", section: "Network" };
const KEY: &str = "Interface";
/// The longest name of a link that is shown, in bytes.
const NAME_MAX: usize = 128;

/// A link that was attached, as `--network-interface=` describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// The value of the option.
    pub value: String,
    /// Whether it is there after later starts.
    pub kept: bool,
}

/// Whether the link that the host's default route goes through may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultRoute {
    /// It stays.
    Spared,
    /// It may go.
    Given,
}

/// A link of the host that a machine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What the host calls it.
    pub link: String,
    /// What it is called inside by now, escaped.
    pub inside: String,
    /// Whether it is there after later starts.
    pub kept: bool,
}

impl Attached {
    /// What the word comes to.
    ///
    /// # Errors
    /// They are no names of links.
    pub fn pair(&self) -> Result<LinkPair, MachineError> {
        let refused = |what: String| MachineError::Refused { what, hint: None };
        let mut pairs = parse::network_interface(&self.value).map_err(|error| refused(error.to_string()))?;
        match (pairs.pop(), pairs.is_empty()) {
            (Some(pair), true) => Ok(pair),
            _ => Err(refused("write one LINK[:INSIDE]".to_owned())),
        }
    }
}

/// Moves a link of the host inside.
///
/// # Errors
/// It cannot be moved, or the machine has no network of its own, or does not run.
pub fn attach(name: &MachineName, wanted: &Attached, route: DefaultRoute) -> Result<(), MachineError> {
    let pair = wanted.pair()?;
    let turn = mend::turn(name, "network attach")?;
    let (_, crossing) = crossing(name)?;
    let lent = crossing.look(&pair).map_err(|refusal| refused(name, refusal))?;
    if route == DefaultRoute::Spared && of_default_routes().contains(&lent.link.name) {
        return Err(MachineError::Refused {
            what: format!("the host's default route goes through {}", lent.link.name),
            hint: Some("--force takes the link all the same".to_owned()),
        });
    }
    turn.begin(BEGUN, wanted)?;
    let announced = additions::announce(&turn.directory, Undo::ReturnLink(lent.clone()));
    let result = announced.map_err(|error| host("writing down what is begun", &error)).and_then(|()| {
        let done = make(name, &turn, wanted, &crossing, &lent);
        done.inspect_err(|_| drop(take_away(name, &turn, wanted)))
    });
    turn.finish(BEGUN);
    result
}

/// The supervisor holds the namespace before the link goes there: whatever ends now gives it back.
fn make(
    name: &MachineName,
    turn: &Turn,
    wanted: &Attached,
    crossing: &Crossing,
    lent: &LentLink,
) -> Result<(), MachineError> {
    adopt(name, "network-interface", Some(&wanted.value))?;
    crossing
        .lend(lent)
        .map_err(|cause| MachineError::Refused { what: cause.to_string(), hint: cause.hint.clone() })?;
    // One that ended meanwhile may have been cleaned up after already.
    leader(name)?;
    let mut all = list_of(turn);
    all.push(wanted.clone());
    turn.begin(LINKS, &all)?;
    if wanted.kept { keep(name, wanted, Some(KEY)) } else { Ok(()) }
}

/// Gives a link back that the machine has from the host, whoever gave it.
///
/// # Errors
/// It has no such link, or does not run.
pub fn detach(name: &MachineName, link: &str) -> Result<(), MachineError> {
    let turn = mend::turn(name, "network detach")?;
    let (_, crossing) = crossing(name)?;
    let lent = lent_to(name);
    let is_meant = |lent: &&LentLink| {
        lent.link.name == link
            || lent.inside == link
            || lent.link.alternative_names.iter().any(|other| other == link)
    };
    let lent = lent.iter().find(is_meant).ok_or_else(|| MachineError::Refused {
        what: format!("{name} has no link {link} of the host's"),
        hint: Some(format!("redd network list {name} shows what it has")),
    })?;
    let by_start = || Attached { value: format!("{}:{}", lent.link.name, lent.inside), kept: false };
    let mut known = kept(name).into_iter().chain(list_of(&turn));
    let attached = known.find(|known| is_about(known, lent)).unwrap_or_else(by_start);
    turn.begin(BEGUN, &attached)?;
    let result = give_back(&crossing, lent).and_then(|()| forget(name, &turn, &attached, Some(lent)));
    turn.finish(BEGUN);
    result
}

/// The links of the host that a machine has.
///
/// # Errors
/// It does not run.
pub fn list(name: &MachineName) -> Result<Vec<Shown>, MachineError> {
    let lent = lent_to(name);
    if lent.is_empty() {
        return leader(name).map(|_leader| Vec::new());
    }
    let (_, crossing) = crossing(name)?;
    let kept = kept(name);
    let show = |lent: LentLink| {
        let inside = crossing.name_inside(&lent).ok().flatten()?;
        Some(Shown {
            inside: escape(inside.as_bytes(), NAME_MAX),
            kept: kept.iter().any(|kept| is_about(kept, &lent)),
            link: lent.link.name,
        })
    };
    Ok(lent.into_iter().filter_map(show).collect())
}

/// What a killed verb had begun is taken back, or finished where it was to end.
pub(crate) fn finish_begun(name: &MachineName, turn: &Turn) {
    if let Some(attached) = turn.begun::<Attached>(BEGUN) {
        drop(take_away(name, turn, &attached));
        turn.finish(BEGUN);
    }
}

fn take_away(name: &MachineName, turn: &Turn, attached: &Attached) -> Result<(), MachineError> {
    let lent = lent_to(name).into_iter().find(|lent| is_about(attached, lent));
    if let Some(lent) = &lent {
        give_back(&crossing(name)?.1, lent)?;
    }
    forget(name, turn, attached, lent.as_ref())
}

fn give_back(crossing: &Crossing, lent: &LentLink) -> Result<(), MachineError> {
    crossing
        .give_back(lent)
        .map_err(|cause| MachineError::Refused { what: cause.to_string(), hint: cause.hint.clone() })
}

/// What is given back is on no list any more.
fn forget(
    name: &MachineName,
    turn: &Turn,
    attached: &Attached,
    lent: Option<&LentLink>,
) -> Result<(), MachineError> {
    adopt(name, "no-network-interface", Some(&attached.value))?;
    if let Some(lent) = lent {
        additions::withdraw(&turn.directory, &Undo::ReturnLink(lent.clone()))
            .map_err(|error| host("writing down what is done", &error))?;
    }
    let mut all = list_of(turn);
    all.retain(|known| known.value != attached.value);
    turn.begin(LINKS, &all)?;
    if attached.kept { keep(name, attached, None) } else { Ok(()) }
}

fn is_about(attached: &Attached, lent: &LentLink) -> bool {
    attached.pair().is_ok_and(|pair| {
        let host = pair.host.as_str();
        host == lent.link.name || lent.link.alternative_names.iter().any(|name| name == host)
    })
}

fn list_of(turn: &Turn) -> Vec<Attached> {
    turn.begun(LINKS).unwrap_or_default()
}

/// Those that verbs have kept for later starts, this one maybe.
fn kept(name: &MachineName) -> Vec<Attached> {
    let lines = Kept::of(name, &KEPT).lines().into_iter();
    lines.map(|(_, value)| Attached { value, kept: true }).collect()
}

/// Those that its start and verbs have moved inside.
fn lent_to(name: &MachineName) -> Vec<LentLink> {
    let all = additions::all(&place::directory(name)).into_iter();
    all.filter_map(|undo| match undo {
        Undo::ReturnLink(lent) => Some(lent),
        _ => None,
    })
    .collect()
}

/// Both sides of its network, where what goes there can come back to where it was.
fn crossing(name: &MachineName) -> Result<(redd_runtime::enter::Leader, Crossing), MachineError> {
    let leader = leader(name)?;
    let crossing = Crossing::open(name, &leader).map_err(|cause| failed(name, cause))?;
    let crossing = crossing.ok_or_else(|| MachineError::Refused {
        what: format!("{name} has the host's network, and so has all its links"),
        hint: Some("start it with --private-network".to_owned()),
    })?;
    let is_where_redd_is = supervisor_network(name).and_then(|network| is_own(&network));
    if !is_where_redd_is.map_err(|error| host("looking at the supervisor", &error))? {
        let what = format!("{name} is served from another network namespace than this one");
        return Err(MachineError::Refused { what, hint: None });
    }
    Ok((leader, crossing))
}

fn supervisor_network(name: &MachineName) -> io::Result<File> {
    let record = Record::read(name)?.ok_or(io::ErrorKind::NotFound)?;
    File::open(format!("/proc/{}/ns/net", record.supervisor))
}

fn refused(name: &MachineName, refusal: Refusal) -> MachineError {
    let what = refusal.to_string();
    match refusal {
        Refusal::Taken(inside) => MachineError::Exists {
            what,
            hint: Some(format!(
                "give it another name there: redd network attach {name} LINK:OTHER, not {inside}"
            )),
        },
        Refusal::Link(LinkError::OfMachine { .. } | LinkError::Loopback) => {
            MachineError::Refused { what, hint: Some("name another link".to_owned()) }
        }
        Refusal::Kernel(cause) if cause == Errno::PERM => MachineError::Host { what, cause },
        _ => MachineError::Refused { what, hint: None },
    }
}

fn keep(name: &MachineName, attached: &Attached, key: Option<&str>) -> Result<(), MachineError> {
    let edit = |lines: &mut Vec<Line>| {
        lines.retain(|(_, value)| *value != attached.value);
        lines.extend(key.map(|key| (key.to_owned(), attached.value.clone())));
    };
    Kept::of(name, &KEPT).change(edit).map(drop)
}
