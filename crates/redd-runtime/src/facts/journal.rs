//! What the host and the tree have for the payload's journal (AI2).

use std::path::Path;

use redd_plan::facts::{FileKind, IdMapping, JournalEntry, JournalFacts};
use redd_spec::uuid::Uuid;
use redd_sys::Errno;
use redd_sys::root_dir::{Links, RootDir, file_type};
use rustix::fs::{FileType, lstat, stat, statfs};

/// The tree may be hostile: a link anywhere on the way is one, wherever it leads (R8).
pub(crate) fn look(root: &RootDir, tree: &Path, uuid: Uuid) -> JournalFacts {
    let path = redd_plan::journal_of(uuid);
    let parent = path.parent().unwrap_or(&path);
    JournalFacts {
        entry: entry(&path, &tree.join(path.strip_prefix("/").unwrap_or(&path))),
        is_kept: stat(parent).is_ok_and(|status| file_type(&status) == FileType::Directory),
        tree: way(root, &path),
        id_mapping: id_mapping(&path),
    }
}

/// What is at the end of a path in a tree, or the first thing on the way to it that is no directory.
pub(crate) fn way(root: &RootDir, path: &Path) -> FileKind {
    let mut ancestors: Vec<&Path> = path.ancestors().filter(|ancestor| ancestor.parent().is_some()).collect();
    ancestors.reverse();
    for ancestor in ancestors {
        let kind = match root.resolve(ancestor, Links::Refused) {
            Ok(found) => rustix::fs::fstat(&found).map(|status| file_type(&status)),
            Err(Errno::NOENT) => return FileKind::Missing,
            Err(_) => return FileKind::Link,
        };
        match kind {
            Ok(FileType::Directory) => {}
            Ok(FileType::Symlink) => return FileKind::Link,
            Ok(_) | Err(_) => return FileKind::Other,
        }
    }
    FileKind::Directory
}

fn entry(path: &Path, target: &Path) -> JournalEntry {
    let Ok(status) = lstat(path) else { return JournalEntry::Missing };
    match file_type(&status) {
        FileType::Directory => JournalEntry::Directory,
        FileType::Symlink => match std::fs::read_link(path) {
            Ok(found) if found == target => JournalEntry::Linked,
            // It led into a tree that is gone, or was moved.
            Ok(found) if found.ends_with(path.strip_prefix("/").unwrap_or(path)) && !found.exists() => {
                JournalEntry::Stale
            }
            Ok(_) | Err(_) => JournalEntry::Others,
        },
        _ => JournalEntry::Others,
    }
}

/// Of what is there, or of where it will be.
fn id_mapping(path: &Path) -> IdMapping {
    const OVERLAYFS_SUPER_MAGIC: i64 = 0x794c_7630;
    match path.ancestors().find_map(|ancestor| statfs(ancestor).ok()) {
        Some(status) if status.f_type != OVERLAYFS_SUPER_MAGIC => IdMapping::Supported,
        Some(_) | None => IdMapping::Unsupported,
    }
}
