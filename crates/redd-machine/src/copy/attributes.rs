//! What a file is beside its contents: read from one, given to another.
//!
//! Both happen where the file is: ids in access lists and capabilities are the kernel's to translate. Whatever has a
//! descriptor is changed through it; nothing is looked for in a `/proc` that a payload may have made.

use std::ffi::{CString, OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use redd_sys::Errno;
use redd_sys::root_dir::file_type;
use rustix::fs::{
    AtFlags, FileType, Gid, Mode, Stat, Timespec, Timestamps, Uid, XattrFlags, chownat, fchmod, fchown,
    fgetxattr, flistxattr, fsetxattr, futimens, utimensat,
};

use super::report::Reason;
use super::stream::Attributes;
use super::{Owners, Place};

const CAPABILITY: &str = "security.capability";
const ACCESS_LIST: &str = "system.posix_acl_access";
const DEFAULT_ACCESS_LIST: &str = "system.posix_acl_default";
/// The largest attribute, and list of names, there is.
const ATTRIBUTE_MAX: usize = 64 * 1024;
const SET_ID_BITS: u32 = 0o6000;
const PERMISSIONS: u32 = 0o7777;

/// What a file has, and what of it is not taken along.
pub(super) fn read(
    file: Option<BorrowedFd<'_>>,
    status: &Stat,
    owners: Owners,
) -> Result<(Attributes, Option<Reason>), Errno> {
    let nanoseconds = |value: u64| u32::try_from(value).unwrap_or_default();
    let mut attributes = Attributes {
        mode: status.st_mode & PERMISSIONS,
        user: status.st_uid,
        group: status.st_gid,
        accessed: (status.st_atime, nanoseconds(status.st_atime_nsec)),
        modified: (status.st_mtime, nanoseconds(status.st_mtime_nsec)),
        extended: Vec::new(),
    };
    let mut left = None;
    for name in file.map(names_of).transpose()?.unwrap_or_default() {
        let is_portable = name.as_bytes().starts_with(b"user.");
        if !is_portable && !is_about_ids(&name) {
            continue;
        }
        let Some(value) = file.and_then(|file| value_of(file, &name)) else { continue };
        if is_portable || owners == Owners::Kept {
            attributes.extended.push((name, value));
            continue;
        }
        left = Some(if name == CAPABILITY { Reason::Privileges } else { Reason::AccessList });
        if name == ACCESS_LIST {
            // Without the list the middle bits mean the group, and no longer whatever the list allows at most.
            attributes.mode &= !0o070 | group_permissions(&value) << 3;
        }
    }
    // Whoever owns the copy would lend rights that nobody gave.
    if owners != Owners::Kept && attributes.mode & SET_ID_BITS != 0 {
        attributes.mode &= !SET_ID_BITS;
        if file_type(status) == FileType::RegularFile {
            left = Some(Reason::Privileges);
        }
    }
    Ok((attributes, left))
}

fn is_about_ids(name: &OsStr) -> bool {
    [CAPABILITY, ACCESS_LIST, DEFAULT_ACCESS_LIST].iter().any(|known| name == *known)
}

/// A file system without attributes has none.
fn names_of(file: BorrowedFd<'_>) -> Result<Vec<OsString>, Errno> {
    let mut names = vec![0; 1024];
    let length = loop {
        match flistxattr(file, names.as_mut_slice()) {
            Ok(length) => break length,
            Err(Errno::RANGE) if names.len() < ATTRIBUTE_MAX => names.resize(ATTRIBUTE_MAX, 0),
            Err(Errno::OPNOTSUPP) => break 0,
            Err(errno) => return Err(errno),
        }
    };
    let names = names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| OsString::from_vec(name.to_vec())).collect())
}

