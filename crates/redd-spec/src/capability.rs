//! Capabilities and the other bounds of a payload's privileges.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::address_family::AddressFamilies;
use crate::selinux::SelinuxContexts;

/// A set of capabilities, bit N for capability number N of capabilities(7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CapabilitySet(u64);

/// The names of capabilities(7) in the order of their numbers.
pub const CAPABILITY_NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

impl CapabilitySet {
    /// No capability.
    pub const EMPTY: Self = Self(0);
    /// Every capability that has a name.
    pub const ALL: Self = Self((1 << CAPABILITY_NAMES.len()) - 1);

    /// The set with these bits; bits without a name are left out.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// The set of these names.
    ///
    /// # Panics
    /// At compile time, on a name that does not exist: the argument is a constant of this program.
    #[must_use]
    pub const fn of(names: &[&str]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < names.len() {
            bits |= 1 << number_of(names[index]);
            index += 1;
        }
        Self(bits)
    }

    /// The set of one capability, by its name in upper or lower case, with or without `CAP_`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let upper = name.to_ascii_uppercase();
        let number = CAPABILITY_NAMES
            .iter()
            .position(|&known| known == upper || known.strip_prefix("CAP_") == Some(upper.as_str()))?;
        Some(Self(1 << number))
    }

    /// The set of one capability, by its number, where that has a name.
    #[must_use]
    pub fn numbered(number: u8) -> Option<Self> {
        (usize::from(number) < CAPABILITY_NAMES.len()).then(|| Self(1 << number))
    }

    /// Bit N for capability N.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without the other.
    #[must_use]
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What both sets have.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether every capability of the other set is in this one.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names, in the order of their numbers.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        CAPABILITY_NAMES
            .into_iter()
            .enumerate()
            .filter_map(move |(number, name)| (self.0 >> number & 1 == 1).then_some(name))
    }
}

const fn number_of(name: &str) -> usize {
    let mut number = 0;
    while number < CAPABILITY_NAMES.len() {
        if equal(CAPABILITY_NAMES[number].as_bytes(), name.as_bytes()) {
            return number;
        }
        number += 1;
    }
    panic!("no such capability")
}

const fn equal(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

impl fmt::Display for CapabilitySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names().collect();
        formatter.write_str(&names.join(" "))
    }
}

impl Serialize for CapabilitySet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

/// Whether execve(2) may grant privileges (`--no-new-privileges=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewPrivileges {
    /// set-user-ID programs work.
    #[default]
    Allowed,
    /// `PR_SET_NO_NEW_PRIVS` is set.
    Refused,
}

/// A change to the list of allowed system calls (`--system-call-filter=`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SystemCallRule {
    /// A name or `@group` added to the list.
    Allow(String),
    /// A name or `@group` taken from it; this wins.
    Deny(String),
}

/// The list of allowed system calls that the rules change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SystemCallBase {
    /// redd's own.
    #[default]
    Redd,
    /// What both redd and systemd-nspawn allow.
    Nspawn,
}

/// What becomes of system calls that wait for storage (`--suppress-sync=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SyncCalls {
    /// They wait.
    #[default]
    Kept,
    /// They succeed at once; files are not opened for synchronous writing.
    Suppressed,
}

/// The bounds of a payload's privileges.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Privileges {
    /// `--capability=`: added to the default set.
    pub added: CapabilitySet,
    /// `--drop-capability=`: taken from it, after adding.
    pub dropped: CapabilitySet,
    /// `--ambient-capability=`: what a command's user keeps.
    pub ambient: CapabilitySet,
    /// `--no-new-privileges=`
    pub new_privileges: NewPrivileges,
    /// `--system-call-filter=`
    pub system_calls: Vec<SystemCallRule>,
    /// What that is added to and taken from.
    pub system_call_base: SystemCallBase,
    /// `--restrict-address-families=`
    pub address_families: AddressFamilies,
    /// `--suppress-sync=`
    pub sync: SyncCalls,
    /// `--selinux-context=`, `--selinux-apifs-context=`
    pub selinux: SelinuxContexts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_kernel() {
        assert_eq!(CapabilitySet::of(&["CAP_SYS_ADMIN"]).bits(), 1 << 21);
        assert_eq!(CapabilitySet::of(&["CAP_CHECKPOINT_RESTORE"]).bits(), 1 << 40);
    }

    #[test]
    fn names_are_found_in_any_form() {
        for name in ["CAP_MKNOD", "cap_mknod", "mknod", "MKNOD"] {
            assert_eq!(CapabilitySet::named(name), Some(CapabilitySet::of(&["CAP_MKNOD"])));
        }
        assert_eq!(CapabilitySet::named("cap_none"), None);
    }
}
