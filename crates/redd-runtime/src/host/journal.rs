//! The host's side of the payload's journal (AI2).

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, symlink};
use std::path::Path;

use redd_plan::facts::FileKind;
use redd_sys::Errno;

use crate::StepError;
use crate::facts::journal::way;
use crate::launch::HostSide;

/// Made by redd, below a directory of the host's; nothing that is there is taken. A link to a tree that is gone makes room.
pub(super) fn create_directory(path: &Path) -> Result<(), StepError> {
    if let Some(parent) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
    }
    make_room(path)?;
    Ok(fs::DirBuilder::new().mode(0o755).create(path)?)
}

/// A link of the host's to a directory of the tree, to which no other link leads on the way.
pub(super) fn link(side: &HostSide<'_>, link: &Path, target: &Path) -> Result<(), StepError> {
    match way(&side.root, link) {
        FileKind::Directory | FileKind::Missing => {}
        FileKind::Link | FileKind::Regular | FileKind::Other => return Err(Errno::LOOP.into()),
    }
    if fs::read_link(link).is_ok_and(|there| there == target) {
        return Ok(());
    }
    make_room(link)?;
    Ok(symlink(target, link)?)
}

fn make_room(path: &Path) -> Result<(), StepError> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    if !is_link || path.exists() {
        return Ok(());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}
