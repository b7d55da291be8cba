//! Some work inside a machine, by a copy of this process that nobody inside can see.
//!
//! The copy has joined every namespace of PID 1's but the one of processes: there is no `/proc/self` for it. It is not
//! in the machine's cgroup, so it works in a frozen machine too. It executes nothing.

use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use redd_spec::capability::CapabilitySet;
use redd_sys::channel::Channel;
use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process, signal};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::message::{self, Limit, Message};
use super::{EnterError, Leader, join};
use crate::StepError;
use crate::child::privileges::{drop_all_privileges, drop_bounding, set_own_capabilities, set_user};
use crate::error::best_effort;

/// The most that is read of an answer.
const ANSWER_MAX: usize = 16 * 1024 * 1024;

/// What the process may do inside. It is root of the payload's user namespace in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// No capability: what the payload's files let their owner do.
    None,
    /// The capabilities of PID 1.
    Payload,
    /// Those, and what mounting needs, which a payload need not have.
    Mounting,
}

/// How somebody is sent.
#[derive(Debug, Clone, Copy)]
pub struct Errand<'a> {
    /// What it may do.
    pub rights: Rights,
    /// Descriptors that the work has, under the same numbers.
    pub kept: &'a [BorrowedFd<'a>],
}

/// Somebody who is inside. Dropping this ends the process.
#[derive(Debug)]
pub struct Running<T> {
    process: ChildProcess,
    channel: Channel,
    answer: PhantomData<T>,
}

/// Does some work inside, and waits for what comes back.
///
/// # Errors
/// Nobody got in, or did not come back in time.
pub fn run<T: Serialize + DeserializeOwned>(
    leader: &Leader,
    errand: &Errand<'_>,
    time: Duration,
    work: impl FnOnce() -> (T, Vec<OwnedFd>),
) -> Result<(T, Vec<OwnedFd>), EnterError> {
    begin(leader, errand, work)?.finish(Some(time))
}

/// Begins some work inside; meanwhile data may go through descriptors that are kept.
///
/// # Errors
/// The machine does not run, or no process can be made.
pub fn begin<T: Serialize + DeserializeOwned>(
    leader: &Leader,
    errand: &Errand<'_>,
    work: impl FnOnce() -> (T, Vec<OwnedFd>),
) -> Result<Running<T>, EnterError> {
    let namespaces = join::namespaces_to_join(leader)? - Namespaces::PID;
    let bounding = leader.bounding()?;
    let (here, there) = Channel::pair().map_err(EnterError::failed("making a channel"))?;
    let failed = EnterError::failed("making a process");
    let proof = SingleThreaded::check()
        .map_err(|error| EnterError::Failed { what: "checking threads".to_owned(), cause: error.into() })?;
    match clone_process(&proof, &CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None }) {
        Err(errno) => Err(failed(errno)),
        Ok(Cloned::Parent(process)) => Ok(Running { process, channel: here, answer: PhantomData }),
        Ok(Cloned::Child) => {
            drop(here);
            let attempt = AssertUnwindSafe(|| {
                let kept = [errand.kept, &[there.as_fd(), leader.pidfd.as_fd()]].concat();
                go_in(&proof, leader, namespaces, &kept, errand.rights, bounding).map(|()| work())
            });
            let result = catch_unwind(attempt).unwrap_or_else(|_panic| Err(Errno::NOTRECOVERABLE.into()));
            best_effort(report(&there, result));
            process::exit_now(0)
        }
    }
}

fn go_in(
    proof: &SingleThreaded,
    leader: &Leader,
    namespaces: Namespaces,
    kept: &[BorrowedFd<'_>],
    rights: Rights,
    bounding: u64,
) -> Result<(), StepError> {
    signal::unblock_all()?;
    join::withdraw(kept)?;
    join::join(proof, leader, namespaces)?;
    set_user(0, 0, &[])?;
    match rights {
        Rights::None => drop_all_privileges()?,
        Rights::Payload | Rights::Mounting => {
            let payload = CapabilitySet::from_bits(bounding);
            let mounting = CapabilitySet::of(&["CAP_SYS_ADMIN"]);
            let kept = if rights == Rights::Mounting { payload.union(mounting) } else { payload };
            drop_bounding(kept)?;
            set_own_capabilities(kept, CapabilitySet::EMPTY)?;
        }
    }
    join::settle()
}

fn report<T: Serialize>(
    channel: &Channel,
    result: Result<(T, Vec<OwnedFd>), StepError>,
) -> Result<(), Errno> {
    match result {
        Ok((answer, descriptors)) => {
            let text = serde_json::to_vec(&answer).map_err(|_no_text| Errno::INVAL)?;
            let descriptors: Vec<BorrowedFd<'_>> = descriptors.iter().map(AsFd::as_fd).collect();
            message::send_answer(channel, &text, &descriptors)
        }
        Err(cause) => message::send_failed(channel, &cause),
    }
}

impl<T: DeserializeOwned> Running<T> {
    /// Waits for what comes back, for ever where there is no time.
    ///
    /// # Errors
    /// Nothing comes back in time, or the process did not get in.
    pub fn finish(self, time: Option<Duration>) -> Result<(T, Vec<OwnedFd>), EnterError> {
        let (limit, mut answer) = (Limit::of(time), Vec::new());
        let malformed = || EnterError::failed("reading what came back")(Errno::PROTO);
        loop {
            match message::receive(&self.channel, limit)? {
                Message::Piece(piece) => answer.extend(piece),
                Message::Last(piece, descriptors) => {
                    answer.extend(piece);
                    let answer = serde_json::from_slice(&answer).map_err(|_nonsense| malformed())?;
                    return Ok((answer, descriptors));
                }
                Message::Failed(cause) => {
                    return Err(EnterError::Failed { what: "going in".to_owned(), cause });
                }
                Message::NoProgram(_) | Message::Born(_) => return Err(malformed()),
                Message::Closed => return Err(EnterError::Killed),
            }
            if answer.len() > ANSWER_MAX {
                return Err(malformed());
            }
        }
    }
}

/// Readable when something comes back.
impl<T> AsFd for Running<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }
}

/// One that hangs in a file system that does not answer is not waited for.
impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        best_effort(signal::send(self.process.pidfd.as_fd(), signal::SIGKILL));
        best_effort(rustix::process::waitid(
            rustix::process::WaitId::PidFd(self.process.pidfd.as_fd()),
            rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOHANG,
        ));
    }
}
