//! os-release(5), as far as the payload is told of it.

use redd_plan::facts::OsRelease;

/// The fields of a file's contents; what does not parse is left out.
#[must_use]
pub fn parse(contents: Vec<u8>) -> OsRelease {
    let text = String::from_utf8_lossy(&contents).into_owned();
    let field = |name: &str| text.lines().rev().find_map(|line| assignment(line, name));
    OsRelease {
        id: field("ID"),
        build_id: field("BUILD_ID"),
        variant_id: field("VARIANT_ID"),
        version_id: field("VERSION_ID"),
        contents,
    }
}

/// What the system is called in the contents of a file, escaped and cut (R27).
#[must_use]
pub fn pretty_name(contents: &[u8]) -> Option<String> {
    const NAME_MAX: usize = 100;
    let text = String::from_utf8_lossy(contents);
    let field = |name: &str| text.lines().rev().find_map(|line| assignment(line, name));
    let name = field("PRETTY_NAME").or_else(|| field("NAME")).or_else(|| field("ID"))?;
    Some(redd_spec::text::escape(name.as_bytes(), NAME_MAX))
}

fn assignment(line: &str, name: &str) -> Option<String> {
    let value = line.trim().strip_prefix(name)?.strip_prefix('=')?;
    let value = unquote(value);
    (!value.is_empty() && !value.chars().any(char::is_control)).then_some(value)
}

/// Shell quoting, as os-release(5) allows it.
fn unquote(value: &str) -> String {
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\'') && value.len() > 1);
    let inner = match quote {
        Some(quote) if value.ends_with(quote) => &value[1..value.len() - 1],
        _ => value,
    };
    if quote == Some('\'') {
        return inner.to_owned();
    }
    let mut unquoted = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        unquoted.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    unquoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quoted_and_plain_values_are_read() {
        let release =
            parse(b"# x\nID=debian\nVERSION_ID=\"13\"\nVARIANT_ID='a b'\nBUILD_ID=\"x\\\"y\"\n".to_vec());
        assert_eq!(release.id.as_deref(), Some("debian"));
        assert_eq!(release.version_id.as_deref(), Some("13"));
        assert_eq!(release.variant_id.as_deref(), Some("a b"));
        assert_eq!(release.build_id.as_deref(), Some("x\"y"));
    }

    #[test]
    fn a_name_that_a_terminal_would_obey_is_not_taken() {
        assert_eq!(
            pretty_name(b"ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 13\"\n").as_deref(),
            Some("Debian GNU/Linux 13")
        );
        assert_eq!(pretty_name(b"PRETTY_NAME=\"\x1b]0;x\x07\"\nNAME=b\n").as_deref(), Some("b"));
        assert_eq!(
            pretty_name("PRETTY_NAME=\"a\u{202e}b\"\n".as_bytes()).as_deref(),
            Some("a\\xe2\\x80\\xaeb")
        );
        assert_eq!(pretty_name(b""), None);
    }

    proptest! {
        #[test]
        fn any_contents_are_taken(contents in prop::collection::vec(any::<u8>(), 0..300)) {
            let release = parse(contents);
            prop_assert!(!release.id.is_some_and(|id| id.chars().any(char::is_control)));
        }
    }
}
