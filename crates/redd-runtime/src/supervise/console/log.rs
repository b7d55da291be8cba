//! The console's log. A process of its own writes it: a disk may be full, or answer never.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use redd_control::time::rfc3339;
use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process, signal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::{WaitId, WaitIdOptions, waitid};
use serde::{Deserialize, Serialize};

use super::scribe::Scribe;
use crate::error::best_effort;
use crate::handover::{HandOver, Incoming, Number, Outgoing, ProcessState, Refusal};

/// So much may wait for the disk.
const WAITING_MAX: usize = 1024 * 1024;
/// How long the end of a machine waits for what is still to be written.
const LAST_WORDS: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// The supervisor's end of it.
#[derive(Debug)]
pub(super) struct Log {
    /// Closed when there is nothing more to come.
    pipe: Option<OwnedFd>,
    scribe: ChildProcess,
    /// What did not fit since something did.
    lost: usize,
}

impl Log {
    /// Starts the process that writes into a directory, which need not be there.
    pub(super) fn start(proof: &SingleThreaded, directory: PathBuf) -> Result<Self, Errno> {
        let (reader, pipe) = pipe_with(PipeFlags::CLOEXEC)?;
        // The flag is of one end alone: the scribe waits for what comes.
        rustix::fs::fcntl_setfl(&pipe, OFlags::NONBLOCK)?;
        best_effort(fcntl_setpipe_size(&pipe, WAITING_MAX));
        match clone_process(proof, &CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None })? {
            Cloned::Parent(scribe) => Ok(Self { pipe: Some(pipe), scribe, lost: 0 }),
            Cloned::Child => write_until_the_end(&reader, directory),
        }
    }

    /// Writes what can be written without waiting.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let Some(pipe) = &self.pipe else { return };
        if self.lost > 0 {
            match rustix::io::write(pipe, note_of_loss(self.lost).as_bytes()) {
                Ok(_) => self.lost = 0,
                Err(_) => return self.lost = self.lost.saturating_add(bytes.len()),
            }
        }
        match rustix::io::write(pipe, bytes) {
            Ok(length) => self.lost = bytes.len() - length,
            Err(Errno::AGAIN | Errno::INTR) => self.lost = bytes.len(),
            // It was killed: there is no log until the next boot.
            Err(_) => self.pipe = None,
        }
    }

    /// Whether somebody writes down what is added.
    pub(super) const fn is_kept(&self) -> bool {
        self.pipe.is_some()
    }

    /// Begins a boot.
    pub(super) fn add_marker(&mut self, boot: u32) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        self.add(format!("\r\n-- redd: boot {boot} at {} --\r\n", rfc3339(now)).as_bytes());
    }
}

/// As it is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LogState {
    pipe: Option<Number>,
    scribe: ProcessState,
    lost: usize,
}

/// The scribe goes on: it is a process of its own.
impl HandOver for Log {
    type State = LogState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> LogState {
        let pipe = self.pipe.as_ref().map(|pipe| outgoing.add(pipe));
        LogState { pipe, scribe: self.scribe.hand_over(outgoing), lost: self.lost }
    }

    fn take_over(state: LogState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let pipe = state.pipe.map(|pipe| incoming.take(pipe)).transpose()?;
        Ok(Self { pipe, scribe: ChildProcess::take_over(state.scribe, incoming)?, lost: state.lost })
    }
}

/// What is on its way is written, unless the disk does not answer.
impl Drop for Log {
    fn drop(&mut self) {
        self.pipe = None;
        let mut polled = [PollFd::from_borrowed_fd(self.scribe.pidfd.as_fd(), PollFlags::IN)];
        if !poll(&mut polled, Some(&LAST_WORDS)).is_ok_and(|ready| ready > 0) {
            best_effort(signal::send(self.scribe.pidfd.as_fd(), signal::SIGKILL));
        }
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        best_effort(waitid(WaitId::PidFd(self.scribe.pidfd.as_fd()), options));
    }
}

/// What stands where something is missing.
pub(super) fn note_of_loss(bytes: usize) -> String {
    format!("\r\n-- redd: {bytes} bytes lost --\r\n")
}

/// The scribe's whole life.
fn write_until_the_end(reader: &OwnedFd, directory: PathBuf) -> ! {
    best_effort(become_inconspicuous(reader));
    let mut scribe = Scribe::new(directory);
    let mut piece = vec![0; 64 * 1024];
    loop {
        match rustix::io::read(reader, &mut piece) {
            Ok(0) => break,
            Ok(length) => scribe.write(&piece[..length]),
            Err(Errno::INTR) => {}
            Err(_) => break,
        }
    }
    process::exit_now(0)
}

/// No terminal, no directory, no lock of redd's: nobody is to wait for this process.
fn become_inconspicuous(reader: &OwnedFd) -> Result<(), Errno> {
    signal::block_all()?;
    rustix::process::setsid()?;
    rustix::process::chdir(Path::new("/"))?;
    rustix::thread::set_name(c"redd-console")?;
    let nothing = openat(CWD, "/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    drop(nothing);
    process::close_all_but(vec![0, 1, 2, reader.as_raw_fd()])
}
