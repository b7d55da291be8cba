//! `--bind-user=`, `--bind-user-shell=`, `--bind-user-group=` and `--uid=`

use super::{ParseError, boolean};
use crate::bound_user::{AccountName, BoundShell};
use crate::path::PathInRoot;

/// `--bind-user=NAME`
///
/// # Errors
/// What is no name, and root and nobody, whom every payload has already.
pub fn bind_user(value: &str) -> Result<AccountName, ParseError> {
    let name = account(value)?;
    match name.as_str() {
        "root" | "nobody" | "nfsnobody" => {
            Err(ParseError::new(value, "every payload has such a user of its own"))
        }
        _ => Ok(name),
    }
}

/// `--bind-user-group=NAME`
///
/// # Errors
/// What is no name.
pub fn bind_user_group(value: &str) -> Result<AccountName, ParseError> {
    account(value)
}

fn account(value: &str) -> Result<AccountName, ParseError> {
    AccountName::new(value).map_err(|error| ParseError::new(value, error.to_string()))
}

/// `--bind-user-shell=BOOL|PATH`: yes is the host's, no the payload's default.
///
/// # Errors
/// A relative path, or one that cannot stand in passwd(5).
pub fn bind_user_shell(value: &str) -> Result<BoundShell, ParseError> {
    match boolean(value) {
        Ok(true) => return Ok(BoundShell::Host),
        Ok(false) => return Ok(BoundShell::Payload),
        Err(_not_a_boolean) => {}
    }
    let refuse = || ParseError::new(value, "write yes, no or the absolute path of a shell");
    let path = PathInRoot::new(value).map_err(|_error| refuse())?;
    let is_plain = !value.chars().any(|character| character.is_control() || character == ':');
    if !is_plain || path.as_path().file_name().is_none() || value.ends_with('/') {
        return Err(refuse());
    }
    Ok(BoundShell::Path(value.to_owned()))
}

/// `--uid=`: a name or number; which one it is, is seen in the tree.
///
/// # Errors
/// Nothing at all, or a group beside the user: who somebody's groups are, the tree says.
pub fn payload_user(value: &str) -> Result<String, ParseError> {
    if value.is_empty() {
        return Err(ParseError::new(value, "write a user's name or number"));
    }
    if value.contains(':') {
        return Err(ParseError::new(
            value,
            "a group cannot be chosen: a command gets the groups that its user has in the tree",
        ));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("yes", BoundShell::Host)]
    #[case("no", BoundShell::Payload)]
    #[case("/bin/zsh", BoundShell::Path("/bin/zsh".to_owned()))]
    fn shells_are_read(#[case] value: &str, #[case] expected: BoundShell) {
        assert_eq!(bind_user_shell(value), Ok(expected));
    }

    #[rstest]
    #[case("")]
    #[case("zsh")]
    #[case("/")]
    #[case("/bin/")]
    #[case("/bin/../sh")]
    #[case("/bin/a:b")]
    #[case("/bin/a\nb")]
    fn shells_that_are_none_are_refused(#[case] value: &str) {
        assert!(bind_user_shell(value).is_err());
    }

    #[rstest]
    #[case("root")]
    #[case("nobody")]
    #[case("")]
    #[case("1000")]
    fn users_that_cannot_be_bound_are_refused(#[case] value: &str) {
        assert!(bind_user(value).is_err());
    }

    #[test]
    fn a_group_beside_a_user_is_refused_with_the_reason() {
        assert_eq!(payload_user("alice"), Ok("alice".to_owned()));
        assert!(payload_user("alice:users").unwrap_err().to_string().contains("group"));
        assert!(payload_user("").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            drop((bind_user(&text), bind_user_shell(&text), bind_user_group(&text), payload_user(&text)));
        }
    }
}
