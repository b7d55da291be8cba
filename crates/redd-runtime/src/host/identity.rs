//! The id maps of user namespaces.

use std::fs;
use std::os::fd::OwnedFd;

use redd_spec::ids::{HostId, IdRange};
use redd_sys::Errno;
use redd_sys::clone::{CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::process;
use redd_sys::single_thread::SingleThreaded;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::Pid;

use crate::StepError;
use crate::launch::HostSide;

/// Maps the child's ids.
pub(super) fn write_id_map(side: &HostSide, ids: IdRange) -> Result<(), StepError> {
    let child = side.child.as_ref().ok_or(Errno::CHILD)?;
    write_map(child.pid, "uid_map", 0, ids)?;
    write_map(child.pid, "gid_map", 0, ids)
}

/// The child's user namespace.
pub(super) fn child_user_namespace(side: &HostSide) -> Result<OwnedFd, StepError> {
    let child = side.child.as_ref().ok_or(Errno::CHILD)?;
    open_user_namespace(child.pid)
}

/// A user namespace that shows users and groups from one on as these, and everybody else as nobody.
pub(crate) fn range_namespace(
    proof: &SingleThreaded,
    (user, to_users): (HostId, IdRange),
    (group, to_groups): (HostId, IdRange),
) -> Result<OwnedFd, StepError> {
    let request = CloneRequest { namespaces: Namespaces::USER, into_cgroup: None };
    let holder = match clone_process(proof, &request)? {
        Cloned::Parent(holder) => holder,
        Cloned::Child => wait_to_be_killed(),
    };
    let namespace = write_map(holder.pid, "uid_map", user.0, to_users)
        .and_then(|()| write_map(holder.pid, "gid_map", group.0, to_groups))
        .and_then(|()| open_user_namespace(holder.pid));
    holder.kill_and_reap()?;
    namespace
}

/// The namespace needs a process only until it is open.
fn wait_to_be_killed() -> ! {
    if rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)).is_err() {
        process::exit_now(1);
    }
    loop {
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
}

fn write_map(pid: Pid, name: &str, inside: u32, ids: IdRange) -> Result<(), StepError> {
    let map = format!("{inside} {} {}\n", ids.start, ids.count);
    let path = format!("/proc/{}/{name}", pid.as_raw_nonzero());
    fs::write(&path, &map)
        .map_err(|error| StepError::about(name.to_owned())(Errno::from_io_error(&error).unwrap_or(Errno::IO)))
}

fn open_user_namespace(pid: Pid) -> Result<OwnedFd, StepError> {
    let path = format!("/proc/{}/ns/user", pid.as_raw_nonzero());
    Ok(openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}
