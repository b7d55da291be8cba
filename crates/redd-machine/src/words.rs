//! The words that machines were started with in the background.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use redd_control::place;
use redd_spec::name::MachineName;
use redd_sys::Errno;

use crate::MachineError;

/// More than a command line can be.
const WORDS_MAX: u64 = 8 << 20;

/// Those of a machine; `None` where it does not run, or runs at a terminal.
///
/// # Errors
/// They are there, and cannot be read.
pub fn of(name: &MachineName) -> Result<Option<Vec<u8>>, MachineError> {
    read(&place::directory(name).join(place::WORDS))
}

pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, MachineError> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        result => result.map_err(|error| failed("reading", path, &error))?,
    };
    let mut words = Vec::new();
    file.take(WORDS_MAX).read_to_end(&mut words).map_err(|error| failed("reading", path, &error))?;
    Ok(Some(words))
}

/// Whoever reads sees the old words or the new ones. No machine is named with a dot in front.
pub(crate) fn replace(path: &Path, words: &[u8]) -> io::Result<()> {
    let (directory, name) = (path.parent().unwrap_or(path), path.file_name().unwrap_or_default());
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let temporary = directory.join(format!(".{}.new", name.display()));
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(words)?;
    file.sync_all()?;
    fs::rename(temporary, path)
}

pub(crate) fn failed(what: &str, path: &Path, error: &io::Error) -> MachineError {
    let cause = Errno::from_io_error(error).unwrap_or(Errno::IO);
    MachineError::Host { what: format!("{what} {}", path.display()), cause }
}
