//! Words of a command line become assignments, as getopt_long(3) reads them: options stop at the first other word.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use crate::assignment::{Assignment, Origin};
use crate::option::{Argument, Definition, offered};
use crate::persona::Persona;
use crate::refusal::Refusal;

#[cfg(test)]
mod tests;

/// A command line, read.
#[derive(Debug, Default)]
pub struct CommandLine {
    /// The options, in their order.
    pub assignments: Vec<Assignment>,
    /// The words behind them.
    pub words: Vec<OsString>,
}

/// What is said instead.
#[derive(Debug)]
pub enum Answer {
    /// `--help`
    Help,
    /// `--version`
    Version,
    /// `--OPTION=help`: what it may be.
    Values(&'static Definition),
    /// The words cannot be used.
    Refused(Refusal),
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Reads words: those behind the program's or the verb's name.
///
/// # Errors
/// Help, version, and options that are none.
pub fn read(persona: Persona, words: impl IntoIterator<Item = OsString>) -> Result<CommandLine, Answer> {
    let mut words = words.into_iter();
    let mut line = CommandLine::default();
    while let Some(word) = words.next() {
        match word.as_bytes() {
            b"--" => {
                // Trees stand before it, and arguments for the inits behind.
                if persona == Persona::Start {
                    line.words.push(word);
                }
                break;
            }
            [b'-', b'-', long @ ..] => read_long(persona, long, &mut words, &mut line)?,
            [b'-', shorts @ ..] if !shorts.is_empty() => read_shorts(persona, shorts, &mut words, &mut line)?,
            _ => {
                line.words.push(word);
                break;
            }
        }
    }
    line.words.extend(words);
    Ok(line)
}

fn read_long(
    persona: Persona,
    long: &[u8],
    words: &mut impl Iterator<Item = OsString>,
    line: &mut CommandLine,
) -> Result<(), Answer> {
    let equals = long.iter().position(|&byte| byte == b'=');
    let (name, value) = match equals {
        Some(index) => (&long[..index], Some(OsStr::from_bytes(&long[index + 1..]).to_owned())),
        None => (long, None),
    };
    let definition = match find(persona, name) {
        Ok(definition) => definition,
        Err(refusal) => return Err(about_itself(persona, name).unwrap_or(refusal.into())),
    };
    let value = match (definition.argument(persona), value) {
        (Argument::None, Some(value)) => {
            let value = value.to_string_lossy().into_owned();
            return Err(Refusal::UnwantedValue { option: definition.shown(), value }.into());
        }
        (Argument::None, None) => definition.implied().map(Into::into),
        (Argument::Optional { implied, .. }, None) => Some(implied.into()),
        (Argument::Required { name }, None) => {
            Some(words.next().ok_or(Refusal::MissingValue { word: definition.shown(), name })?)
        }
        (Argument::Optional { .. } | Argument::Required { .. }, value) => value,
    };
    push(definition, value, line)
}

/// What a program is asked about itself; abbreviated where no option is meant.
fn about_itself(persona: Persona, name: &[u8]) -> Option<Answer> {
    let is_meant = |whole: &[u8]| match persona {
        Persona::Nspawn => name.len() > 1 && whole.starts_with(name),
        Persona::Boot | Persona::Run | Persona::Start => whole == name,
    };
    match name {
        _ if is_meant(b"help") => Some(Answer::Help),
        _ if is_meant(b"version") => Some(Answer::Version),
        _ => None,
    }
}

fn read_shorts(
    persona: Persona,
    mut shorts: &[u8],
    words: &mut impl Iterator<Item = OsString>,
    line: &mut CommandLine,
) -> Result<(), Answer> {
    while let [short, rest @ ..] = shorts {
        shorts = rest;
        let short = char::from(*short);
        if short == 'h' {
            return Err(Answer::Help);
        }
        let definition = offered(persona)
            .find(|definition| definition.short == Some(short))
            .ok_or_else(|| Refusal::UnknownOption { word: format!("-{short}") })?;
        let value = match definition.argument(persona) {
            Argument::None => definition.implied().map(Into::into),
            Argument::Optional { implied, .. } => Some(implied.into()),
            Argument::Required { .. } if !rest.is_empty() => {
                shorts = &[];
                Some(OsStr::from_bytes(rest).to_owned())
            }
            Argument::Required { name } => {
                Some(words.next().ok_or(Refusal::MissingValue { word: format!("-{short}"), name })?)
            }
        };
        push(definition, value, line)?;
    }
    Ok(())
}

fn push(
    definition: &'static Definition,
    value: Option<OsString>,
    line: &mut CommandLine,
) -> Result<(), Answer> {
    if definition.values.is_some() && value.as_deref() == Some(OsStr::new("help")) {
        return Err(Answer::Values(definition));
    }
    line.assignments.push(Assignment { definition, value, origin: Origin::CommandLine, shown: None });
    Ok(())
}

/// The option of that name, or for `systemd-nspawn` the only one that starts so.
fn find(persona: Persona, name: &[u8]) -> Result<&'static Definition, Refusal> {
    let is_named = |definition: &&Definition| {
        definition.name.as_bytes() == name || definition.alias.is_some_and(|alias| alias.as_bytes() == name)
    };
    if let Some(definition) = offered(persona).filter(|definition| definition.has_long_name()).find(is_named)
    {
        return Ok(definition);
    }
    let word = || format!("--{}", OsString::from_vec(name.to_vec()).to_string_lossy());
    let mut candidates = offered(persona)
        .filter(|definition| definition.has_long_name() && definition.name.as_bytes().starts_with(name));
    match (persona, candidates.next(), candidates.next()) {
        (Persona::Nspawn, Some(only), None) => Ok(only),
        (Persona::Nspawn, Some(one), Some(other)) => {
            let all = [one, other].into_iter().chain(candidates);
            let all: Vec<String> = all.map(|definition| definition.shown()).collect();
            Err(Refusal::Ambiguous { word: word(), candidates: all.join(", ") })
        }
        _ => Err(Refusal::UnknownOption { word: word() }),
    }
}
