//! Hosts whose PID 1 is systemd, made for a moment from a tree of distribution packages: for tests, and for people.
#![forbid(unsafe_code)]

mod host;
mod job;
mod options;
mod port;
mod run;
pub mod uml;
pub mod vm;
mod world;

pub use host::{Host, Unavailable};
pub use job::{Job, Outcome};
pub use options::{Manager, Options, Part, Unit};
pub use run::{Run, Streams, time_limit};
