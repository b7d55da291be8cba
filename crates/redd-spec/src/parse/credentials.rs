//! `--set-credential=` and `--load-credential=`

use std::path::PathBuf;

use super::ParseError;
use crate::credential::{Credential, CredentialName, CredentialPattern, CredentialSource};

/// `ID:VALUE`, the value with the escapes of C.
///
/// # Errors
/// A name that is none, or an escape that is none. The value is not repeated in the message.
pub fn set_credential(value: &str) -> Result<Credential, ParseError> {
    let (name, text) = split(value)?;
    let bytes = unescape(text)
        .ok_or_else(|| ParseError::new(name.as_str(), "its value has an escape that C does not know"))?;
    Ok(Credential { name, source: CredentialSource::Value(bytes) })
}

/// `ID:PATH` or `ID:NAME`: a path has a slash, a name is that of a credential redd was given or the host keeps.
///
/// # Errors
/// A name that is none.
pub fn load_credential(value: &str) -> Result<Credential, ParseError> {
    let (name, source) = split(value)?;
    if source.contains('/') && !source.contains('\0') {
        return Ok(Credential { name, source: CredentialSource::Path(PathBuf::from(source)) });
    }
    let inherited = CredentialName::new(source).map_err(|_error| {
        ParseError::new(value, "behind the colon stands a path with a slash or a credential's name")
    })?;
    Ok(Credential { name, source: CredentialSource::Inherited(inherited) })
}

/// `--import-credential=`
///
/// # Errors
/// A pattern that no name matches.
pub fn import_credential(value: &str) -> Result<CredentialPattern, ParseError> {
    CredentialPattern::new(value).map_err(|error| ParseError::new(value, error.to_string()))
}

fn split(value: &str) -> Result<(CredentialName, &str), ParseError> {
    // Without a name all of it may be the secret.
    let (name, rest) = value.split_once(':').ok_or_else(|| ParseError::new("…", "write ID:VALUE"))?;
    let name = CredentialName::new(name).map_err(|error| ParseError::new(name, error.to_string()))?;
    Ok((name, rest))
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first != b'\\' {
            bytes.push(first);
            rest = after;
            continue;
        }
        let (&kind, after) = after.split_first()?;
        rest = after;
        let simple = match kind {
            b'a' => 7,
            b'b' => 8,
            b'e' => 27,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b's' => b' ',
            b't' => b'\t',
            b'v' => 11,
            b'\\' | b'"' | b'\'' => kind,
            b'x' => take_number(&mut rest, 2, 16)?,
            b'0'..=b'7' => {
                rest = &text.as_bytes()[text.len() - rest.len() - 1..];
                take_number(&mut rest, 3, 8)?
            }
            b'u' | b'U' => {
                let digits = if kind == b'u' { 4 } else { 8 };
                let character = char::from_u32(take_digits(&mut rest, digits, 16)?)?;
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            _ => return None,
        };
        bytes.push(simple);
    }
    Some(bytes)
}

fn take_number(rest: &mut &[u8], digits: usize, radix: u32) -> Option<u8> {
    u8::try_from(take_digits(rest, digits, radix)?).ok()
}

fn take_digits(rest: &mut &[u8], digits: usize, radix: u32) -> Option<u32> {
    let (number, after) = rest.split_at_checked(digits)?;
    *rest = after;
    let is_plain = number.iter().all(u8::is_ascii_alphanumeric);
    is_plain.then(|| u32::from_str_radix(std::str::from_utf8(number).ok()?, radix).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a:plain", b"plain")]
    #[case("a:", b"")]
    #[case(r"a:x\ny\\\x00\101", b"x\ny\\\0A")]
    #[case("a:b:c", b"b:c")]
    #[case(r"a:\u00e4\U0001F600\u0000", "ä😀\0".as_bytes())]
    fn values_are_unescaped(#[case] value: &str, #[case] expected: &[u8]) {
        assert_eq!(set_credential(value).unwrap().source, CredentialSource::Value(expected.to_vec()));
    }

    #[rstest]
    #[case("novalue")]
    #[case(":x")]
    #[case("../x:y")]
    #[case("a/b:y")]
    #[case(r"a:\q")]
    #[case(r"a:\x1")]
    #[case(r"a:\")]
    #[case(r"a:\777")]
    #[case(r"a:\ud800")]
    #[case(r"a:\u12")]
    #[case(r"a:\U00110000")]
    fn malformed_credentials_are_refused(#[case] value: &str) {
        assert!(set_credential(value).is_err());
    }

    #[test]
    fn a_value_is_not_repeated_in_the_message() {
        let error = set_credential(r"name:secret\q").unwrap_err().to_string();
        assert!(!error.contains("secret") && error.contains("name"), "{error}");
        assert!(!set_credential("secret").unwrap_err().to_string().contains("secret"));
    }

    #[test]
    fn paths_and_names_are_told_apart() {
        let source = |value| load_credential(value).unwrap().source;
        assert_eq!(source("a:/etc/x"), CredentialSource::Path("/etc/x".into()));
        assert!(matches!(source("a:b"), CredentialSource::Inherited(_)));
        assert_eq!(source("a:./x"), CredentialSource::Path("./x".into()));
        assert!(load_credential("a:..").is_err() && load_credential("a:").is_err());
    }

    proptest! {
        #[test]
        fn any_value_can_be_written_with_escapes(value in prop::collection::vec(any::<u8>(), 0..30)) {
            let escaped: String = value.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            let read = set_credential(&format!("a:{escaped}")).unwrap();
            prop_assert_eq!(read.source, CredentialSource::Value(value));
        }

        #[test]
        fn any_text_is_answered(text in ".{0,60}") {
            drop((set_credential(&text), load_credential(&text)));
        }
    }
}
