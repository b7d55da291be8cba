//! Going into a machine that runs: by its PID 1, and with nothing of the host's.
//!
//! Whoever goes in is a copy of redd that stays in the host's pid namespace: nobody inside can see it, trace it or find
//! its program in a `/proc`. What has to be seen inside, a command for one, is started by a stub, from a sealed file in
//! memory, when everything the payload must not have is given up already (R12, R13; docs/adr/0017).

mod cgroups;
pub mod command;
mod connect;
mod environment;
pub mod errand;
mod join;
mod leader;
mod limits;
mod message;
mod seat;
mod user;

pub use connect::connect;
pub use leader::Leader;
pub use seat::Seat;
pub use user::UserWords;

use std::time::Duration;

use redd_sys::Errno;

use crate::StepError;

/// Why nobody got in, or did not come back.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// There is no machine, or it ended.
    #[error("it does not run")]
    NotRunning,
    /// It took too long.
    #[error("nothing came back from inside within {0:?}")]
    TimedOut(Duration),
    /// Nothing in it moves.
    #[error("it is frozen")]
    Frozen,
    /// Its limit does not let another process in.
    #[error("it has as many processes as it may have (pids.max)")]
    TooManyProcesses,
    /// It was killed, which the kernel does in a cgroup without memory.
    #[error("the process that went in was killed, as the kernel does where memory.max is reached")]
    Killed,
    /// What is to be executed is not to be had.
    #[error("{program}: {cause}")]
    NoProgram {
        /// Its name.
        program: String,
        /// Why not.
        cause: Errno,
    },
    /// Something failed on the way.
    #[error("{what}: {cause}")]
    Failed {
        /// What was tried.
        what: String,
        /// Why it failed.
        cause: StepError,
    },
}

impl EnterError {
    fn failed(what: impl Into<String>) -> impl FnOnce(Errno) -> Self {
        let what = what.into();
        move |errno| Self::Failed { what, cause: errno.into() }
    }

    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        if let Self::Failed { cause, .. } = self { cause.hint.as_deref() } else { None }
    }
}
