//! Names for open files and staged mounts: a plan never holds descriptor numbers.

use std::fmt;

use serde::Serialize;

/// An open file that one step makes and another step, or the supervisor, uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FdName {
    /// The payload's cgroup directory in the unified hierarchy.
    PayloadCgroup,
    /// The manager's end of the console's pty.
    ConsoleManager,
    /// The payload's end of the console's pty.
    ConsolePayload,
    /// The manager's end of a pty beside the console.
    Terminal(PtyNumber),
    /// The socket behind `/run/host/notify`.
    NotifySocket,
    /// The FIFO that stands for `/proc/kmsg`, held open so that readers wait.
    KernelMessages,
    /// A read-only view of `/run/host/unix-export` for the host.
    UnixExport,
}

impl fmt::Display for FdName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::PayloadCgroup => "payload cgroup",
            Self::ConsoleManager => "console (manager's end)",
            Self::ConsolePayload => "console (payload's end)",
            Self::Terminal(number) => return write!(formatter, "{number} (manager's end)"),
            Self::NotifySocket => "notify socket",
            Self::KernelMessages => "kernel messages",
            Self::UnixExport => "unix-export",
        })
    }
}

/// The number of a pty in the payload's own devpts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PtyNumber(pub u8);

/// As `$container_ttys` names it (EV3).
impl fmt::Display for PtyNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "pts/{}", self.0)
    }
}

/// A mount that the host's side prepares in the staging namespace, for the child to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// The container's root.
    Root,
    /// The tree's `/usr`, for a volatile root.
    Usr,
    /// The lower layer of an overlay.
    Lower,
    /// `/dev`
    Devices,
    /// `/run/host`
    HostDirectory,
    /// `/run/host/credentials`
    Credentials,
    /// `/run/host/unix-export`
    UnixExport,
    /// `/sys`, where the network namespace is the host's.
    Sys,
    /// `/sys/fs/selinux`, where the host has SELinux.
    Selinux,
    /// The host's `/etc/localtime`.
    Localtime,
    /// The host's resolv.conf.
    ResolvConf,
    /// A mount the user asked for, by its place in the Spec.
    Custom(u16),
    /// The home directory of a bound user, by its place in the Spec.
    Home(u16),
}

impl fmt::Display for Slot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => formatter.write_str("root"),
            Self::Usr => formatter.write_str("usr"),
            Self::Lower => formatter.write_str("lower"),
            Self::Devices => formatter.write_str("devices"),
            Self::HostDirectory => formatter.write_str("host"),
            Self::Credentials => formatter.write_str("credentials"),
            Self::UnixExport => formatter.write_str("unix-export"),
            Self::Sys => formatter.write_str("sys"),
            Self::Selinux => formatter.write_str("selinux"),
            Self::Localtime => formatter.write_str("localtime"),
            Self::ResolvConf => formatter.write_str("resolv.conf"),
            Self::Custom(index) => write!(formatter, "custom-{index}"),
            Self::Home(index) => write!(formatter, "home-{index}"),
        }
    }
}
