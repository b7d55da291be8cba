//! Lists of words, and assignments.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::ParseError;
use crate::capability::{CapabilitySet, SystemCallRule};
use crate::payload::EnvironmentVariable;
use crate::text::ByteString;

/// `--capability=` and `--drop-capability=`: names separated by commas, or `all`.
///
/// # Errors
/// A name that is none.
pub fn capabilities(value: &str) -> Result<CapabilitySet, ParseError> {
    if value == "all" {
        return Ok(CapabilitySet::ALL);
    }
    let unknown = |name: &str| ParseError::new(name, "it is no capability; see capabilities(7)");
    value.split(',').map(str::trim).try_fold(CapabilitySet::default(), |all, name| {
        Ok(all.union(CapabilitySet::named(name).ok_or_else(|| unknown(name))?))
    })
}

/// `--system-call-filter=[~]LIST`: names and groups separated by spaces or commas; `~` takes them away.
///
/// # Errors
/// An empty list.
pub fn system_call_filter(value: &str) -> Result<Vec<SystemCallRule>, ParseError> {
    let (rule, list): (fn(String) -> SystemCallRule, &str) = match value.strip_prefix('~') {
        Some(list) => (SystemCallRule::Deny, list),
        None => (SystemCallRule::Allow, value),
    };
    let words = list.split([',', ' ']).filter(|word| !word.is_empty());
    let rules: Vec<SystemCallRule> = words.map(|word| rule(word.to_owned())).collect();
    if rules.is_empty() {
        Err(ParseError::new(value, "name at least one system call or group"))
    } else {
        Ok(rules)
    }
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
    use rstest::rstest;

    use super::*;

    #[test]
    fn capabilities_are_read_in_any_form() {
        let expected = CapabilitySet::of(&["CAP_MKNOD", "CAP_NET_RAW"]);
        assert_eq!(capabilities("CAP_MKNOD,net_raw").unwrap(), expected);
        assert_eq!(capabilities("all").unwrap(), CapabilitySet::ALL);
    }

    #[rstest]
    #[case("")]
    #[case("CAP_NONE")]
    #[case("CAP_MKNOD,")]
    #[case("7")]
    fn capabilities_that_are_none_are_refused(#[case] value: &str) {
        assert!(capabilities(value).is_err());
    }

    #[test]
    fn a_tilde_takes_away() {
        assert_eq!(
            system_call_filter("~@mount, bpf").unwrap(),
            [SystemCallRule::Deny("@mount".to_owned()), SystemCallRule::Deny("bpf".to_owned())]
        );
        assert!(system_call_filter("~").is_err());
        assert!(system_call_filter("").is_err());
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
            drop((capabilities(&text), system_call_filter(&text), environment_variable(OsStr::new(&text), &[])));
        }

        #[test]
        fn a_set_reads_as_its_names(bits in 1..=CapabilitySet::ALL.bits()) {
            let set = CapabilitySet::from_bits(bits);
            let names: Vec<&str> = set.names().collect();
            prop_assert_eq!(capabilities(&names.join(",")), Ok(set));
        }

        #[test]
        fn an_assignment_is_split_at_its_first_equals_sign(name in "[A-Z_][A-Z0-9_]{0,8}", value in "[^\0]{0,20}") {
            let variable = environment_variable(OsStr::new(&format!("{name}={value}")), &[]).unwrap();
            prop_assert_eq!((variable.name.as_bytes(), variable.value.as_bytes()), (name.as_bytes(), value.as_bytes()));
        }
    }
}
