//! The console and its terminals.

use super::ParseError;
use crate::console::{Background, ConsoleMode, ExtraTerminals};

/// `--console=`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsoleChoice {
    /// This one.
    Mode(ConsoleMode),
    /// Interactive on a terminal, a pipe elsewhere.
    AutoPipe,
}

/// `--console=`
///
/// # Errors
/// Anything but interactive, read-only, passive, kept, pipe and autopipe.
pub fn console(value: &str) -> Result<ConsoleChoice, ParseError> {
    match value {
        "interactive" => Ok(ConsoleChoice::Mode(ConsoleMode::Interactive)),
        "read-only" => Ok(ConsoleChoice::Mode(ConsoleMode::ReadOnly)),
        "passive" => Ok(ConsoleChoice::Mode(ConsoleMode::Passive)),
        "kept" => Ok(ConsoleChoice::Mode(ConsoleMode::Kept)),
        "pipe" => Ok(ConsoleChoice::Mode(ConsoleMode::Pipe)),
        "autopipe" => Ok(ConsoleChoice::AutoPipe),
        _ => Err(ParseError::new(value, "write interactive, read-only, passive, kept, pipe or autopipe")),
    }
}

/// `--ttys=`
///
/// # Errors
/// No number, or one that is too large.
pub fn terminals(value: &str) -> Result<ExtraTerminals, ParseError> {
    let count = value.parse().ok().and_then(ExtraTerminals::new);
    count.ok_or_else(|| ParseError::new(value, format!("write a number from 0 to {}", ExtraTerminals::MAX)))
}

/// `--background=`; empty for none.
///
/// # Errors
/// Anything that selects no background, or more than that.
pub fn background(value: &str) -> Result<Option<Background>, ParseError> {
    if value.is_empty() {
        return Ok(None);
    }
    let refuse = || ParseError::new(value, "write a colour as 40 to 47, 100 to 107, 48;5;N or 48;2;R;G;B");
    Background::new(value).map(Some).ok_or_else(refuse)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[test]
    fn terminals_are_counted() {
        assert_eq!(terminals("0"), Ok(ExtraTerminals::default()));
        assert_eq!(terminals("32").unwrap().get(), 32);
        for value in ["", "-1", "33", "256", "two", "1 "] {
            assert!(terminals(value).is_err(), "{value}");
        }
    }

    #[rstest]
    #[case("44")]
    #[case("107")]
    #[case("48;5;17")]
    #[case("48;2;0;0;255")]
    fn backgrounds_are_read(#[case] value: &str) {
        assert_eq!(background(value).unwrap().unwrap().parameters(), value);
    }

    #[rstest]
    #[case("0")]
    #[case("31")]
    #[case("44;1")]
    #[case("48;5;256")]
    #[case("48;2;1;2")]
    #[case("+44")]
    #[case("44m\u{1b}[2J")]
    #[case("blue")]
    fn what_is_no_background_is_refused(#[case] value: &str) {
        assert!(background(value).is_err());
    }

    #[test]
    fn an_empty_background_is_none() {
        assert_eq!(background(""), Ok(None));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            drop((console(&text), terminals(&text)));
            if let Ok(Some(background)) = background(&text) {
                let is_plain = background.parameters().bytes().all(|byte| byte.is_ascii_digit() || byte == b';');
                prop_assert!(is_plain);
            }
        }
    }
}