/// One that goes away meanwhile, or that nobody may read, is none.
fn value_of(file: BorrowedFd<'_>, name: &OsStr) -> Option<Vec<u8>> {
    let mut value = vec![0; ATTRIBUTE_MAX];
    let length = fgetxattr(file, name, value.as_mut_slice()).ok()?;
    value.truncate(length);
    Some(value)
}

/// What an access list gives the group itself, see `linux/posix_acl_xattr.h`.
fn group_permissions(list: &[u8]) -> u32 {
    const GROUP_OBJECT: [u8; 2] = [0x04, 0];
    let entries = list.get(4..).unwrap_or_default().as_chunks::<8>().0;
    let group = entries.iter().find(|entry| entry[..2] == GROUP_OBJECT);
    group.map_or(0, |entry| u32::from(entry[2] & 0o7))
}

/// Gives a file or directory that is open what another one has, in an order in which nothing takes another thing away.
pub(super) fn give(
    file: BorrowedFd<'_>,
    attributes: &Attributes,
    owners: Owners,
    place: Place,
) -> Result<(), (&'static str, Errno)> {
    if let Some((user, group)) = owner(attributes, owners, place) {
        fchown(file, Some(user), Some(group)).map_err(|errno| ("changing the owner of", errno))?;
    }
    fchmod(file, Mode::from_raw_mode(attributes.mode & PERMISSIONS))
        .map_err(|errno| ("changing the permissions of", errno))?;
    for (name, value) in &attributes.extended {
        let is_wanted = name.as_bytes().starts_with(b"user.") || is_about_ids(name);
        let name = CString::new(name.as_bytes()).ok().filter(|_| is_wanted);
        let Some(name) = name else { continue };
        match fsetxattr(file, &name, value, XattrFlags::empty()) {
            // A file system that has none, and no room for any.
            Ok(()) | Err(Errno::OPNOTSUPP) => {}
            Err(errno) => return Err(("giving attributes to", errno)),
        }
    }
    futimens(file, &times(attributes)).map_err(|errno| ("setting the times of", errno))
}

/// The same for a symbolic link, which has fewer of them.
pub(super) fn give_link(
    directory: impl AsFd,
    name: &OsStr,
    attributes: &Attributes,
    owners: Owners,
    place: Place,
) -> Result<(), (&'static str, Errno)> {
    let directory = directory.as_fd();
    if let Some((user, group)) = owner(attributes, owners, place) {
        chownat(directory, name, Some(user), Some(group), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| ("changing the owner of", errno))?;
    }
    utimensat(directory, name, &times(attributes), AtFlags::SYMLINK_NOFOLLOW)
        .map_err(|errno| ("setting the times of", errno))
}

/// Who owns a copy; whoever makes it where that is enough.
fn owner(attributes: &Attributes, owners: Owners, place: Place) -> Option<(Uid, Gid)> {
    let (user, group) = match owners {
        Owners::There if place == Place::Host => return None,
        Owners::There => (0, 0),
        Owners::Kept => (attributes.user, attributes.group),
        Owners::Given { user, group } => (user, group),
    };
    Some((Uid::from_raw(user), Gid::from_raw(group)))
}

fn times(attributes: &Attributes) -> Timestamps {
    let time = |(seconds, nanoseconds): (i64, u32)| Timespec {
        tv_sec: seconds,
        tv_nsec: i64::from(nanoseconds.min(999_999_999)),
    };
    Timestamps { last_access: time(attributes.accessed), last_modification: time(attributes.modified) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_its_access_list_a_file_is_not_open_to_its_group() {
        let entry = |tag: u8, permissions: u8| [tag, 0, permissions, 0, 0xff, 0xff, 0xff, 0xff];
        let list = [&[2, 0, 0, 0][..], &entry(1, 6), &entry(2, 7), &entry(4, 4), &entry(16, 7)].concat();
        assert_eq!(group_permissions(&list), 4);
        assert_eq!(group_permissions(&list[..7]), 0);
        assert_eq!(group_permissions(&[]), 0);
    }
}
