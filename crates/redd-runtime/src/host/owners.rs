//! Gives every file of a tree to the same id of a container's range, for good (`--private-users-ownership=chown`).
//!
//! Ids keep their lower 16 bits, so that doing it again changes nothing: a start that was killed on the way goes on where
//! the next one meets what is not done yet. The root directory comes last, and tells a tree that is done from one
//! that is not.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

use redd_spec::ids::{IdRange, RANGE_SIZE};
use redd_sys::Errno;
use redd_sys::file_system::is_kernels_own;
use redd_sys::root_dir::{RootDir, file_type};
use rustix::fs::{AtFlags, Dir, FileType, Gid, Mode, OFlags, Stat, Uid, XattrFlags, chownat, fstat, openat};
use rustix::fs::{chmod, getxattr, listxattr, removexattr, setxattr};

use crate::StepError;

/// Permissions and capabilities of a file whose owner is being changed: the kernel takes both away.
const NOTE: &str = "trusted.redd.kept";
const CAPABILITY: &str = "security.capability";
const ACCESS_LISTS: [&str; 2] = ["system.posix_acl_access", "system.posix_acl_default"];
/// The largest attribute there is.
const ATTRIBUTE_MAX: usize = 64 * 1024;
const SET_ID_BITS: u32 = 0o6000;

/// Changes what is not the range's yet.
pub(super) fn change(tree: &RootDir, ids: IdRange) -> Result<(), StepError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = openat(tree, ".", flags, Mode::empty())?;
    let status = fstat(&root)?;
    change_below(&root, status.st_dev, ids)?;
    change_one(root.as_fd(), &status, ids)
}

fn change_below(directory: &OwnedFd, device: u64, ids: IdRange) -> Result<(), StepError> {
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        change_entry(directory, device, name, ids).map_err(|cause| below(name, cause))?;
    }
    Ok(())
}

/// Says where something failed.
fn below(name: &CStr, cause: StepError) -> StepError {
    let name = name.to_string_lossy();
    let detail = if cause.detail.is_empty() { name.into_owned() } else { format!("{name}/{}", cause.detail) };
    StepError { detail, ..cause }
}

/// No link is followed: what is changed is the file that the handle stands for.
fn change_entry(directory: &OwnedFd, device: u64, name: &CStr, ids: IdRange) -> Result<(), StepError> {
    let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let handle = openat(directory, name, OFlags::PATH | flags, Mode::empty())?;
    let status = fstat(&handle)?;
    if file_type(&status) != FileType::Directory {
        return change_one(handle.as_fd(), &status, ids);
    }
    if status.st_dev != device && is_kernels_own(&handle)? {
        return Ok(());
    }
    let opened = openat(directory, name, OFlags::RDONLY | OFlags::DIRECTORY | flags, Mode::empty())?;
    let status = fstat(&opened)?;
    change_below(&opened, status.st_dev, ids)?;
    change_one(opened.as_fd(), &status, ids)
}

fn change_one(file: BorrowedFd<'_>, status: &Stat, ids: IdRange) -> Result<(), StepError> {
    let shift = |id: u32| ids.start.0 + id % RANGE_SIZE;
    let (user, group) = (shift(status.st_uid), shift(status.st_gid));
    let is_right = (user, group) == (status.st_uid, status.st_gid);
    if file_type(status) == FileType::Symlink {
        return if is_right { Ok(()) } else { give(file, user, group) };
    }
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let attributes = Attributes::of(&path)?;
    for list in ACCESS_LISTS.into_iter().filter(|list| attributes.has(list)) {
        change_access_list(&path, list, ids)?;
    }
    let kept = Kept::of(&path, status, &attributes, is_right)?;
    if !is_right {
        give(file, user, group)?;
    }
    kept.map_or(Ok(()), |kept| kept.restore(&path, ids))
}

fn give(file: BorrowedFd<'_>, user: u32, group: u32) -> Result<(), StepError> {
    let (user, group) = (Some(Uid::from_raw(user)), Some(Gid::from_raw(group)));
    Ok(chownat(file, "", user, group, AtFlags::EMPTY_PATH)?)
}

/// The names of a file's attributes.
struct Attributes(Vec<u8>);

