//! Lists of words, and assignments.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::ParseError;
use crate::capability::SystemCallRule;
use crate::payload::EnvironmentVariable;
use crate::text::ByteString;

/// `--system-call-filter=[~]LIST`: names and groups separated by spaces or commas; `~` takes them away. Which words are
/// names the planner knows; an empty list changes nothing.
#[must_use]
pub fn system_call_filter(value: &str) -> Vec<SystemCallRule> {
    let (rule, list): (fn(String) -> SystemCallRule, &str) = match value.strip_prefix('~') {
        Some(list) => (SystemCallRule::Deny, list),
        None => (SystemCallRule::Allow, value),
    };
    let words = list.split([',', ' ', '\t', '\n']).filter(|word| !word.is_empty());
    words.map(|word| rule(word.to_owned())).collect()
}

/// `--setenv=NAME=VALUE`, or `NAME` for the caller's value.
///
/// # Errors
/// A name that is none, or a variable that the caller does not have.
pub fn environment_variable(
    value: &OsStr,
    caller: &[(OsString, OsString)],
) -> Result<EnvironmentVariable, ParseError> {
    let shown = value.to_string_lossy();
    let refuse = |reason: &str| ParseError::new(&shown, reason);
    let bytes = value.as_bytes();
    let (name, given) = match bytes.iter().position(|&byte| byte == b'=') {
        Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
        None => (bytes, None),
    };
    if !is_variable_name(name) {
        return Err(refuse(
            "a variable's name has letters, digits and underscores, and does not start with a digit",
        ));
    }
    let of_caller =
        || caller.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, value)| value.as_bytes());
    let value =
        given.or_else(of_caller).ok_or_else(|| refuse("you have no such variable; write NAME=VALUE"))?;
    let nul = |_nul| refuse("a NUL byte cannot stand in it");
    Ok(EnvironmentVariable {
        name: ByteString::new(name).map_err(nul)?,
        value: ByteString::new(value).map_err(nul)?,
    })
}

fn is_variable_name(name: &[u8]) -> bool {
    !name.is_empty()
        && !name[0].is_ascii_digit()
        && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tilde_takes_away() {
        assert_eq!(
            system_call_filter("~@mount, bpf"),
            [SystemCallRule::Deny("@mount".to_owned()), SystemCallRule::Deny("bpf".to_owned())]
        );
        assert_eq!(system_call_filter("~"), []);
        assert_eq!(system_call_filter(" \t"), []);
    }

    #[test]
    fn variables_are_given_or_copied() {
        let caller = [(OsString::from("LANG"), OsString::from("C"))];
        let variable = |text: &str| environment_variable(OsStr::new(text), &caller);
        assert_eq!(variable("A=b=c").unwrap().value.as_bytes(), b"b=c");
        assert_eq!(variable("LANG").unwrap().value.as_bytes(), b"C");
        assert_eq!(variable("LANG=").unwrap().value.as_bytes(), b"");
        for refused in ["", "=x", "1A=x", "A B=x", "NONE"] {
            assert!(variable(refused).is_err(), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            drop((system_call_filter(&text), environment_variable(OsStr::new(&text), &[])));
        }

        #[test]
        fn an_assignment_is_split_at_its_first_equals_sign(name in "[A-Z_][A-Z0-9_]{0,8}", value in "[^\0]{0,20}") {
            let variable = environment_variable(OsStr::new(&format!("{name}={value}")), &[]).unwrap();
            prop_assert_eq!((variable.name.as_bytes(), variable.value.as_bytes()), (name.as_bytes(), value.as_bytes()));
        }
    }
}
