//! The console's background colour, among what the payload writes.
//!
//! It is set once. Where the payload goes back to the default background, it goes back to the tint.

use redd_spec::console::Background;
use serde::{Deserialize, Serialize};

/// Longer parameters select no colours.
const PARAMETERS_MAX: usize = 64;
const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;
const CANCEL: u8 = 0x18;
const SUBSTITUTE: u8 = 0x1a;

/// What takes the tint away: attributes are reset, and the rest of the screen is cleared.
pub(super) const RESTORE: &[u8] = b"\x1b[0m\x1b[J";

/// Follows what the payload writes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Tint {
    background: Background,
    state: State,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum State {
    Text,
    /// After the escape character.
    Escape,
    /// Within a control sequence: its parameters, as far as they can be those of colours.
    Sequence(Vec<u8>),
    /// Within a title, or something else that ends with a terminator.
    String,
}

/// What comes into the stream on account of a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Insertion {
    Nothing,
    /// The colour as one more parameter, before the byte.
    Parameter,
    /// The colour as a sequence of its own, behind the byte.
    Colour,
    /// The same, and the cleared screen has it everywhere.
    Screen,
}

/// Which background a selection of attributes leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Selected {
    Unchanged,
    Default,
    Chosen,
}

impl Tint {
    pub(super) const fn new(background: Background) -> Self {
        Self { background, state: State::Text }
    }

    /// What goes before everything else.
    pub(super) fn start(&self) -> Vec<u8> {
        let mut start = Vec::new();
        self.insert(Insertion::Screen, &mut start);
        start
    }

    /// Appends the bytes, tinted.
    pub(super) fn apply(&mut self, bytes: &[u8], tinted: &mut Vec<u8>) {
        for &byte in bytes {
            let insertion = self.follow(byte);
            if insertion == Insertion::Parameter {
                self.insert(insertion, tinted);
                tinted.push(byte);
            } else {
                tinted.push(byte);
                self.insert(insertion, tinted);
            }
        }
    }

    fn insert(&self, insertion: Insertion, tinted: &mut Vec<u8>) {
        let colour = self.background.parameters();
        let text = match insertion {
            Insertion::Nothing => return,
            Insertion::Parameter => format!(";{colour}"),
            Insertion::Colour => format!("\x1b[{colour}m"),
            Insertion::Screen => format!("\x1b[{colour}m\x1b[J"),
        };
        tinted.extend_from_slice(text.as_bytes());
    }

    fn follow(&mut self, byte: u8) -> Insertion {
        match (&mut self.state, byte) {
            (_, ESCAPE) => self.state = State::Escape,
            (_, CANCEL | SUBSTITUTE) | (State::String, BELL) => self.state = State::Text,
            (State::Text | State::String, _) => {}
            (State::Escape, b'[') => self.state = State::Sequence(Vec::new()),
            (State::Escape, b']' | b'P' | b'X' | b'^' | b'_') => self.state = State::String,
            (State::Escape, _) => {
                self.state = State::Text;
                if byte == b'c' {
                    return Insertion::Screen;
                }
            }
            (State::Sequence(parameters), 0x40..=0x7e) => {
                let insertion = after_sequence(parameters, byte);
                self.state = State::Text;
                return insertion;
            }
            (State::Sequence(parameters), _) if parameters.len() < PARAMETERS_MAX => parameters.push(byte),
            (State::Sequence(_), _) => {}
        }
        Insertion::Nothing
    }
}

/// A soft reset, or a selection of attributes that ends in the default background.
fn after_sequence(parameters: &[u8], end: u8) -> Insertion {
    match (end, parameters) {
        (b'p', b"!") => Insertion::Colour,
        (b'm', _) if parameters.len() < PARAMETERS_MAX && selected(parameters) == Selected::Default => {
            Insertion::Parameter
        }
        _ => Insertion::Nothing,
    }
}

/// Colours are given as `48;5;N`, `48;2;R;G;B`, or with colons; their numbers are no attributes.
fn selected(parameters: &[u8]) -> Selected {
    if !parameters.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':')) {
        return Selected::Unchanged;
    }
    let mut selected = Selected::Unchanged;
    let mut attributes = parameters.split(|&byte| byte == b';');
    while let Some(attribute) = attributes.next() {
        match attribute {
            b"38" | b"48" | b"58" => {
                match attributes.next() {
                    Some(b"5") => drop(attributes.next()),
                    Some(b"2") => drop(attributes.nth(2)),
                    _ => {}
                }
                if attribute == b"48" {
                    selected = Selected::Chosen;
                }
            }
            [b'4', b'0'..=b'7'] | [b'1', b'0', b'0'..=b'7'] | [b'4', b'8', b':', ..] => {
                selected = Selected::Chosen;
            }
            b"49" => selected = Selected::Default,
            _ if attribute.iter().all(|&byte| byte == b'0') => selected = Selected::Default,
            _ => {}
        }
    }
    selected
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn tint() -> Tint {
        Tint::new(Background::new("44").unwrap())
    }

    fn tinted(text: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        tint().apply(text, &mut all);
        all
    }

    #[rstest]
    #[case("plain\r\ntext", "plain\r\ntext")]
    #[case("\x1b[0mx", "\x1b[0;44mx")]
    #[case("\x1b[mx", "\x1b[;44mx")]
    #[case("\x1b[1;31m", "\x1b[1;31m")]
    #[case("\x1b[0;1m", "\x1b[0;1;44m")]
    #[case("\x1b[0;41m", "\x1b[0;41m")]
    #[case("\x1b[41;49m", "\x1b[41;49;44m")]
    #[case("\x1b[38;5;0m", "\x1b[38;5;0m")]
    #[case("\x1b[38;2;0;0;0m", "\x1b[38;2;0;0;0m")]
    #[case("\x1b[0;48;2;0;0;0m", "\x1b[0;48;2;0;0;0m")]
    #[case("\x1b[0;48:2::1:2:3m", "\x1b[0;48:2::1:2:3m")]
    #[case("\x1b[38;5;1;0m", "\x1b[38;5;1;0;44m")]
    #[case("\x1b[>4;0m", "\x1b[>4;0m")]
    #[case("\x1bcx", "\x1bc\x1b[44m\x1b[Jx")]
    #[case("\x1b[!px", "\x1b[!p\x1b[44mx")]
    #[case("\x1b]0;c[0m\x07\x1b[0m", "\x1b]0;c[0m\x07\x1b[0;44m")]
    #[case("\x1b]0;c\x1b\\c", "\x1b]0;c\x1b\\c")]
    fn the_default_background_is_the_tint(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(String::from_utf8(tinted(text.as_bytes())).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn pieces_are_tinted_as_the_whole_is(text in "[\\x1b\\[0148;:m!pc\\]\\x07x]{0,60}", at in 0_usize..60) {
            let bytes = text.as_bytes();
            let (one, other) = bytes.split_at(at.min(bytes.len()));
            let (mut tint, mut pieces) = (tint(), Vec::new());
            tint.apply(one, &mut pieces);
            tint.apply(other, &mut pieces);
            prop_assert_eq!(pieces, tinted(bytes));
        }

        #[test]
        fn nothing_of_the_payloads_is_lost(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let all = tinted(&bytes);
            let mut rest = all.iter();
            prop_assert!(bytes.iter().all(|byte| rest.any(|kept| kept == byte)));
        }
    }
}
