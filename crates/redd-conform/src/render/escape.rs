//! What is said by a payload, a manager or a file, made harmless for what it is written into.

use std::fmt::Write as _;

/// The most that is shown of one string; a judge cuts earlier.
const CHARACTERS_MAX: usize = 2000;

/// One line without control characters, invisible characters or changes of direction: those are written as Rust
/// writes them. A text that is harmless already stays as it is, so doing it twice changes nothing.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for (count, character) in text.chars().enumerate() {
        if count == CHARACTERS_MAX {
            line.push('…');
            break;
        }
        match character {
            '"' | '\'' | '\\' => line.push(character),
            _ => line.extend(character.escape_debug()),
        }
    }
    line
}

/// For HTML and XML, within elements and within quoted attributes.
#[must_use]
pub fn markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// For a cell of a table in Markdown: nothing but words is left of it.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            // As entities, because a backslash before a bar does not help within every dialect's code.
            '|' | '<' | '>' | '&' | '`' | '[' | ']' | '*' | '_' | '\\' | '~' | '#' | '$' => {
                write!(escaped, "&#{};", u32::from(character)).unwrap_or_default();
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// For the description of a test point in TAP, where `#` begins a directive.
#[must_use]
pub(super) fn tap(text: &str) -> String {
    printable(text).replace('\\', "\\\\").replace('#', "\\#")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("mknod c 1 1: ok", "mknod c 1 1: ok")]
    #[case("\x1b[2J\x1b]0;owned\x07", r"\u{1b}[2J\u{1b}]0;owned\u{7}")]
    #[case("a\nb\tc\r", r"a\nb\tc\r")]
    #[case("right\u{202e}left", r"right\u{202e}left")]
    #[case("zero\u{200b}width\u{feff}", r"zero\u{200b}width\u{feff}")]
    #[case("\u{9b}31m", r"\u{9b}31m")]
    #[case(r#"it's "quoted" \n"#, r#"it's "quoted" \n"#)]
    #[case("Ubuntu Größe 漢", "Ubuntu Größe 漢")]
    fn what_a_terminal_would_act_on_is_shown(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(printable(text), shown);
    }

    #[test]
    fn a_flood_is_cut() {
        assert_eq!(printable(&"x".repeat(1 << 20)).chars().count(), CHARACTERS_MAX + 1);
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_line_or_element(text in any::<String>()) {
            prop_assert!(!printable(&text).chars().any(char::is_control));
            prop_assert_eq!(printable(&printable(&text)), printable(&text));
            prop_assert!(!markup(&text).contains(['<', '>', '"', '\'']));
            prop_assert!(!markdown(&text).contains(['|', '<', '`', '[', '*', '\n']));
        }
    }
}
