//! The console and the session.

use redd_plan::action::{ControllingTerminal, MountPoint};
use redd_plan::descriptor::{FdName, PtyNumber};
use redd_spec::path::PathInRoot;
use redd_sys::Errno;
use redd_sys::mount::{self, Recursion};
use redd_sys::root_dir::Links;
use rustix::fs::{Mode, OFlags, openat};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, ptsname, unlockpt};
use rustix::termios::tcsetwinsize;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::path::Path;

use super::{ChildSide, mounts};
use crate::StepError;
use crate::terminal;

/// Allocated in the payload's own devpts, never the host's (R26), and bound to `/dev/console` (EE3).
pub(super) fn open(side: &mut ChildSide<'_>, target: &PathInRoot) -> Result<(), StepError> {
    let terminals = devpts(side)?;
    let manager = allocate(&terminals)?;
    let peer_flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let payload = ioctl_tiocgptpeer(&manager, peer_flags)?;
    // The first thing a payload does may be to ask for it.
    tcsetwinsize(&manager, terminal::size())?;
    // The first terminal of a new devpts is number 0.
    let node = mount::copy_tree(terminals.as_fd(), c"0", Recursion::Single)?;
    let place = mounts::mount_point(side, target, MountPoint::File)?;
    mount::attach(node.as_fd(), place.as_fd())?;
    side.descriptors.insert(FdName::ConsoleManager, manager);
    side.descriptors.insert(FdName::ConsolePayload, payload);
    Ok(())
}

/// Terminals beside the console, with the numbers that the payload is told (EV3).
pub(super) fn open_terminals(side: &mut ChildSide<'_>, numbers: &[PtyNumber]) -> Result<(), StepError> {
    let terminals = devpts(side)?;
    for &number in numbers {
        let manager = allocate(&terminals)?;
        let name = ptsname(&manager, Vec::new())?;
        if name.as_bytes() != format!("/dev/{number}").as_bytes() {
            return Err(StepError::about(format!("{number} is {}", name.to_string_lossy()))(Errno::EXIST));
        }
        side.descriptors.insert(FdName::Terminal(number), manager);
    }
    Ok(())
}

fn devpts(side: &ChildSide<'_>) -> Result<OwnedFd, StepError> {
    Ok(side.root()?.resolve(Path::new("/dev/pts"), Links::Refused)?)
}

/// The manager's end of a new pty.
pub(crate) fn allocate(terminals: &OwnedFd) -> Result<OwnedFd, StepError> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let manager =
        openat(terminals, "ptmx", flags, Mode::empty()).map_err(StepError::about("opening ptmx"))?;
    unlockpt(&manager)?;
    Ok(manager)
}

pub(super) fn attach(side: &mut ChildSide<'_>, terminal: ControllingTerminal) -> Result<(), StepError> {
    let console = side.descriptors.remove(FdName::ConsolePayload).ok_or(Errno::BADF)?;
    rustix::process::setsid()?;
    if terminal == ControllingTerminal::Taken {
        rustix::process::ioctl_tiocsctty(&console)?;
    }
    rustix::stdio::dup2_stdin(&console)?;
    rustix::stdio::dup2_stdout(&console)?;
    rustix::stdio::dup2_stderr(&console)?;
    debug_assert!(console.as_raw_fd() > 2, "the standard descriptors are open");
    Ok(())
}

/// A program of the user opens it by name again, as `/dev/stderr` does.
pub(super) fn give(uid: u32, gid: u32) -> Result<(), StepError> {
    let (user, group) = (rustix::fs::Uid::from_raw(uid), rustix::fs::Gid::from_raw(gid));
    Ok(rustix::fs::fchown(rustix::stdio::stdin(), Some(user), Some(group))?)
}

/// A new session has no controlling terminal, so the caller's cannot be typed into (A25).
pub(super) fn lead_session() -> Result<(), StepError> {
    rustix::process::setsid()?;
    Ok(())
}
