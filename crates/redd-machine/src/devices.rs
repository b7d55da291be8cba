//! Devices of the host for a machine that runs: a node, a rule of the filter, and an owner in one.

use redd_runtime::live::devices::{attach, detach, is_there, look};
use redd_spec::devices::DeviceNode;
use redd_spec::name::MachineName;
use redd_spec::parse;
use serde::{Deserialize, Serialize};

use crate::keep::{Addition, Kept, Line};
use crate::reach::{adopt, failed, ids, leader};
use crate::registry::record;
use crate::turn::Turn;
use crate::{MachineError, mend, service};

/// In a machine's directory: what verbs have added.
const DEVICES: &str = "devices";
/// Beside it: what a verb has begun.
pub(crate) const BEGUN: &str = "device";
const KEPT: Addition = Addition { file: "50-redd-device.conf", verb: "device", section: "X-Redd" };
const KEY: &str = "Device";

/// A device that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// The node, here and there, and what it may be used for, as `--device=` has it.
    pub path: String,
    /// Whether it is there after later starts.
    pub kept: bool,
}

impl Added {
    /// What the word comes to.
    ///
    /// # Errors
    /// It is no node that a machine may have.
    pub fn device(&self) -> Result<DeviceNode, MachineError> {
        let refused = |what: String| MachineError::Refused { what, hint: None };
        if self.path.contains(char::is_control) {
            return Err(refused("a path has control characters".to_owned()));
        }
        parse::device(&self.path).map_err(|error| refused(error.to_string()))
    }
}

/// Adds one: the filter lets it be used first, then there is a node.
///
/// # Errors
/// There is no such device, the machine has one there, or it does not run.
pub fn add(name: &MachineName, added: &Added) -> Result<(), MachineError> {
    let device = added.device()?;
    let (number, _mode) = look(&device).map_err(|cause| failed(name, cause))?;
    let turn = mend::turn(name, "device add")?;
    let leader = leader(name)?;
    if is_there(&leader, &device).map_err(|cause| failed(name, cause))? {
        let what = format!("the machine has something at {} already", added.path);
        return Err(MachineError::Exists { what, hint: None });
    }
    if let Some(record) = record(name)? {
        service::allow_device(record.supervisor, number, device.usage)?;
    }
    turn.begin(BEGUN, added)?;
    let result = adopt(name, "device", Some(&added.path)).and_then(|()| {
        let done = attach(&leader, &device, ids(name)).map_err(|cause| failed(name, cause)).and_then(|()| {
            let mut all = list_of(&turn);
            all.push(added.clone());
            turn.begin(DEVICES, &all)?;
            if added.kept { keep(name, added, Some(KEY)) } else { Ok(()) }
        });
        done.inspect_err(|_| drop(take_away(name, &turn, added)))
    });
    turn.finish(BEGUN);
    result
}

/// Takes one away that [`add`] has added. What has it open keeps it.
///
/// # Errors
/// None was, or the machine does not run.
pub fn remove(name: &MachineName, path: &str) -> Result<(), MachineError> {
    let turn = mend::turn(name, "device remove")?;
    let all = list_of(&turn);
    let wanted = Added { path: path.to_owned(), kept: false }.device()?;
    let is_it = |known: &&Added| known.device().is_ok_and(|known| known.name() == wanted.name());
    let added = all.iter().find(is_it).ok_or_else(|| MachineError::Refused {
        what: format!("{path} was not added while it runs"),
        hint: Some(format!("redd device list {name} shows what was")),
    })?;
    turn.begin(BEGUN, added)?;
    let result = take_away(name, &turn, added);
    turn.finish(BEGUN);
    result
}

/// What verbs have added to a machine.
///
/// # Errors
/// It does not run.
pub fn list(name: &MachineName) -> Result<Vec<Added>, MachineError> {
    leader(name)?;
    let path = redd_control::place::directory(name).join(DEVICES);
    Ok(std::fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default())
}

fn list_of(turn: &Turn) -> Vec<Added> {
    turn.begun(DEVICES).unwrap_or_default()
}

/// What a killed verb had begun to add or to take away is taken away.
pub(crate) fn finish_begun(name: &MachineName, turn: &Turn) {
    if let Some(added) = turn.begun::<Added>(BEGUN) {
        drop(take_away(name, turn, &added));
        turn.finish(BEGUN);
    }
}

/// The node goes first, and what may be done with it after that.
fn take_away(name: &MachineName, turn: &Turn, added: &Added) -> Result<(), MachineError> {
    let device = added.device()?;
    let number = look(&device).ok().map(|(number, _)| number);
    detach(&leader(name)?, &device, number).map_err(|cause| failed(name, cause))?;
    adopt(name, "no-device", Some(&added.path))?;
    let mut all = list_of(turn);
    all.retain(|known| known.path != added.path);
    turn.begin(DEVICES, &all)?;
    if added.kept { keep(name, added, None) } else { Ok(()) }
}

fn keep(name: &MachineName, added: &Added, key: Option<&str>) -> Result<(), MachineError> {
    let edit = |lines: &mut Vec<Line>| {
        lines.retain(|(_, value)| *value != added.path);
        lines.extend(key.map(|key| (key.to_owned(), added.path.clone())));
    };
    Kept::of(name, &KEPT).change(edit).map(drop)
}
