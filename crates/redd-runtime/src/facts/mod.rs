//! What is known of the host and the tree, gathered once, before anything is planned. Nothing here changes anything.

pub mod cgroups;
pub mod devices;
pub mod host;
pub mod host_copy;
pub mod host_users;
mod init;
pub(crate) mod journal;
pub mod os_release;
pub mod tree;
pub mod user_namespace;
pub mod users;

use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

pub use host::host_facts;
use redd_spec::variables;
use redd_sys::Errno;
use redd_sys::root_dir::{ReadError, read_bounded};
use rustix::fs::{CWD, Mode, OFlags, openat};
pub use tree::{Tree, tree_facts};

use crate::Error;

/// What a host's own files may have at most, in bytes.
const FILE_MAX: usize = 1024 * 1024;

/// A file of the host as text; `None` where there is none. A fact that cannot be read is no fact: a start that went on
/// without it could miss a protection (R20).
pub(crate) fn read_text(path: impl AsRef<Path>) -> Result<Option<String>, Error> {
    let contents = read(path)?;
    // Nearly always it is UTF-8, which takes a fraction of the time to see that it takes to repair what is not.
    let repair = |error: FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
    Ok(contents.map(|contents| String::from_utf8(contents).unwrap_or_else(repair)))
}

/// The same as bytes.
pub(crate) fn read(path: impl AsRef<Path>) -> Result<Option<Vec<u8>>, Error> {
    let path = path.as_ref();
    let failed = || Error::host(format!("reading {}", path.display()));
    let file = match openat(CWD, path, OFlags::RDONLY | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()) {
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        result => result.map_err(failed())?,
    };
    match read_bounded(&file, FILE_MAX) {
        Ok(contents) => Ok(Some(contents)),
        Err(ReadError::Errno(errno)) => Err(failed()(errno)),
        Err(ReadError::TooLong { .. } | ReadError::NotRegular) => Err(failed()(Errno::FBIG)),
    }
}

/// Where redd's own credentials are, if it was given any.
pub(crate) fn credentials_directory() -> Option<PathBuf> {
    directory_named_by(variables::CREDENTIALS_DIRECTORY)
}

/// Where those are that only systemd can decrypt.
pub(crate) fn encrypted_credentials_directory() -> Option<PathBuf> {
    directory_named_by(variables::ENCRYPTED_CREDENTIALS_DIRECTORY)
}

fn directory_named_by(variable: &str) -> Option<PathBuf> {
    let directory = std::env::var_os(variable).map(PathBuf::from)?;
    directory.is_absolute().then_some(directory)
}
