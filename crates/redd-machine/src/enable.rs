//! Which machines are started with the host: by an init script that calls `redd start --all-enabled`, or by systemd, which has
//! units of them then.

use std::fs;
use std::io;

use redd_control::place;
use redd_spec::Spec;
use redd_spec::name::MachineName;

use crate::words::{failed, read, replace};
use crate::{MachineError, service};

/// Has a machine started with the host, with these words.
///
/// # Errors
/// It cannot be written down, or systemd refuses.
pub fn enable(spec: &Spec, words: &[u8]) -> Result<(), MachineError> {
    let path = place::enabled().join(spec.name.as_str());
    replace(&path, words).map_err(|error| failed("writing", &path, &error))?;
    if service::drives() { service::enable(spec) } else { Ok(()) }
}

/// No longer has a machine started with the host. One that is not is as good.
///
/// # Errors
/// It cannot be removed, or systemd refuses.
pub fn disable(name: &MachineName) -> Result<(), MachineError> {
    let path = place::enabled().join(name.as_str());
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("removing", &path, &error));
        }
        _ => {}
    }
    if service::drives() { service::disable(name) } else { Ok(()) }
}

/// Whether a machine is started with the host.
#[must_use]
pub fn is_enabled(name: &MachineName) -> bool {
    place::enabled().join(name.as_str()).exists() || service::is_enabled(name)
}

/// Those that are, by their names.
///
/// # Errors
/// The directory cannot be read.
pub fn all() -> Result<Vec<MachineName>, MachineError> {
    let directory = place::enabled();
    let entries = match fs::read_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        result => result.map_err(|error| failed("reading", &directory, &error))?,
    };
    let mut names: Vec<MachineName> =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    names.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    Ok(names)
}

/// The words a machine was enabled with.
///
/// # Errors
/// It is not enabled, or they cannot be read.
pub fn words(name: &MachineName) -> Result<Vec<u8>, MachineError> {
    let absent = || MachineError::Refused { what: format!("{name} is not enabled"), hint: None };
    kept(name)?.ok_or_else(absent)
}

/// The words a machine was enabled with, if it was.
///
/// # Errors
/// They are there, and cannot be read.
pub fn kept(name: &MachineName) -> Result<Option<Vec<u8>>, MachineError> {
    read(&place::enabled().join(name.as_str()))
}
