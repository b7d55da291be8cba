//! The machine's unit of the host's systemd, and its entry in systemd-machined.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::parse::{ParseError, unit_property};

/// The longest name of a unit.
const NAME_MAX: usize = 255;

/// Where the machine is on a host that systemd runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unit {
    /// Which unit is its own.
    pub placement: Placement,
    /// The slice of a scope (`--slice=`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<SliceName>,
    /// Properties of the unit (`--property=`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<UnitProperty>,
    /// Whether systemd-machined is told of it (`--register=`).
    pub registration: Registration,
}

/// Which unit is the machine's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// A scope that redd asks for.
    #[default]
    Scope,
    /// The one that redd was started in (`--keep-unit`).
    Kept,
}

/// Whether systemd-machined is told of the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Registration {
    /// Or the start fails.
    Yes,
    /// Not at all.
    No,
    /// Where it is possible.
    #[default]
    Auto,
}

/// The name of a slice, which tells where it is in the tree of slices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SliceName(String);

/// Why a text is no name of a slice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a slice: machine, or machine-customers, or the same with .slice behind it")]
pub struct SliceNameError(String);

impl SliceName {
    /// The name, with its suffix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// It and the slices it is in, the outermost first: `a-b.slice` is in `a.slice`.
    #[must_use]
    pub fn ancestry(&self) -> Vec<String> {
        let stem = self.0.strip_suffix(".slice").unwrap_or_default();
        if stem == "-" {
            return Vec::new();
        }
        let ends = stem.match_indices('-').map(|(at, _)| at).chain([stem.len()]);
        ends.map(|end| format!("{}.slice", &stem[..end])).collect()
    }
}

impl Default for SliceName {
    fn default() -> Self {
        Self("machine.slice".to_owned())
    }
}

impl FromStr for SliceName {
    type Err = SliceNameError;

    fn from_str(text: &str) -> Result<Self, SliceNameError> {
        let stem = text.strip_suffix(".slice").unwrap_or(text);
        let fits = |character: char| character.is_ascii_alphanumeric() || ":_.-\\".contains(character);
        let is_root = stem == "-";
        let is_path = !stem.split('-').any(str::is_empty);
        if stem.chars().all(fits) && (is_root || is_path) && stem.len() + ".slice".len() <= NAME_MAX {
            return Ok(Self(format!("{stem}.slice")));
        }
        Err(SliceNameError(text.chars().take(200).collect()))
    }
}

impl TryFrom<String> for SliceName {
    type Error = SliceNameError;

    fn try_from(text: String) -> Result<Self, SliceNameError> {
        text.parse()
    }
}

impl From<SliceName> for String {
    fn from(name: SliceName) -> Self {
        name.0
    }
}

/// A property of a unit, as systemd takes it over its bus, and as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitProperty {
    /// What systemd calls it: not always what unit files do.
    pub name: String,
    /// The value.
    pub value: PropertyValue,
    /// `NAME=VALUE`, as unit files have it.
    pub text: String,
}

impl UnitProperty {
    /// Lets what is in the unit use a device of the host.
    #[must_use]
    pub fn device(path: &str, letters: &str) -> Self {
        let text = format!("DeviceAllow={path} {letters}");
        let value = PropertyValue::Pairs(vec![(path.to_owned(), letters.to_owned())]);
        Self { name: "DeviceAllow".to_owned(), value, text }
    }
}

impl TryFrom<String> for UnitProperty {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        unit_property(&text)
    }
}

impl From<UnitProperty> for String {
    fn from(property: UnitProperty) -> Self {
        property.text
    }
}

impl fmt::Display for UnitProperty {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&crate::text::escape(self.text.as_bytes(), 200))
    }
}

/// A value of a property, in the types of D-Bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyValue {
    /// `b`
    Bool(bool),
    /// `i`
    I32(i32),
    /// `u`
    U32(u32),
    /// `t`
    U64(u64),
    /// `s`
    Text(String),
    /// `as`
    Texts(Vec<String>),
    /// `ay`: a set of processors or memory nodes, one bit each.
    Bits(Vec<u8>),
    /// `a(ss)`: a path or a group of devices, and what may be done with them.
    Pairs(Vec<(String, String)>),
    /// `a(st)`: a path, and an amount.
    Amounts(Vec<(String, u64)>),
    /// `a(iayu)`: addresses, and how many bits of them count.
    Networks(Vec<(IpAddr, u32)>),
}

/// A text as part of a unit's name, as systemd-escape(1) writes it.
#[must_use]
pub fn escape_name(text: &str) -> String {
    let mut escaped = String::new();
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'/' => escaped.push('-'),
            b'.' if index > 0 => escaped.push('.'),
            b':' | b'_' => escaped.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("\\x{byte:02x}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_systemd_does() {
        assert_eq!(escape_name("web-1.example"), r"web\x2d1.example");
        assert_eq!(escape_name(".a/b c:d_e"), r"\x2ea-b\x20c:d_e");
    }

    #[test]
    fn a_slice_knows_what_it_is_in() {
        let ancestry = |text: &str| text.parse::<SliceName>().unwrap().ancestry();
        assert_eq!(ancestry("machine"), ["machine.slice"]);
        assert_eq!(ancestry("a-b-c.slice"), ["a.slice", "a-b.slice", "a-b-c.slice"]);
        assert!(ancestry("-.slice").is_empty());
    }

    #[test]
    fn what_is_no_slice_is_refused() {
        for text in ["", ".slice", "a--b", "-a", "a-", "a/b", "a b", &"a".repeat(256)] {
            assert!(text.parse::<SliceName>().is_err(), "{text}");
        }
    }
}
