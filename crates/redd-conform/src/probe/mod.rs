//! What runs inside: reads, tries, and tells. Nothing here judges.

pub mod agent;
pub mod attempt;
mod cases;
pub mod look;
pub mod persona;
pub mod read;
mod systemd;
mod units;

use std::ffi::CStr;

/// The name under which redd's binary is the probe.
pub const PROBE_NAME: &str = "redd-probe";
pub(crate) const PROBE_NAME_C: &CStr = c"redd-probe";

/// What is tried without changing anything, by whoever joined the namespaces.
pub const HARMLESS: [&str; 15] = [
    "create:/sys",
    "open-write:/sys/power/state",
    "open-write:/sys/kernel/uevent_seqnum",
    "open-write:/sys/kernel/mm/transparent_hugepage/enabled",
    "open-write:/proc/sys/kernel/panic",
    "open-write:/proc/sys/kernel/core_pattern",
    "open-write:/proc/sys/kernel/randomize_va_space",
    "open-write:/proc/sys/vm/swappiness",
    "open-write:/proc/sys/fs/file-max",
    "open-write:/proc/sys/kernel/threads-max",
    "open-write:/proc/sys/net/ipv4/ip_forward",
    "open-write:/proc/sysrq-trigger",
    "console:/dev/console",
    "pty",
    "as-nobody:read:/run/host/container-manager",
];

/// What else is tried, by a process of the payload's own: its cgroup and its filters count.
pub const OWN: [&str; 23] = [
    "as-nobody:open-write:/dev/null",
    "as-nobody:read:/dev/zero",
    "as-nobody:open-write:/dev/full",
    "as-nobody:read:/dev/random",
    "as-nobody:read:/dev/urandom",
    "as-nobody:open-write:/dev/ptmx",
    "device:c:1:3:w",
    "device:c:1:1",
    "device:c:1:11",
    "device:c:10:229",
    "open-write:/sys/fs/cgroup/memory.max",
    "open-write:/sys/fs/cgroup/pids.max",
    "open-write:/sys/fs/cgroup/cpu.max",
    "socket:/run/host/unix-export",
    "mount-tmpfs",
    "mount-overlay",
    "user-namespace",
    "nest",
    "clock",
    "set-user-id",
    "namespace:user",
    "namespace:net",
    "create:/run/host",
];

/// The name of the credential that a manager is given.
pub const CREDENTIAL: &str = "redd-check.token";