impl Attributes {
    fn of(path: &str) -> Result<Self, StepError> {
        let mut names = vec![0; 1024];
        loop {
            match listxattr(path, names.as_mut_slice()) {
                Ok(length) => {
                    names.truncate(length);
                    return Ok(Self(names));
                }
                Err(Errno::RANGE) if names.len() < ATTRIBUTE_MAX => names.resize(ATTRIBUTE_MAX, 0),
                // The file system has none.
                Err(Errno::OPNOTSUPP) => return Ok(Self(Vec::new())),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.split(|&byte| byte == 0).any(|known| known == name.as_bytes())
    }
}

fn attribute(path: &str, name: &str) -> Result<Vec<u8>, Errno> {
    let mut value = vec![0; ATTRIBUTE_MAX];
    let length = getxattr(path, name, value.as_mut_slice())?;
    value.truncate(length);
    Ok(value)
}

/// Users and groups of an access list, see `linux/posix_acl_xattr.h`: a version, then tag, permissions and id of each entry.
fn change_access_list(path: &str, name: &str, ids: IdRange) -> Result<(), StepError> {
    let there = attribute(path, name)?;
    let changed = shifted_access_list(&there, ids).ok_or(Errno::INVAL)?;
    if changed != there {
        setxattr(path, name, &changed, XattrFlags::REPLACE).map_err(StepError::about(name))?;
    }
    Ok(())
}

fn shifted_access_list(list: &[u8], ids: IdRange) -> Option<Vec<u8>> {
    const HEADER: usize = 4;
    const NAMED: [u16; 2] = [0x02, 0x08];
    let (header, entries) = list.split_at_checked(HEADER)?;
    let (entries, []) = entries.as_chunks::<8>() else { return None };
    let mut changed = header.to_vec();
    for [tag_low, tag_high, permissions @ .., a, b, c, d] in entries {
        let id = u32::from_le_bytes([*a, *b, *c, *d]);
        let is_named = NAMED.contains(&u16::from_le_bytes([*tag_low, *tag_high]));
        let id = if is_named { ids.start.0 + id % RANGE_SIZE } else { id };
        changed.extend([*tag_low, *tag_high]);
        changed.extend(permissions);
        changed.extend(id.to_le_bytes());
    }
    Some(changed)
}

/// What the kernel takes away from a file that changes its owner.
struct Kept {
    mode: u32,
    capability: Vec<u8>,
}

impl Kept {
    /// What has to be put back. It is written down at the file before its owner is changed: a start that is killed in between
    /// would otherwise leave a file that looks right, and is not.
    fn of(
        path: &str,
        status: &Stat,
        attributes: &Attributes,
        is_right: bool,
    ) -> Result<Option<Self>, StepError> {
        if attributes.has(NOTE) {
            return Ok(Self::read(&attribute(path, NOTE)?));
        }
        let has_bits = file_type(status) == FileType::RegularFile && status.st_mode & SET_ID_BITS != 0;
        let has_capability = attributes.has(CAPABILITY);
        if is_right || !(has_bits || has_capability) {
            return Ok(None);
        }
        let capability = if has_capability { attribute(path, CAPABILITY)? } else { Vec::new() };
        let kept = Self { mode: status.st_mode & 0o7777, capability };
        match setxattr(path, NOTE, &kept.written(), XattrFlags::empty()) {
            Ok(()) | Err(Errno::OPNOTSUPP) => Ok(Some(kept)),
            Err(errno) => Err(StepError::about(NOTE)(errno)),
        }
    }

    fn written(&self) -> Vec<u8> {
        self.mode.to_le_bytes().into_iter().chain(self.capability.iter().copied()).collect()
    }

    fn read(note: &[u8]) -> Option<Self> {
        let (mode, capability) = note.split_first_chunk()?;
        Some(Self { mode: u32::from_le_bytes(*mode) & 0o7777, capability: capability.to_owned() })
    }

    fn restore(&self, path: &str, ids: IdRange) -> Result<(), StepError> {
        chmod(path, Mode::from_raw_mode(self.mode))?;
        if let Some(capability) = shifted_capability(&self.capability, ids) {
            setxattr(path, CAPABILITY, &capability, XattrFlags::empty())
                .map_err(StepError::about(CAPABILITY))?;
        }
        match removexattr(path, NOTE) {
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NODATA) => Ok(()),
            Err(errno) => Err(StepError::about(NOTE)(errno)),
        }
    }
}

/// Capabilities that hold for the container's root, see `linux/capability.h`: those of version 3 name that root behind what
/// version 2 has.
fn shifted_capability(capability: &[u8], ids: IdRange) -> Option<Vec<u8>> {
    const REVISION: u32 = 0xff00_0000;
    const REVISION_2: u32 = 0x0200_0000;
    const REVISION_3: u32 = 0x0300_0000;
    const LENGTH_2: usize = 20;
    let (magic, rest) = capability.split_first_chunk()?;
    let magic = u32::from_le_bytes(*magic);
    if ![REVISION_2, REVISION_3].contains(&(magic & REVISION)) {
        return None;
    }
    let sets = rest.get(..LENGTH_2 - size_of_val(&magic))?;
    let revision = if ids.start.0 == 0 { REVISION_2 } else { REVISION_3 };
    let mut shifted = ((magic & !REVISION) | revision).to_le_bytes().to_vec();
    shifted.extend(sets);
    if revision == REVISION_3 {
        shifted.extend(ids.start.0.to_le_bytes());
    }
    Some(shifted)
}

#[cfg(test)]
mod tests {
    use redd_spec::ids::HostId;

    use super::*;

    const IDS: IdRange = IdRange { start: HostId(0x8_0000), count: RANGE_SIZE };
    const HOST: IdRange = IdRange { start: HostId(0), count: RANGE_SIZE };

    #[test]
    fn only_named_entries_of_an_access_list_have_ids() {
        let entry = |tag: u16, id: u32| [&tag.to_le_bytes()[..], &[6, 0], &id.to_le_bytes()].concat();
        let list = |ids: [u32; 2]| {
            [&[2, 0, 0, 0][..], &entry(1, u32::MAX), &entry(2, ids[0]), &entry(8, ids[1])].concat()
        };
        let shifted = shifted_access_list(&list([7, 0x9_0008]), IDS).unwrap();
        assert_eq!(shifted, list([0x8_0007, 0x8_0008]));
        assert_eq!(shifted_access_list(&shifted, IDS).unwrap(), shifted, "doing it again changes nothing");
        assert_eq!(shifted_access_list(&shifted[..9], IDS), None);
        assert_eq!(shifted_access_list(&[], IDS), None);
    }

    #[test]
    fn capabilities_name_the_containers_root_where_it_is_not_the_hosts() {
        let version_2 = [&[1, 0, 0, 2][..], &[9; 16]].concat();
        let version_3 = shifted_capability(&version_2, IDS).unwrap();
        assert_eq!(version_3, [&[1, 0, 0, 3][..], &[9; 16], &0x8_0000_u32.to_le_bytes()].concat());
        assert_eq!(shifted_capability(&version_3, HOST).unwrap(), version_2);
        assert_eq!(shifted_capability(&[], IDS), None);
        assert_eq!(shifted_capability(&[0, 0, 0, 9, 1], IDS), None);
    }
}
