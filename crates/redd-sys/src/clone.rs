//! clone3(2): a child in new namespaces, born in a cgroup.

use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};

use bitflags::bitflags;
use linux_raw_sys::general::{
    __NR_clone3, CLONE_CLEAR_SIGHAND, CLONE_FILES, CLONE_INTO_CGROUP, CLONE_NEWCGROUP, CLONE_NEWIPC,
    CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWTIME, CLONE_NEWUSER, CLONE_NEWUTS, CLONE_PIDFD,
    clone_args,
};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, Uid, WaitId, WaitIdOptions, geteuid, getuid, waitid};
use rustix::thread::{
    CapabilitiesSecureBits, capabilities_secure_bits, set_capabilities_secure_bits, set_thread_res_uid,
};

use crate::single_thread::SingleThreaded;
use crate::{signal, syscall};

bitflags! {
    /// Kinds of namespaces, see namespaces(7).
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Namespaces: u32 {
        /// Users and capabilities.
        const USER = CLONE_NEWUSER;
        /// Mounts.
        const MOUNT = CLONE_NEWNS;
        /// Processes.
        const PID = CLONE_NEWPID;
        /// Links, addresses, sockets.
        const NETWORK = CLONE_NEWNET;
        /// System V IPC and message queues.
        const IPC = CLONE_NEWIPC;
        /// Host and domain name.
        const UTS = CLONE_NEWUTS;
        /// The root of the visible cgroup tree.
        const CGROUP = CLONE_NEWCGROUP;
        /// Clocks.
        const TIME = CLONE_NEWTIME;
    }
}

/// What kind of child is wanted.
#[derive(Debug, Clone, Copy)]
pub struct CloneRequest<'fd> {
    /// The namespaces that are new for it.
    pub namespaces: Namespaces,
    /// The directory of the cgroup (version 2) it is born in; the parent's otherwise.
    pub into_cgroup: Option<BorrowedFd<'fd>>,
}

/// Which side of the clone this is.
#[derive(Debug)]
pub enum Cloned {
    /// The parent.
    Parent(ChildProcess),
    /// The child: it has a copy of the parent's memory and descriptors, and no signal handler.
    Child,
}

/// A child.
#[derive(Debug)]
pub struct ChildProcess {
    /// Its number in this pid namespace.
    pub pid: Pid,
    /// A handle that keeps meaning this process.
    pub pidfd: OwnedFd,
}

impl ChildProcess {
    /// Ends and reaps it. One that ended by itself meanwhile is as good; one that cannot be killed is not waited for.
    ///
    /// # Errors
    /// Those of pidfd_send_signal(2) and waitid(2).
    pub fn kill_and_reap(&self) -> Result<(), Errno> {
        match signal::send(self.pidfd.as_fd(), signal::SIGKILL) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(errno) => return Err(errno),
        }
        retry_on_intr(|| waitid(WaitId::PidFd(self.pidfd.as_fd()), WaitIdOptions::EXITED))?;
        Ok(())
    }
}

/// Makes a child whose user namespace belongs to another user than the caller. Of both, no core is dumped from then on.
///
/// # Errors
/// Those of clone3(2), setresuid(2) and of prctl(2) for `PR_SET_SECUREBITS`.
pub fn clone_process_for(
    proof: &SingleThreaded,
    request: &CloneRequest<'_>,
    owner: Uid,
) -> Result<Cloned, Errno> {
    let (real, effective) = (getuid(), geteuid());
    if owner == effective {
        return clone_process(proof, request);
    }
    // The caller's capabilities are still needed, to be born in a cgroup for one.
    let bits = capabilities_secure_bits()?;
    set_capabilities_secure_bits(bits | CapabilitiesSecureBits::NO_SETUID_FIXUP)?;
    let cloned = set_thread_res_uid(real, owner, effective).and_then(|()| clone_process(proof, request));
    // The child is nobody until its ids are mapped, and has no secure bits.
    if matches!(cloned, Ok(Cloned::Child)) {
        return cloned;
    }
    let restored =
        set_thread_res_uid(real, effective, effective).and_then(|()| set_capabilities_secure_bits(bits));
    if let (Err(errno), Ok(Cloned::Parent(child))) = (restored, &cloned) {
        child.kill_and_reap()?;
        return Err(errno);
    }
    cloned
}

/// Makes a child.
///
/// # Errors
/// Those of clone3(2).
pub fn clone_process(proof: &SingleThreaded, request: &CloneRequest<'_>) -> Result<Cloned, Errno> {
    clone_with(proof, request, 0)
}

/// Makes a child that shares this process's descriptors: what one of them opens or closes, the other has opened or closed.
pub(crate) fn clone_sharing_files(proof: &SingleThreaded) -> Result<Cloned, Errno> {
    let request = CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None };
    clone_with(proof, &request, u64::from(CLONE_FILES))
}

fn clone_with(_proof: &SingleThreaded, request: &CloneRequest<'_>, flags: u64) -> Result<Cloned, Errno> {
    const SIGCHLD: u64 = 17;
    let mut pidfd: i32 = -1;
    let into_cgroup = if request.into_cgroup.is_some() { CLONE_INTO_CGROUP } else { 0 };
    let mut arguments = clone_args {
        flags: u64::from(CLONE_PIDFD | request.namespaces.bits()) | CLONE_CLEAR_SIGHAND | into_cgroup | flags,
        pidfd: (&raw mut pidfd) as u64,
        child_tid: 0,
        parent_tid: 0,
        exit_signal: SIGCHLD,
        stack: 0,
        stack_size: 0,
        tls: 0,
        set_tid: 0,
        set_tid_size: 0,
        cgroup: request.into_cgroup.map_or(0, |fd| u64::from(fd.as_raw_fd().cast_unsigned())),
    };
    let pointer = (&raw mut arguments) as usize;
    let arguments = [pointer, size_of::<clone_args>(), 0, 0, 0, 0];
    // SAFETY: the structure and `pidfd` live until the call returns; without CLONE_VM the child has its own copy
    // of all memory, and `SingleThreaded` vouches that no lock in it is held by a thread it lacks.
    let result = unsafe { syscall::raw(__NR_clone3, arguments) }?;
    let Some(pid) = i32::try_from(result).ok().and_then(Pid::from_raw) else { return Ok(Cloned::Child) };
    // SAFETY: with CLONE_PIDFD the kernel stored a new descriptor there.
    let pidfd = unsafe { syscall::owned_fd(pidfd.cast_unsigned() as usize) };
    Ok(Cloned::Parent(ChildProcess { pid, pidfd }))
}
