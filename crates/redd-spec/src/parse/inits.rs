//! Kinds of inits.

use super::ParseError;
use crate::init::{InitChoice, InitKind};
use crate::path::PathInRoot;

/// `--init=`: a kind, or a path in the tree.
///
/// # Errors
/// Another word, or a path that is not absolute and plain.
pub fn init(value: &str) -> Result<InitChoice, ParseError> {
    if value == "auto" {
        return Ok(InitChoice::Detected);
    }
    if value.starts_with('/') {
        let path = PathInRoot::new(value).map_err(|error| ParseError::new(value, error.to_string()))?;
        return if path.is_root() {
            Err(ParseError::new(value, "it is a directory"))
        } else {
            Ok(InitChoice::Path(path))
        };
    }
    InitKind::ALL.into_iter().find(|kind| kind.name() == value).map(InitChoice::Kind).ok_or_else(|| {
        let names = InitKind::ALL.map(InitKind::name).join(", ");
        ParseError::new(value, format!("write auto, {names}, or an absolute path in the tree"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("auto", InitChoice::Detected)]
    #[case("runit", InitChoice::Kind(InitKind::Runit))]
    #[case("s6-linux-init", InitChoice::Kind(InitKind::S6LinuxInit))]
    #[case("/sbin/my-init", InitChoice::Path(PathInRoot::new("/sbin/my-init").unwrap()))]
    fn inits_are_chosen(#[case] value: &str, #[case] expected: InitChoice) {
        assert_eq!(init(value).unwrap(), expected);
    }

    #[rstest]
    #[case("")]
    #[case("upstart")]
    #[case("sbin/init")]
    #[case("/")]
    #[case("/sbin/../init")]
    #[case("Systemd")]
    fn inits_that_are_none_are_refused(#[case] value: &str) {
        assert!(init(value).is_err());
    }

    #[test]
    fn every_kind_is_read_as_it_prints() {
        for kind in InitKind::ALL {
            assert_eq!(init(kind.name()), Ok(InitChoice::Kind(kind)));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "/?.{0,40}") {
            drop(init(&text));
        }
    }
}
