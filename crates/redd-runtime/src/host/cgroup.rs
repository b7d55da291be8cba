//! The payload's control groups. These directories are redd's own: plain paths are safe.

use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::path::Path;

use redd_plan::action::{DevicePolicy, DeviceProgram, Missing};
use redd_plan::cgroup::{CgroupPath, Controller};
use redd_plan::descriptor::FdName;
use redd_spec::ids::HostId;
use redd_sys::{Errno, bpf};
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::os::fd::{AsFd as _, OwnedFd};

use crate::StepError;
use crate::launch::HostSide;

pub(super) fn create(path: &CgroupPath) -> Result<(), StepError> {
    fs::create_dir(&path.0).map_err(|error| about(&error, path.to_string()))
}

pub(super) fn move_self(path: &CgroupPath) -> Result<(), StepError> {
    match fs::create_dir(&path.0) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(about(&error, path.to_string()));
        }
        _ => {}
    }
    write(&path.0, "cgroup.procs", "0")
}

/// What is above may have handed down less than it could.
pub(super) fn enable_controllers(
    path: &CgroupPath,
    controllers: &[Controller],
    missing: Missing,
) -> Result<(), StepError> {
    let there = match missing {
        Missing::Refuse => None,
        Missing::Skip => Some(fs::read_to_string(path.0.join("cgroup.controllers"))?),
    };
    let is_there = |controller: &&Controller| {
        let mut words = there.iter().flat_map(|text| text.split_whitespace());
        there.is_none() || words.any(|name| name == controller.name())
    };
    let words: Vec<String> =
        controllers.iter().filter(is_there).map(|controller| format!("+{controller}")).collect();
    if words.is_empty() {
        return Ok(());
    }
    write(&path.0, "cgroup.subtree_control", &words.join(" "))
}

pub(super) fn set_attribute(path: &CgroupPath, attribute: &str, value: &str) -> Result<(), StepError> {
    write(&path.0, attribute, value)
}

pub(super) fn attach_device_program(path: &CgroupPath, program: &DeviceProgram) -> Result<(), StepError> {
    let program =
        bpf::load_device_program(program.instructions()).map_err(StepError::about("loading the program"))?;
    let cgroup = open(path)?;
    bpf::attach_device_program(cgroup.as_fd(), program.as_fd())
        .map_err(StepError::about("attaching the program"))?;
    match bpf::count_device_programs(cgroup.as_fd())? {
        0 => Err(StepError::about("the program is not there after it was attached")(Errno::PERM)),
        _ => Ok(()),
    }
}

/// Without a moment in which there is no filter.
pub(crate) fn replace_device_program(path: &CgroupPath, program: &DeviceProgram) -> Result<(), StepError> {
    let program =
        bpf::load_device_program(program.instructions()).map_err(StepError::about("loading the program"))?;
    bpf::replace_device_program(open(path)?.as_fd(), program.as_fd())
        .map_err(StepError::about("replacing the device filter"))
}

/// Takes rules back, and gives those that hold.
pub(crate) fn change_device_rules(
    path: &CgroupPath,
    taken: &DevicePolicy,
    policy: &DevicePolicy,
) -> Result<(), StepError> {
    taken.v1_lines().iter().try_for_each(|line| write(&path.0, "devices.deny", line))?;
    policy.v1_lines().iter().try_for_each(|line| write(&path.0, "devices.allow", line))
}

pub(super) fn set_device_rules(path: &CgroupPath, policy: &DevicePolicy) -> Result<(), StepError> {
    write(&path.0, "devices.deny", "a")?;
    policy.v1_lines().iter().try_for_each(|line| write(&path.0, "devices.allow", line))
}

/// The directory and the files that the kernel lists for delegation; nothing else, or limits could be lifted.
pub(super) fn delegate(path: &CgroupPath, owner: HostId, files: &[String]) -> Result<(), StepError> {
    chown(&path.0, Some(owner.0), Some(owner.0)).map_err(|error| about(&error, path.to_string()))?;
    for file in files {
        match chown(path.0.join(file), Some(owner.0), Some(owner.0)) {
            // Controllers that are not there have no files to give.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result.map_err(|error| about(&error, file.clone()))?,
        }
    }
    Ok(())
}

pub(super) fn open_payload(side: &mut HostSide, path: &CgroupPath) -> Result<(), StepError> {
    side.descriptors.insert(FdName::PayloadCgroup, open(path)?);
    Ok(())
}

pub(super) fn join_legacy(side: &HostSide<'_>, paths: &[CgroupPath]) -> Result<(), StepError> {
    let child = side.child.as_ref().ok_or(Errno::CHILD)?;
    let pid = child.pid.as_raw_nonzero().to_string();
    paths.iter().try_for_each(|path| write(&path.0, "cgroup.procs", &pid))
}

fn open(path: &CgroupPath) -> Result<OwnedFd, StepError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, &path.0, flags, Mode::empty()).map_err(StepError::about(path.to_string()))
}

fn write(directory: &Path, name: &str, value: &str) -> Result<(), StepError> {
    fs::write(directory.join(name), value)
        .map_err(|error| about(&error, format!("writing {value:?} to {name}")))
}

fn about(error: &io::Error, detail: String) -> StepError {
    StepError::about(detail)(Errno::from_io_error(error).unwrap_or(Errno::IO))
}
