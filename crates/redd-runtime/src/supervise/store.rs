//! Descriptors that the payload's PID 1 gives into safe keeping (`FDSTORE=1`), and is given back after a reboot.
//!
//! They are not trusted. Only the kernel answers for those that are kept: sockets, pipes, memory and the like. A file of a file
//! system may be one of the payload's own making, and whoever touches it, be it to close it, waits for the payload.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use redd_spec::sockets::{KeptName, Passed, PassedSockets};
use redd_sys::{Errno, process};
use rustix::fs::{CWD, fcntl_get_seals, readlinkat};
use serde::{Deserialize, Serialize};

use crate::child::execute::{LISTEN_FDS_START, sockets_end};
use crate::handover::{HandOver, Incoming, Number, Outgoing, Refusal};

/// Whether the keeper may close a descriptor whose other end is gone (`FDPOLL=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Polling {
    /// It may.
    Allowed,
    /// It is kept as it is.
    Refused,
}

/// What PID 1 wants of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// To have what comes with the message kept.
    Keep(KeptName, Polling),
    /// To have everything of this name given up.
    GiveUp(KeptName),
}

#[derive(Debug)]
struct Kept {
    name: KeptName,
    descriptor: OwnedFd,
}

/// What became of descriptors.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// Copies of those that are kept from now on.
    pub(super) kept: Vec<OwnedFd>,
    /// What nobody needs.
    pub(super) refused: Vec<OwnedFd>,
}

/// Everything that is kept.
#[derive(Debug, Default)]
pub(super) struct Store {
    limit: usize,
    kept: Vec<Kept>,
    /// Those of whoever started redd.
    given: Vec<(Passed, i32)>,
}

impl Store {
    /// What redd was given for the payload; among that is what the payload had kept by redd's own supervisor.
    pub(super) fn of(sockets: &PassedSockets) -> Result<Self, Errno> {
        let mut store = Self { limit: sockets.store as usize, ..Self::default() };
        let end = sockets_end(sockets.count);
        for (number, passed) in (LISTEN_FDS_START..).zip(sockets.each()) {
            match passed {
                Passed::Kept(name) => {
                    let descriptor = process::duplicate(number, end)?;
                    store.kept.push(Kept { name, descriptor });
                }
                Passed::Given(_) => store.given.push((passed, number)),
            }
        }
        Ok(store)
    }

    /// Keeps what can be kept.
    pub(super) fn keep(&mut self, name: &KeptName, descriptors: Vec<OwnedFd>) -> Sorted {
        let mut sorted = Sorted::default();
        for descriptor in descriptors {
            let is_known = self.kept.iter().any(|kept| {
                kept.name == *name && process::are_of_one_file(kept.descriptor.as_fd(), descriptor.as_fd())
            });
            let copy = descriptor.try_clone();
            match copy {
                Ok(copy) if !is_known && self.kept.len() < self.limit && is_harmless(descriptor.as_fd()) => {
                    sorted.kept.push(copy);
                    self.kept.push(Kept { name: name.clone(), descriptor });
                }
                copy => {
                    sorted.refused.extend(copy.ok());
                    sorted.refused.push(descriptor);
                }
            }
        }
        sorted
    }

    /// Gives up everything of a name.
    pub(super) fn give_up(&mut self, name: &KeptName) -> Vec<OwnedFd> {
        self.kept.extract_if(.., |kept| kept.name == *name).map(|kept| kept.descriptor).collect()
    }

    /// What the next boot is given.
    pub(super) fn sockets(&self, before: &PassedSockets) -> PassedSockets {
        let given = self.given.iter().map(|(passed, _)| passed.clone());
        let kept = self.kept.iter().map(|kept| Passed::Kept(kept.name.clone()));
        before.with(&given.chain(kept).collect::<Vec<_>>())
    }

    /// The same, out of the way of the numbers that they are to have; nothing where each has its number already.
    pub(super) fn copies(&self) -> Result<Vec<OwnedFd>, Errno> {
        let is_in_place =
            (LISTEN_FDS_START..).zip(&self.given).all(|(wanted, (_, number))| wanted == *number);
        if self.kept.is_empty() && is_in_place {
            return Ok(Vec::new());
        }
        let count = self.given.len() + self.kept.len();
        let end = sockets_end(u32::try_from(count).unwrap_or(u32::MAX));
        let given = self.given.iter().map(|(_, number)| process::duplicate(*number, end));
        let copy = |kept: &Kept| rustix::io::fcntl_dupfd_cloexec(&kept.descriptor, end);
        given.chain(self.kept.iter().map(copy)).collect()
    }
}

/// As it is written down.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct StoreState {
    limit: usize,
    kept: Vec<(KeptName, Number)>,
    /// These are open in every program that this one becomes.
    given: Vec<(Passed, i32)>,
}

impl HandOver for Store {
    type State = StoreState;

    fn hand_over(&self, outgoing: &mut Outgoing) -> StoreState {
        let kept = self.kept.iter().map(|kept| (kept.name.clone(), outgoing.add(&kept.descriptor)));
        StoreState { limit: self.limit, kept: kept.collect(), given: self.given.clone() }
    }

    fn take_over(state: StoreState, incoming: &mut Incoming) -> Result<Self, Refusal> {
        let take = |(name, number)| Ok(Kept { name, descriptor: incoming.take(number)? });
        let kept = state.kept.into_iter().map(take).collect::<Result<_, _>>()?;
        Ok(Self { limit: state.limit, kept, given: state.given })
    }
}

/// Whether the kernel alone answers for it, which is asked nothing that anybody else could answer.
fn is_harmless(descriptor: BorrowedFd<'_>) -> bool {
    use std::os::fd::AsRawFd as _;
    if fcntl_get_seals(descriptor).is_ok() {
        return true;
    }
    let link = readlinkat(CWD, format!("/proc/self/fd/{}", descriptor.as_raw_fd()), Vec::new());
    link.is_ok_and(|link| !matches!(link.as_bytes().first(), None | Some(b'/' | b'(')))
}
