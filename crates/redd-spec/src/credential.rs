//! Credentials for the payload's PID 1 (EV5).

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The size limit of systemd's credentials: 1 MiB each and in total.
pub const CREDENTIALS_SIZE_MAX: usize = 1024 * 1024;

/// How many credentials a machine can have: more than anybody passes, and few enough for one command line.
pub const CREDENTIALS_MAX: usize = 1024;

/// A credential's name: a file name of printable ASCII, 255 bytes at most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CredentialName(String);

/// Why a text is no credential name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no credential name: a file name of printable ASCII characters without ':' and '/', 255 at most"
)]
pub struct CredentialNameError(String);

impl CredentialName {
    /// Checks the name.
    ///
    /// # Errors
    /// Anything that is no file name, or that systemd would not accept.
    pub fn new(name: &str) -> Result<Self, CredentialNameError> {
        let printable = name.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'/' && byte != b':');
        if name.is_empty() || name.len() > 255 || name == "." || name == ".." || !printable {
            return Err(CredentialNameError(name.chars().take(64).collect()));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CredentialName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Which of the credentials that redd was given are passed on: `*` is any text, `?` any character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct CredentialPattern(String);

impl CredentialPattern {
    /// Checks a pattern.
    ///
    /// # Errors
    /// No name can match it.
    pub fn new(pattern: &str) -> Result<Self, CredentialNameError> {
        CredentialName::new(pattern).map(|CredentialName(pattern)| Self(pattern))
    }

    /// Whether it is the name's.
    #[must_use]
    pub fn matches(&self, name: &CredentialName) -> bool {
        let (pattern, name) = (self.0.as_bytes(), name.0.as_bytes());
        let (mut at, mut read) = (0, 0);
        // Behind the last star, and how far what that stands for goes.
        let mut star: Option<(usize, usize)> = None;
        while read < name.len() {
            match pattern.get(at) {
                Some(b'*') => {
                    at += 1;
                    star = Some((at, read));
                }
                Some(&byte) if byte == b'?' || byte == name[read] => (at, read) = (at + 1, read + 1),
                Some(_) | None => {
                    let Some((after, end)) = star else { return false };
                    (at, read) = (after, end + 1);
                    star = Some((after, end + 1));
                }
            }
        }
        pattern[at..].iter().all(|&byte| byte == b'*')
    }
}

impl TryFrom<String> for CredentialPattern {
    type Error = CredentialNameError;

    fn try_from(pattern: String) -> Result<Self, CredentialNameError> {
        Self::new(&pattern)
    }
}

impl fmt::Display for CredentialPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A credential and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its name.
    pub name: CredentialName,
    /// Where its value comes from.
    pub source: CredentialSource,
}

/// Where a credential's value comes from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialSource {
    /// `--set-credential=ID:VALUE`; never printed.
    Value(#[serde(serialize_with = "hide", deserialize_with = "hidden")] Vec<u8>),
    /// `--load-credential=ID:PATH`: a file, a pipe or a listening stream socket.
    Path(PathBuf),
    /// `--load-credential=ID:NAME`: a credential that redd itself was given, or that the host keeps.
    Inherited(CredentialName),
}

fn hide<S: serde::Serializer>(value: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("<{} bytes>", value.len()))
}

/// What was hidden cannot be read again.
fn hidden<'de, D: serde::Deserializer<'de>>(_deserializer: D) -> Result<Vec<u8>, D::Error> {
    Err(serde::de::Error::custom("the value of a credential was not written down"))
}

impl fmt::Debug for CredentialSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(formatter, "Value(<{} bytes>)", value.len()),
            Self::Path(path) => write!(formatter, "Path({path:?})"),
            Self::Inherited(name) => write!(formatter, "Inherited({name})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_is_of_whole_names() {
        let is_match = |pattern: &str, name: &str| {
            CredentialPattern::new(pattern).unwrap().matches(&CredentialName::new(name).unwrap())
        };
        for (pattern, name) in
            [("*", "a"), ("a.*", "a.b"), ("a*b*c", "axbbyc"), ("a?c", "abc"), ("ab", "ab"), ("ab*", "ab")]
        {
            assert!(is_match(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("a.*", "ab"), ("a*b", "abc"), ("?", "ab"), ("ab", "abc"), ("abc", "ab")] {
            assert!(!is_match(pattern, name), "{pattern} {name}");
        }
        assert!(CredentialPattern::new("../*").is_err() && CredentialPattern::new("").is_err());
    }

    proptest! {
        #[test]
        fn a_credential_name_is_a_file_name(text in "[./:a]{0,4}|.{0,20}") {
            if let Ok(name) = CredentialName::new(&text) {
                prop_assert!(!name.as_str().contains(['/', ':']) && ![".", "..", ""].contains(&name.as_str()));
                prop_assert_eq!(CredentialName::new(&name.to_string()), Ok(name));
            }
        }
    }
}
