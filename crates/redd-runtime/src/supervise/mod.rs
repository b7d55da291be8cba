//! What redd does while the payload runs.
//!
//! [`machine`] decides, without doing anything; [`drive`] waits, tells it what happened, and does what it says.

mod buffer;
mod console;
mod drive;
mod escape;
mod machine;
mod notify;
pub(crate) mod terminal;
mod upstream;

pub(crate) use drive::{Outcome, Supervisor};
