//! An init that is ready at once, and ends when it is asked to: what is left of a boot is its manager's.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

use std::os::unix::net::UnixDatagram;

use redd_sys::signal::{self, SignalFd, SignalSet};
use rustix::event::{PollFd, PollFlags, poll};

/// SIGTERM, and what tells an init to halt.
const STOP: [i32; 2] = [15, 37];

fn main() {
    let stop = SignalSet::of(&STOP);
    signal::block(stop).unwrap();
    let signals = SignalFd::new(stop).unwrap();
    let socket = std::env::var_os("NOTIFY_SOCKET").unwrap();
    UnixDatagram::unbound().unwrap().send_to(b"READY=1", socket).unwrap();
    poll(&mut [PollFd::new(&signals, PollFlags::IN)], None).unwrap();
}
