//! Everything that a copy of a tree keeps.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What one file is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    mode: u32,
    owner: (u32, u32),
    modified: (i64, i64),
    contents: Vec<u8>,
    target: Option<PathBuf>,
    attribute: Option<Vec<u8>>,
    /// The first of its names.
    first_name: PathBuf,
}

/// What all files below a directory are, by their names. Owners count from that of a range.
pub(crate) fn of(root: &Path, start: u32) -> BTreeMap<PathBuf, Sight> {
    let (mut picture, mut names) = (BTreeMap::new(), BTreeMap::new());
    let mut paths = vec![PathBuf::new()];
    while let Some(below) = paths.pop() {
        let path = root.join(&below);
        let status = fs::symlink_metadata(&path).unwrap();
        if status.is_dir() {
            let mut entries: Vec<_> =
                fs::read_dir(&path).unwrap().map(|entry| below.join(entry.unwrap().file_name())).collect();
            entries.sort();
            paths.extend(entries);
        }
        let first_name = names.entry(status.ino()).or_insert_with(|| below.clone()).clone();
        let mut value = [0; 64];
        let attribute = rustix::fs::lgetxattr(&path, c"user.note", &mut value);
        let sight = Sight {
            mode: status.mode(),
            owner: (status.uid() - start, status.gid() - start),
            modified: (status.mtime(), status.mtime_nsec()),
            contents: if status.is_file() { fs::read(&path).unwrap() } else { Vec::new() },
            target: status.is_symlink().then(|| fs::read_link(&path).unwrap()),
            attribute: attribute.ok().map(|length| value[..length].to_vec()),
            first_name,
        };
        picture.insert(below, sight);
    }
    picture
}

/// A name of these bytes.
pub(crate) fn name(bytes: Vec<u8>) -> OsString {
    OsString::from_vec(bytes)
}
