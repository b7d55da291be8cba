//! What an init is told in writing: a process that has entered the payload's user and mount namespace, without any
//! capability, puts it where the init looks for it.
//!
//! The payload's file systems may answer slowly or never, and it may have put anything in the place: the process works
//! with the rights of the payload's root, has no descriptor of redd's, and is killed when nobody needs it any more. It
//! executes nothing, and stays out of sight, in the host's pid namespace.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use redd_plan::init::{End, Means};
use redd_spec::lifecycle::SignalNumber;
use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::root_dir::RootDir;
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process, signal};
use rustix::fs::{CWD, Mode, chmod, readlinkat, stat};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, set_parent_process_death_signal, waitid};
use rustix::thread::{NanosleepRelativeResult, Timespec, nanosleep};

use crate::StepError;
use crate::child::privileges::{drop_all_privileges, set_user};
use crate::error::best_effort;
use crate::handover::{HandOver, Incoming, Outgoing, ProcessState, Refusal};

/// How long it is waited before the next attempt.
const INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// Where sysvinit listens: since 2.88, and before.
const FIFOS: [&str; 2] = ["/run/initctl", "/dev/initctl"];
/// The file whose permission to be executed tells runit to stop.
const STOPIT: &str = "/etc/runit/stopit";
/// The file whose permission to be executed tells runit what comes last.
const REBOOT: &str = "/etc/runit/reboot";

/// An order that is being delivered. Dropping this ends that.
#[derive(Debug)]
pub(super) struct Order(ChildProcess);

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// The init has it.
    Done,
    /// It cannot be delivered.
    Failed,
}

impl Order {
    /// Starts to deliver.
    pub(super) fn start(pid1: &ChildProcess, means: Means) -> Result<Self, Errno> {
        let namespaces = namespaces_of(pid1.pid)?;
        let proof = SingleThreaded::check().map_err(|_threads| Errno::BUSY)?;
        match clone_process(&proof, &CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None })? {
            Cloned::Parent(process) => Ok(Self(process)),
            Cloned::Child => deliver(&proof, pid1.pidfd.as_fd(), namespaces, means),
        }
    }

    /// Readable when the delivery has ended.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.pidfd.as_fd()
    }

    /// How it ended.
    pub(super) fn delivery(&self) -> Delivery {
        let status = waitid(WaitId::PidFd(self.descriptor()), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        match status {
            Ok(Some(status)) if status.exit_status() == Some(0) => Delivery::Done,
            Ok(_) | Err(_) => Delivery::Failed,
        }
    }
}

impl HandOver for Order {
    type State = ProcessState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> ProcessState {
        self.0.hand_over(outgoing)
    }

    fn take_over(state: ProcessState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        ChildProcess::take_over(state, incoming).map(Self)
    }
}

impl Drop for Order {
    fn drop(&mut self) {
        best_effort(self.0.kill_and_reap());
    }
}

/// The payload's mount namespace, and its user namespace where that is not redd's.
fn namespaces_of(pid1: Pid) -> Result<Namespaces, Errno> {
    let user = |process: &str| readlinkat(CWD, format!("/proc/{process}/ns/user"), Vec::new());
    let is_shared = user("self")? == user(&pid1.as_raw_nonzero().to_string())?;
    Ok(if is_shared { Namespaces::MOUNT } else { Namespaces::MOUNT | Namespaces::USER })
}

/// The whole life of the process.
fn deliver(proof: &SingleThreaded, pid1: BorrowedFd<'_>, namespaces: Namespaces, means: Means) -> ! {
    let attempt = || -> Result<(), StepError> {
        become_harmless(proof, pid1, namespaces)?;
        let root = RootDir::open(Path::new("/"))?;
        while !try_to_tell(&root, pid1, means)? {
            pause()?;
        }
        Ok(())
    };
    process::exit_now(u8::from(attempt().is_err()))
}

