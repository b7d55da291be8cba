//! A plain loop, as a measure of what a console can do: `redd-loop COMMAND…` runs a command on a pty, and writes
//! what it reads from there. No input, no signals, no window size. The command has a session of its own, as on every
//! console: the kernel's scheduler treats sessions as groups, which costs a sixth of the CPU time here.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

fn main() {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let manager = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&manager).unwrap();
    unlockpt(&manager).unwrap();
    let name = ptsname(&manager, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = openat(CWD, OsStr::from_bytes(name.as_bytes()), flags, Mode::empty()).unwrap();
    let mut command = Command::new("setsid");
    command.arg("--ctty").args(&words).stdin(terminal.try_clone().unwrap());
    command.stdout(terminal.try_clone().unwrap());
    let mut process = command.stderr(terminal).spawn().unwrap();
    drop(command);
    let mut buffer = [0; 16 * 1024];
    // The end of a pty is an error.
    while let Ok(length @ 1..) = rustix::io::read(&manager, &mut buffer) {
        let mut rest = &buffer[..length];
        while !rest.is_empty() {
            let written = rustix::io::write(rustix::stdio::stdout(), rest).unwrap();
            rest = &rest[written..];
        }
    }
    process.wait().unwrap();
}
