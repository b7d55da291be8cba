//! Machines that are there: which, how they are, and what can be done to them while they run.
//!
//! Everything is asked of the kernel, of files, and of a machine's supervisor; nothing is kept in between.
#![forbid(unsafe_code)]

mod aside;
pub mod boot_plot;
pub mod console;
pub mod console_log;
pub mod copy;
pub mod devices;
pub mod enable;
mod error;
pub mod events;
pub mod exec;
mod flow;
pub mod install;
mod keep;
pub mod limits;
pub mod links;
pub mod login;
pub mod look;
mod mend;
pub mod mounts;
pub mod pause;
mod reach;
mod ready;
pub mod registry;
pub mod restart;
pub mod service;
pub mod shell;
pub mod show;
pub mod start;
pub mod stop;
pub mod top;
pub mod trees;
mod turn;
pub mod upgrade;
pub mod wait;
pub mod words;

pub use error::MachineError;
pub use mend::mend;
