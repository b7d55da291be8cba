//! A terminal that the machine was started with (`--ttys=`): whoever asks its supervisor gets one that is free.

use std::os::fd::{AsRawFd as _, OwnedFd};

use redd_control::place;
use redd_spec::name::MachineName;
use redd_sys::Errno;
use redd_sys::channel::Channel;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, fcntl_setfl, openat};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

/// The name, and what is kept of what was written there.
const MESSAGE_MAX: usize = 8 * 1024;
/// How long a supervisor may take.
const PATIENCE: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// One that nobody has, and what was written there last; it is free again when the connection is closed.
pub(super) fn ask(name: &MachineName) -> Option<(OwnedFd, Vec<u8>, Channel)> {
    let connection = connected(name).ok()?;
    let mut polled = [PollFd::new(&connection, PollFlags::IN)];
    if !poll(&mut polled, Some(&PATIENCE)).is_ok_and(|ready| ready > 0) {
        return None;
    }
    let mut message = vec![0; MESSAGE_MAX];
    let received = connection.receive(&mut message).ok()?;
    let manager = received.descriptors.into_iter().next()?;
    fcntl_setfl(&manager, OFlags::NONBLOCK).ok()?;
    let text = &message[..received.length];
    let name_end = text.iter().position(|&byte| byte == b'\n')?;
    Some((manager, text[name_end + 1..].to_vec(), connection))
}

fn connected(name: &MachineName) -> Result<Channel, Errno> {
    let path = place::directory(name).join(place::TERMINALS);
    let file = openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    // By its descriptor: an address has no room for every name.
    let address = SocketAddrUnix::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
    connect(&socket, &address)?;
    Ok(Channel::from(socket))
}
