//! The units, and what systemd's other parts are to know.
//!
//! Nothing needs a user of its own: a machine's redd is root, as what sets up namespaces for others has to be, and payloads have
//! ids that nobody else has. So there is nothing for sysusers.d(5).

use std::path::{Path, PathBuf};

use super::record::Record;
use super::{Contents, Item, Target, open};
use crate::MachineError;
use crate::service::{TARGET, TEMPLATE, UNIT_PATH};

const SERVICE: &str = include_str!("redd@.service");
const MACHINES: &str = include_str!("machines.target");
const TMPFILES: &str = include_str!("tmpfiles.conf");
/// What stands for the program in a unit.
const PROGRAM: &str = "@REDD@";

/// All of them, for a target.
///
/// # Errors
/// It cannot be looked at what is there.
pub fn units(target: &Target) -> Result<Vec<Item>, MachineError> {
    let units = target.prefix.join("lib/systemd/system");
    let program = target.prefix.join("bin/redd");
    let file = |path: PathBuf, text: String| Item { path, contents: Contents::File(text.into_bytes()) };
    let mut items = vec![
        file(units.join(TEMPLATE), SERVICE.replace(PROGRAM, &program.to_string_lossy())),
        file(target.prefix.join("lib/tmpfiles.d/redd.conf"), TMPFILES.to_owned()),
    ];
    let own_target = units.join(TARGET);
    if is_missing(target, &own_target)? {
        items.push(file(own_target, MACHINES.to_owned()));
    }
    Ok(items)
}

/// Whether nobody else brings the target of all machines: systemd has it in a package that is not everywhere.
fn is_missing(target: &Target, own: &Path) -> Result<bool, MachineError> {
    let tree = open(target)?;
    let is_there = |directory: &&str| {
        let path = Path::new(directory).join(TARGET);
        tree.status(&path).is_ok_and(|status| status.is_some())
    };
    Ok(Record::read(&tree, target)?.has(own) || !UNIT_PATH.iter().any(is_there))
}
