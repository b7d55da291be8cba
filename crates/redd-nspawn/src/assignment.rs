//! One setting that somebody made, as text, and where.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use crate::option::{Definition, Set};
use crate::refusal::Refusal;
use crate::settings::Settings;

/// Who made a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A word of the command line.
    CommandLine,
    /// A line of a file.
    File {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// A property of an OCI bundle.
    Bundle {
        /// Its `config.json`.
        path: PathBuf,
        /// `process.args`
        property: &'static str,
    },
    /// A variable of the caller's environment.
    Environment {
        /// Its name.
        variable: &'static str,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => formatter.write_str("command line"),
            Self::File { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Bundle { path, property } => write!(formatter, "{}: {property}", path.display()),
            Self::Environment { variable } => write!(formatter, "${variable}"),
        }
    }
}

/// An option, its value, and where they come from.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The option.
    pub definition: &'static Definition,
    /// What stands behind `=`; nothing for a flag.
    pub value: Option<OsString>,
    /// Where.
    pub origin: Origin,
    /// What it is called there, if not by the option's name.
    pub shown: Option<String>,
}

impl Assignment {
    /// Puts it into effect.
    ///
    /// # Errors
    /// The value cannot be used, or the option is not there yet.
    pub fn apply(&self, settings: &mut Settings) -> Result<(), Refusal> {
        let refuse = |reason: String| {
            let option = self.shown.clone().unwrap_or_else(|| self.definition.shown());
            match &self.origin {
                Origin::CommandLine => Refusal::Option { option, reason },
                // Its own name says what it sets.
                Origin::Environment { .. } => Refusal::Option { option: self.origin.to_string(), reason },
                origin => Refusal::Line { origin: origin.clone(), option, reason },
            }
        };
        let value = self.value.as_deref().unwrap_or_default();
        match self.definition.set {
            Set::Flag(set) => set(settings),
            Set::Raw(set) => set(settings, value),
            Set::Text(set) => {
                set(settings, text(value).map_err(&refuse)?).map_err(|error| refuse(error.to_string()))?
            }
            Set::NotYet => return Err(Refusal::NotYet { option: self.definition.shown() }),
        }
        Ok(())
    }
}

fn text(value: &OsStr) -> Result<&str, String> {
    value.to_str().ok_or_else(|| format!("{value:?} is no UTF-8"))
}
