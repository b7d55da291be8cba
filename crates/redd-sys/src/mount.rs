//! Mounts made without a place, changed, and attached by descriptor.

use std::ffi::CStr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use bitflags::bitflags;
use linux_raw_sys::general::{
    __NR_mount_setattr, __NR_open_tree_attr, AT_EMPTY_PATH, AT_RECURSIVE, MOUNT_ATTR_IDMAP, MOUNT_ATTR_NODEV,
    MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOSYMFOLLOW, MOUNT_ATTR_RDONLY, OPEN_TREE_CLOEXEC,
    OPEN_TREE_CLONE, mount_attr,
};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
    fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
};

use crate::syscall::{self, fd_argument};

bitflags! {
    /// Flags of a mount, see mount_setattr(2).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct MountAttribute: u64 {
        /// Nothing can be written through it.
        const READ_ONLY = MOUNT_ATTR_RDONLY as u64;
        /// set-user-ID bits have no effect.
        const NO_SUID = MOUNT_ATTR_NOSUID as u64;
        /// Device nodes cannot be opened.
        const NO_DEVICES = MOUNT_ATTR_NODEV as u64;
        /// Nothing can be executed.
        const NO_EXEC = MOUNT_ATTR_NOEXEC as u64;
        /// Symbolic links are not followed.
        const NO_SYMLINKS = MOUNT_ATTR_NOSYMFOLLOW as u64;
    }
}

/// How mounts and unmounts spread, see mount_namespaces(7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// Not at all.
    Private,
    /// To others, and from them.
    Shared,
    /// From others only.
    Slave,
}

/// Whether mounts below are meant too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recursion {
    /// This mount alone.
    Single,
    /// All below as well.
    Recursive,
}

/// What is to change about a mount.
#[derive(Debug, Clone, Copy, Default)]
pub struct MountAttributes<'fd> {
    /// Flags to set.
    pub set: MountAttribute,
    /// Flags to clear.
    pub clear: MountAttribute,
    /// A new propagation.
    pub propagation: Option<Propagation>,
    /// A user namespace whose map owners are shown through.
    pub id_map: Option<BorrowedFd<'fd>>,
}

/// Changes the mount a descriptor refers to.
///
/// # Errors
/// Those of mount_setattr(2).
pub fn set_attributes(
    mount: BorrowedFd<'_>,
    recursion: Recursion,
    attributes: &MountAttributes<'_>,
) -> Result<(), Errno> {
    use std::os::fd::AsRawFd as _;
    let id_map = if attributes.id_map.is_some() { u64::from(MOUNT_ATTR_IDMAP) } else { 0 };
    let structure = mount_attr {
        attr_set: attributes.set.bits() | id_map,
        attr_clr: attributes.clear.bits(),
        propagation: attributes.propagation.map_or(0, propagation_bits),
        userns_fd: attributes.id_map.map_or(0, |fd| u64::from(fd.as_raw_fd().cast_unsigned())),
    };
    let flags = match recursion {
        Recursion::Single => AT_EMPTY_PATH,
        Recursion::Recursive => AT_EMPTY_PATH | AT_RECURSIVE,
    };
    let arguments = [
        fd_argument(mount),
        c"".as_ptr() as usize,
        flags as usize,
        (&raw const structure) as usize,
        size_of::<mount_attr>(),
        0,
    ];
    // SAFETY: the path and the structure live until the call returns, and the size is the structure's.
    unsafe { syscall::raw(__NR_mount_setattr, arguments) }?;
    Ok(())
}

const fn propagation_bits(propagation: Propagation) -> u64 {
    match propagation {
        Propagation::Private => 1 << 18,
        Propagation::Slave => 1 << 19,
        Propagation::Shared => 1 << 20,
    }
}

/// Why a file system could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{errno}{}{message}", if message.is_empty() { "" } else { ": " })]
pub struct FileSystemError {
    /// The error's number.
    pub errno: Errno,
    /// What the kernel says of it, printable; may be empty.
    pub message: String,
}

/// An option of a file system.
#[derive(Debug, Clone, Copy)]
pub enum FileSystemOption<'a> {
    /// `name`
    Flag(&'a str),
    /// `name=value`
    Value(&'a str, &'a str),
}

/// Makes a file system and a mount of it that is attached nowhere.
///
/// # Errors
/// Those of fsopen(2), fsconfig(2) and fsmount(2), with what the kernel logged.
pub fn new_file_system(
    kind: &str,
    options: &[FileSystemOption<'_>],
    attributes: MountAttribute,
) -> Result<OwnedFd, FileSystemError> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC).map_err(plain)?;
    configure(context.as_fd(), options, attributes)
        .map_err(|errno| FileSystemError { errno, message: kernel_message(context.as_fd()) })
}

fn plain(errno: Errno) -> FileSystemError {
    FileSystemError { errno, message: String::new() }
}

