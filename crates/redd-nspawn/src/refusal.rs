//! Why words and files do not make a start.

use std::path::PathBuf;

use redd_spec::parse::ParseError;
use redd_spec::sockets::InvalidCount;
use redd_spec::text::NulByte;

use crate::assignment::Origin;
use crate::specify::MACHINES;

/// Why a start is refused before anything is looked at.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Refusal {
    #[error("name a tree: a path, a name in {MACHINES}, -D PATH or -M NAME")]
    NoTree,
    #[error("{path:?} makes no name for a machine; choose one with -M")]
    NoName { path: PathBuf },
    #[error(
        "the name {name:?} leaves no room for the suffix of an ephemeral machine; choose a shorter one with -M"
    )]
    LongName { name: String },
    #[error("{one} and {other} exclude each other{reason}")]
    Conflict { one: &'static str, other: &'static str, reason: &'static str },
    #[error(
        "the host's own root directory is not changed: add --ephemeral, --volatile=yes or --volatile=state"
    )]
    HostRoot,
    #[error("the credential {name:?} is given twice")]
    TwoCredentials { name: String },
    #[error("--setenv: {0}")]
    Environment(ParseError),
    #[error("there is no option {word}; see --help")]
    UnknownOption { word: String },
    #[error("{word} may be any of {candidates}")]
    Ambiguous { word: String, candidates: String },
    #[error("{word} needs a value: {name}")]
    MissingValue { word: String, name: &'static str },
    #[error("{option} takes no value, {value:?} cannot be used")]
    UnwantedValue { option: String, value: String },
    #[error("{option}: {reason}")]
    Option { option: String, reason: String },
    #[error("{origin}: {option}: {reason}")]
    Line { origin: Origin, option: String, reason: String },
    #[error("{}: cannot be read: {reason}", path.display())]
    File { path: PathBuf, reason: String },
    #[error("{}: {reason}", path.display())]
    Bundle { path: PathBuf, reason: String },
    #[error("{line}")]
    Invalid { line: String },
    #[error("{option} is not supported yet")]
    NotYet { option: String },
    #[error(transparent)]
    Sockets(#[from] InvalidCount),
    #[error(transparent)]
    Nul(#[from] NulByte),
}
