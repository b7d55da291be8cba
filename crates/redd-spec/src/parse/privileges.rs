//! Capabilities, address families, devices: what a payload may do.

use super::ParseError;
use crate::address_family::{AddressFamilies, AddressFamilySet};
use crate::capability::CapabilitySet;
use crate::devices::{DeviceNeed, DeviceNode, DeviceUse};
use crate::path::PathInRoot;
use crate::selinux::SelinuxContext;

/// `--capability=` and the like: names or numbers separated by commas or spaces, or `all`. An empty list is the
/// empty set.
///
/// # Errors
/// A name or number that is none.
pub fn capabilities(value: &str) -> Result<CapabilitySet, ParseError> {
    let words = value.split([',', ' ', '\t', '\n']).filter(|word| !word.is_empty());
    words.map(capability).try_fold(CapabilitySet::EMPTY, |all, set| Ok(all.union(set?)))
}

fn capability(word: &str) -> Result<CapabilitySet, ParseError> {
    if word == "all" {
        return Ok(CapabilitySet::ALL);
    }
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    let found = if is_number {
        word.parse().ok().and_then(CapabilitySet::numbered)
    } else {
        CapabilitySet::named(word)
    };
    found.ok_or_else(|| ParseError::new(word, "it is no capability; see capabilities(7)"))
}

/// One more `--restrict-address-families=[~]LIST`, `none` or nothing, after others that led to `current`.
///
/// The first list says whether it is of what is allowed or of what is refused; later ones add to it, or with the
/// opposite meaning take from it. An empty value forgets all of them, and `none` allows no family.
///
/// # Errors
/// A word that is no family. Numbers are none: they differ between machines.
pub fn restrict_address_families(
    current: AddressFamilies,
    value: &str,
) -> Result<AddressFamilies, ParseError> {
    let (is_refused, list) = value.strip_prefix('~').map_or((false, value), |list| (true, list));
    match value.trim() {
        "" => return Ok(AddressFamilies::Default),
        "none" => return Ok(AddressFamilies::Only(AddressFamilySet::default())),
        _ => {}
    }
    let mut named = AddressFamilySet::default();
    for word in list.split([' ', '\t', '\n', ',']).filter(|word| !word.is_empty()) {
        let refuse = || ParseError::new(word, "it is no address family; write names like AF_UNIX AF_INET");
        named = named.union(AddressFamilySet::named(word).ok_or_else(refuse)?);
    }
    Ok(match (current, is_refused) {
        (AddressFamilies::Default, false) => AddressFamilies::Only(named),
        (AddressFamilies::Default, true) => AddressFamilies::AllBut(named),
        (AddressFamilies::Only(set), false) => AddressFamilies::Only(set.union(named)),
        (AddressFamilies::Only(set), true) => AddressFamilies::Only(set.difference(named)),
        (AddressFamilies::AllBut(set), false) => AddressFamilies::AllBut(set.difference(named)),
        (AddressFamilies::AllBut(set), true) => AddressFamilies::AllBut(set.union(named)),
    })
}

/// `--device=PATH`: a node below `/dev`.
///
/// # Errors
/// Another path, or one where the payload has something of its own.
pub fn device(value: &str) -> Result<DeviceNode, ParseError> {
    // Names of nodes have colons too.
    let (path, usage) = match value.rsplit_once(':') {
        Some((path, "r")) => (path, DeviceUse::Read),
        Some((path, "rw")) => (path, DeviceUse::ReadWrite),
        Some((path, "rwm")) => (path, DeviceUse::Everything),
        _ => (value, DeviceUse::Everything),
    };
    let path = PathInRoot::new(path).map_err(|error| ParseError::new(value, error.to_string()))?;
    DeviceNode::new(path, DeviceNeed::Required)
        .map(|node| node.with_usage(usage))
        .ok_or_else(|| ParseError::new(value, "name a node below /dev that is not every payload's own"))
}

