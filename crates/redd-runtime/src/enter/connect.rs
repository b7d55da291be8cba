//! A connection to a socket inside, made by somebody whom the one at the other end can see: systemd refuses a peer
//! without a pid.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use redd_sys::channel::Channel;
use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::process::{self, ExecVectors};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::stub_init::{self, CHANNEL_FD, ORDERS_FD, Role, SOCKET_FD};
use redd_sys::{Errno, memory_file, signal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, SeekFrom, fchmod, fcntl_getfl, fcntl_setfl, seek};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::message::{self, Limit, Message};
use super::{EnterError, Leader, join};
use crate::StepError;
use crate::child::execute::OUT_OF_THE_WAY;
use crate::child::privileges::{drop_all_privileges, set_user};
use crate::error::best_effort;

/// The descriptors that the one who goes in needs.
struct Luggage {
    image: OwnedFd,
    orders: OwnedFd,
    socket: OwnedFd,
    channel: Channel,
}

/// Connects to a socket of the payload's as its root, without a capability.
///
/// # Errors
/// Nobody listens there, or nobody got in.
pub fn connect(leader: &Leader, path: &Path, time: Duration) -> Result<OwnedFd, EnterError> {
    use std::os::unix::ffi::OsStrExt as _;
    let what = || format!("connecting to {} inside", path.display());
    let failed = |errno: Errno| EnterError::failed(what())(errno);
    let namespaces = join::namespaces_to_join(leader)?;
    let nothing = || std::iter::empty::<&[u8]>();
    let orders = stub_init::orders(Role::Connection, path.as_os_str().as_bytes(), nothing(), nothing());
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(failed)?;
    let (here, there) = Channel::pair().map_err(failed)?;
    let luggage = Luggage {
        image: stub().map_err(failed)?,
        orders: written(&orders).map_err(failed)?,
        socket: socket.try_clone().map_err(|_full| failed(Errno::MFILE))?,
        channel: there,
    };
    let proof = SingleThreaded::check().map_err(|_threads| failed(Errno::BUSY))?;
    match clone_process(&proof, &CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None }) {
        Err(errno) => return Err(failed(errno)),
        Ok(Cloned::Child) => {
            let Err(cause) = go_in(&proof, leader, namespaces, &luggage);
            best_effort(message::send_failed(&luggage.channel, &cause));
            process::exit_now(u8::MAX)
        }
        Ok(Cloned::Parent(child)) => {
            drop(luggage);
            let result = outcome(&child, &here, time);
            best_effort(signal::send(child.pidfd.as_fd(), signal::SIGKILL));
            result.map_err(|error| match error {
                EnterError::Failed { cause, .. } => EnterError::Failed { what: what(), cause },
                other => other,
            })?;
        }
    }
    let waiting = fcntl_getfl(&socket).map(|flags| flags - OFlags::NONBLOCK);
    waiting.and_then(|flags| fcntl_setfl(&socket, flags)).map_err(failed)?;
    Ok(socket)
}

/// The stub, ready to be executed. Who cannot read it cannot look into a process that executes it either: the kernel
/// takes the process for one of the file's owner then, who is nobody inside.
pub(super) fn stub() -> Result<OwnedFd, Errno> {
    let image = memory_file::sealed(c"redd-enter", stub_init::IMAGE)?;
    fchmod(&image, Mode::from_raw_mode(0o111))?;
    Ok(image)
}

/// Orders, ready to be read.
pub(super) fn written(orders: &[u8]) -> Result<OwnedFd, Errno> {
    let orders = memory_file::sealed(c"redd-orders", orders)?;
    seek(&orders, SeekFrom::Start(0))?;
    Ok(orders)
}

fn go_in(
    proof: &SingleThreaded,
    leader: &Leader,
    namespaces: Namespaces,
    luggage: &Luggage,
) -> Result<std::convert::Infallible, StepError> {
    let Luggage { image, orders, socket, channel } = luggage;
    let kept = [image.as_fd(), orders.as_fd(), socket.as_fd(), channel.as_fd(), leader.pidfd.as_fd()];
    signal::unblock_all()?;
    join::withdraw(&kept)?;
    join::join(proof, leader, namespaces)?;
    set_user(0, 0, &[])?;
    drop_all_privileges()?;
    join::settle()?;
    execute(image, orders, channel, Some(socket.as_fd()))
}

/// Becomes the stub, with nothing but what it needs.
pub(super) fn execute(
    image: &OwnedFd,
    orders: &OwnedFd,
    channel: &Channel,
    socket: Option<BorrowedFd<'_>>,
) -> Result<std::convert::Infallible, StepError> {
    // Copies first: each may have the number of another one's place.
    let aside = |fd: BorrowedFd<'_>| rustix::io::fcntl_dupfd_cloexec(fd, OUT_OF_THE_WAY);
    let (image, orders, channel) = (aside(image.as_fd())?, aside(orders.as_fd())?, aside(channel.as_fd())?);
    let socket = socket.map(aside).transpose()?;
    process::close_on_exec_from(ORDERS_FD)?;
    process::inherit_as(orders.as_fd(), ORDERS_FD)?;
    process::inherit_as(channel.as_fd(), CHANNEL_FD)?;
    if let Some(socket) = socket {
        process::inherit_as(socket.as_fd(), SOCKET_FD)?;
    }
    let title = [c"(redd-enter)"];
    Err(process::execute_file(image.as_fd(), &ExecVectors::new(title, [])).into())
}

/// How the process ended: the stub's status is the number of the error.
fn outcome(child: &ChildProcess, channel: &Channel, time: Duration) -> Result<(), EnterError> {
    let timeout = Timespec::try_from(time).unwrap_or(Timespec { tv_sec: 10, tv_nsec: 0 });
    let failed = |errno: Errno| EnterError::failed("waiting")(errno);
    let mut polled = [PollFd::from_borrowed_fd(child.pidfd.as_fd(), PollFlags::IN)];
    if rustix::io::retry_on_intr(|| poll(&mut polled, Some(&timeout))).map_err(failed)? == 0 {
        return Err(EnterError::TimedOut(time));
    }
    let id = WaitId::PidFd(child.pidfd.as_fd());
    let status = waitid(id, WaitIdOptions::EXITED).map_err(failed)?.and_then(|status| status.exit_status());
    match status {
        Some(0) => Ok(()),
        // Only one that did not become the stub says something.
        Some(status) => match message::receive(channel, Limit::of(Some(Duration::ZERO)))? {
            Message::Failed(cause) => Err(EnterError::Failed { what: String::new(), cause }),
            _ => Err(failed(Errno::from_raw_os_error(status))),
        },
        None => Err(EnterError::Killed),
    }
}
