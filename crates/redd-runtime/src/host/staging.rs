//! Mounts are made ready in a mount namespace of redd's own, never in the host's.
//!
//! A child with a user namespace copies that namespace, and the kernel locks the flags of what it copies: what is
//! read-only here cannot be made writable there. The staging namespace is left before the payload runs.

use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::Path;

use redd_plan::action::{Entry, EntryKind, FileSystem, MountFlags, MountSource, StageIdMap};
use redd_plan::descriptor::{FdName, Slot};
use redd_spec::ids::{HostId, IdRange};
use redd_spec::mounts::Submounts;
use redd_spec::path::PathInRoot;
use redd_sys::clone::Namespaces;
use redd_sys::mount::{self, FileSystemOption, MountAttribute, MountAttributes, Propagation, Recursion};
use redd_sys::root_dir::{Links, RootDir, file_type};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, datagram, process};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, mkdirat, mknodat, openat, symlinkat};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, socket_with};

use super::identity;
use crate::StepError;
use crate::error::best_effort;
use crate::launch::HostSide;
use crate::sources::Source;

/// What the staging directory covers, in the staging namespace only.
const STAGING: &str = "/run/redd";

/// Where redd came from, and where its mounts wait.
pub(crate) struct Staging {
    host_namespace: OwnedFd,
    /// The directory redd was in, as leaving resets it.
    host_directory: OwnedFd,
    /// A tmpfs with a directory or file for each slot; also the working directory, so that the child has it too.
    directory: OwnedFd,
}

impl Staging {
    /// Goes back.
    pub(crate) fn leave(self, proof: &SingleThreaded) -> Result<(), Errno> {
        process::enter_namespace(proof, self.host_namespace.as_fd(), Namespaces::MOUNT)?;
        rustix::process::fchdir(&self.host_directory)
    }
}

