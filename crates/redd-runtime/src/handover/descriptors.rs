//! Descriptors on their way into another program: they keep their numbers.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd, RawFd};

use redd_sys::clone::ChildProcess;
use redd_sys::inherit;
use rustix::process::Pid;
use serde::{Deserialize, Serialize};

use super::{HandOver, Refusal};

/// A descriptor's number, as it is written down: `{"fd": 7}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Number {
    fd: RawFd,
}

/// The name that a number is written down under.
pub(super) const KEY: &str = "fd";

/// Those that go over.
#[derive(Debug, Default)]
pub(crate) struct Outgoing(Vec<RawFd>);

impl Outgoing {
    /// One more.
    pub(crate) fn add(&mut self, descriptor: impl AsFd) -> Number {
        let fd = descriptor.as_fd().as_raw_fd();
        self.0.push(fd);
        Number { fd }
    }

    /// All of them.
    pub(crate) fn numbers(&self) -> &[RawFd] {
        &self.0
    }
}

/// Those that came.
#[derive(Debug)]
pub(crate) struct Incoming(inherit::Inheritance);

impl Incoming {
    pub(super) const fn new(inheritance: inherit::Inheritance) -> Self {
        Self(inheritance)
    }

    /// Each can be taken once.
    pub(crate) fn take(&mut self, Number { fd }: Number) -> Result<OwnedFd, Refusal> {
        self.0.take(fd).map_err(|_errno| Refusal::Descriptor(fd))
    }
}

/// Whether each is open, one thing's alone, and none of the standard ones.
pub(super) fn check(numbers: &[RawFd], open: impl Fn(RawFd) -> bool) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    let unfit = |&&number: &&RawFd| number <= 2 || !seen.insert(number) || !open(number);
    numbers.iter().find(unfit).map_or(Ok(()), |&number| Err(Refusal::Descriptor(number)))
}

/// A process, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessState {
    pid: ProcessId,
    pidfd: Number,
}

/// The number of a process: there is none of 0 or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
struct ProcessId(Pid);

impl TryFrom<i32> for ProcessId {
    type Error = &'static str;

    fn try_from(number: i32) -> Result<Self, Self::Error> {
        Pid::from_raw(number).filter(|_| number > 0).map(Self).ok_or("no process has this number")
    }
}

impl From<ProcessId> for i32 {
    fn from(ProcessId(pid): ProcessId) -> Self {
        pid.as_raw_nonzero().get()
    }
}

impl HandOver for ChildProcess {
    type State = ProcessState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> ProcessState {
        ProcessState { pid: ProcessId(self.pid), pidfd: outgoing.add(&self.pidfd) }
    }

    fn take_over(state: ProcessState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        Ok(Self { pid: state.pid.0, pidfd: incoming.take(state.pidfd)? })
    }
}
