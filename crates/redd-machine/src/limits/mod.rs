//! Limits of a machine, changed while it runs: checked, written, read back, and kept.

mod cgroups;
mod holding;
mod settle;
mod unit;
mod write;

use redd_spec::name::MachineName;
use redd_spec::parse;
use redd_spec::resources::Resources;
use serde::{Deserialize, Serialize};

use crate::keep::{self, Addition, Kept, Line};
use crate::registry::{awaited_record, record};
use crate::turn::Turn;
use crate::{MachineError, mend, reach};
pub use holding::{Holding, holding};
use write::Before;

/// In a machine's directory: what a verb has begun to change.
pub(crate) const BEGUN: &str = "change";

const KEPT: Addition = Addition { file: "50-redd-set.conf", verb: "set", section: "X-Redd" };

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

/// Who knows of a change that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Whoever has to.
    Everywhere,
    /// systemd does not, for this reason: the limit holds until it sets those of the unit anew.
    BesideSystemd(String),
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
pub fn set(name: &MachineName, settings: &[Setting], lasting: Lasting) -> Result<Known, MachineError> {
    settings.iter().try_for_each(check)?;
    if awaited_record(name)?.is_some() {
        return set_live(name, settings, lasting);
    }
    if lasting == Lasting::UntilItEnds || !keep::is_known(name) {
        return Err(MachineError::NotRunning { name: name.clone() });
    }
    Kept::of(name, &KEPT).change(|lines| edit(lines, settings))?;
    // A start that began before this was written does not know of it.
    match awaited_record(name)? {
        Some(_) => match set_live(name, settings, lasting) {
            // It ended again: what is kept is kept.
            Err(MachineError::NotRunning { .. }) => Ok(Known::Everywhere),
            result => result,
        },
        None => Ok(Known::Everywhere),
    }
}

fn set_live(name: &MachineName, settings: &[Setting], lasting: Lasting) -> Result<Known, MachineError> {
    let turn = mend::turn(name, "set")?;
    apply(name, &turn, settings, lasting)
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

/// Finishes what a killed verb had begun; what cannot be is taken back.
pub(crate) fn finish_begun(name: &MachineName, turn: &Turn) {
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
) -> Result<Known, MachineError> {
    let record = record(name)?.ok_or_else(|| MachineError::NotRunning { name: name.clone() })?;
    let limits: Vec<&Setting> =
        settings.iter().filter(|setting| parse::LIMITS.contains(&&*setting.option)).collect();
    let settle::Settled { files, properties } = settle::settle(&record, turn, &limits)?;
    let before: Vec<Before> = files.iter().map(write::File::before).collect::<Result<_, _>>()?;
    turn.begin(BEGUN, &Begun { settings: settings.to_vec(), lasting, before: before.clone() })?;
    let result = write::write_all(&files, &before).and_then(|()| {
        keep_and_adopt(name, settings, lasting).inspect_err(|_| before.iter().rev().for_each(Before::restore))
    });
    // Last: what the kernel and the supervisor have taken holds, whatever systemd says.
    let known = result.map(|()| unit::tell(&record, &properties));
    turn.finish(BEGUN);
    known
}

fn keep_and_adopt(name: &MachineName, settings: &[Setting], lasting: Lasting) -> Result<(), MachineError> {
    let kept = Kept::of(name, &KEPT);
    let old = match lasting {
        Lasting::ForGood => Some(kept.change(|lines| edit(lines, settings))?),
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
    settings.iter().try_for_each(|setting| reach::adopt(name, &setting.option, setting.value.as_deref()))
}

/// What is kept after a change.
fn edit(lines: &mut Vec<Line>, settings: &[Setting]) {
    let device = |value: &str| value.split_whitespace().next().map(str::to_owned);
    for Setting { key, value, is_list, .. } in settings {
        lines.retain(|(known, old)| match value {
            _ if known != key => true,
            // A list has one line for each device.
            Some(value) if *is_list => device(old) != device(value),
            _ => false,
        });
        lines.extend(value.clone().map(|value| (key.clone(), value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(key: &str, value: Option<&str>) -> Setting {
        let is_list = key.starts_with("Io");
        Setting { option: String::new(), key: key.to_owned(), value: value.map(str::to_owned), is_list }
    }

    fn after(changes: &[(&str, Option<&str>)]) -> Vec<String> {
        let mut lines = Vec::new();
        changes.iter().for_each(|(key, value)| edit(&mut lines, &[setting(key, *value)]));
        lines.into_iter().map(|(key, value)| format!("{key}={value}")).collect()
    }

    #[test]
    fn a_value_replaces_the_one_before_and_others_stay() {
        let old = [("Memory", Some("1G")), ("Cpus", Some("2"))];
        assert_eq!(after(&[&old[..], &[("Memory", Some("3G"))]].concat()), ["Cpus=2", "Memory=3G"]);
        assert_eq!(after(&[&old[..], &[("Memory", None)]].concat()), ["Cpus=2"]);
    }

    #[test]
    fn a_list_has_a_line_for_each_device() {
        let old = [("IoReadIops", Some("/dev/a 1")), ("IoReadIops", Some("/dev/b 2"))];
        assert_eq!(
            after(&[&old[..], &[("IoReadIops", Some("/dev/a 9"))]].concat()),
            ["IoReadIops=/dev/b 2", "IoReadIops=/dev/a 9"]
        );
        assert_eq!(after(&[&old[..], &[("IoReadIops", None)]].concat()), [""; 0]);
    }
}
