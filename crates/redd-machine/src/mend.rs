//! What a killed verb had begun is finished, or taken back, by the next one.

use redd_control::place;
use redd_spec::name::MachineName;

use crate::turn::Turn;
use crate::{MachineError, devices, limits, links, mounts};

/// A verb's turn at a machine, with nothing left over from those before.
pub(crate) fn turn(name: &MachineName, verb: &str) -> Result<Turn, MachineError> {
    let turn = Turn::take(name, verb)?;
    limits::finish_begun(name, &turn);
    mounts::finish_begun(name, &turn);
    devices::finish_begun(name, &turn);
    links::finish_begun(name, &turn);
    Ok(turn)
}

/// Does it for every machine that runs. Those it was done for.
#[must_use]
pub fn mend() -> Vec<MachineName> {
    let entries = std::fs::read_dir(place::MACHINES).into_iter().flatten().flatten();
    let begun = [limits::BEGUN, mounts::BEGUN, devices::BEGUN, links::BEGUN];
    let names = entries.filter(|entry| begun.iter().any(|file| entry.path().join(file).exists()));
    let names = names.filter_map(|entry| entry.file_name().to_str()?.parse::<MachineName>().ok());
    names.filter(|name| turn(name, "gc").is_ok()).collect()
}
