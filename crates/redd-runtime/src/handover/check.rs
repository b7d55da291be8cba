//! Asking another program whether it can go on with a machine, before anything is given up.
//!
//! It is executed as a child that has what it would have: the state, and every descriptor. It changes nothing, and says one
//! line. What is no redd of that kind says something else, or nothing; it is not waited for longer than a moment.

use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use redd_spec::name::MachineName;
use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::inherit::{self, Fate};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, memory_file, process};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Signal, set_parent_process_death_signal};

use super::execute::{environment, vectors, words};
use super::{CHECK, Refusal};
use crate::error::best_effort;

/// How long it may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How much it may say.
const ANSWER_MAX: usize = 4096;
/// What it says where it can; its version follows.
pub(super) const CONSENT: &str = "redd takes this machine over: ";
/// What it says where it cannot; the reason follows.
pub(super) const REFUSAL: &str = "redd does not take this machine over: ";

/// A program that is being asked. Dropping this ends it.
#[derive(Debug)]
pub(crate) struct Check {
    process: ChildProcess,
    answer: OwnedFd,
    said: Vec<u8>,
    deadline: Instant,
}

/// What was heard of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing yet.
    Nothing,
    /// It can.
    Consent,
    /// It cannot.
    Refusal(Refusal),
}

impl Check {
    /// Asks.
    pub(crate) fn start(
        program: BorrowedFd<'_>,
        name: &MachineName,
        state: &[u8],
        numbers: &[RawFd],
    ) -> Result<Self, Refusal> {
        let failed = Refusal::host("asking that program");
        let proof = SingleThreaded::check().map_err(|_threads| Errno::BUSY);
        let started = proof.and_then(|proof| {
            let state = memory_file::sealed(c"redd-state", state)?;
            let (answer, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
            rustix::fs::fcntl_setfl(&answer, OFlags::NONBLOCK)?;
            match clone_process(&proof, &CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None })?
            {
                Cloned::Parent(process) => Ok((process, answer)),
                Cloned::Child => ask(program, name, &state, numbers, &theirs),
            }
        });
        let (process, answer) = started.map_err(failed)?;
        Ok(Self { process, answer, said: Vec::new(), deadline: Instant::now() + TIMEOUT })
    }

    /// Readable when it has said something, or ended.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.answer.as_fd()
    }

    /// When it is waited for no longer.
    pub(crate) const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Listens without waiting.
    pub(crate) fn hear(&mut self) -> Heard {
        let mut buffer = [0; ANSWER_MAX];
        match rustix::io::read(&self.answer, &mut buffer) {
            Ok(length @ 1..) => self.said.extend_from_slice(&buffer[..length]),
            Err(Errno::AGAIN | Errno::INTR) => return Heard::Nothing,
            Ok(_) | Err(_) => return understand(&self.said),
        }
        if self.said.len() > ANSWER_MAX { understand(&self.said) } else { Heard::Nothing }
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        best_effort(self.process.kill_and_reap());
    }
}

/// What the whole answer means.
fn understand(said: &[u8]) -> Heard {
    let text = String::from_utf8_lossy(&said[..said.len().min(ANSWER_MAX)]);
    let line = text.trim_end();
    if line.starts_with(CONSENT) && !line.contains('\n') {
        return Heard::Consent;
    }
    Heard::Refusal(Refusal::Other(match line.strip_prefix(REFUSAL) {
        Some(reason) => format!("that redd does not take it over: {reason}"),
        None => "that program is no redd that can take a machine over".to_owned(),
    }))
}

/// The child's whole life in this program.
fn ask(
    program: BorrowedFd<'_>,
    name: &MachineName,
    state: &OwnedFd,
    numbers: &[RawFd],
    answer: &OwnedFd,
) -> ! {
    let (words, environment) = (words(name, state.as_raw_fd(), Some(CHECK)), environment());
    let prepared = || -> Result<(), Errno> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        let nothing = openat(CWD, "/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
        rustix::stdio::dup2_stdin(&nothing)?;
        rustix::stdio::dup2_stdout(answer)?;
        rustix::stdio::dup2_stderr(&nothing)?;
        process::close_on_exec_from(3)?;
        inherit::decide(numbers, Fate::Inherited)?;
        inherit::decide(&[state.as_raw_fd()], Fate::Inherited)
    };
    let cause = match prepared() {
        Ok(()) => process::execute_file(program, &vectors(&words, &environment)),
        Err(cause) => cause,
    };
    best_effort(rustix::io::write(answer, format!("{REFUSAL}it cannot be executed: {cause}\n").as_bytes()));
    process::exit_now(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_is_one_line_and_nothing_else() {
        assert_eq!(understand(format!("{CONSENT}0.1.0\n").as_bytes()), Heard::Consent);
        for text in [
            "",
            "yes",
            "take-over --check m 3",
            "redd takes this machine over",
            "\nredd takes this machine over: 1\n",
        ] {
            assert!(matches!(understand(text.as_bytes()), Heard::Refusal(_)), "{text}");
        }
        let why = understand(format!("{REFUSAL}its state has version 2\n").as_bytes());
        assert!(matches!(why, Heard::Refusal(refusal) if refusal.to_string().ends_with("version 2")));
    }
}
