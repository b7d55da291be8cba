//! Reading what a payload may have prepared: without waiting, and not more than fits.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{FileType, OFlags};

use crate::observation::Node;

/// The most that is read of one file.
pub(crate) const TEXT_MAX: u64 = 64 * 1024;

/// Opens a file without waiting for anybody, and without taking a terminal.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// The start of a regular file.
pub(crate) fn bytes(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let file = open(path.as_ref())?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(TEXT_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The start of a regular file as text; empty where there is none.
pub(crate) fn text(path: impl AsRef<Path>) -> String {
    try_text(path).unwrap_or_default()
}

/// The start of a regular file as text.
pub(crate) fn try_text(path: impl AsRef<Path>) -> Option<String> {
    bytes(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether links at the end of a path are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    Followed,
    LookedAt,
}

/// What is at a path.
pub(crate) fn node(path: &Path, links: Links) -> io::Result<Node> {
    let found = match links {
        Links::Followed => std::fs::metadata(path)?,
        Links::LookedAt => std::fs::symlink_metadata(path)?,
    };
    let kind = match FileType::from_raw_mode(found.mode()) {
        FileType::RegularFile => "file",
        FileType::Directory => "directory",
        FileType::Symlink => "link",
        FileType::CharacterDevice => "character",
        FileType::BlockDevice => "block",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::Unknown => "unknown",
    };
    let numbers = |device| format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    Ok(Node {
        path: path.to_string_lossy().into_owned(),
        kind: kind.to_owned(),
        mode: found.mode() & 0o7777,
        owner: found.uid(),
        stands_for: numbers(found.rdev()),
        device: numbers(found.dev()),
    })
}

/// The name of an error number, or what the library says of it.
pub(crate) fn error_name(error: &io::Error) -> String {
    const NAMES: [(i32, &str); 22] = [
        (1, "EPERM"),
        (2, "ENOENT"),
        (3, "ESRCH"),
        (4, "EINTR"),
        (5, "EIO"),
        (6, "ENXIO"),
        (9, "EBADF"),
        (11, "EAGAIN"),
        (12, "ENOMEM"),
        (13, "EACCES"),
        (16, "EBUSY"),
        (17, "EEXIST"),
        (19, "ENODEV"),
        (20, "ENOTDIR"),
        (21, "EISDIR"),
        (22, "EINVAL"),
        (25, "ENOTTY"),
        (28, "ENOSPC"),
        (30, "EROFS"),
        (38, "ENOSYS"),
        (111, "ECONNREFUSED"),
        (107, "ENOTCONN"),
    ];
    let Some(number) = error.raw_os_error() else { return error.to_string() };
    let name = NAMES.iter().find(|(known, _)| *known == number);
    name.map_or_else(|| format!("error {number}"), |(_, name)| (*name).to_owned())
}
