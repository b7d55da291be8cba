//! Putting redd's files where the system looks for them, and taking away exactly those again.
//!
//! What was put where is written down beside them, with what they were: a file that somebody else has put there, or has changed
//! since, is neither replaced nor removed. The target may be a tree, whose links lead nowhere else (`RootDir`).

mod record;
mod units;

use std::path::{Path, PathBuf};

use redd_spec::text::escape_path;
use redd_sys::Errno;
use redd_sys::root_dir::{Links, ReadError, RootDir, file_type};
use rustix::fs::FileType;

use crate::MachineError;
use record::{Digest, Entry, Record};
pub use units::units;

/// The largest file that is compared, in bytes.
const FILE_MAX: usize = 64 << 20;

/// Where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The tree; `None` for this system.
    pub tree: Option<PathBuf>,
    /// The directory in it.
    pub prefix: PathBuf,
}

/// Something that is put somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The path, in the target.
    pub path: PathBuf,
    /// What is there then.
    pub contents: Contents,
}

/// What is put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// A file for everybody to read.
    File(Vec<u8>),
    /// A program.
    Program(Vec<u8>),
    /// A symbolic link to this.
    Link(String),
}

/// Whether something is done, or only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Do,
    /// Nothing is touched.
    Tell,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is new, or another one.
    Written,
    /// It is there already.
    Unchanged,
    /// It is gone.
    Removed,
    /// Somebody has changed it since it was installed.
    Kept,
}

/// A file, and what becomes of it.
pub type Change = (PathBuf, Fate);

/// Puts everything in its place, and takes away what an earlier version had put elsewhere.
///
/// # Errors
/// Somebody else's file is in the way: nothing is touched then; or something cannot be written.
pub fn install(target: &Target, items: &[Item], mode: Mode) -> Result<Vec<Change>, MachineError> {
    // Whoever installs redd may keep their own files to themselves.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let tree = open(target)?;
    let old = Record::read(&tree, target)?;
    let fates = items.iter().map(|item| fate(&tree, item, &old)).collect::<Result<Vec<_>, _>>()?;
    let mut record = Record::of(items, &fates, &old);
    let mut changes: Vec<Change> =
        items.iter().zip(&fates).map(|(item, fate)| (item.path.clone(), *fate)).collect();
    let gone = old.files.iter().filter(|entry| items.iter().all(|item| item.path != entry.path));
    let gone: Vec<&Entry> = gone.collect();
    if mode == Mode::Do {
        record.directories.extend(missing_directories(&tree, items, target));
        // Before anything of it is there, so that an uninstall finds a half of it, too.
        record.write(&tree, target)?;
        for (item, _) in items.iter().zip(&fates).filter(|(_, fate)| **fate == Fate::Written) {
            put(&tree, item)?;
        }
    }
    for entry in gone {
        changes.push((entry.path.clone(), take_away(&tree, entry, mode)?));
    }
    Ok(changes)
}

/// Takes away what was installed, and is as it was.
///
/// # Errors
/// Nothing was installed there, or something cannot be removed.
pub fn uninstall(target: &Target, mode: Mode) -> Result<Vec<Change>, MachineError> {
    let tree = open(target)?;
    let record = Record::read(&tree, target)?;
    if record.files.is_empty() {
        return Err(MachineError::Refused {
            what: format!("nothing was installed in {}", escape_path(&target.prefix)),
            hint: Some("--prefix= and --destdir= say where it was".to_owned()),
        });
    }
    let mut changes = Vec::new();
    for entry in &record.files {
        changes.push((entry.path.clone(), take_away(&tree, entry, mode)?));
    }
    if mode == Mode::Do {
        Record::remove(&tree, target)?;
        // Those below come first.
        record.directories.iter().rev().for_each(|directory| remove_directory(&tree, directory));
    }
    Ok(changes)
}

fn open(target: &Target) -> Result<RootDir, MachineError> {
    let path = target.tree.as_deref().unwrap_or(Path::new("/"));
    RootDir::open(path)
        .map_err(|cause| MachineError::Host { what: format!("opening {}", escape_path(path)), cause })
}

fn failed(what: &str, path: &Path, cause: Errno) -> MachineError {
    MachineError::Host { what: format!("{what} {}", escape_path(path)), cause }
}

