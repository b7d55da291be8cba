//! Machines that are there: which, how they are, and what can be done to them while they run.
//!
//! Everything is asked of the kernel, of files, and of a machine's supervisor; nothing is kept in between.
#![forbid(unsafe_code)]

pub mod console;
pub mod copy;
mod error;
pub mod limits;
pub mod pause;
pub mod start;
pub mod stop;
mod turn;

pub use error::MachineError;
