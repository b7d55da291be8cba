//! Device nodes in a machine that runs.
//!
//! The node is made on the host, on a file system that nobody sees, and attached inside as a mount is: nothing of the payload's
//! is written to by somebody who may make nodes.

use std::os::fd::AsFd as _;
use std::path::Path;

use redd_plan::action::MountPoint;
use redd_plan::facts::{DeviceClass, DeviceFacts, DeviceNumber};
use redd_spec::devices::DeviceNode;
use redd_spec::ids::{HostId, IdRange};
use redd_spec::path::PathInRoot;
use redd_sys::Errno;
use redd_sys::mount;
use redd_sys::root_dir::{Links, RootDir};
use redd_sys::single_thread::SingleThreaded;
use rustix::mount::{UnmountFlags, unmount};

use super::lock::{self, Original};
use super::mounts::{go_in, user_namespace};
use crate::StepError;
use crate::child::mounts::mount_point_below;
use crate::enter::errand::{Errand, Rights};
use crate::enter::{EnterError, Leader};
use crate::error::best_effort;
use crate::facts::devices::device_facts;

/// What there is of it on the host.
///
/// # Errors
/// There is no such device.
pub fn look(device: &DeviceNode) -> Result<(DeviceNumber, u32), EnterError> {
    let path = device.host_path();
    let no = |why: &str| failed(device)(StepError::about(format!("{} {why}", path.display()))(Errno::NODEV));
    match device_facts(std::slice::from_ref(device)).ok().and_then(|facts| facts.into_iter().next()) {
        Some(DeviceFacts::Node(number, mode)) => Ok((number, mode)),
        Some(DeviceFacts::NoDevice) => Err(no("is no device")),
        Some(DeviceFacts::Absent) | None => Err(no("is not there")),
    }
}

/// Whether there is something inside where the node would be.
///
/// # Errors
/// Nobody gets in, or comes back.
pub fn is_there(leader: &Leader, device: &DeviceNode) -> Result<bool, EnterError> {
    let path = path_of(device)?;
    let errand = Errand { rights: Rights::Mounting, kept: &[] };
    let found = go_in(leader, &errand, || {
        let root = RootDir::open(Path::new("/"))?;
        match root.resolve(path.as_path(), Links::FollowedButLast) {
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(errno.into()),
            Ok(_) => Ok(Some(1)),
        }
    });
    found.map(|found| found.is_some())
}

/// Gives the payload's root a node.
///
/// # Errors
/// There is no such device, or it cannot be attached.
pub fn attach(leader: &Leader, device: &DeviceNode, ids: Option<IdRange>) -> Result<(), EnterError> {
    let (number, mode) = look(device)?;
    let path = path_of(device)?;
    let owner = ids.map_or(HostId(0), |ids| ids.start);
    let made = || {
        let proof = SingleThreaded::check()?;
        let users = ids.map(|_| user_namespace(leader)).transpose()?;
        let users = users.as_ref().map(std::os::fd::AsFd::as_fd);
        lock::locked(&proof, &Original::Node { number, mode, owner }, users)
    };
    let node = made().map_err(failed(device))?;
    let errand = Errand { rights: Rights::Mounting, kept: &[node.as_fd()] };
    go_in(leader, &errand, || {
        let root = RootDir::open(Path::new("/"))?;
        let place = mount_point_below(&root, &path, MountPoint::File)?;
        mount::attach(node.as_fd(), place.as_fd())?;
        // As programs look for it that know its number alone.
        let (link, target) = link_of(device, number);
        best_effort(root.make_link(&link, &target));
        Ok(None)
    })
    .map(drop)
}

/// Takes the node away. What is open stays open.
///
/// # Errors
/// Nobody gets in, or the kernel refuses.
pub fn detach(leader: &Leader, device: &DeviceNode, number: Option<DeviceNumber>) -> Result<(), EnterError> {
    let path = path_of(device)?;
    let errand = Errand { rights: Rights::Mounting, kept: &[] };
    go_in(leader, &errand, || {
        let root = RootDir::open(Path::new("/"))?;
        match unmount(path.as_path(), UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
            // The node of a start is a file; one that the payload took away is gone.
            Ok(()) | Err(Errno::INVAL | Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
        if let Some(number) = number {
            best_effort(root.remove_file(&link_of(device, number).0));
        }
        root.remove_file(path.as_path())?;
        Ok(None)
    })
    .map(drop)
}

fn link_of(
    device: &DeviceNode,
    DeviceNumber { kind, major, minor }: DeviceNumber,
) -> (std::path::PathBuf, String) {
    let directory = match kind {
        DeviceClass::Block => "block",
        DeviceClass::Character => "char",
    };
    (format!("/dev/{directory}/{major}:{minor}").into(), format!("../{}", device.name()))
}

fn path_of(device: &DeviceNode) -> Result<PathInRoot, EnterError> {
    PathInRoot::new(device.host_path()).map_err(|_no_path| failed(device)(Errno::INVAL.into()))
}

fn failed(device: &DeviceNode) -> impl FnOnce(StepError) -> EnterError {
    let what = format!("the device {}", device.name());
    move |cause| EnterError::Failed { what, cause }
}
