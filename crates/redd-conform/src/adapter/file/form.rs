//! The form of an adapter's file: `key = words`, read strictly.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use thiserror::Error;

use super::super::{AdapterError, Container, Network};
use crate::render::escape::printable;

/// What is wrong with a file, and where.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct FormError {
    line: usize,
    problem: String,
}

macro_rules! named {
    ($(#[$doc:meta])* $kind:ident { $($variant:ident $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum $kind { $($variant,)* }

        impl $kind {
            pub(super) const ALL: &[Self] = &[$(Self::$variant,)*];

            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn find(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

named! {
    /// What stands left of the `=`.
    Key {
        Name "name",
        Mode "mode",
        Version "version",
        Network "network",
        Create "create",
        Start "start",
        Stop "stop",
        Exec "exec",
        Pid "pid",
        Remove "remove",
        Bind "bind",
        Credential "credential",
        FewCapabilities "few-capabilities",
        BoundUser "bound-user",
        UnixExport "unix-export",
        RestartStatus "restart-status",
    }
}

named! {
    /// What stands in braces.
    Placeholder {
        Name "name",
        Tree "tree",
        Directory "directory",
        Supervisor "supervisor",
        Pid "pid",
        Words "words",
        Wishes "wishes",
        CredentialName "credential-name",
        CredentialValue "credential-value",
        User "user",
        Source "source",
        Target "target",
    }
}

/// Keys without which there is no adapter.
const REQUIRED: [Key; 4] = [Key::Name, Key::Start, Key::Stop, Key::Exec];

impl Key {
    /// What has a value when this line is used.
    const fn placeholders(self) -> &'static [Placeholder] {
        use Placeholder as P;
        match self {
            Self::Name | Self::Mode | Self::Version | Self::Network | Self::RestartStatus => &[],
            Self::Create | Self::Remove | Self::FewCapabilities | Self::UnixExport => {
                &[P::Name, P::Tree, P::Directory]
            }
            Self::Start => &[P::Name, P::Tree, P::Directory, P::Wishes],
            Self::Stop => &[P::Name, P::Tree, P::Directory, P::Supervisor, P::Pid],
            Self::Exec => &[P::Name, P::Tree, P::Directory, P::Pid, P::Words],
            Self::Pid => &[P::Name, P::Tree, P::Directory, P::Supervisor],
            Self::Bind => &[P::Name, P::Tree, P::Directory, P::Pid, P::Source, P::Target],
            Self::Credential => &[P::Name, P::Tree, P::Directory, P::CredentialName, P::CredentialValue],
            Self::BoundUser => &[P::Name, P::Tree, P::Directory, P::User],
        }
    }

    /// What it makes no sense without.
    const fn needs(self) -> Option<Placeholder> {
        match self {
            Self::Exec => Some(Placeholder::Words),
            _ => None,
        }
    }
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct Form {
    lines: BTreeMap<Key, Line>,
    network: Network,
    restart_status: Option<i32>,
}

/// What stands right of the `=`.
#[derive(Debug)]
pub(super) struct Line(Vec<Vec<Piece>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Placeholder(Placeholder),
}

/// What placeholders stand for.
#[derive(Debug, Default)]
pub(super) struct Values<'a> {
    pub(super) container: Option<&'a Container>,
    pub(super) supervisor: Option<u32>,
    pub(super) init: Option<u32>,
    pub(super) program: &'a [&'a str],
    pub(super) wishes: Vec<OsString>,
    pub(super) credential: Option<(&'a str, &'a str)>,
    pub(super) user: Option<&'a str>,
    pub(super) bind: Option<(&'a Path, &'a Path)>,
}

impl<'a> Values<'a> {
    pub(super) fn of(container: &'a Container) -> Self {
        Self { container: Some(container), ..Self::default() }
    }

    fn get(&self, placeholder: Placeholder) -> Option<OsString> {
        let container = self.container;
        Some(match placeholder {
            Placeholder::Name => container?.name.clone().into(),
            Placeholder::Tree => container?.tree.clone().into(),
            Placeholder::Directory => container?.directory.clone().into(),
            Placeholder::Supervisor => self.supervisor?.to_string().into(),
            Placeholder::Pid => self.init?.to_string().into(),
            Placeholder::CredentialName => self.credential?.0.into(),
            Placeholder::CredentialValue => self.credential?.1.into(),
            Placeholder::User => self.user?.into(),
            Placeholder::Source => self.bind?.0.into(),
            Placeholder::Target => self.bind?.1.into(),
            Placeholder::Words | Placeholder::Wishes => return None,
        })
    }
}

impl Form {
    pub(super) fn parse(text: &str) -> Result<Self, FormError> {
        let mut lines = BTreeMap::new();
        let mut network = Network::Private;
        let mut restart_status = None;
        for (index, line) in text.lines().enumerate() {
            let at = |problem: String| FormError { line: index + 1, problem };
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let (key, line) = key_and_line(trimmed).map_err(at)?;
            match key {
                Key::Network => network = parse_network(&line.text()).map_err(at)?,
                Key::RestartStatus => restart_status = Some(parse_status(&line.text()).map_err(at)?),
                _ => {}
            }
            if lines.insert(key, line).is_some() {
                return Err(at(format!("{} stands twice", key.name())));
            }
        }
        if let Some(missing) = REQUIRED.into_iter().find(|key| !lines.contains_key(key)) {
            let line = text.lines().count();
            return Err(FormError { line, problem: format!("the file ends without {}", missing.name()) });
        }
        Ok(Self { lines, network, restart_status })
    }

    pub(super) fn line(&self, key: Key) -> Option<&Line> {
        self.lines.get(&key)
    }

    pub(super) const fn network(&self) -> Network {
        self.network
    }

    pub(super) const fn restart_status(&self) -> Option<i32> {
        self.restart_status
    }
}

fn key_and_line(text: &str) -> Result<(Key, Line), String> {
    let (name, words) = text.split_once('=').ok_or_else(|| "there is no = in it".to_owned())?;
    let name = printable(name.trim());
    let key = Key::find(&name)
        .ok_or_else(|| format!("{name:?} is none of {}", names(Key::ALL, |key| key.name())))?;
    let line = Line(split(words)?.iter().map(|word| pieces(word, key)).collect::<Result<_, _>>()?);
    if line.0.is_empty() {
        return Err(format!("{name} is empty"));
    }
    if let Some(needed) = key.needs().filter(|needed| !line.0.contains(&vec![Piece::Placeholder(*needed)])) {
        return Err(format!("{name} is without the word {{{}}}", needed.name()));
    }
    Ok((key, line))
}

fn names<Kind: Copy>(all: &[Kind], name: impl Fn(Kind) -> &'static str) -> String {
    all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", ")
}

/// Words between spaces; what is in quotes of either kind belongs together.
fn split(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in text.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            None if character == '"' || character == '\'' => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            None if character.is_whitespace() => words.extend(word.take()),
            _ if character.is_control() => return Err("there is a control character in it".to_owned()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    if let Some(open) = quote {
        return Err(format!("a {open} is not closed"));
    }
    words.extend(word);
    Ok(words)
}

/// Text and placeholders; `{{` and `}}` are braces.
fn pieces(word: &str, key: Key) -> Result<Vec<Piece>, String> {
    let mut found = Vec::new();
    let mut text = String::new();
    let mut rest = word;
    while let Some(character) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            text.push(character);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| "a { is not closed".to_owned())?;
            if !text.is_empty() {
                found.push(Piece::Text(std::mem::take(&mut text)));
            }
            found.push(Piece::Placeholder(placeholder(name, key)?));
            rest = after;
        } else if character == '}' {
            return Err("a } was not opened".to_owned());
        } else {
            text.push(character);
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
        }
    }
    if !text.is_empty() || found.is_empty() {
        found.push(Piece::Text(text));
    }
    let whole = [Piece::Placeholder(Placeholder::Words), Piece::Placeholder(Placeholder::Wishes)];
    if found.len() > 1 && found.iter().any(|piece| whole.contains(piece)) {
        return Err(format!("{word:?}: {{words}} and {{wishes}} stand alone"));
    }
    Ok(found)
}

