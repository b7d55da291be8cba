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

/// What redd's own supervisor is told on account of a message of the payload.
#[cfg(feature = "fuzzing")]
pub(crate) fn passed_on(message: &[u8], supervision: redd_plan::supervision::Supervision) -> Vec<String> {
    let mut machine = machine::Machine::new(supervision);
    let commands = notify::parse(message).into_iter().flat_map(|event| machine.on(event));
    commands
        .filter_map(|command| match command {
            machine::Command::Notify(text) => Some(text),
            _ => None,
        })
        .collect()
}
