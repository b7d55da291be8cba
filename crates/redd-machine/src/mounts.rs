//! Mounts of the host's files in a machine that runs: added, told, and taken away.

use std::path::{Path, PathBuf};

use redd_runtime::live::mounts::{attach, attached, detach};
use redd_spec::mounts::{Bind, BindSource, CustomMount};
use redd_spec::name::MachineName;
use redd_spec::parse;
use redd_spec::path::PathInRoot;
use redd_spec::root::Access;
use serde::{Deserialize, Serialize};

use crate::keep::{Addition, Kept, Line};
use crate::reach::{adopt, failed, ids, leader};
use crate::turn::Turn;
use crate::{MachineError, mend};

/// In a machine's directory: what verbs have mounted.
const MOUNTS: &str = "mounts";
/// Beside it: what a verb has begun.
pub(crate) const BEGUN: &str = "mount";
const KEPT: Addition = Addition { file: "50-redd-mount.conf", verb: "mount", section: "Files" };

/// A mount, as `--bind=` and `--bind-ro=` describe it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mounted {
    /// The value of the option.
    pub value: String,
    /// Whether it is read-only.
    pub read_only: bool,
    /// Whether it is there after later starts.
    pub kept: bool,
}

/// What is written down before anything is mounted or taken away.
#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    mounted: Mounted,
    /// What was attached at its place; nothing where it is to be taken away.
    before: Option<Option<u64>>,
}

impl Mounted {
    /// Describes one: a source, a destination, options as `--bind=` has them.
    #[must_use]
    pub fn new(source: &str, destination: &str, options: &[&str]) -> Self {
        let escaped = |path: &str| path.replace('\\', "\\\\").replace(':', "\\:");
        let mut value = format!("{}:{}", escaped(source), escaped(destination));
        if !options.is_empty() {
            value = format!("{value}:{}", options.join(","));
        }
        Self { value, read_only: false, kept: false }
    }

    const fn access(&self) -> Access {
        if self.read_only { Access::ReadOnly } else { Access::ReadWrite }
    }

    /// What the words come to.
    ///
    /// # Errors
    /// They cannot be used.
    pub fn bind(&self) -> Result<Bind, MachineError> {
        let refused = |what: String| MachineError::Refused { what, hint: None };
        if self.value.contains(char::is_control) {
            return Err(refused("a path has control characters".to_owned()));
        }
        match parse::bind(&self.value, self.access()).map_err(|error| refused(error.to_string()))? {
            CustomMount::Bind(bind) if matches!(bind.source, BindSource::Host(_)) => Ok(bind),
            _ => Err(refused("the source is an absolute path of the host".to_owned())),
        }
    }

    const fn option(&self) -> &'static str {
        if self.read_only { "bind-ro" } else { "bind" }
    }

    const fn key(&self) -> &'static str {
        if self.read_only { "BindReadOnly" } else { "Bind" }
    }

    fn is_at(&self, destination: &PathInRoot) -> bool {
        self.bind().is_ok_and(|bind| bind.destination == *destination)
    }
}

/// Mounts something.
///
/// # Errors
/// The machine does not run, something was mounted there, or the kernel refuses.
pub fn add(name: &MachineName, mounted: &Mounted) -> Result<(), MachineError> {
    let bind = mounted.bind()?;
    let turn = mend::turn(name, "mount add")?;
    let mut all = list_of(&turn);
    if all.iter().any(|known| known.is_at(&bind.destination)) {
        return Err(MachineError::Exists {
            what: format!("something is mounted on {} already", bind.destination),
            hint: Some(format!("redd mount remove {name} {} takes it away", bind.destination)),
        });
    }
    let leader = leader(name)?;
    let before = attached(&leader, &bind.destination).map_err(|cause| failed(name, cause))?;
    turn.begin(BEGUN, &Begun { mounted: mounted.clone(), before: Some(before) })?;
    let result = attach(&leader, &bind, ids(name)).map_err(|cause| failed(name, cause)).and_then(|()| {
        let done = adopt(name, mounted.option(), Some(&mounted.value)).and_then(|()| {
            all.push(mounted.clone());
            turn.begin(MOUNTS, &all)?;
            if mounted.kept { keep(name, mounted, Some(mounted)) } else { Ok(()) }
        });
        done.inspect_err(|_| drop(take_away(name, &turn, mounted)))
    });
    turn.finish(BEGUN);
    result
}

