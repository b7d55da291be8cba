//! The managers that are known by name, beside redd.

use super::Adapter;
use super::lxc::{self, Lxc};
use super::nspawn::{self, Nspawn};
use super::oci::{Program, Runtime};
use super::podman::{self, Podman};

/// Their names.
pub const NAMES: [&str; 5] = ["systemd-nspawn", "lxc", "podman", "crun", "runc"];

/// A manager's configurations: the default first, then the one that its own documents recommend for an operating
/// system. None for a name that is not known.
#[must_use]
pub fn named(name: &str) -> Vec<Box<dyn Adapter>> {
    match name {
        "systemd-nspawn" => {
            vec![Box::new(Nspawn::new(nspawn::Mode::Default)), Box::new(Nspawn::new(nspawn::Mode::Unit))]
        }
        "lxc" => vec![Box::new(Lxc::new(lxc::Mode::Default)), Box::new(Lxc::new(lxc::Mode::Unprivileged))],
        "podman" => vec![
            Box::new(Podman::new(podman::Mode::Default)),
            Box::new(Podman::new(podman::Mode::Capabilities)),
            Box::new(Podman::new(podman::Mode::Privileged)),
        ],
        "crun" => vec![Box::new(Runtime::new(Program::Crun))],
        "runc" => vec![Box::new(Runtime::new(Program::Runc))],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_leads_to_its_manager_in_different_modes() {
        for name in NAMES {
            let adapters = named(name);
            let mut modes: Vec<String> = adapters.iter().map(|adapter| adapter.manager().mode).collect();
            assert!(adapters.iter().all(|adapter| adapter.manager().name == name));
            modes.dedup();
            assert!(!modes.is_empty() && modes.len() == adapters.len(), "{name}: {modes:?}");
        }
        assert!(named("docker").is_empty());
    }
}
