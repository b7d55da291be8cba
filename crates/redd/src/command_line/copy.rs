//! `redd copy`, and the two verbs that machinectl(1) has for it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use clap::Args;
use redd_machine::copy::{End, Owners, Replacing, Request};
use redd_spec::name::MachineName;

use super::Answer;

/// The words that begin with.
pub(super) const VERBS: [&str; 4] = ["copy", "cp", "copy-to", "copy-from"];

/// What is copied, and how.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  redd copy site.conf web:/etc/nginx/        a file, owned by root inside
  redd copy -a web:/var/lib/app ./backup     a tree with its owners
  pg_dump | redd copy - db:/root/dump.sql    what another program writes

NAME:PATH is a path in a machine, which may run or not. A link that is named is followed, in the machine; links below
it are copied as links. An existing directory is copied into; SRC/. copies what is in SRC.")]
pub(super) struct CopyArguments {
    /// Keep owners, set-id bits, capabilities and access lists; otherwise root (on the host: you) owns what is copied
    #[arg(short, long, conflicts_with = "owner")]
    archive: bool,
    /// Who owns what is copied, in numbers, as they are there
    #[arg(long, value_name = "USER[:GROUP]", value_parser = owner)]
    owner: Option<(u32, u32)>,
    /// Replace files that are there
    #[arg(short, long)]
    force: bool,
    /// Show no progress, and not what is left out
    #[arg(short, long)]
    quiet: bool,
    /// What is copied: PATH, NAME:PATH, or - for standard input
    #[arg(value_name = "SRC")]
    source: OsString,
    /// Where to: PATH, NAME:PATH, or - for standard output
    #[arg(value_name = "DST")]
    destination: OsString,
}

/// The same with the order of words that machinectl(1) has.
#[derive(Debug, Args)]
pub(super) struct OldArguments {
    /// Replace files that are there
    #[arg(short, long)]
    force: bool,
    /// Show no progress, and not what is left out
    #[arg(short, long)]
    quiet: bool,
    /// The machine
    #[arg(value_name = "NAME")]
    name: MachineName,
    /// What is copied
    #[arg(value_name = "SRC")]
    source: PathBuf,
    /// Where to; the same path otherwise
    #[arg(value_name = "DST")]
    destination: Option<PathBuf>,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    To,
    From,
}

/// What is to be copied.
#[derive(Debug, PartialEq, Eq)]
pub struct CopyRequest {
    /// What, where to, and how.
    pub copy: Request,
    /// Whether only failures are told.
    pub quiet: bool,
}

impl CopyArguments {
    pub(super) fn request(self) -> Result<CopyRequest, Answer> {
        let (source, destination) = (end(&self.source)?, end(&self.destination)?);
        let has_machine = [&source, &destination].iter().any(|end| matches!(end, End::Machine { .. }));
        if !has_machine {
            return Err(refused(
                "neither side is a machine: NAME:PATH is a path in one, cp(1) copies on the host",
            ));
        }
        let owners = match self.owner {
            Some((user, group)) => Owners::Given { user, group },
            None if self.archive => Owners::Kept,
            None => Owners::There,
        };
        let copy = Request { source, destination, owners, replacing: replacing(self.force) };
        Ok(CopyRequest { copy, quiet: self.quiet })
    }
}

impl OldArguments {
    pub(super) fn request(self, direction: Direction) -> CopyRequest {
        let destination = self.destination.unwrap_or_else(|| self.source.clone());
        let inside = |path| End::Machine { name: self.name.clone(), path };
        let (source, destination) = match direction {
            Direction::To => (End::Host(self.source), inside(destination)),
            Direction::From => (inside(self.source), End::Host(destination)),
        };
        let copy = Request { source, destination, owners: Owners::There, replacing: replacing(self.force) };
        CopyRequest { copy, quiet: self.quiet }
    }
}

const fn replacing(force: bool) -> Replacing {
    if force { Replacing::Files } else { Replacing::Refused }
}

/// A word with a slash before its first colon is a path of the host, as one without a colon.
fn end(word: &OsString) -> Result<End, Answer> {
    let bytes = word.as_bytes();
    if bytes == b"-" {
        return Ok(End::Stream);
    }
    if bytes.is_empty() {
        return Err(refused("an empty word is no path"));
    }
    let colon = bytes.iter().position(|&byte| byte == b':');
    let Some(colon) = colon.filter(|&colon| !bytes[..colon].contains(&b'/')) else {
        return Ok(End::Host(PathBuf::from(word)));
    };
    let name = OsStr::from_bytes(&bytes[..colon]);
    let parsed = name.to_str().map(str::parse::<MachineName>);
    match parsed {
        Some(Ok(name)) => {
            let path = PathBuf::from(OsStr::from_bytes(&bytes[colon + 1..]));
            Ok(End::Machine { name, path })
        }
        Some(Err(error)) => Err(refused(&format!("{word:?}: {error}; ./{} is a path", word.display()))),
        None => Err(refused(&format!("{word:?}: a name is text; with ./ before it it is a path"))),
    }
}

fn refused(text: &str) -> Answer {
    Answer::Refused { text: format!("redd: {text}"), status: crate::exit_status::USAGE }
}

/// `USER`, whose group has the same number, or `USER:GROUP`.
fn owner(text: &str) -> Result<(u32, u32), String> {
    let number = |text: &str| match text.parse::<u32>() {
        Ok(number) if number != u32::MAX => Ok(number),
        _ => Err(format!("{text:?} is no number of a user or group")),
    };
    match text.split_once(':') {
        Some((user, group)) => Ok((number(user)?, number(group)?)),
        None => number(text).map(|user| (user, user)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(name: &str, path: &str) -> End {
        End::Machine { name: name.parse().unwrap(), path: path.into() }
    }

    #[test]
    fn a_word_with_a_slash_before_its_first_colon_is_a_path() {
        assert_eq!(end(&"web:/etc/hosts".into()), Ok(machine("web", "/etc/hosts")));
        assert_eq!(end(&"web:a:b".into()), Ok(machine("web", "a:b")));
        assert_eq!(end(&"web:".into()), Ok(machine("web", "")));
        assert_eq!(end(&"./web:x".into()), Ok(End::Host("./web:x".into())));
        assert_eq!(end(&"/srv/a:b".into()), Ok(End::Host("/srv/a:b".into())));
        assert_eq!(end(&"plain".into()), Ok(End::Host("plain".into())));
        assert_eq!(end(&"-".into()), Ok(End::Stream));
        for word in ["", ":x", "-a:x", "a b:x", "a..b:x"] {
            assert!(end(&word.into()).is_err(), "{word}");
        }
    }

    #[test]
    fn owners_are_numbers() {
        assert_eq!(owner("5"), Ok((5, 5)));
        assert_eq!(owner("5:6"), Ok((5, 6)));
        for text in ["", ":", "5:", "root", "4294967295", "-1"] {
            assert!(owner(text).is_err(), "{text}");
        }
    }
}
