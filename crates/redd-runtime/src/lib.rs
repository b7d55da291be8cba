//! Runs a plan: host side, child side, supervisor, teardown, state.
//!
//! ```text
//! Spec ──facts──▶ plan ──launch──▶ supervise ──▶ undo
//! ```
#![forbid(unsafe_code)]

pub mod additions;
mod adopt;
pub mod at_rest;
pub mod background;
mod boots;
mod child;
mod credentials;
pub mod doctor;
mod ending;
pub mod enter;
mod error;
pub mod facts;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod guard;
pub mod handover;
mod host;
mod ids;
mod launch;
pub mod live;
pub mod network;
mod patience;
mod prepare;
mod restart;
pub mod room;
mod sources;
mod start;
mod state;
mod supervise;
mod template;
pub mod terminal;
mod undo;
pub mod unit;

pub use error::{Error, StepError, with_causes};
pub use start::{Ending, clean_up, collect_garbage, preview, start};
pub use terminal::restore_at_panic;
