//! Where a copy goes: into a directory, or beside where nothing is yet.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use redd_sys::Errno;
use redd_sys::root_dir::file_type;
use rustix::fs::{AtFlags, FileType, fstat, statat};

use crate::copy::base::{Location, reopen_directory};
use crate::copy::report::{Failure, shown};
use crate::copy::stream::Kind;

/// A name in a directory.
#[derive(Debug)]
pub(super) struct Goal {
    pub(super) directory: OwnedFd,
    pub(super) name: OsString,
    /// For messages.
    pub(super) path: PathBuf,
}

impl Goal {
    pub(super) fn is_taken(&self) -> bool {
        statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }
}

/// What is at the destination.
enum There {
    Directory(OwnedFd),
    Other,
    Nothing,
}

/// Whether a tree goes into a directory, or becomes a part of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TreePlace {
    /// The name in the directory.
    Below,
    /// The directory itself.
    Itself,
}

/// Where a file goes.
pub(super) fn of_file(to: &Location<'_>, kind: Kind, name: OsString) -> Result<Goal, Failure> {
    match look(to)? {
        There::Directory(_) if kind == Kind::Stream => Err(Failure::refused(
            format!("{} is a directory", shown(&to.shown)),
            Some("what comes from standard input needs the name of a file"),
        )),
        There::Directory(directory) => Ok(Goal { directory, path: to.shown.join(&name), name }),
        There::Other | There::Nothing if to.path.as_os_str().as_bytes().ends_with(b"/") => {
            Err(Failure::refused(
                format!("{} is no directory", shown(&to.shown)),
                Some("without the slash at its end it would be the name of the copy"),
            ))
        }
        There::Other | There::Nothing => beside(to),
    }
}

/// Where a directory goes.
pub(super) fn of_tree(to: &Location<'_>, kind: Kind, name: OsString) -> Result<(Goal, TreePlace), Failure> {
    match look(to)? {
        There::Directory(directory) if kind == Kind::Directory => {
            Ok((Goal { directory, path: to.shown.join(&name), name }, TreePlace::Below))
        }
        There::Directory(directory) => {
            let goal = Goal { directory, path: to.shown.clone(), name: OsString::new() };
            Ok((goal, TreePlace::Itself))
        }
        There::Other => {
            let what = format!("{} is there, and is no directory", shown(&to.shown));
            Err(Failure::exists(what, Some("a file is never replaced by a directory")))
        }
        There::Nothing => Ok((beside(to)?, TreePlace::Below)),
    }
}

fn look(to: &Location<'_>) -> Result<There, Failure> {
    let failed = || Failure::at("looking at", &to.shown);
    let handle = match to.base.resolve(to.path) {
        Err(Errno::NOENT) => return Ok(There::Nothing),
        // `FILE/` of a file.
        Err(Errno::NOTDIR) => return Ok(There::Other),
        result => result.map_err(failed())?,
    };
    let status = fstat(&handle).map_err(failed())?;
    if file_type(&status) != FileType::Directory {
        return Ok(There::Other);
    }
    reopen_directory(&handle).map(There::Directory).map_err(failed())
}

/// A name that the directory above may have or not.
fn beside(to: &Location<'_>) -> Result<Goal, Failure> {
    let name = to.path.file_name().ok_or_else(|| Failure::at("writing to", &to.shown)(Errno::NOENT))?;
    let above = to.path.parent().filter(|above| *above != Path::new("")).unwrap_or(Path::new("."));
    let failed = |errno| match errno {
        Errno::NOENT => Failure::refused(
            format!("there is no directory for {}", shown(&to.shown)),
            Some("make it first: a copy makes no directories above itself"),
        ),
        errno => Failure::at("opening the directory of", &to.shown)(errno),
    };
    let directory = to.base.resolve(above).and_then(|handle| reopen_directory(&handle)).map_err(failed)?;
    Ok(Goal { directory, name: name.to_owned(), path: to.shown.clone() })
}
