//! Every parser of outside input, as targets for a fuzzer.
//!
//! A target is a function that takes any bytes, and panics where a parser breaks a promise: it answers every input,
//! with memory in proportion, and what it accepts means the same when it is printed and read again.
//!
//! `cargo xtask fuzz` lets libFuzzer make inputs; the tests run each target over the files in `seeds/NAME`. An input
//! that once broke something becomes a test by being put there.
#![forbid(unsafe_code)]

mod targets;

use targets::{
    adapter_files, cgroups, command_line, console, control, credentials, handover, handshake, host_ids,
    inits, journal, mounts, names, network_packets, notify, oci_bundles, option_values, os_release, reports,
    settings_files, users,
};

/// A parser, or several that take the same input.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// As `cargo xtask fuzz` and the directory of seeds call it.
    pub name: &'static str,
    run: fn(&[u8]),
    memory: Memory,
}

/// What a target may take at once, for any input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// A few buffers.
    Small,
    /// The definition of the command line, and a plan.
    Plan,
}

impl Memory {
    const fn bytes(self) -> u64 {
        match self {
            Self::Small => 16 * 1024,
            Self::Plan => 1024 * 1024,
        }
    }
}

/// What a target may take at once for each byte of its input.
const BYTES_PER_BYTE: u64 = 128;

/// All of them.
pub const TARGETS: [Target; 21] = [
    Target { name: "adapter-files", run: adapter_files::run, memory: Memory::Small },
    Target { name: "cgroups", run: cgroups::run, memory: Memory::Small },
    Target { name: "command-line", run: command_line::run, memory: Memory::Plan },
    Target { name: "console", run: console::run, memory: Memory::Small },
    Target { name: "control", run: control::run, memory: Memory::Plan },
    Target { name: "credentials", run: credentials::run, memory: Memory::Small },
    Target { name: "handover", run: handover::run, memory: Memory::Plan },
    Target { name: "handshake", run: handshake::run, memory: Memory::Small },
    Target { name: "host-ids", run: host_ids::run, memory: Memory::Small },
    Target { name: "inits", run: inits::run, memory: Memory::Small },
    Target { name: "journal", run: journal::run, memory: Memory::Small },
    Target { name: "mounts", run: mounts::run, memory: Memory::Small },
    Target { name: "names", run: names::run, memory: Memory::Small },
    Target { name: "network-packets", run: network_packets::run, memory: Memory::Small },
    Target { name: "notify", run: notify::run, memory: Memory::Small },
    Target { name: "oci-bundles", run: oci_bundles::run, memory: Memory::Plan },
    Target { name: "option-values", run: option_values::run, memory: Memory::Small },
    Target { name: "os-release", run: os_release::run, memory: Memory::Plan },
    Target { name: "reports", run: reports::run, memory: Memory::Plan },
    Target { name: "settings-files", run: settings_files::run, memory: Memory::Plan },
    Target { name: "users", run: users::run, memory: Memory::Plan },
];

impl Target {
    /// The target of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TARGETS.into_iter().find(|target| target.name == name)
    }

    /// Gives it an input.
    ///
    /// # Panics
    /// Where a parser breaks a promise.
    pub fn run(&self, input: &[u8]) {
        let taken = allocation_counter::measure(|| (self.run)(input)).bytes_max;
        let allowed = self.memory.bytes() + BYTES_PER_BYTE * input.len() as u64;
        assert!(taken <= allowed, "{taken} bytes of memory for {} bytes of input", input.len());
    }
}