pub(super) fn enter(side: &mut HostSide) -> Result<(), StepError> {
    let open = |path| openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let host_namespace = open("/proc/self/ns/mnt")?;
    let host_directory = openat(CWD, ".", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    process::unshare(&side.proof, Namespaces::MOUNT)?;
    // Until this is done nothing may be mounted: it would spread to the host.
    let root = openat(CWD, "/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let private = MountAttributes { propagation: Some(Propagation::Private), ..MountAttributes::default() };
    mount::set_attributes(root.as_fd(), Recursion::Recursive, &private)
        .map_err(StepError::about("making mounts private"))?;
    // The child has to look into it as somebody who is nobody here.
    let directory =
        mount::new_file_system("tmpfs", &[FileSystemOption::Value("mode", "0755")], MountAttribute::empty())?;
    // Not on "/": a process whose root is covered counts as chrooted, and gets no user namespace.
    let place = openat(CWD, STAGING, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    mount::attach(directory.as_fd(), place.as_fd())
        .map_err(StepError::about("attaching the staging directory"))?;
    rustix::process::fchdir(&directory)?;
    side.staging = Some(Staging { host_namespace, host_directory, directory });
    Ok(())
}

pub(super) fn leave(side: &mut HostSide) -> Result<(), StepError> {
    let staging = side.staging.take().ok_or(Errno::INVAL)?;
    Ok(staging.leave(&side.proof)?)
}

/// A directory of the staged tree becomes the root; no link leads out of the tree.
pub(super) fn stage_pivot(side: &HostSide, new: &PathInRoot) -> Result<(), StepError> {
    let tree = RootDir::from_fd(slot_mount(side, Slot::PivotedFrom)?);
    let directory = tree.resolve(new.as_path(), Links::Followed)?;
    let copy = mount::copy_tree(directory.as_fd(), c"", Recursion::Recursive)?;
    place(side, Slot::Root, copy.as_fd())
}

pub(super) fn create_host_directory(path: &Path, owner: HostId) -> Result<(), StepError> {
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(path)?;
    // A step that fails leaves nothing: only those before it are undone.
    Ok(chown(path, Some(owner.0), Some(owner.0)).inspect_err(|_| best_effort(std::fs::remove_dir(path)))?)
}

/// The copy is attached nowhere, so it is in no namespace yet; its source is what was checked, whatever its path
/// leads to by now.
pub(super) fn copy_mount(side: &mut HostSide, slot: Slot, source: &MountSource) -> Result<(), StepError> {
    let (opened, recursion) = match source {
        MountSource::Tree { subdirectory, submounts } => {
            let path = subdirectory.as_ref().map_or(Path::new("/"), |path| path.as_path());
            (side.root.resolve(path, Links::Followed)?, recursion(*submounts))
        }
        MountSource::Host { submounts, .. } => match side.sources.remove(&slot).ok_or(Errno::BADF)? {
            Source::Opened(opened) => (opened, recursion(*submounts)),
            Source::Copied(copy) => {
                side.copies.insert(slot, copy);
                return Ok(());
            }
        },
        MountSource::StagedRoot { path } => {
            let root = RootDir::from_fd(slot_mount(side, Slot::Root)?);
            (root.resolve(path.as_path(), Links::Followed)?, Recursion::Single)
        }
        MountSource::Home { index, .. } => {
            (side.homes.remove(index).ok_or(Errno::BADF)?, Recursion::Recursive)
        }
        MountSource::Own { path } => {
            (openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?, Recursion::Single)
        }
        MountSource::HostSysfs => (
            openat(CWD, "/sys", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?,
            Recursion::Single,
        ),
    };
    let copy = mount::copy_tree(opened.as_fd(), c"", recursion)?;
    side.copies.insert(slot, copy);
    Ok(())
}

const fn recursion(submounts: Submounts) -> Recursion {
    match submounts {
        Submounts::Included => Recursion::Recursive,
        Submounts::Excluded => Recursion::Single,
    }
}

pub(super) fn stage(
    side: &mut HostSide,
    slot: Slot,
    id_map: StageIdMap,
    flags: MountFlags,
) -> Result<(), StepError> {
    let copy = side.copies.remove(&slot).ok_or(Errno::BADF)?;
    let namespace = match id_map {
        StageIdMap::Unmapped => None,
        StageIdMap::Container(_) => Some(identity::child_user_namespace(side)?),
        StageIdMap::Range { from, to } => {
            Some(identity::range_namespace(&side.proof, (from, to), (from, to))?)
        }
        StageIdMap::Account { uid, gid, to_uid, to_gid } => {
            let single = |start| IdRange { start, count: 1 };
            let (user, group) = ((uid, single(to_uid)), (gid, single(to_gid)));
            Some(identity::range_namespace(&side.proof, user, group)?)
        }
    };
    let attributes = MountAttributes {
        set: attributes(flags),
        propagation: Some(Propagation::Private),
        id_map: namespace.as_ref().map(OwnedFd::as_fd),
        ..MountAttributes::default()
    };
    mount::set_attributes(copy.as_fd(), Recursion::Recursive, &attributes)?;
    place(side, slot, copy.as_fd())
}

/// The kernel's names for a plan's flags.
pub(crate) fn attributes(flags: MountFlags) -> MountAttribute {
    let pairs = [
        (MountFlags::READ_ONLY, MountAttribute::READ_ONLY),
        (MountFlags::NO_SUID, MountAttribute::NO_SUID),
        (MountFlags::NO_DEVICES, MountAttribute::NO_DEVICES),
        (MountFlags::NO_EXEC, MountAttribute::NO_EXEC),
        (MountFlags::NO_SYMLINKS, MountAttribute::NO_SYMLINKS),
    ];
    let set = pairs.into_iter().filter(|(flag, _)| flags.contains(*flag));
    set.fold(MountAttribute::empty(), |all, (_, attribute)| all | attribute)
}

pub(super) fn staging_directory<'a>(side: &'a HostSide<'_>) -> Result<BorrowedFd<'a>, StepError> {
    Ok(side.staging.as_ref().ok_or(Errno::INVAL)?.directory.as_fd())
}

/// Attaches a mount in its slot, which is a directory or a file as the mount's root is.
pub(super) fn place(side: &HostSide, slot: Slot, mounted: BorrowedFd<'_>) -> Result<(), StepError> {
    let staging = staging_directory(side)?;
    let name = slot.to_string();
    let is_directory = file_type(&fstat(mounted)?) == FileType::Directory;
    if is_directory {
        mkdirat(staging, &name, Mode::from_raw_mode(0o700))?;
    } else {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        openat(staging, &name, flags, Mode::from_raw_mode(0o600))?;
    }
    let target = openat(staging, &name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    Ok(mount::attach(mounted, target.as_fd())?)
}

/// The mount in a slot.
pub(super) fn slot_mount(side: &HostSide, slot: Slot) -> Result<OwnedFd, StepError> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(staging_directory(side)?, slot.to_string(), flags, Mode::empty())?)
}

pub(super) fn give(file: BorrowedFd<'_>, owner: HostId) -> Result<(), StepError> {
    let (user, group) = owner_of(owner);
    Ok(rustix::fs::chownat(file, "", Some(user), Some(group), AtFlags::EMPTY_PATH)?)
}

fn owner_of(owner: HostId) -> (rustix::fs::Uid, rustix::fs::Gid) {
    (rustix::fs::Uid::from_raw(owner.0), rustix::fs::Gid::from_raw(owner.0))
}

pub(super) fn stage_file_system(
    side: &HostSide,
    slot: Slot,
    file_system: &FileSystem,
    owner: HostId,
    entries: &[Entry],
) -> Result<(), StepError> {
    let options = options(file_system);
    let made = mount::new_file_system(file_system.kind, &options, MountAttribute::empty())?;
    give(made.as_fd(), owner)?;
    // Entries get their modes as they stand in the plan.
    let callers = rustix::process::umask(Mode::empty());
    let result = entries.iter().try_for_each(|entry| {
        make_entry(made.as_fd(), entry, owner)
            .map_err(|cause| StepError { detail: entry.path.clone(), ..cause })
    });
    rustix::process::umask(callers);
    result?;
    let attributes = MountAttributes { set: attributes(file_system.flags), ..MountAttributes::default() };
    mount::set_attributes(made.as_fd(), Recursion::Single, &attributes)?;
    place(side, slot, made.as_fd())
}

/// The options of a plan's file system in the form of the system call.
pub(crate) fn options(file_system: &FileSystem) -> Vec<FileSystemOption<'_>> {
    file_system
        .options
        .iter()
        .map(|option| match &option.value {
            Some(value) => FileSystemOption::Value(&option.name, value),
            None => FileSystemOption::Flag(&option.name),
        })
        .collect()
}

fn make_entry(root: BorrowedFd<'_>, entry: &Entry, owner: HostId) -> Result<(), StepError> {
    let mode = Mode::from_raw_mode(entry.mode);
    let path = entry.path.as_str();
    let node = |kind, device| mknodat(root, path, kind, mode, device);
    match &entry.kind {
        EntryKind::Directory => mkdirat(root, path, mode)?,
        EntryKind::File(contents) => {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let file = std::fs::File::from(openat(root, path, flags, mode)?);
            std::io::Write::write_all(&mut &file, contents)?;
        }
        EntryKind::Link(target) => symlinkat(target.as_str(), root, path)?,
        EntryKind::Fifo => node(FileType::Fifo, 0)?,
        EntryKind::Socket => node(FileType::Socket, 0)?,
        EntryKind::Character { major, minor } => {
            node(FileType::CharacterDevice, rustix::fs::makedev(*major, *minor))?
        }
        EntryKind::Block { major, minor } => {
            node(FileType::BlockDevice, rustix::fs::makedev(*major, *minor))?
        }
    }
    give_entry(root, path, owner)
}

/// What redd makes is root's already.
pub(super) fn give_entry(directory: BorrowedFd<'_>, name: &str, owner: HostId) -> Result<(), StepError> {
    if owner == HostId(0) {
        return Ok(());
    }
    let (user, group) = owner_of(owner);
    Ok(rustix::fs::chownat(directory, name, Some(user), Some(group), AtFlags::SYMLINK_NOFOLLOW)?)
}

pub(super) fn create_notify_socket(
    side: &mut HostSide,
    slot: Slot,
    name: &str,
    owner: HostId,
) -> Result<(), StepError> {
    let listener = socket_with(
        AddressFamily::UNIX,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )?;
    // The mount is read-only already, and nobody has copied it yet. A second, writable one would have to be
    // unmounted, for which the kernel waits.
    let directory = slot_mount(side, slot)?;
    let writable = MountAttributes { clear: MountAttribute::READ_ONLY, ..MountAttributes::default() };
    let read_only = MountAttributes { set: MountAttribute::READ_ONLY, ..MountAttributes::default() };
    mount::set_attributes(directory.as_fd(), Recursion::Single, &writable)?;
    let path = format!("/proc/self/fd/{}/{name}", directory.as_raw_fd());
    bind(&listener, &SocketAddrUnix::new(path.as_str())?)?;
    datagram::enable_credentials(&listener)?;
    rustix::fs::chmodat(&directory, name, Mode::from_raw_mode(0o200), AtFlags::empty())?;
    give_entry(directory.as_fd(), name, owner)?;
    mount::set_attributes(directory.as_fd(), Recursion::Single, &read_only)?;
    side.descriptors.insert(FdName::NotifySocket, listener);
    Ok(())
}

/// Open at both ends, so that readers of `/proc/kmsg` wait for what never comes.
pub(super) fn open_kernel_messages(side: &mut HostSide, slot: Slot, name: &str) -> Result<(), StepError> {
    let directory = slot_mount(side, slot)?;
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fifo = openat(&directory, name, flags, Mode::empty())?;
    side.descriptors.insert(FdName::KernelMessages, fifo);
    Ok(())
}

/// A link through redd's own descriptor, which is dead when redd is. What a killed one left is not in its way; what somebody else
/// mounted there is.
pub(super) fn publish_unix_export(side: &HostSide, link: &Path) -> Result<(), StepError> {
    use std::os::fd::AsRawFd as _;
    let Some(export) = side.descriptors.get(FdName::UnixExport) else { return Ok(()) };
    let target = format!("/proc/{}/fd/{}", std::process::id(), export.as_raw_fd());
    let directory = link.parent().unwrap_or(link);
    std::fs::create_dir_all(directory)?;
    best_effort(std::fs::remove_file(link));
    best_effort(std::fs::remove_dir(link));
    best_effort(std::os::unix::fs::symlink(target, link));
    Ok(())
}

pub(super) fn open_unix_export(side: &mut HostSide, slot: Slot) -> Result<(), StepError> {
    let directory = slot_mount(side, slot)?;
    let view = mount::copy_tree(directory.as_fd(), c"", Recursion::Single)?;
    let read_only = MountAttributes {
        set: MountAttribute::READ_ONLY | MountAttribute::NO_SYMLINKS,
        ..MountAttributes::default()
    };
    mount::set_attributes(view.as_fd(), Recursion::Single, &read_only)?;
    side.descriptors.insert(FdName::UnixExport, view);
    Ok(())
}
