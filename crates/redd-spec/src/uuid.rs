//! 128-bit identifiers: machine ids, container uuids, boot ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A 128-bit identifier that is not all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uuid([u8; 16]);

/// Why a text is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no uuid: 32 hexadecimal digits, not all zero, with or without dashes")]
pub struct UuidError(String);

impl Uuid {
    /// A random identifier (RFC 9562 version 4) from 16 random bytes.
    #[must_use]
    pub const fn from_random_bytes(mut bytes: [u8; 16]) -> Self {
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }

    /// The bytes in the order of the text form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// 32 hexadecimal digits, as in `/etc/machine-id`.
    #[must_use]
    pub fn to_plain_string(&self) -> String {
        self.to_string().replace('-', "")
    }
}

impl FromStr for Uuid {
    type Err = UuidError;

    fn from_str(text: &str) -> Result<Self, UuidError> {
        let refuse = || UuidError(text.chars().take(64).collect());
        let dashes: Vec<usize> = text.match_indices('-').map(|(index, _)| index).collect();
        if !dashes.is_empty() && dashes != [8, 13, 18, 23] {
            return Err(refuse());
        }
        let digits = text.replace('-', "");
        if digits.len() != 32 || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(refuse());
        }
        let value = u128::from_str_radix(&digits, 16).map_err(|_error| refuse())?;
        if value == 0 { Err(refuse()) } else { Ok(Self(value.to_be_bytes())) }
    }
}

impl TryFrom<String> for Uuid {
    type Error = UuidError;

    fn try_from(text: String) -> Result<Self, UuidError> {
        text.parse()
    }
}

impl From<Uuid> for String {
    fn from(uuid: Uuid) -> Self {
        uuid.to_string()
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:032x}", u128::from_be_bytes(self.0));
        write!(
            formatter,
            "{}-{}-{}-{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..]
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_forms_are_read_and_the_dashed_one_is_printed() {
        let text = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
        assert_eq!(text.parse::<Uuid>().unwrap().to_string(), text);
        assert_eq!(text.replace('-', "").parse::<Uuid>().unwrap().to_string(), text);
    }

    #[test]
    fn zero_and_malformed_ids_are_refused() {
        for text in [
            "",
            "0",
            &"0".repeat(32),
            &"g".repeat(32),
            "0-f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "+f1e2d3c4b5a69788796a5b4c3d2e1f0",
        ] {
            assert!(text.parse::<Uuid>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_id_reads_as_it_prints(bytes: [u8; 16]) {
            let uuid = Uuid::from_random_bytes(bytes);
            prop_assert_eq!(uuid.to_string().parse(), Ok(uuid));
            prop_assert_eq!(uuid.to_plain_string().parse(), Ok(uuid));
        }

        #[test]
        fn any_text_is_answered(text in "[0-9a-f-]{30,38}|.{0,40}") {
            if let Ok(uuid) = text.parse::<Uuid>() {
                prop_assert_eq!(uuid.to_string().parse(), Ok(uuid));
            }
        }
    }
}