fn pause() -> Result<(), Errno> {
    match nanosleep(&INTERVAL) {
        NanosleepRelativeResult::Ok | NanosleepRelativeResult::Interrupted(_) => Ok(()),
        NanosleepRelativeResult::Err(errno) => Err(errno),
    }
}

/// From here on this is the payload's root, without a capability, and with nothing of redd's but a hold on PID 1.
fn become_harmless(
    proof: &SingleThreaded,
    pid1: BorrowedFd<'_>,
    namespaces: Namespaces,
) -> Result<(), StepError> {
    use std::os::fd::AsRawFd as _;
    rustix::process::setsid()?;
    process::close_all_but(vec![pid1.as_raw_fd()])?;
    process::enter_namespace(proof, pid1, namespaces)?;
    set_user(0, 0, &[])?;
    drop_all_privileges()?;
    // Set last: changing users clears it.
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// One attempt: whether the init has it. Where PID 1 is gone there will be none.
fn try_to_tell(root: &RootDir, pid1: BorrowedFd<'_>, means: Means) -> Result<bool, StepError> {
    const EXISTENCE: i32 = 0;
    signal::send(pid1, EXISTENCE)?;
    match means {
        Means::Signal(number) => Ok(signal::send(pid1, number.get()).map(|()| true)?),
        Means::Runlevel(end) => Ok(FIFOS.into_iter().any(|fifo| ask_sysvinit(root, fifo, end).is_ok())),
        Means::RunitFiles(end) => ask_runit(pid1, end),
    }
}

/// init(8) makes the FIFO when it starts, and again when somebody has removed it.
fn ask_sysvinit(root: &RootDir, fifo: &str, end: End) -> Result<(), Errno> {
    let fifo: OwnedFd = root.open_fifo(Path::new(fifo))?;
    let request = runlevel_request(end);
    // A FIFO takes so few bytes as a whole or not at all.
    match rustix::io::write(&fifo, &request)? {
        length if length == request.len() => Ok(()),
        _ => Err(Errno::IO),
    }
}

/// The request of initreq.h: four numbers (magic, command, runlevel, seconds between the signals), then room for names.
fn runlevel_request(end: End) -> [u8; 384] {
    const MAGIC: u32 = 0x0309_1969;
    const CHANGE_RUNLEVEL: u32 = 1;
    const SECONDS: u32 = 3;
    let runlevel = match end {
        End::PowerOff => b'0',
        End::Reboot => b'6',
    };
    let mut request = [0; 384];
    let numbers = [MAGIC, CHANGE_RUNLEVEL, u32::from(runlevel), SECONDS];
    for (place, number) in request.chunks_exact_mut(4).zip(numbers) {
        place.copy_from_slice(&number.to_ne_bytes());
    }
    request
}

/// runit listens in its second stage only, and takes the permission back when it has heard. Where the file is another
/// one than before, the first stage has made it anew.
fn ask_runit(pid1: BorrowedFd<'_>, end: End) -> Result<bool, StepError> {
    let last = match end {
        End::PowerOff => 0o000,
        End::Reboot => 0o100,
    };
    let before = chmod(STOPIT, Mode::from_raw_mode(0o100)).and_then(|()| stat(STOPIT));
    let Ok(before) = before else { return Ok(false) };
    // Without that file runit powers off.
    best_effort(chmod(REBOOT, Mode::from_raw_mode(last)));
    signal::send(pid1, SignalNumber::CONT.get())?;
    pause()?;
    Ok(stat(STOPIT).is_ok_and(|after| after.st_mode & 0o100 == 0 && after.st_ino == before.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_for_a_runlevel_has_the_form_of_initreq_h() {
        let request = runlevel_request(End::Reboot);
        assert_eq!(request[..16], [0x69, 0x19, 0x09, 0x03, 1, 0, 0, 0, b'6', 0, 0, 0, 3, 0, 0, 0]);
        assert!(request[16..].iter().all(|&byte| byte == 0));
    }
}
