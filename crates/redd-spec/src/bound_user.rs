//! Users of the host who are known inside, with their home directories (RH10, RH11).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The first of the ids that systemd sets aside for bound users.
pub const BOUND_ID_FIRST: u32 = 60514;
/// The last of them.
pub const BOUND_ID_LAST: u32 = 60577;
/// How many users can be bound: as many as there are ids.
pub const BOUND_USERS_MAX: usize = (BOUND_ID_LAST - BOUND_ID_FIRST + 1) as usize;
/// How many groups bound users can be members of.
pub const BOUND_GROUPS_MAX: usize = 32;

/// As many bytes as utmp(5) has for a name, without the NUL.
const NAME_MAX: usize = 31;

/// A user's or group's name, of the kind that every program takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct AccountName(String);

/// Why a text is no name of a user or group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has letters, digits, '_' and '-', does not start with a digit or '-', and is {NAME_MAX} bytes at most"
)]
pub struct AccountNameError;

impl AccountName {
    /// Checks the name.
    ///
    /// # Errors
    /// systemd would not take it: the name becomes part of file names in `/run/host/userdb`.
    pub fn new(name: &str) -> Result<Self, AccountNameError> {
        let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if starts && name.len() <= NAME_MAX && name.bytes().all(fits) {
            Ok(Self(name.to_owned()))
        } else {
            Err(AccountNameError)
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The login shell of bound users (`--bind-user-shell=`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoundShell {
    /// The payload's default for users.
    #[default]
    Payload,
    /// The one that each has on the host.
    Host,
    /// This one.
    Path(String),
}

/// `--bind-user=`, `--bind-user-shell=` and `--bind-user-group=`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundUsers {
    /// Who is bound, each once.
    pub names: Vec<AccountName>,
    /// Which shell they have.
    pub shell: BoundShell,
    /// Groups of the payload that all of them are members of, each once.
    pub groups: Vec<AccountName>,
}

impl BoundUsers {
    /// Adds a user; one who is there already stays in place.
    pub fn bind(&mut self, name: AccountName) {
        add_once(&mut self.names, name);
    }

    /// Adds a group; one that is there already stays in place.
    pub fn join(&mut self, group: AccountName) {
        add_once(&mut self.groups, group);
    }
}

fn add_once(names: &mut Vec<AccountName>, name: AccountName) {
    if !names.contains(&name) {
        names.push(name);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("alice")]
    #[case("_apt")]
    #[case("Web-1_x")]
    #[case("a234567890123456789012345678901")]
    fn names_are_taken(#[case] name: &str) {
        assert_eq!(AccountName::new(name).unwrap().as_str(), name);
    }

    #[rstest]
    #[case("")]
    #[case("1000")]
    #[case("-x")]
    #[case("a/b")]
    #[case("..")]
    #[case("a:b")]
    #[case("a.b")]
    #[case("ä")]
    #[case("a2345678901234567890123456789012")]
    fn what_is_no_name_is_refused(#[case] name: &str) {
        assert_eq!(AccountName::new(name), Err(AccountNameError));
    }
}
