//! `.nspawn` files, see systemd.nspawn(5): which may say what, and what wins.

mod key;
mod syntax;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;

use redd_spec::parse::{self, ParseError};

pub use key::{Grant, KEYS, Key, Section};

use crate::assignment::{Assignment, Origin};
use crate::option::Mask;
use syntax::Line;

/// What files may do (`--settings=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileMode {
    /// They are read; the command line wins.
    Yes,
    /// They are not read.
    No,
    /// They win.
    Override,
    /// One beside the tree is trusted too.
    Trusted,
}

/// `--settings=`
pub(crate) fn mode(text: &str) -> Result<FileMode, ParseError> {
    match text {
        "override" => Ok(FileMode::Override),
        "trusted" => Ok(FileMode::Trusted),
        _ => match parse::boolean(text) {
            Ok(true) => Ok(FileMode::Yes),
            Ok(false) => Ok(FileMode::No),
            Err(_) => Err(ParseError::new(text, "write yes, no, override or trusted")),
        },
    }
}

/// Whether a file may grant a machine anything: one beside a tree never grants that tree anything (R38).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The administrator's own.
    Trusted,
    /// It came with the tree.
    Untrusted,
}

/// A file, as it was read.
#[derive(Debug, Clone)]
pub struct SettingsFile {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it may grant anything.
    pub trust: Trust,
    /// What it says.
    pub text: String,
}

/// What files come to, one after the other.
#[derive(Debug, Default)]
pub struct Contents {
    /// What it sets.
    pub assignments: Vec<Assignment>,
    /// Lines without effect, and why.
    pub ignored: Vec<String>,
    /// Lines that cannot be used, and why: a start is refused.
    pub invalid: Vec<String>,
}

impl SettingsFile {
    /// Reads it. What is not known is ignored with a word, as systemd does; what is known and wrong is no start.
    pub fn read_into(&self, contents: &mut Contents) {
        let mut section = None;
        for (number, line) in syntax::lines(&self.text) {
            match line {
                Line::Section(name) => section = Some(name),
                Line::Assignment { key, value } => {
                    let place = Place { file: self, line: number };
                    match &section {
                        Some(section) => place.read(section, &key, &value, contents),
                        None => place.ignore("no section begins before it", contents),
                    }
                }
                Line::Malformed => {
                    Place { file: self, line: number }.ignore("it is no KEY=VALUE", contents);
                }
            }
        }
    }
}

/// A line of a file.
struct Place<'a> {
    file: &'a SettingsFile,
    line: usize,
}

impl Place<'_> {
    fn ignore(&self, reason: &str, contents: &mut Contents) {
        contents.ignored.push(format!("{}:{}: ignored: {reason}", self.file.path.display(), self.line));
    }

    fn read(&self, section: &str, key: &str, value: &str, contents: &mut Contents) {
        let Some(known_section) = Section::named(section) else {
            // Sections that start so are for other programs, see systemd.syntax(7).
            if !section.starts_with("X-") {
                self.ignore(&format!("there is no section [{section}]"), contents);
            }
            return;
        };
        let Some(known) = key::find(known_section, key) else {
            return self.ignore(&format!("[{section}] has no {key}="), contents);
        };
        if self.file.trust == Trust::Untrusted && known.needs_trust(value) {
            return self.ignore(
                &format!("{key}= would grant something, and the file beside a tree grants that tree nothing; put it into /etc/systemd/nspawn"),
                contents,
            );
        }
        match known.assignments(value) {
            Ok(pairs) => self.assign(known, pairs, contents),
            Err(reason) => {
                contents.invalid.push(format!(
                    "{}:{}: {key}={value}: {reason}",
                    self.file.path.display(),
                    self.line
                ));
            }
        }
    }

    fn assign(&self, key: &'static Key, pairs: key::Pairs, contents: &mut Contents) {
        if pairs.is_empty() {
            // An empty value takes back what the file has said so far.
            contents.assignments.retain(|known| known.shown.as_deref() != Some(&*key.shown()));
        }
        for (definition, value) in pairs {
            let origin = Origin::File { path: self.file.path.clone(), line: self.line };
            let value = value.map(OsString::from);
            contents.assignments.push(Assignment { definition, value, origin, shown: Some(key.shown()) });
        }
    }
}

/// What holds of a command line and of files, by the groups of systemd.nspawn(5). In the order in which it is applied.
#[must_use]
pub fn merge(
    command_line: Vec<Assignment>,
    files: Vec<Assignment>,
    mode: FileMode,
    has_words: bool,
) -> Vec<Assignment> {
    let is_masked =
        |assignment: &Assignment, by: &[Assignment]| by.iter().any(|other| overrules(other, assignment));
    if mode == FileMode::Override {
        let kept: Vec<Assignment> =
            command_line.into_iter().filter(|assignment| !is_masked(assignment, &files)).collect();
        return kept.into_iter().chain(files).collect();
    }
    let words_choose = |assignment: &Assignment| has_words && assignment.definition.mask == Mask::StartMode;
    let kept = files
        .into_iter()
        .filter(|assignment| !is_masked(assignment, &command_line) && !words_choose(assignment))
        .collect::<Vec<_>>();
    kept.into_iter().chain(command_line).collect()
}

/// Whether one setting makes another one of no effect.
fn overrules(one: &Assignment, other: &Assignment) -> bool {
    let mask = one.definition.mask;
    if mask != other.definition.mask || (mask == Mask::Own && one.definition.name != other.definition.name) {
        return false;
    }
    // Each resource is a group of its own.
    let resource = |assignment: &Assignment| {
        let text = assignment.value.as_deref().unwrap_or_default().to_string_lossy().into_owned();
        let name = text.split('=').next().unwrap_or_default().to_ascii_uppercase();
        name.trim_start_matches("RLIMIT_").trim_start_matches("LIMIT").to_owned()
    };
    mask != Mask::Rlimit || resource(one) == resource(other)
}
