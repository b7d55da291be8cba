//! Names for open files and staged mounts: a plan never holds descriptor numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An open file that one step makes and another step, or the supervisor, uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    /// A layer of the root, where that is an overlay; 0 is the lowest one.
    RootLayer(u16),
    /// The directory that a tree over a template is in, where it is written to.
    TreeParent,
    /// The whole tree, where a directory of it becomes the root.
    PivotedFrom,
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
    /// `/sys/fs/cgroup`, for a systemd that knows version 1 only.
    CgroupDirectory,
    /// `/sys/fs/selinux`, where the host has SELinux.
    Selinux,
    /// The host's control groups, where the payload sees all of them.
    Cgroups,
    /// The payload's own among them.
    PayloadCgroups,
    /// The host's `/etc/localtime`.
    Localtime,
    /// The host's resolv.conf.
    ResolvConf,
    /// The host's directory for the payload's journal.
    Journal,
    /// A mount the user asked for, by its place in the Spec.
    Custom(u16),
    /// The home directory of a bound user, by its place in the Spec.
    Home(u16),
    /// A layer of such a mount, where that is an overlay; 0 is the lowest one.
    Layer {
        /// The mount's place in the Spec.
        mount: u16,
        /// The layer's place in the mount.
        layer: u16,
    },
}

impl Slot {
    /// The slot of a mount of the Spec.
    #[must_use]
    pub fn custom(index: usize) -> Self {
        Self::Custom(small(index))
    }

    /// The slot of a layer of a mount of the Spec.
    #[must_use]
    pub fn layer(index: usize, layer: usize) -> Self {
        Self::Layer { mount: small(index), layer: small(layer) }
    }
}

/// A command line has not as many mounts.
fn small(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

impl fmt::Display for Slot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => formatter.write_str("root"),
            Self::Usr => formatter.write_str("usr"),
            Self::RootLayer(layer) => write!(formatter, "root.{layer}"),
            Self::TreeParent => formatter.write_str("tree-parent"),
            Self::PivotedFrom => formatter.write_str("pivoted-from"),
            Self::Devices => formatter.write_str("devices"),
            Self::HostDirectory => formatter.write_str("host"),
            Self::Credentials => formatter.write_str("credentials"),
            Self::UnixExport => formatter.write_str("unix-export"),
            Self::Sys => formatter.write_str("sys"),
            Self::CgroupDirectory => formatter.write_str("cgroup"),
            Self::Selinux => formatter.write_str("selinux"),
            Self::Cgroups => formatter.write_str("cgroups"),
            Self::PayloadCgroups => formatter.write_str("payload-cgroups"),
            Self::Localtime => formatter.write_str("localtime"),
            Self::ResolvConf => formatter.write_str("resolv.conf"),
            Self::Journal => formatter.write_str("journal"),
            Self::Custom(index) => write!(formatter, "custom-{index}"),
            Self::Home(index) => write!(formatter, "home-{index}"),
            // The names of all layers of an overlay have to fit into 255 bytes.
            Self::Layer { mount, layer } => write!(formatter, "l{mount}.{layer}"),
        }
    }
}
