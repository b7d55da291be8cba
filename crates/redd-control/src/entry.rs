//! What somebody needs who joins a machine: how its payload is confined. A process that joins is confined as PID 1 is.

use serde::{Deserialize, Serialize};

/// How the payload is confined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The capabilities that there are inside, a bit each.
    pub bounding: u64,
    /// Whether no program gives privileges.
    pub no_new_privileges: bool,
    /// The system call filter: instructions of classic BPF, in the layout of `struct sock_filter`.
    pub seccomp: Vec<u64>,
    /// Whether uname(2) tells of a processor of 32 bits.
    pub is_32_bit: bool,
    /// The SELinux context of its programs.
    pub selinux_context: Option<String>,
    /// The environment every program inside should have, `NAME=VALUE`.
    pub environment: Vec<String>,
    /// The processors it may run on, where somebody chose them: `0,1,7`.
    pub cpu_affinity: Option<String>,
}
