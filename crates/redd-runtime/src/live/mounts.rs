//! Mounts of the host's files in a machine that runs.
//!
//! The source's mount is copied on the host, gets its flags and its map of owners there, and is attached inside by a process
//! that has nothing else of the host's. The payload's mounts spread to its services.

use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::time::Duration;

use redd_plan::action::MountPoint;
use redd_spec::ids::{ContainerId, HostId, IdRange};
use redd_spec::mounts::{Bind, BindIdMap, BindSource, Submounts};
use redd_spec::path::PathInRoot;
use redd_spec::root::Access;
use redd_sys::Errno;
use redd_sys::mount::{self, MountAttribute, MountAttributes, Propagation, Recursion};
use redd_sys::root_dir::{Links, RootDir, file_type};
use redd_sys::single_thread::SingleThreaded;
use rustix::fs::{AtFlags, FileType, Stat, StatxAttributes, StatxFlags, fstat, statx};
use rustix::mount::{UnmountFlags, unmount};
use serde::{Deserialize, Serialize};

use super::lock::{self, Original};
use crate::StepError;
use crate::child::mounts::mount_point_below;
use crate::enter::errand::{self, Errand, Rights};
use crate::enter::{EnterError, Leader};
use crate::host::identity::range_namespace;
use crate::sources::{Source, open_path, without_id_map};

/// How long something inside may take: a file system there may not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What somebody who went in brings back.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    /// The mount that is at the path now, where the path is where a mount is attached.
    Done(Option<u64>),
    Failed {
        errno: i32,
        detail: String,
    },
}

/// Attaches a file or directory of the host, as a start would.
///
/// # Errors
/// The source is not there, or is a device; its owners cannot be mapped; the place is none.
pub fn attach(leader: &Leader, bind: &Bind, ids: Option<IdRange>) -> Result<(), EnterError> {
    let failed = |cause| EnterError::Failed { what: format!("mounting on {}", bind.destination), cause };
    let (copy, kind) = prepared(leader, bind, ids).map_err(failed)?;
    let create = if kind == FileType::Directory { MountPoint::Directory } else { MountPoint::File };
    let errand = Errand { rights: Rights::Mounting, kept: &[copy.as_fd()] };
    go_in(leader, &errand, || {
        let root = RootDir::open(Path::new("/"))?;
        let place = mount_point_below(&root, &bind.destination, create)?;
        mount::attach(copy.as_fd(), place.as_fd())?;
        Ok(None)
    })
    .map(drop)
}

/// Which mount is attached at a path, if one is.
///
/// # Errors
/// Nobody gets in, or comes back.
pub fn attached(leader: &Leader, path: &PathInRoot) -> Result<Option<u64>, EnterError> {
    let errand = Errand { rights: Rights::Mounting, kept: &[] };
    go_in(leader, &errand, || {
        let root = RootDir::open(Path::new("/"))?;
        let opened = match root.resolve(&root.follow_own_links(path.as_path())?, Links::Refused) {
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            result => result?,
        };
        let status = statx(&opened, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID)?;
        Ok(status.stx_attributes.contains(StatxAttributes::MOUNT_ROOT).then_some(status.stx_mnt_id))
    })
}

/// Takes away what is attached at a path, for whoever sees it. What is open stays open.
///
/// # Errors
/// Nothing is attached there, or nobody gets in.
pub fn detach(leader: &Leader, path: &PathInRoot) -> Result<(), EnterError> {
    let errand = Errand { rights: Rights::Mounting, kept: &[] };
    go_in(leader, &errand, || {
        let root = RootDir::open(Path::new("/"))?;
        let path = root.follow_own_links(path.as_path())?;
        unmount(&path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW)
            .map_err(StepError::about(path.display().to_string()))?;
        Ok(None)
    })
    .map(drop)
}

pub(super) fn go_in(
    leader: &Leader,
    errand: &Errand<'_>,
    work: impl FnOnce() -> Result<Option<u64>, StepError>,
) -> Result<Option<u64>, EnterError> {
    let answer = || match work() {
        Ok(mount) => (Answer::Done(mount), Vec::new()),
        Err(StepError { errno, detail, .. }) => {
            (Answer::Failed { errno: errno.raw_os_error(), detail }, Vec::new())
        }
    };
    match errand::run(leader, errand, PATIENCE, answer)?.0 {
        Answer::Done(mount) => Ok(mount),
        Answer::Failed { errno, detail } => Err(EnterError::Failed {
            what: "inside the machine".to_owned(),
            cause: StepError::about(detail)(Errno::from_raw_os_error(errno)),
        }),
    }
}

