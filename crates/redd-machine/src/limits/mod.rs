//! Limits of a machine, changed while it runs: checked, written, read back, and kept.

mod cgroups;
mod holding;
mod keep;
mod settle;
mod write;

use redd_control::client::Client;
use redd_control::machine::{Change, method};
use redd_control::place;
use redd_control::record::Record;
use redd_spec::name::MachineName;
use redd_spec::parse;
use redd_spec::resources::Resources;
use serde::{Deserialize, Serialize};

use crate::MachineError;
use crate::turn::Turn;
pub use holding::{Holding, holding};
use keep::Kept;
use write::Before;

/// In a machine's directory: what a verb has begun to change.
const BEGUN: &str = "change";

/// One thing to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The option, without its dashes.
    pub option: String,
    /// Its key in section `[X-Redd]`.
    pub key: String,
    /// Its value; nothing is what holds where nobody says anything.
    pub value: Option<String>,
    /// Whether there may be more than one, each for a device.
    pub is_list: bool,
}

/// How long a change holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lasting {
    /// Over later starts.
    ForGood,
    /// Until the machine ends.
    UntilItEnds,
}

/// What is written down before anything is changed: a verb that is killed leaves it to the next one.
#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    settings: Vec<Setting>,
    lasting: Lasting,
    before: Vec<Before>,
}

/// Whether the options may be changed while a machine runs.
#[must_use]
pub fn is_settable(option: &str) -> bool {
    parse::LIMITS.contains(&option) || parse::LIFE.contains(&option)
}

/// Changes a machine: all of it, or nothing.
///
/// # Errors
/// A value cannot be used, the host has no such limit, the kernel or the supervisor refuses.
pub fn set(name: &MachineName, settings: &[Setting], lasting: Lasting) -> Result<(), MachineError> {
    settings.iter().try_for_each(check)?;
    if Record::read(name).ok().flatten().is_some() {
        let turn = Turn::take(name, "set")?;
        finish_begun(name, &turn);
        return apply(name, &turn, settings, lasting);
    }
    if lasting == Lasting::UntilItEnds || !Kept::is_known(name) {
        return Err(MachineError::NotRunning { name: name.clone() });
    }
    Kept::of(name).change(settings).map(drop)
}

/// Finishes what killed verbs had begun with machines that run; what cannot be is taken back. The machines it was done for.
#[must_use]
pub fn mend() -> Vec<MachineName> {
    let entries = std::fs::read_dir(place::MACHINES).into_iter().flatten().flatten();
    let names = entries.filter(|entry| entry.path().join(BEGUN).exists());
    let names = names.filter_map(|entry| entry.file_name().to_str()?.parse::<MachineName>().ok());
    let mend = |name: &MachineName| {
        let turn = Turn::take(name, "gc")?;
        finish_begun(name, &turn);
        Ok::<(), MachineError>(())
    };
    names.filter(|name| mend(name).is_ok()).collect()
}

/// Whether a value can be used at all.
///
/// # Errors
/// It cannot.
pub fn check(setting: &Setting) -> Result<(), MachineError> {
    let Setting { option, value, .. } = setting;
    let value = value.as_deref();
    let checked = if parse::LIMITS.contains(&&**option) {
        parse::limit(&mut Resources::default(), option, value)
    } else {
        parse::life(option, value).map(drop)
    };
    let refused =
        |error: parse::ParseError| MachineError::Refused { what: format!("{option}: {error}"), hint: None };
    checked.map_err(refused)
}

fn finish_begun(name: &MachineName, turn: &Turn) {
    if let Some(begun) = turn.begun::<Begun>(BEGUN) {
        begun.before.iter().rev().for_each(Before::restore);
        // Where it is not possible any more the machine is as before, and nobody waits for an answer.
        drop(apply(name, turn, &begun.settings, begun.lasting));
        turn.finish(BEGUN);
    }
}

fn apply(
    name: &MachineName,
    turn: &Turn,
    settings: &[Setting],
    lasting: Lasting,
) -> Result<(), MachineError> {
    let record = Record::read(name).ok().flatten();
    let record = record.ok_or_else(|| MachineError::NotRunning { name: name.clone() })?;
    let limits: Vec<&Setting> =
        settings.iter().filter(|setting| parse::LIMITS.contains(&&*setting.option)).collect();
    let files = settle::files(&record, turn, &limits)?;
    let before: Vec<Before> = files.iter().map(write::File::before).collect::<Result<_, _>>()?;
    turn.begin(BEGUN, &Begun { settings: settings.to_vec(), lasting, before: before.clone() })?;
    let result = write::write_all(&files, &before).and_then(|()| {
        keep_and_adopt(name, settings, lasting).inspect_err(|_| before.iter().rev().for_each(Before::restore))
    });
    turn.finish(BEGUN);
    result
}

fn keep_and_adopt(name: &MachineName, settings: &[Setting], lasting: Lasting) -> Result<(), MachineError> {
    let kept = Kept::of(name);
    let old = match lasting {
        Lasting::ForGood => Some(kept.change(settings)?),
        Lasting::UntilItEnds => None,
    };
    adopt(name, settings).inspect_err(|_| {
        if let Some(old) = &old {
            kept.put_back(old.as_deref());
        }
    })
}

/// Tells the supervisor, for later boots of the machine.
fn adopt(name: &MachineName, settings: &[Setting]) -> Result<(), MachineError> {
    let failed = |cause| MachineError::of_client(name, cause);
    for Setting { option, value, .. } in settings {
        let change = Change { option: option.clone(), value: value.clone() };
        let _nothing: serde_json::Value = Client::connect(name)
            .and_then(|mut client| client.call(method::ADOPT, &change))
            .map_err(failed)?;
    }
    Ok(())
}
