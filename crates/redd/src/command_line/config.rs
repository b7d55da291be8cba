//! The words of `config`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction};
use redd_nspawn::effective::effective;
use redd_nspawn::specify::mode_of;
use redd_nspawn::{Caller, Persona};

use super::{Answer, Format, Origins, Request, start};
use crate::surroundings::Surroundings;

/// `config show [--origin] [--json] WORDS OF boot…`, `config check FILE…`
pub(super) fn config(
    mut words: impl Iterator<Item = OsString>,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<Request, Answer> {
    let verb = words.next().unwrap_or_default();
    match verb.to_str().unwrap_or_default() {
        "show" => show(words, caller, surroundings),
        "check" => {
            let files: Vec<PathBuf> = words.map(PathBuf::from).collect();
            match files.first().map(|first| first.as_os_str().as_encoded_bytes().starts_with(b"-")) {
                Some(true) => Err(Answer::Text(help())),
                Some(false) => Ok(Request::CheckConfig { files }),
                None => Err(Answer::refused("redd: name a .nspawn file to check".to_owned())),
            }
        }
        "-h" | "--help" => Err(Answer::Text(help())),
        "" => Err(Answer::refused(help())),
        _ => Err(Answer::refused(format!("redd: config show or config check, not {verb:?}"))),
    }
}

fn show(
    words: impl Iterator<Item = OsString>,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<Request, Answer> {
    let (mut origins, mut format) = (Origins::Hidden, Format::Text);
    let mut words = words.peekable();
    loop {
        match words.peek().and_then(|word| word.to_str()) {
            Some("--origin") => origins = Origins::Shown,
            Some("--json") => format = Format::Json,
            Some("-h" | "--help") => return Err(Answer::Text(help())),
            _ => break,
        }
        words.next();
    }
    let start = start(Persona::Boot, words, caller, surroundings)?;
    let settings = effective(Persona::Boot, mode_of(&start.spec), &start.settings);
    Ok(Request::ShowConfig { settings, warnings: start.warnings, origins, format })
}

fn help() -> String {
    let whole = super::command();
    let config = whole.find_subcommand("config").cloned().unwrap_or_default();
    config.bin_name("redd config").render_long_help().to_string()
}

/// Its definition, for help and documents.
pub(super) fn command(boot: &clap::Command) -> clap::Command {
    let flag = |name, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let show = boot
        .clone()
        .name("show")
        .about("Show every setting that holds for a machine: from words as `boot` takes them, and from files")
        .arg(flag("origin", "Say who made each setting"))
        .arg(flag("json", "Print JSON"));
    let check = clap::Command::new("check")
        .about("Say which lines of .nspawn files a start would pass over or refuse, and why")
        .arg(Arg::new("file").value_name("FILE").num_args(1..).required(true));
    clap::Command::new("config")
        .about("Show the settings of a machine, or check files about it")
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommands([show, check])
}