/// `--selinux-context=` and `--selinux-apifs-context=`
///
/// # Errors
/// Nothing, spaces and control characters.
pub fn selinux_context(value: &str) -> Result<SelinuxContext, ParseError> {
    let refuse =
        || ParseError::new(value, "a context is text without spaces, like system_u:object_r:tmpfs_t:s0");
    SelinuxContext::new(value).ok_or_else(refuse)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_device_may_be_for_less_than_everything_and_its_name_may_have_colons() {
        for (value, name, usage) in [
            ("/dev/fuse", "fuse", DeviceUse::Everything),
            ("/dev/fuse:r", "fuse", DeviceUse::Read),
            ("/dev/fuse:rw", "fuse", DeviceUse::ReadWrite),
            ("/dev/fuse:rwm", "fuse", DeviceUse::Everything),
            ("/dev/disk/pci-0:1", "disk/pci-0:1", DeviceUse::Everything),
            ("/dev/disk/pci-0:1:r", "disk/pci-0:1", DeviceUse::Read),
        ] {
            let device = device(value).unwrap();
            assert_eq!((device.name().as_str(), device.usage), (name, usage), "{value}");
        }
    }

    #[test]
    fn capabilities_are_read_in_any_form() {
        let expected = CapabilitySet::of(&["CAP_MKNOD", "CAP_NET_RAW"]);
        for value in ["CAP_MKNOD,net_raw", "27,13", ",cap_mknod,, CAP_NET_RAW,"] {
            assert_eq!(capabilities(value), Ok(expected), "{value}");
        }
        assert_eq!(capabilities("mknod,all"), Ok(CapabilitySet::ALL));
        assert_eq!(capabilities(""), Ok(CapabilitySet::EMPTY));
    }

    #[rstest]
    #[case("CAP_NONE")]
    #[case("41")]
    #[case("64")]
    #[case("256")]
    #[case("-1")]
    #[case("mknod;net_raw")]
    #[case("99999999999999999999")]
    fn capabilities_that_are_none_are_refused(#[case] value: &str) {
        assert!(capabilities(value).is_err());
    }

    fn families(values: &[&str]) -> AddressFamilies {
        let fold = |current, value: &&str| restrict_address_families(current, value).unwrap();
        values.iter().fold(AddressFamilies::Default, fold)
    }

    #[test]
    fn families_add_up_and_the_first_list_says_what_they_mean() {
        let set = |names: &[&str]| {
            let one = |name: &&str| AddressFamilySet::named(name).unwrap();
            names.iter().map(one).fold(AddressFamilySet::default(), AddressFamilySet::union)
        };
        for (values, expected) in [
            (&["AF_UNIX AF_INET"][..], AddressFamilies::Only(set(&["AF_UNIX", "AF_INET"]))),
            (&["AF_UNIX", "AF_INET6"], AddressFamilies::Only(set(&["AF_UNIX", "AF_INET6"]))),
            (&["AF_UNIX AF_INET", "~AF_INET"], AddressFamilies::Only(set(&["AF_UNIX"]))),
            (&["~AF_PACKET", "~AF_LOCAL"], AddressFamilies::AllBut(set(&["AF_UNIX", "AF_PACKET"]))),
            (&["~AF_PACKET AF_INET", "AF_INET"], AddressFamilies::AllBut(set(&["AF_PACKET"]))),
            (&["none"], AddressFamilies::Only(set(&[]))),
            (&["none", "AF_UNIX"], AddressFamilies::Only(set(&["AF_UNIX"]))),
            (&["AF_UNIX", ""], AddressFamilies::Default),
            (&["AF_UNIX", "none"], AddressFamilies::Only(set(&[]))),
        ] {
            assert_eq!(families(values), expected, "{values:?}");
        }
    }

    #[rstest]
    #[case("AF_NOTHING")]
    #[case("2")]
    #[case("INET")]
    #[case("af_inet")]
    #[case("AF_INET none")]
    #[case("~none")]
    fn families_that_are_none_are_refused(#[case] value: &str) {
        assert!(restrict_address_families(AddressFamilies::Default, value).is_err());
    }

    #[rstest]
    #[case("/dev")]
    #[case("/etc/passwd")]
    #[case("fuse")]
    #[case("/dev/pts/3")]
    #[case("/dev/console")]
    #[case("/dev/../etc")]
    #[case("")]
    fn devices_that_are_none_are_refused(#[case] value: &str) {
        assert!(device(value).is_err());
    }

    #[test]
    fn a_device_is_named_by_its_path() {
        assert_eq!(device("/dev/net/tun").unwrap().name(), "net/tun");
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            drop((capabilities(&text), device(&text), selinux_context(&text)));
            drop(restrict_address_families(AddressFamilies::Default, &text));
        }

        #[test]
        fn a_set_reads_as_its_names(bits in 0..=CapabilitySet::ALL.bits()) {
            let set = CapabilitySet::from_bits(bits);
            let names: Vec<&str> = set.names().collect();
            prop_assert_eq!(capabilities(&names.join(",")), Ok(set));
        }

        #[test]
        fn families_read_as_their_names(bits: u64) {
            let all = families(&["AF_UNIX"]);
            prop_assert_eq!(all, AddressFamilies::Only(AddressFamilySet::named("AF_UNIX").unwrap()));
            let names: Vec<&str> = crate::address_family::AddressFamilySet::of_bits(bits).names().collect();
            if !names.is_empty() {
                let read = families(&[&names.join(" ")]);
                prop_assert_eq!(read, AddressFamilies::Only(AddressFamilySet::of_bits(bits)));
            }
        }
    }
}
