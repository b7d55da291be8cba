//! What runs inside.

use std::ffi::OsString;

use redd_spec::payload::{Command, CommandInit, Payload};
use redd_spec::text::ByteString;

use crate::persona::{Defaults, Persona, StartMode};
use crate::refusal::Refusal;
use crate::settings::{CommandSettings, ModeChoice};

/// Natively the verb says it.
pub(super) fn mode(persona: Persona, settings: &CommandSettings) -> StartMode {
    match (persona, settings.mode) {
        (Persona::Boot, _) | (Persona::Nspawn, Some(ModeChoice::Boot)) => StartMode::Boot,
        (Persona::Run | Persona::Nspawn, _) => StartMode::Command,
    }
}

/// Natively a file's words are passed over where they are meant for the other kind of start.
fn parameters_are_for(mode: StartMode, settings: &CommandSettings) -> bool {
    match mode {
        StartMode::Boot => matches!(settings.mode, Some(ModeChoice::Boot) | None),
        StartMode::Command => settings.mode != Some(ModeChoice::Boot),
    }
}

pub(super) fn payload(
    mode: StartMode,
    settings: &CommandSettings,
    defaults: &Defaults,
    mut words: Vec<OsString>,
) -> Result<Payload, Refusal> {
    if words.first().is_some_and(|word| word == "--") {
        words.remove(0);
    }
    if words.is_empty() && parameters_are_for(mode, settings) {
        words.clone_from(&settings.parameters);
    }
    let arguments = words.into_iter().map(ByteString::try_from).collect::<Result<Vec<_>, _>>()?;
    match mode {
        StartMode::Boot => Ok(Payload::Boot { arguments }),
        StartMode::Command => Ok(Payload::Command(Command {
            arguments,
            init: match settings.mode {
                Some(ModeChoice::AsPid2) => CommandInit::Stub,
                Some(ModeChoice::AsPid1) => CommandInit::Command,
                Some(ModeChoice::Boot) | None => defaults.command_is,
            },
            user: settings.user.clone(),
            directory: settings.directory.clone(),
        })),
    }
}