fn placeholder(name: &str, key: Key) -> Result<Placeholder, String> {
    let known = key.placeholders();
    let found = Placeholder::find(name).filter(|placeholder| known.contains(placeholder));
    found.ok_or_else(|| {
        let name = printable(name);
        match names(known, |placeholder| placeholder.name()) {
            none if none.is_empty() => format!("{} takes no {{{name}}}", key.name()),
            known => format!("{} takes no {{{name}}}, only {known}", key.name()),
        }
    })
}

fn parse_network(text: &str) -> Result<Network, String> {
    match text {
        "host" => Ok(Network::Host),
        "private" => Ok(Network::Private),
        "veth" => Ok(Network::Veth),
        _ => Err(format!("network is host, private or veth, not {:?}", printable(text))),
    }
}

fn parse_status(text: &str) -> Result<i32, String> {
    let status = text.parse().ok().filter(|status| (0..=255).contains(status));
    status.ok_or_else(|| format!("restart-status is a number up to 255, not {:?}", printable(text)))
}

impl Line {
    /// For lines that are no command.
    pub(super) fn text(&self) -> String {
        let words = self.0.iter().map(|word| {
            word.iter().map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Placeholder(placeholder) => placeholder.name(),
            })
        });
        words.map(Iterator::collect::<String>).collect::<Vec<_>>().join(" ")
    }

    /// The words with their placeholders replaced: a value is never split, whatever is in it.
    pub(super) fn words(&self, values: &Values<'_>) -> Result<Vec<OsString>, AdapterError> {
        let mut words = Vec::new();
        for pieces in &self.0 {
            match pieces.as_slice() {
                [Piece::Placeholder(Placeholder::Words)] => {
                    words.extend(values.program.iter().map(OsString::from))
                }
                [Piece::Placeholder(Placeholder::Wishes)] => words.extend(values.wishes.iter().cloned()),
                pieces => words.push(join(pieces, values)?),
            }
        }
        Ok(words)
    }
}

fn join(pieces: &[Piece], values: &Values<'_>) -> Result<OsString, AdapterError> {
    let mut word = OsString::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => word.push(text),
            Piece::Placeholder(placeholder) => {
                let value = values.get(*placeholder);
                let missing = || AdapterError::Failed(format!("{{{}}} is not known yet", placeholder.name()));
                word.push(value.ok_or_else(missing)?);
            }
        }
    }
    Ok(word)
}
