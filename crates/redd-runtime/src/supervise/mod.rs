//! What redd does while the payload runs.
//!
//! [`machine`] decides, without doing anything; [`drive`] waits, tells it what happened, and does what it says.

mod between;
mod brief;
mod buffer;
mod console;
mod control;
mod deadline;
mod disposal;
mod drive;
mod filter;
mod health;
mod hearing;
mod machine;
mod network;
mod notify;
mod order;
mod output;
mod processes;
pub(crate) mod report;
mod serve;
pub(crate) mod state;
mod store;
mod terminals;
mod tint;
mod upgrade;
mod upstream;
mod wait;

pub(crate) use between::Waited;
pub(crate) use brief::{Brief, Known};
pub(crate) use drive::{Begin, Boot, Listeners, Outcome, Supervisor};
pub(crate) use upgrade::Rest;
pub(crate) use upstream::Upstream;

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

/// What messages of a client come to; they come in pieces.
#[cfg(feature = "fuzzing")]
pub(crate) fn understood(stream: &[u8]) -> Vec<crate::fuzzing::Understood> {
    control::understood(stream)
}

/// What a tinted console shows of what a payload writes, piece by piece.
#[cfg(feature = "fuzzing")]
pub(crate) fn tinted<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let background = redd_spec::console::Background::new("44").expect("a constant that is a background");
    let (mut tint, mut shown) = (tint::Tint::new(background), Vec::new());
    pieces.into_iter().for_each(|piece| tint.apply(piece, &mut shown));
    shown
}