/// A copy of the source's mount as it is to be attached, and what kind of file it is.
fn prepared(leader: &Leader, bind: &Bind, ids: Option<IdRange>) -> Result<(OwnedFd, FileType), StepError> {
    let BindSource::Host(path) = &bind.source else {
        return Err(StepError::about("only files of the host are mounted while it runs")(Errno::INVAL));
    };
    let about = || StepError::about(path.display().to_string());
    let opened = open_path(path).map_err(about())?;
    let status = fstat(&opened)?;
    let kind = file_type(&status);
    if matches!(kind, FileType::BlockDevice | FileType::CharacterDevice) {
        let hint = "redd device add gives it a node of its own, and lets it be used";
        return Err(StepError::about(format!("{} is a device", path.display()))(Errno::INVAL).with_hint(hint));
    }
    if bind.id_map != BindIdMap::Unmapped && ids.is_none() {
        let hint = "leave the map of owners out: what is root's outside is root's inside";
        return Err(StepError::about("the machine has no user namespace")(Errno::INVAL).with_hint(hint));
    }
    let recursion = match bind.submounts {
        Submounts::Included => Recursion::Recursive,
        Submounts::Excluded => Recursion::Single,
    };
    let source = match (bind.id_map, ids) {
        (BindIdMap::Unmapped, _) | (_, None) => Source::Opened(opened),
        _ => without_id_map(opened, recursion).map_err(about())?,
    };
    let copy = match source {
        Source::Copied(copy) => copy,
        Source::Opened(opened) => mount::copy_tree(opened.as_fd(), c"", recursion).map_err(about())?,
    };
    let proof = SingleThreaded::check()?;
    let map = id_map(&proof, leader, bind, ids, &status)?;
    let set = match bind.access {
        Access::ReadOnly => MountAttribute::READ_ONLY,
        Access::ReadWrite => MountAttribute::empty(),
    };
    let attributes = MountAttributes {
        set,
        propagation: Some(Propagation::Private),
        id_map: map.as_ref().map(OwnedFd::as_fd),
        ..MountAttributes::default()
    };
    mount::set_attributes(copy.as_fd(), recursion, &attributes).map_err(|errno| {
        about()(errno).with_hint("where owners are to be mapped: not every file system can; leave that out")
    })?;
    let copy = match ids {
        Some(_) => {
            let users = user_namespace(leader)?;
            lock::locked(&proof, &Original::Mount(copy.as_fd()), Some(users.as_fd()))?
        }
        None => copy,
    };
    Ok((copy, kind))
}

/// Whose map owners are shown through.
fn id_map(
    proof: &SingleThreaded,
    leader: &Leader,
    bind: &Bind,
    ids: Option<IdRange>,
    source: &Stat,
) -> Result<Option<OwnedFd>, StepError> {
    let Some(ids) = ids else { return Ok(None) };
    let single = |id: HostId| {
        let to = (HostId(source.st_uid), IdRange { start: id, count: 1 });
        range_namespace(proof, to, to).map(Some)
    };
    let root = || ids.to_host(ContainerId(0)).map_or(Ok(None), single);
    match bind.id_map {
        BindIdMap::Unmapped => Ok(None),
        BindIdMap::Identity => user_namespace(leader).map(Some),
        BindIdMap::Root => root(),
        BindIdMap::Owner => match destination_owner(leader, bind)? {
            Some(owner) if owner.0.wrapping_sub(ids.start.0) < ids.count => single(owner),
            Some(_) => Ok(None),
            None => root(),
        },
    }
}

fn destination_owner(leader: &Leader, bind: &Bind) -> Result<Option<HostId>, StepError> {
    let root = RootDir::open(&leader.directory().join("root"))?;
    Ok(root.status(bind.destination.as_path())?.map(|status| HostId(status.st_uid)))
}

pub(super) fn user_namespace(leader: &Leader) -> Result<OwnedFd, StepError> {
    let file = File::open(leader.directory().join("ns/user"))?;
    // A number that is somebody else's by now would have been read of somebody else.
    if !leader.is_alive() {
        return Err(Errno::SRCH.into());
    }
    Ok(file.into())
}