/// What is at a place, as a digest; `None` for nothing.
fn there(tree: &RootDir, path: &Path) -> Result<Option<Digest>, MachineError> {
    let looking = |cause| failed("looking at", path, cause);
    let Some(status) = tree.status(path).map_err(looking)? else { return Ok(None) };
    match file_type(&status) {
        FileType::Symlink => {
            let target = tree.read_link(path).map_err(looking)?.unwrap_or_default();
            Ok(Some(Digest::of_link(&target.to_string_lossy())))
        }
        FileType::RegularFile => match tree.read_small_file(path, FILE_MAX) {
            Ok(bytes) => Ok(bytes.map(|bytes| Digest::of_file(&bytes))),
            Err(ReadError::Errno(cause)) => Err(looking(cause)),
            Err(ReadError::NotRegular | ReadError::TooLong { .. }) => Ok(Some(Digest::unknown())),
        },
        _ => Ok(Some(Digest::unknown())),
    }
}

/// What becomes of what is at an item's place.
fn fate(tree: &RootDir, item: &Item, old: &Record) -> Result<Fate, MachineError> {
    let Some(there) = there(tree, &item.path)? else { return Ok(Fate::Written) };
    if there == Digest::of(&item.contents) {
        return Ok(Fate::Unchanged);
    }
    let installed = old.files.iter().find(|entry| entry.path == item.path);
    let what = match installed {
        Some(entry) if entry.digest == there => return Ok(Fate::Written),
        Some(_) => "was changed since redd was installed",
        None => "is somebody else's",
    };
    Err(MachineError::Exists {
        what: format!("{} {what}", escape_path(&item.path)),
        hint: Some("nothing was touched; move it away, or choose another --prefix=".to_owned()),
    })
}

fn put(tree: &RootDir, item: &Item) -> Result<(), MachineError> {
    let directory = item.path.parent().unwrap_or(Path::new("/"));
    let put = |mode: u32, bytes: &[u8]| tree.replace_file(&item.path, mode, bytes);
    tree.make_directories(directory, 0o755, Links::Followed)
        .and_then(|()| match &item.contents {
            Contents::File(bytes) => put(0o644, bytes),
            Contents::Program(bytes) => put(0o755, bytes),
            Contents::Link(target) => tree.replace_link(&item.path, target),
        })
        .map_err(|cause| failed("writing", &item.path, cause))
}

/// What was installed, where it is as it was.
fn take_away(tree: &RootDir, entry: &Entry, mode: Mode) -> Result<Fate, MachineError> {
    match there(tree, &entry.path)? {
        None => Ok(Fate::Removed),
        Some(digest) if digest != entry.digest => Ok(Fate::Kept),
        Some(_) => {
            if mode == Mode::Do {
                tree.remove_file(&entry.path).map_err(|cause| failed("removing", &entry.path, cause))?;
            }
            Ok(Fate::Removed)
        }
    }
}

/// Directories that an installation makes, those above first.
fn missing_directories(tree: &RootDir, items: &[Item], target: &Target) -> Vec<PathBuf> {
    let record = Record::path(target);
    let paths = items.iter().map(|item| item.path.as_path()).chain([record.as_path()]);
    let above = paths.flat_map(|path| path.ancestors().skip(1).map(Path::to_owned).collect::<Vec<_>>());
    let mut missing: Vec<PathBuf> = above.filter(|path| matches!(tree.status(path), Ok(None))).collect();
    missing.sort();
    missing.dedup();
    missing
}

/// One that others have put something into stays.
fn remove_directory(tree: &RootDir, path: &Path) {
    let parent = tree.resolve(path.parent().unwrap_or(Path::new("/")), Links::Followed);
    if let (Ok(parent), Some(name)) = (parent, path.file_name()) {
        let (Ok(()) | Err(_)) = rustix::fs::unlinkat(parent, name, rustix::fs::AtFlags::REMOVEDIR);
    }
}

/// The program that runs, to be put somewhere: nothing where it is there already.
///
/// # Errors
/// It cannot be read.
pub fn own_program(target: &Target) -> Result<Item, MachineError> {
    let this = Path::new("/proc/self/exe");
    let failed = |error: std::io::Error| MachineError::Host {
        what: "reading redd's own program".to_owned(),
        cause: Errno::from_io_error(&error).unwrap_or(Errno::IO),
    };
    let bytes = std::fs::read(this).map_err(failed)?;
    Ok(Item { path: target.prefix.join("bin/redd"), contents: Contents::Program(bytes) })
}

#[cfg(test)]
mod tests;
