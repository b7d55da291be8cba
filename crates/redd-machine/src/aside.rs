//! What may hang is done by a process of its own: reading a tree on a file system that does not answer, joining a machine.
//!
//! A process that hangs in the kernel cannot be ended. It has nothing of its parent's but a pipe, so that nobody waits
//! for it: its parent goes on without it, and it ends when the kernel lets it.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::time::Instant;

use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process, signal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::read;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{WaitId, WaitIdOptions, waitid};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest that is kept of what is not understood yet, in bytes.
const PENDING_MAX: usize = 1 << 20;

/// A process that works aside.
#[derive(Debug)]
pub(crate) struct Aside {
    child: ChildProcess,
    pipe: OwnedFd,
    pending: Vec<u8>,
}

/// What came of listening.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard<T> {
    /// This.
    Said(T),
    /// Nothing more will come.
    Ended,
    /// Nothing has come in time.
    Silent,
}

/// Where the process says what it found.
#[derive(Debug)]
pub(crate) struct Speaker(BufWriter<File>);

impl Speaker {
    /// Says something; that nobody listens any more is no matter.
    pub(crate) fn say(&mut self, something: &impl Serialize) {
        if serde_json::to_writer(&mut self.0, something).is_ok() {
            drop(self.0.write_all(b"\n"));
        }
        drop(self.0.flush());
    }
}

impl Aside {
    /// Starts a process that does this, and ends then.
    pub(crate) fn start(work: impl FnOnce(&mut Speaker)) -> Result<Self, Errno> {
        let proof = SingleThreaded::check().map_err(|_threads| Errno::BUSY)?;
        let (pipe, speaker) = pipe_with(PipeFlags::CLOEXEC)?;
        let request = CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None };
        match clone_process(&proof, &request)? {
            Cloned::Parent(child) => Ok(Self { child, pipe, pending: Vec::new() }),
            Cloned::Child => {
                let is_alone = keep_nothing_but(&speaker).is_ok();
                if is_alone {
                    work(&mut Speaker(BufWriter::new(File::from(speaker))));
                }
                process::exit_now(u8::from(!is_alone))
            }
        }
    }

    /// The next thing it says, until a deadline.
    pub(crate) fn listen<T: DeserializeOwned>(&mut self, deadline: Instant) -> Heard<T> {
        loop {
            if let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') {
                let rest = self.pending.split_off(end + 1);
                let line = std::mem::replace(&mut self.pending, rest);
                match serde_json::from_slice(&line) {
                    Ok(said) => return Heard::Said(said),
                    Err(_not_understood) => continue,
                }
            }
            if !self.is_readable(deadline) {
                return Heard::Silent;
            }
            let mut buffer = [0; 16 * 1024];
            match read(&self.pipe, &mut buffer) {
                Err(Errno::INTR) => {}
                Ok(length) if length > 0 && self.pending.len() < PENDING_MAX => {
                    self.pending.extend_from_slice(&buffer[..length]);
                }
                Ok(_) | Err(_) => return Heard::Ended,
            }
        }
    }

    fn is_readable(&self, deadline: Instant) -> bool {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let time = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            match poll(&mut [PollFd::from_borrowed_fd(self.pipe.as_fd(), PollFlags::IN)], Some(&time)) {
                Err(Errno::INTR) => {}
                result => return result.is_ok_and(|ready| ready > 0),
            }
        }
    }
}

/// Nobody waits for its end: one that hangs has none.
impl Drop for Aside {
    fn drop(&mut self) {
        let child = self.child.pidfd.as_fd();
        if signal::send(child, signal::SIGKILL).is_ok() {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
            waitid(WaitId::PidFd(child), options).unwrap_or_default();
        }
    }
}

/// Whoever waits for the end of the parent's output must not wait for this process.
fn keep_nothing_but(pipe: &OwnedFd) -> Result<(), Errno> {
    let nothing = openat(CWD, "/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    drop(nothing);
    process::close_all_but(vec![0, 1, 2, pipe.as_raw_fd()])
}
