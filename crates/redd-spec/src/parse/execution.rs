//! Processors, machines, and what surrounds a payload.

use std::collections::BTreeSet;

use super::{ParseError, boolean};
use crate::api::ApiAccess;
use crate::network::MacAddress;
use crate::payload::ManagerName;
use crate::resources::{CpuSet, Personality};

/// `--cpu-affinity=`: numbers and ranges, separated by commas or spaces.
///
/// # Errors
/// Anything else, no processor at all, and `numa`.
pub fn cpu_affinity(value: &str) -> Result<CpuSet, ParseError> {
    let refuse = |reason: &str| ParseError::new(value, reason);
    let mut numbers = BTreeSet::new();
    for word in value.split([',', ' ', '\t', '\n']).filter(|word| !word.is_empty()) {
        if word == "numa" {
            return Err(refuse("the processors of a memory policy are not supported; write their numbers"));
        }
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        match (processor(first), processor(last)) {
            (Some(first), Some(last)) if first <= last => numbers.extend(first..=last),
            _ => return Err(refuse("write processors like 0-3,6, up to 1023")),
        }
    }
    CpuSet::new(numbers).ok_or_else(|| refuse("name at least one processor"))
}

fn processor(digits: &str) -> Option<u16> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| digits.parse().ok()).flatten()?;
    (number <= CpuSet::NUMBER_MAX).then_some(number)
}

/// This machine and its 32-bit relative, as systemd names them.
pub const PERSONALITIES: [(&str, Personality); 2] = if cfg!(target_arch = "aarch64") {
    [("arm64", Personality::Native), ("arm", Personality::Bits32)]
} else {
    [("x86-64", Personality::Native), ("x86", Personality::Bits32)]
};

/// `--personality=`
///
/// # Errors
/// A machine that this one cannot be.
pub fn personality(value: &str) -> Result<Personality, ParseError> {
    let found = PERSONALITIES.iter().find(|(name, _)| *name == value);
    let [(native, _), (relative, _)] = PERSONALITIES;
    let refuse = || ParseError::new(value, format!("this machine can be {native} or {relative}"));
    found.map(|(_, personality)| *personality).ok_or_else(refuse)
}

/// `SYSTEMD_NSPAWN_API_VFS_WRITABLE`: yes, no or `network`.
///
/// # Errors
/// Anything else.
pub fn api_access(value: &str) -> Result<ApiAccess, ParseError> {
    if value == "network" {
        return Ok(ApiAccess::NetworkWritable);
    }
    let is_writable = boolean(value).map_err(|_error| ParseError::new(value, "write yes, no or network"))?;
    Ok(if is_writable { ApiAccess::Writable } else { ApiAccess::ReadOnly })
}

/// `SYSTEMD_NSPAWN_CONTAINER_SERVICE`
///
/// # Errors
/// Anything that is no short name.
pub fn manager_name(value: &str) -> Result<ManagerName, ParseError> {
    let refuse = || ParseError::new(value, "write 1 to 64 letters, digits, '-', '_' or '.'");
    ManagerName::new(value).ok_or_else(refuse)
}

/// `SYSTEMD_NSPAWN_NETWORK_MAC`: six bytes in hexadecimal, with colons.
///
/// # Errors
/// Anything else, and addresses that are not one link's.
pub fn mac_address(value: &str) -> Result<MacAddress, ParseError> {
    let refuse = || ParseError::new(value, "write the address of one link, like 02:00:00:00:00:01");
    let byte = |text: &str| {
        let fits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| u8::from_str_radix(text, 16).ok()).flatten()
    };
    let bytes: Option<Vec<u8>> = value.split(':').map(byte).collect();
    let address = bytes.and_then(|bytes| bytes.try_into().ok()).map(MacAddress).ok_or_else(refuse)?;
    if address.is_unicast() { Ok(address) } else { Err(refuse()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0", &[0])]
    #[case("0-2,5 7", &[0, 1, 2, 5, 7])]
    #[case("3,1-3", &[1, 2, 3])]
    #[case("1023", &[1023])]
    fn processors_are_read(#[case] value: &str, #[case] expected: &[u16]) {
        assert_eq!(cpu_affinity(value).unwrap().numbers().collect::<Vec<_>>(), expected);
    }

    #[rstest]
    #[case("")]
    #[case(",")]
    #[case("3-1")]
    #[case("1024")]
    #[case("-1")]
    #[case("0-")]
    #[case("0-1-2")]
    #[case("all")]
    #[case("99999999999999999999")]
    fn processors_that_are_none_are_refused(#[case] value: &str) {
        assert!(cpu_affinity(value).is_err());
    }

    #[test]
    fn processors_of_a_memory_policy_are_refused_by_name() {
        assert!(cpu_affinity("numa").unwrap_err().to_string().contains("memory policy"));
    }

    #[test]
    fn a_machine_is_itself_or_its_relative() {
        assert_eq!(PERSONALITIES.map(|(name, _)| personality(name).is_ok()), [true, true]);
        for value in ["", "X86", "s390x", "i686"] {
            assert!(personality(value).is_err(), "{value}");
        }
    }

    #[rstest]
    #[case("1", ApiAccess::Writable)]
    #[case("no", ApiAccess::ReadOnly)]
    #[case("network", ApiAccess::NetworkWritable)]
    fn access_is_read(#[case] value: &str, #[case] expected: ApiAccess) {
        assert_eq!(api_access(value), Ok(expected));
    }

    #[test]
    fn an_address_is_one_links() {
        assert_eq!(mac_address("2:00:00:a:0b:FF"), Ok(MacAddress([2, 0, 0, 10, 11, 255])));
        for value in ["", "02:00:00:00:00", "01:00:00:00:00:01", "00:00:00:00:00:00", "02:00:00:00:00:+1"] {
            assert!(mac_address(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_manager_has_a_short_name() {
        assert_eq!(manager_name("systemd-nspawn").unwrap().as_str(), "systemd-nspawn");
        for value in ["", "a b", "a\n", "a=b"] {
            assert!(manager_name(value).is_err(), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            drop((cpu_affinity(&text), personality(&text), api_access(&text), manager_name(&text), mac_address(&text)));
        }
    }
}