fn configure(
    context: BorrowedFd<'_>,
    options: &[FileSystemOption<'_>],
    attributes: MountAttribute,
) -> Result<OwnedFd, Errno> {
    for option in options {
        match option {
            FileSystemOption::Flag(name) => fsconfig_set_flag(context, *name)?,
            FileSystemOption::Value(name, value) => fsconfig_set_string(context, *name, *value)?,
        }
    }
    fsconfig_create(context)?;
    // The flags of mount_setattr(2) and fsmount(2) are the same numbers, below 2³².
    let attributes = MountAttrFlags::from_bits_retain(u32::try_from(attributes.bits()).unwrap_or(u32::MAX));
    fsmount(context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

/// One message of the kernel about a file system context: a letter for its kind, a space, the text.
fn kernel_message(context: BorrowedFd<'_>) -> String {
    let mut buffer = [0; 256];
    let length = rustix::io::read(context, &mut buffer).unwrap_or(0);
    let text = String::from_utf8_lossy(&buffer[..length]);
    let text = text.split_once(' ').map_or("", |(_kind, text)| text).trim_end();
    text.chars().filter(|character| !character.is_control()).collect()
}

/// Copies the mount a path leads to; the copy is attached nowhere. An empty path means `directory` itself.
///
/// # Errors
/// Those of open_tree(2).
pub fn copy_tree(directory: BorrowedFd<'_>, path: &CStr, recursion: Recursion) -> Result<OwnedFd, Errno> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_SYMLINK_NOFOLLOW
        | OpenTreeFlags::AT_NO_AUTOMOUNT;
    if path.is_empty() {
        flags |= OpenTreeFlags::AT_EMPTY_PATH;
    }
    if recursion == Recursion::Recursive {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    open_tree(directory, path, flags)
}

/// Copies the mount a descriptor refers to as [`copy_tree`] does, without the id maps that it and those below have.
/// `None` where the kernel cannot take them off.
///
/// # Errors
/// Those of open_tree_attr(2).
pub fn copy_tree_unmapped(mount: BorrowedFd<'_>, recursion: Recursion) -> Result<Option<OwnedFd>, Errno> {
    let structure =
        mount_attr { attr_set: 0, attr_clr: u64::from(MOUNT_ATTR_IDMAP), propagation: 0, userns_fd: 0 };
    let recursive = if recursion == Recursion::Recursive { AT_RECURSIVE } else { 0 };
    let arguments = [
        fd_argument(mount),
        c"".as_ptr() as usize,
        (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | recursive) as usize,
        (&raw const structure) as usize,
        size_of::<mount_attr>(),
        0,
    ];
    // SAFETY: the path and the structure live until the call returns, and the size is the structure's.
    match unsafe { syscall::raw(__NR_open_tree_attr, arguments) } {
        // SAFETY: the kernel made this descriptor, and nobody else knows it.
        Ok(number) => Ok(Some(unsafe { syscall::owned_fd(number) })),
        Err(Errno::NOSYS) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Attaches a mount at the file or directory a descriptor refers to.
///
/// # Errors
/// Those of move_mount(2).
pub fn attach(mount: BorrowedFd<'_>, target: BorrowedFd<'_>) -> Result<(), Errno> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    move_mount(mount, c"", target, c"", flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    #[test]
    fn a_file_system_is_made_without_a_place_and_its_flags_hold() {
        if !is_root() {
            return;
        }
        let options = [FileSystemOption::Value("size", "1m")];
        let made = new_file_system("tmpfs", &options, MountAttribute::empty()).unwrap();
        let mode = rustix::fs::Mode::from_raw_mode(0o700);
        rustix::fs::mkdirat(&made, "before", mode).unwrap();
        let read_only = MountAttributes { set: MountAttribute::READ_ONLY, ..MountAttributes::default() };
        set_attributes(made.as_fd(), Recursion::Single, &read_only).unwrap();
        assert_eq!(rustix::fs::mkdirat(&made, "after", mode), Err(Errno::ROFS));
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains("size=1024k"), "it is attached nowhere");
    }

    #[test]
    fn the_kernels_own_words_are_part_of_the_error() {
        if !is_root() {
            return;
        }
        let options = [FileSystemOption::Value("colour", "red")];
        let error = new_file_system("tmpfs", &options, MountAttribute::empty()).unwrap_err();
        assert!(error.message.contains("colour"), "{error}");
        assert!(new_file_system("no-such-file-system", &[], MountAttribute::empty()).is_err());
    }

    #[test]
    fn a_copy_without_id_maps_shows_owners_as_they_are() {
        use std::process::{Command, Stdio};
        if !is_root() {
            return;
        }
        let mut holder = Command::new("unshare");
        holder.args(["--user", "cat"]);
        let Ok(mut holder) = holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else { return };
        std::io::Write::write_all(holder.stdin.as_mut().unwrap(), b"x").unwrap();
        // What answers is in its namespace.
        std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        for map in ["uid_map", "gid_map"] {
            std::fs::write(format!("/proc/{}/{map}", holder.id()), "0 500000 65536\n").unwrap();
        }
        let namespace = std::fs::File::open(format!("/proc/{}/ns/user", holder.id())).unwrap();
        let directory = tempfile::tempdir_in("/var/tmp").unwrap();
        let opened = std::fs::File::open(directory.path()).unwrap();
        let mapped = copy_tree(opened.as_fd(), c"", Recursion::Single).unwrap();
        let attributes = MountAttributes { id_map: Some(namespace.as_fd()), ..MountAttributes::default() };
        set_attributes(mapped.as_fd(), Recursion::Single, &attributes).unwrap();
        let owner = |mount: &OwnedFd| rustix::fs::fstat(mount).unwrap().st_uid;
        assert_eq!(owner(&mapped), 500_000);
        // Older kernels can do neither.
        if let Some(unmapped) = copy_tree_unmapped(mapped.as_fd(), Recursion::Single).unwrap() {
            assert_eq!(owner(&unmapped), 0);
            set_attributes(unmapped.as_fd(), Recursion::Single, &attributes).unwrap();
        }
        drop(holder.kill());
        drop(holder.wait());
    }

    #[test]
    fn a_directory_that_is_no_mount_has_no_flags() {
        if !is_root() {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let opened = std::fs::File::open(directory.path()).unwrap();
        let attributes = MountAttributes { set: MountAttribute::READ_ONLY, ..MountAttributes::default() };
        assert_eq!(set_attributes(opened.as_fd(), Recursion::Single, &attributes), Err(Errno::INVAL));
    }
}
