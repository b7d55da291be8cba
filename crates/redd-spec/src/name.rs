//! Names of machines and hosts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest machine name: a host name's limit in the kernel.
pub const MACHINE_NAME_MAX: usize = 64;

/// A machine's name: `[A-Za-z0-9][A-Za-z0-9_.-]{0,63}` without `..`.
///
/// This is the only constructor of names, so a name can stand in a path, a link name or a log line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MachineName(String);

/// Why a text is no machine name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing at all.
    #[error("a name cannot be empty")]
    Empty,
    /// More than [`MACHINE_NAME_MAX`] characters.
    #[error("a name has at most {MACHINE_NAME_MAX} characters, this one has {length}")]
    TooLong {
        /// How many there are.
        length: usize,
    },
    /// A character outside the alphabet, or a first one that is no letter or digit.
    #[error(
        "a name consists of letters, digits, '_', '.' and '-' and starts with a letter or digit; {character:?} cannot stand here"
    )]
    Character {
        /// The first character refused.
        character: char,
    },
    /// Two dots in a row.
    #[error("a name cannot contain '..'")]
    DotDot,
}

impl MachineName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The longest valid name that can be made of a file name by leaving characters out.
    #[must_use]
    pub fn from_file_name(file_name: &str) -> Option<Self> {
        let mut cleaned = String::new();
        for character in file_name.chars() {
            let fits = is_name_character(character)
                && (!cleaned.is_empty() || character.is_ascii_alphanumeric())
                && !(character == '.' && cleaned.ends_with('.'));
            if fits && cleaned.len() < MACHINE_NAME_MAX {
                cleaned.push(character);
            }
        }
        cleaned.parse().ok()
    }

    /// The name as a host name: underscores become dashes, and no label starts or ends with one.
    #[must_use]
    pub fn as_hostname(&self) -> Hostname {
        let dashed = self.0.replace('_', "-");
        let labels = dashed.split('.').map(|label| label.trim_matches('-')).filter(|label| !label.is_empty());
        Hostname(labels.collect::<Vec<_>>().join("."))
    }
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')
}

impl FromStr for MachineName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let first = text.chars().next().ok_or(NameError::Empty)?;
        if let Some(character) = text.chars().find(|&character| !is_name_character(character)) {
            return Err(NameError::Character { character });
        }
        if !first.is_ascii_alphanumeric() {
            return Err(NameError::Character { character: first });
        }
        if text.len() > MACHINE_NAME_MAX {
            return Err(NameError::TooLong { length: text.len() });
        }
        if text.contains("..") {
            return Err(NameError::DotDot);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for MachineName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<MachineName> for String {
    fn from(name: MachineName) -> Self {
        name.0
    }
}

impl fmt::Display for MachineName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A host name as sethostname(2) takes it: labels of letters, digits and dashes, at most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hostname(String);

/// Why a text is no host name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no host name: labels of letters, digits and dashes, separated by single dots, 64 characters at most"
)]
pub struct HostnameError(String);

impl Hostname {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Hostname {
    type Err = HostnameError;

    fn from_str(text: &str) -> Result<Self, HostnameError> {
        let label_fits = |label: &str| {
            !label.is_empty()
                && label.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.len() <= MACHINE_NAME_MAX && text.split('.').all(label_fits) {
            return Ok(Self(text.to_owned()));
        }
        Err(HostnameError(text.to_owned()))
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("")]
    #[case(".")]
    #[case("..")]
    #[case("../x")]
    #[case("a..b")]
    #[case("-a")]
    #[case("a/b")]
    #[case("a b")]
    #[case("a\n")]
    #[case("\u{1b}[2J")]
    #[case("é")]
    #[case(&"a".repeat(65))]
    fn names_that_could_escape_are_refused(#[case] text: &str) {
        assert!(text.parse::<MachineName>().is_err());
    }

    #[test]
    fn a_name_of_64_characters_is_accepted() {
        assert!("a".repeat(64).parse::<MachineName>().is_ok());
    }

    #[rstest]
    #[case("debian", Some("debian"))]
    #[case("my tree!", Some("mytree"))]
    #[case(".hidden", Some("hidden"))]
    #[case("a..b", Some("a.b"))]
    #[case("---", None)]
    fn a_file_name_is_cleaned(#[case] file_name: &str, #[case] expected: Option<&str>) {
        assert_eq!(MachineName::from_file_name(file_name).as_ref().map(MachineName::as_str), expected);
    }

    proptest! {
        #[test]
        fn a_cleaned_file_name_is_always_valid(file_name in ".{0,100}") {
            if let Some(name) = MachineName::from_file_name(&file_name) {
                prop_assert!(name.as_str().parse::<MachineName>().is_ok());
            }
        }

        #[test]
        fn every_name_makes_a_host_name(text in "[A-Za-z0-9][a_.-]{0,63}") {
            if let Ok(name) = text.parse::<MachineName>() {
                prop_assert!(name.as_hostname().as_str().parse::<Hostname>().is_ok());
                prop_assert_eq!(name.to_string().parse::<MachineName>(), Ok(name));
            }
        }

        #[test]
        fn a_host_name_reads_as_it_prints(text in "[a0.-]{0,10}") {
            if let Ok(name) = text.parse::<Hostname>() {
                prop_assert_eq!(name.to_string().parse::<Hostname>(), Ok(name));
            }
        }

        #[test]
        fn a_name_never_contains_a_separator(text in ".{0,70}") {
            if let Ok(name) = text.parse::<MachineName>() {
                prop_assert!(!name.as_str().contains(['/', '\0', '\n', ' ']));
            }
        }
    }
}
