//! What was installed, and what it was: a file beside it.

use std::hash::Hasher as _;
use std::path::{Path, PathBuf};

use redd_sys::root_dir::{Links, ReadError, RootDir};
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::{Contents, Fate, Item, Target, failed};
use crate::MachineError;

/// Below the prefix.
const PLACE: &str = "share/redd/installed.json";
/// The longest that is read, in bytes.
const LENGTH_MAX: usize = 1 << 20;

/// What a file is, in short. It tells whether somebody has changed it, not who wanted to deceive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Digest(String);

impl Digest {
    fn of_bytes(kind: &str, bytes: &[u8]) -> Self {
        let mut hasher = SipHasher13::new_with_keys(0, 0);
        hasher.write(bytes);
        let hash = hasher.finish128();
        Self(format!("{kind}:{:016x}{:016x}", hash.h1, hash.h2))
    }

    pub(super) fn of_file(bytes: &[u8]) -> Self {
        Self::of_bytes("file", bytes)
    }

    pub(super) fn of_link(target: &str) -> Self {
        Self::of_bytes("link", target.as_bytes())
    }

    /// That of what nobody installs.
    pub(super) fn unknown() -> Self {
        Self("other".to_owned())
    }

    pub(super) fn of(contents: &Contents) -> Self {
        match contents {
            Contents::File(bytes) | Contents::Program(bytes) => Self::of_file(bytes),
            Contents::Link(target) => Self::of_link(target),
        }
    }
}

/// A file that was installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) digest: Digest,
}

/// Everything that was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// By which version of redd.
    version: String,
    pub(super) files: Vec<Entry>,
    /// The directories that were made for them, those above first.
    pub(super) directories: Vec<PathBuf>,
}

impl Record {
    pub(super) fn path(target: &Target) -> PathBuf {
        target.prefix.join(PLACE)
    }

    /// That of items, with the directories of the one before. What was there already, and as it should be, stays whose it was.
    pub(super) fn of(items: &[Item], fates: &[Fate], old: &Self) -> Self {
        let entry = |item: &Item| Entry { path: item.path.clone(), digest: Digest::of(&item.contents) };
        let is_own = |(item, fate): &(&Item, &Fate)| **fate == Fate::Written || old.has(&item.path);
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            files: items.iter().zip(fates).filter(is_own).map(|(item, _)| entry(item)).collect(),
            directories: old.directories.clone(),
        }
    }

    /// The one that is there; an empty one where none is.
    pub(super) fn read(tree: &RootDir, target: &Target) -> Result<Self, MachineError> {
        let path = Self::path(target);
        let bytes = match tree.read_small_file(&path, LENGTH_MAX) {
            Ok(bytes) => bytes,
            Err(ReadError::Errno(cause)) => return Err(failed("reading", &path, cause)),
            Err(ReadError::NotRegular | ReadError::TooLong { .. }) => return Err(Self::unreadable(&path)),
        };
        let Some(bytes) = bytes else { return Ok(Self::default()) };
        let mut record: Self = serde_json::from_slice(&bytes).map_err(|_nonsense| Self::unreadable(&path))?;
        // It says what is removed: nothing but what is below the prefix.
        record.files.retain(|entry| is_below(&entry.path, target));
        record.directories.retain(|path| is_below(path, target) || target.prefix.starts_with(path));
        Ok(record)
    }

    pub(super) fn has(&self, path: &Path) -> bool {
        self.files.iter().any(|entry| entry.path == path)
    }

    fn unreadable(path: &Path) -> MachineError {
        MachineError::Exists {
            what: format!("{} does not say what was installed", path.display()),
            hint: Some("nothing was touched; remove it, and files are taken for somebody else's".to_owned()),
        }
    }

    pub(super) fn write(&self, tree: &RootDir, target: &Target) -> Result<(), MachineError> {
        let path = Self::path(target);
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        tree.make_directories(path.parent().unwrap_or(Path::new("/")), 0o755, Links::Followed)
            .and_then(|()| tree.replace_file(&path, 0o644, &text))
            .map_err(|cause| failed("writing", &path, cause))
    }

    pub(super) fn remove(tree: &RootDir, target: &Target) -> Result<(), MachineError> {
        let path = Self::path(target);
        tree.remove_file(&path).map_err(|cause| failed("removing", &path, cause))
    }
}

fn is_below(path: &Path, target: &Target) -> bool {
    path.starts_with(&target.prefix)
        && path.components().skip(1).all(|part| matches!(part, std::path::Component::Normal(_)))
}