/// Takes away what was mounted there by [`add`].
///
/// # Errors
/// Nothing was, or the kernel refuses.
pub fn remove(name: &MachineName, destination: &Path) -> Result<(), MachineError> {
    let destination = PathInRoot::new(destination)
        .map_err(|error| MachineError::Refused { what: error.to_string(), hint: None })?;
    let turn = mend::turn(name, "mount remove")?;
    let all = list_of(&turn);
    let mounted =
        all.iter().find(|known| known.is_at(&destination)).ok_or_else(|| MachineError::Refused {
            what: format!("nothing was mounted on {destination} while it runs"),
            hint: Some(format!("redd mount list {name} shows what was")),
        })?;
    turn.begin(BEGUN, &Begun { mounted: mounted.clone(), before: None })?;
    let result = take_away(name, &turn, mounted);
    turn.finish(BEGUN);
    result
}

/// What verbs have mounted in a machine.
///
/// # Errors
/// It does not run.
pub fn list(name: &MachineName) -> Result<Vec<Mounted>, MachineError> {
    leader(name)?;
    let path = redd_control::place::directory(name).join(MOUNTS);
    Ok(std::fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default())
}

fn list_of(turn: &Turn) -> Vec<Mounted> {
    turn.begun(MOUNTS).unwrap_or_default()
}

/// Undoes a mount that a killed verb had begun, and finishes an end that one had begun.
pub(crate) fn finish_begun(name: &MachineName, turn: &Turn) {
    let Some(begun) = turn.begun::<Begun>(BEGUN) else { return };
    let Ok(destination) = begun.mounted.bind().map(|bind| bind.destination) else {
        return turn.finish(BEGUN);
    };
    let now =
        leader(name).and_then(|leader| attached(&leader, &destination).map_err(|cause| failed(name, cause)));
    // What was there before stays.
    let is_there = match (now, begun.before) {
        (Ok(now), Some(before)) => now != before,
        (Ok(_), None) => true,
        (Err(_), _) => return,
    };
    if is_there || list_of(turn).contains(&begun.mounted) {
        drop(take_away(name, turn, &begun.mounted));
    }
    turn.finish(BEGUN);
}

fn take_away(name: &MachineName, turn: &Turn, mounted: &Mounted) -> Result<(), MachineError> {
    let destination = mounted.bind()?.destination;
    let leader = leader(name)?;
    // The payload may have done it itself.
    if attached(&leader, &destination).map_err(|cause| failed(name, cause))?.is_some() {
        detach(&leader, &destination).map_err(|cause| failed(name, cause))?;
    }
    adopt(name, if mounted.read_only { "no-bind-ro" } else { "no-bind" }, Some(&mounted.value))?;
    let mut all = list_of(turn);
    all.retain(|known| !known.is_at(&destination));
    turn.begin(MOUNTS, &all)?;
    if mounted.kept { keep(name, mounted, None) } else { Ok(()) }
}

fn keep(name: &MachineName, old: &Mounted, new: Option<&Mounted>) -> Result<(), MachineError> {
    let edit = |lines: &mut Vec<Line>| {
        lines.retain(|(key, value)| (&**key, value) != (old.key(), &old.value));
        lines.extend(new.map(|new| (new.key().to_owned(), new.value.clone())));
    };
    Kept::of(name, &KEPT).change(edit).map(drop)
}

/// Where a mount comes from, and where it is, for people.
#[must_use]
pub fn ends(mounted: &Mounted) -> Option<(PathBuf, PathBuf)> {
    let bind = mounted.bind().ok()?;
    let BindSource::Host(source) = bind.source else { return None };
    Some((source, bind.destination.as_path().to_owned()))
}
