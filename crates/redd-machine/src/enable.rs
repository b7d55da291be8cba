//! Which machines are started with the host: by an init script that calls `redd start --all-enabled`.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};

use redd_control::place;
use redd_spec::name::MachineName;

use crate::MachineError;
use crate::words::{failed, read};

/// Has a machine started with the host, with these words.
///
/// # Errors
/// It cannot be written down.
pub fn enable(name: &MachineName, words: &[u8]) -> Result<(), MachineError> {
    let directory = place::enabled();
    let path = directory.join(name.as_str());
    write(name, words).map_err(|error| failed("writing", &path, &error))
}

/// Whoever reads sees the old words or the new ones. No machine is named with a dot in front.
fn write(name: &MachineName, words: &[u8]) -> io::Result<()> {
    let directory = place::enabled();
    DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    let temporary = directory.join(format!(".{name}.new"));
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(words)?;
    file.sync_all()?;
    fs::rename(temporary, directory.join(name.as_str()))
}

/// No longer has a machine started with the host. One that is not is as good.
///
/// # Errors
/// It cannot be removed.
pub fn disable(name: &MachineName) -> Result<(), MachineError> {
    let path = place::enabled().join(name.as_str());
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("removing", &path, &error)),
        _ => Ok(()),
    }
}

/// Whether a machine is started with the host.
#[must_use]
pub fn is_enabled(name: &MachineName) -> bool {
    place::enabled().join(name.as_str()).exists()
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
    read(&place::enabled().join(name.as_str()))?.ok_or_else(absent)
}
