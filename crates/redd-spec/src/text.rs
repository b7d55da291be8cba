//! Bytes from users and payloads as text that is safe to print (R27).

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use serde::{Serialize, Serializer};

/// A string of bytes without NUL: an argument, a variable, a value. Prints escaped, and serialises so that it can be read
/// again: a backslash is escaped there, too.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteString(Vec<u8>);

/// A string that holds a NUL byte cannot be handed to the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a NUL byte cannot stand in an argument or a variable")]
pub struct NulByte;

impl ByteString {
    /// Checks the bytes.
    ///
    /// # Errors
    /// A NUL byte.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, NulByte> {
        let bytes = bytes.into();
        if bytes.contains(&0) { Err(NulByte) } else { Ok(Self(bytes)) }
    }

    /// The bytes, without a terminator.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same bytes for interfaces of the standard library.
    #[must_use]
    pub fn as_os_str(&self) -> &OsStr {
        OsStr::from_bytes(&self.0)
    }
}

impl TryFrom<OsString> for ByteString {
    type Error = NulByte;

    fn try_from(text: OsString) -> Result<Self, NulByte> {
        Self::new(text.into_vec())
    }
}

impl TryFrom<&str> for ByteString {
    type Error = NulByte;

    fn try_from(text: &str) -> Result<Self, NulByte> {
        Self::new(text)
    }
}

impl fmt::Display for ByteString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&escape(&self.0, usize::MAX))
    }
}

impl fmt::Debug for ByteString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{self}\"")
    }
}

impl Serialize for ByteString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts = self.0.split(|&byte| byte == b'\\').map(|part| escape(part, usize::MAX));
        serializer.serialize_str(&parts.collect::<Vec<_>>().join("\\x5c"))
    }
}

/// The bytes that were escaped as a [`ByteString`] serialises; `None` where a backslash introduces nothing.
pub(crate) fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('\\');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.strip_prefix('x')?.get(..2)?;
        let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal)?);
        bytes.extend_from_slice(&part.as_bytes()[3..]);
    }
    Some(bytes)
}

/// The bytes with everything unprintable as `\xNN`, cut after `limit` bytes of input.
///
/// Control characters, escape sequences and text-direction marks never reach a terminal this way.
#[must_use]
pub fn escape(bytes: &[u8], limit: usize) -> String {
    let shown = &bytes[..bytes.len().min(limit)];
    let mut escaped = String::with_capacity(shown.len());
    for chunk in shown.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_printable(character) {
                escaped.push(character);
            } else {
                escape_bytes(character.encode_utf8(&mut [0; 4]).as_bytes(), &mut escaped);
            }
        }
        escape_bytes(chunk.invalid(), &mut escaped);
    }
    if shown.len() < bytes.len() {
        escaped.push('…');
    }
    escaped
}

fn escape_bytes(bytes: &[u8], escaped: &mut String) {
    use fmt::Write as _;
    for byte in bytes {
        // Writing to a String cannot fail.
        write!(escaped, "\\x{byte:02x}").unwrap_or_default();
    }
}

fn is_printable(character: char) -> bool {
    let invisible = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !character.is_control() && !invisible
}

/// A path as [`escape`] shows it.
#[must_use]
pub fn escape_path(path: &Path) -> String {
    escape(path.as_os_str().as_bytes(), 4096)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_are_shown_not_sent() {
        assert_eq!(escape(b"\x1b]52;c;aGk=\x07ok", 64), "\\x1b]52;c;aGk=\\x07ok");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(escape(b"abcdef", 3), "abc…");
    }

    #[test]
    fn a_backslash_that_introduces_nothing_is_no_text_of_ours() {
        for text in ["\\", "\\n", "\\x1", "\\xzz", "\\x+1", "a\\xé"] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_string_is_read_as_it_was_written(bytes in prop::collection::vec(1_u8.., 0..60)) {
            let string = ByteString::new(bytes).unwrap();
            let text = serde_json::to_string(&string).unwrap();
            prop_assert_eq!(serde_json::from_str::<ByteString>(&text).unwrap(), string);
        }

        #[test]
        fn escaped_text_holds_no_control_character(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!escape(&bytes, 150).chars().any(char::is_control));
        }
    }
}
