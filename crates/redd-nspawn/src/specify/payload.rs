//! What runs inside.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use redd_spec::path::PathInRoot;
use redd_spec::payload::{Command, CommandInit, Payload};
use redd_spec::sockets::{InvalidCount, PassedSockets, STORE_MAX};
use redd_spec::text::ByteString;

use crate::caller::Caller;
use crate::persona::{Defaults, Persona, StartMode, StartsIn};
use crate::refusal::Refusal;
use crate::settings::{CommandSettings, LifeSettings, ModeChoice, Settings};

/// Natively the verb says it.
pub(super) fn mode(persona: Persona, settings: &CommandSettings) -> StartMode {
    match (persona, settings.mode) {
        (Persona::Boot | Persona::Start, _) | (Persona::Nspawn, Some(ModeChoice::Boot)) => StartMode::Boot,
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

/// The words of the command line, or those of a file.
pub(super) fn words(mode: StartMode, settings: &CommandSettings, mut words: Vec<OsString>) -> Vec<OsString> {
    if words.first().is_some_and(|word| word == "--") {
        words.remove(0);
    }
    if words.is_empty() && parameters_are_for(mode, settings) {
        words.clone_from(&settings.parameters);
    }
    words
}

/// Takes the words apart as a kernel does with its command line: `KEY=VALUE` is a variable of the init's environment, unless KEY has
/// a dot, and a dash in KEY is an underscore. The rest are arguments.
pub(super) fn kernel_parameters(words: Vec<OsString>) -> (Vec<OsString>, Vec<OsString>) {
    let (mut arguments, mut variables) = (Vec::new(), Vec::new());
    for word in words {
        match variable(word.as_bytes()) {
            Some(variable) => variables.push(OsString::from_vec(variable)),
            None => arguments.push(word),
        }
    }
    (arguments, variables)
}

fn variable(word: &[u8]) -> Option<Vec<u8>> {
    let equals = word.iter().position(|&byte| byte == b'=')?;
    let (key, value) = word.split_at(equals);
    let is_name = key.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && key.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let name = key.iter().map(|&byte| if byte == b'-' { b'_' } else { byte });
    is_name.then(|| name.chain(value.iter().copied()).collect())
}

pub(super) fn payload(
    mode: StartMode,
    settings: &Settings,
    defaults: &Defaults,
    words: Vec<OsString>,
) -> Result<Payload, Refusal> {
    let init = settings.life.init.clone().unwrap_or_default();
    let settings = &settings.command;
    let directory = match (&settings.directory, defaults.starts_in) {
        (None, StartsIn::Root) if !words.is_empty() => Some(PathInRoot::root()),
        (directory, StartsIn::Root | StartsIn::Home) => directory.clone(),
    };
    let arguments = words.into_iter().map(ByteString::try_from).collect::<Result<Vec<_>, _>>()?;
    match mode {
        StartMode::Boot => Ok(Payload::Boot { arguments, init }),
        StartMode::Command => Ok(Payload::Command(Command {
            arguments,
            init: match settings.mode {
                Some(ModeChoice::AsPid2) => CommandInit::Stub,
                Some(ModeChoice::AsPid1) => CommandInit::Command,
                Some(ModeChoice::Boot) | None => defaults.command_is,
            },
            user: settings.user.clone(),
            ids: settings.user_ids.clone(),
            directory,
        })),
    }
}

/// What redd was given for its payload. Descriptors are kept where they can come back: by redd's own supervisor over a restart,
/// or by redd itself over a reboot.
pub(super) fn sockets(
    persona: Persona,
    life: &LifeSettings,
    caller: &Caller,
) -> Result<PassedSockets, InvalidCount> {
    let store = match (persona, caller.store()) {
        (Persona::Boot | Persona::Run | Persona::Start, 0) if !life.keep_unit => STORE_MAX,
        (_, kept) => kept,
    };
    Ok(PassedSockets { store, ..caller.sockets()? })
}
