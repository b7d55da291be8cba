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

    proptest! {
        #[test]
        fn any_contents_are_taken(contents in prop::collection::vec(any::<u8>(), 0..300)) {
            let release = parse(contents);
            prop_assert!(!release.id.is_some_and(|id| id.chars().any(char::is_control)));
        }
    }
}
