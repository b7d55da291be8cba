//! Units of machines that are started with the host.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;

use redd_spec::Spec;
use redd_spec::lifecycle::STOP_TIMEOUT;
use redd_spec::name::MachineName;

use super::manager::Manager;
use super::{TARGET, UNIT_PATH, drop_ins, unit_of, words};
use crate::MachineError;
use crate::words::failed;

/// What redd adds to a unit: between the template and what the administrator has to say.
const DROP_IN: &str = "10-redd.conf";
/// How much longer than an orderly stop a unit's may take: for what is killed then, and given back.
const STOP_MARGIN: Duration = Duration::from_secs(30);

/// Has a machine's unit started with the host.
///
/// # Errors
/// It cannot be written down, or systemd refuses.
pub fn enable(spec: &Spec) -> Result<(), MachineError> {
    // What was said for one start no longer holds.
    words::forget(&spec.name)?;
    write_drop_in(&spec.name, drop_in(spec).as_deref())?;
    Manager::connect()?.enable(&[&unit_of(&spec.name), TARGET])
}

/// No longer has it started with the host.
///
/// # Errors
/// Something cannot be removed, or systemd refuses.
pub fn disable(name: &MachineName) -> Result<(), MachineError> {
    write_drop_in(name, None)?;
    Manager::connect()?.disable(&[&unit_of(name)])
}

/// Whether it is, by what systemd looks at.
#[must_use]
pub fn is_enabled(name: &MachineName) -> bool {
    let wants = Path::new(UNIT_PATH[0]).join(format!("{TARGET}.wants")).join(unit_of(name));
    wants.symlink_metadata().is_ok()
}

/// What a unit has to know of a machine before its redd says so.
fn drop_in(spec: &Spec) -> Option<String> {
    let mut text = String::new();
    if !spec.lifecycle.after.is_empty() {
        let units: Vec<String> = spec.lifecycle.after.iter().map(unit_of).collect();
        text += &format!("[Unit]\nAfter={}\n", units.join(" "));
    }
    match spec.lifecycle.stop_timeout {
        Some(timeout) if timeout <= STOP_TIMEOUT => {}
        Some(timeout) => {
            text += &format!("[Service]\nTimeoutStopSec={}\n", (timeout + STOP_MARGIN).as_secs());
        }
        None => text += "[Service]\nTimeoutStopSec=infinity\n",
    }
    (!text.is_empty()).then(|| format!("# Written by redd enable; redd disable removes it.\n{text}"))
}

fn write_drop_in(name: &MachineName, text: Option<&str>) -> Result<(), MachineError> {
    let directory = drop_ins(name);
    let path = directory.join(DROP_IN);
    let Some(text) = text else {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("removing", &path, &error));
            }
            _ => {}
        }
        // The administrator may have others there.
        drop(fs::remove_dir(&directory));
        return Ok(());
    };
    let made = DirBuilder::new().recursive(true).mode(0o755).create(&directory);
    let temporary = directory.join(format!(".{DROP_IN}.new"));
    made.and_then(|()| fs::write(&temporary, text))
        .and_then(|()| fs::rename(&temporary, &path))
        .map_err(|error| failed("writing", &path, &error))
}
