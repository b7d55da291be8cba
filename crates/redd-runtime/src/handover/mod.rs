//! A running machine's supervisor becomes another program, which goes on in its place: `redd upgrade`.
//!
//! It stays the same process, so that PID 1 has the parent it had, and locks and the guard's watch hold. What it knew is
//! written down (`state`), and goes over in a sealed file in memory; its descriptors keep their numbers. Before anything is
//! given up the other program is asked whether it understands all of that (`check`).

pub(crate) mod bytes;
pub(crate) mod check;
mod descriptors;
pub(crate) mod execute;
pub(crate) mod moment;
pub(crate) mod state;
mod take;
#[cfg(test)]
mod tests;

use redd_sys::Errno;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use bytes::Bytes;
pub(crate) use descriptors::{Incoming, Number, Outgoing, ProcessState};
pub use take::{TakenOver, answer, take_over};

/// The hidden verb that goes on in another program's place; its words are `[--check] NAME DESCRIPTOR`.
pub const VERB: &str = "take-over";
/// Its option that only asks whether it could.
pub const CHECK: &str = "--check";

/// Something of a supervisor that outlives its program.
///
/// What is read is checked while it is read: after that nothing is refused any more but a descriptor that is not there.
pub(crate) trait HandOver: Sized {
    /// As it is written down.
    type State: Serialize + DeserializeOwned;

    /// Writes it down; nothing changes.
    fn hand_over(&self, outgoing: &mut Outgoing) -> Self::State;

    /// Makes it again.
    fn take_over(state: Self::State, incoming: &mut Incoming) -> Result<Self, Refusal>;
}

/// Why a supervisor cannot be handed over, or taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is of another version.
    #[error("its state has version {found}, and this redd knows version {}", state::VERSION)]
    Version {
        /// Which.
        found: u64,
    },
    /// It has something that this redd would lose.
    #[error("its state has {path}, which this redd does not know")]
    Unknown {
        /// What.
        path: String,
    },
    /// It is no state.
    #[error("its state cannot be read: {0}")]
    Malformed(String),
    /// It cannot be written down.
    #[error("its state cannot be written down: {0}")]
    Unwritable(String),
    /// A descriptor is not there, or twice.
    #[error("descriptor {0} is not there, or stands for two things")]
    Descriptor(i32),
    /// The kernel refuses something.
    #[error("{what}: {cause}")]
    Host {
        /// What redd was about.
        what: &'static str,
        /// The reason.
        cause: Errno,
    },
    /// The other program does not want to, or is none of redd's.
    #[error("{0}")]
    Other(String),
}

impl Refusal {
    /// The kernel refused something.
    pub(crate) const fn host(what: &'static str) -> impl FnOnce(Errno) -> Self {
        move |cause| Self::Host { what, cause }
    }
}
