//! Parameters of the kernel that a container has for itself.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One parameter of sysctl(8), of a namespace that the container has for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelParameter {
    name: String,
    /// What it is set to.
    pub value: String,
}

/// Parameters of the IPC namespace, and of that of host names.
const NAMES: [&str; 9] = [
    "kernel.domainname",
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shm_rmid_forced",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
];

impl KernelParameter {
    /// Only what changes nothing for anybody else.
    #[must_use]
    pub fn new(name: &str, value: &str) -> Option<Self> {
        let is_plain = name.split('.').all(|part| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        });
        let is_own = NAMES.contains(&name) || name.starts_with("fs.mqueue.") || name.starts_with("net.");
        let fits = !value.contains(['\0', '\n']);
        (is_plain && is_own && fits).then(|| Self { name: name.to_owned(), value: value.to_owned() })
    }

    /// As sysctl(8) writes it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it belongs to a network namespace.
    #[must_use]
    pub fn is_of_network(&self) -> bool {
        self.name.starts_with("net.")
    }

    /// Below `/proc/sys`.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.name.split('.').collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_is_the_containers_own_can_be_set() {
        for name in ["net.ipv4.ip_forward", "kernel.shmmax", "fs.mqueue.msg_max", "net.ipv4.conf.eth0-1.mtu"]
        {
            assert_eq!(KernelParameter::new(name, "1").unwrap().name(), name);
        }
        for name in
            ["kernel.core_pattern", "vm.swappiness", "net", "net.", "net..x", "net./x", "fs.mqueue", ""]
        {
            assert_eq!(KernelParameter::new(name, "1"), None, "{name}");
        }
        assert_eq!(KernelParameter::new("net.x", "1\n2"), None);
    }

    proptest! {
        #[test]
        fn a_path_stays_below(name in "(net|kernel|fs\\.mqueue)[./a-z]{0,20}") {
            if let Some(parameter) = KernelParameter::new(&name, "1") {
                let path = parameter.path();
                prop_assert!(path.components().all(|part| matches!(part, std::path::Component::Normal(_))));
            }
        }
    }
}
