//! When a machine is started, and started again.

use super::ParseError;
use crate::lifecycle::RestartPolicy;
use crate::name::MachineName;

/// `no`, `on-failure`, `always`
///
/// # Errors
/// Anything else.
pub fn restart_policy(value: &str) -> Result<RestartPolicy, ParseError> {
    match value {
        "no" => Ok(RestartPolicy::No),
        "on-failure" => Ok(RestartPolicy::OnFailure),
        "always" => Ok(RestartPolicy::Always),
        _ => Err(ParseError::new(value, "write no, on-failure or always")),
    }
}

/// A number from 1 on; `None` for `infinity`.
///
/// # Errors
/// Anything else.
pub fn restart_limit(value: &str) -> Result<Option<u32>, ParseError> {
    match value {
        "infinity" => Ok(None),
        _ => match value.parse() {
            Ok(0) | Err(_) => Err(ParseError::new(value, "write a number from 1 on, or infinity")),
            Ok(limit) => Ok(Some(limit)),
        },
    }
}

/// Names of machines, with commas or blanks between them.
///
/// # Errors
/// One is none, or there is none.
pub fn machine_names(value: &str) -> Result<Vec<MachineName>, ParseError> {
    let is_between = |character: char| character == ',' || character.is_whitespace();
    let words = value.split(is_between).filter(|word| !word.is_empty());
    let names = words.map(str::parse).collect::<Result<Vec<_>, _>>();
    match names {
        Ok(names) if names.is_empty() => Err(ParseError::new(value, "name a machine")),
        Ok(names) => Ok(names),
        Err(error) => Err(ParseError::new(value, error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1", Ok(Some(1)))]
    #[case("infinity", Ok(None))]
    #[case("0", Err(()))]
    #[case("-1", Err(()))]
    #[case("", Err(()))]
    fn a_limit_is_a_number_of_starts(#[case] value: &str, #[case] expected: Result<Option<u32>, ()>) {
        assert_eq!(restart_limit(value).map_err(drop), expected);
    }

    #[test]
    fn names_stand_in_any_row() {
        let names = machine_names("web, db,,cache").unwrap();
        assert_eq!(names.iter().map(MachineName::as_str).collect::<Vec<_>>(), ["web", "db", "cache"]);
        assert!(machine_names(" ,").is_err());
        assert!(machine_names("../db").is_err());
    }
}
