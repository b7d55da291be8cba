//! What actions are made of.

use std::fmt;
use std::path::PathBuf;

use redd_spec::ids::{HostId, IdRange};
use redd_spec::mounts::{Submounts, TmpfsOption};
pub use redd_spec::network::MacAddress;
use redd_spec::path::PathInRoot;
use redd_spec::root::Substitute;
use redd_spec::text::ByteString;
use serde::{Deserialize, Serialize, Serializer};

use crate::descriptor::Slot;
use crate::facts::TreeIdentity;

/// A kind of namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are those of namespaces(7)")]
pub enum Namespace {
    User,
    Mount,
    Pid,
    Network,
    Ipc,
    Uts,
    Cgroup,
}

/// Which cgroup the child is born in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Birth {
    /// The payload's, in the unified hierarchy (`CLONE_INTO_CGROUP`).
    PayloadCgroup,
    /// redd's own: there is no unified hierarchy.
    OwnCgroup,
}

/// Flags of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct MountFlags {
    /// Bits of [`MountFlags`]' constants.
    bits: u8,
}

impl MountFlags {
    /// Nothing is restricted.
    pub const NONE: Self = Self { bits: 0 };
    /// `ro`
    pub const READ_ONLY: Self = Self { bits: 1 };
    /// `nosuid`
    pub const NO_SUID: Self = Self { bits: 2 };
    /// `nodev`
    pub const NO_DEVICES: Self = Self { bits: 4 };
    /// `noexec`
    pub const NO_EXEC: Self = Self { bits: 8 };
    /// `rw`, although what is copied is read-only.
    pub const WRITABLE: Self = Self { bits: 32 };
    /// `nosymfollow`
    pub const NO_SYMLINKS: Self = Self { bits: 16 };
    /// `nosuid,nodev,noexec`: what holds data only.
    pub const DATA: Self = Self::NO_SUID.and(Self::NO_DEVICES).and(Self::NO_EXEC);
    /// `ro,nosuid,nodev,noexec`
    pub const READ_ONLY_DATA: Self = Self::DATA.and(Self::READ_ONLY);

    /// Both sets of flags.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits }
    }

    /// Whether all of the other's flags are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.bits & other.bits == other.bits
    }
}

impl fmt::Display for MountFlags {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (Self::READ_ONLY, "ro"),
            (Self::WRITABLE, "rw"),
            (Self::NO_SUID, "nosuid"),
            (Self::NO_DEVICES, "nodev"),
            (Self::NO_EXEC, "noexec"),
            (Self::NO_SYMLINKS, "nosymfollow"),
        ];
        let set: Vec<&str> =
            names.into_iter().filter(|(flag, _)| self.contains(*flag)).map(|(_, name)| name).collect();
        formatter.write_str(&if set.is_empty() { "rw".to_owned() } else { set.join(",") })
    }
}

/// A file system to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSystem {
    /// `proc`, `sysfs`, `tmpfs`, `ramfs`, `devpts`, `mqueue`, `cgroup2`.
    pub kind: &'static str,
    /// Its options.
    pub options: Vec<TmpfsOption>,
    /// The mount's flags.
    pub flags: MountFlags,
}

/// A file in a file system that the host's side fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Relative to the file system's root; its directory comes before it.
    pub path: String,
    /// Permissions.
    pub mode: u32,
    /// What it is.
    pub kind: EntryKind,
}

/// What a file in a file system is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of inode(7)")]
pub enum EntryKind {
    Directory,
    File(#[serde(serialize_with = "length")] Vec<u8>),
    Link(String),
    Fifo,
    Socket,
    Character { major: u32, minor: u32 },
    Block { major: u32, minor: u32 },
}

/// What is copied for a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MountSource {
    /// The tree, or `subdirectory` of it.
    Tree {
        /// Relative to the tree's root; the root itself where there is none.
        subdirectory: Option<PathInRoot>,
        /// Whether mounts below it come along.
        submounts: Submounts,
    },
    /// A path of the host, as it was opened when the plan was made.
    Host {
        /// The path, for messages.
        path: PathBuf,
        /// Whether mounts below it come along.
        submounts: Submounts,
    },
    /// A directory of the staged root.
    StagedRoot {
        /// Where it is.
        path: PathInRoot,
    },
    /// A bound user's home directory, as it was opened when the plan was made.
    Home {
        /// Its path, for messages.
        path: PathBuf,
        /// The place of the user in the Spec.
        index: usize,
    },
    /// A directory of the machine's own.
    Own {
        /// Where it is on the host.
        path: PathBuf,
    },
    /// The host's sysfs, without what is mounted in it.
    HostSysfs,
}

/// Where an overlay's changes go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpperLayer {
    /// There are none.
    None,
    /// To memory.
    Memory(LayerRoot),
    /// To `upper` and `work` in this directory.
    Directory(PathBuf, LayerRoot),
    /// To a directory of a staged mount.
    Given {
        /// The mount.
        slot: Slot,
        /// The directory's name in it.
        name: String,
        /// The path there of the directory that is worked in.
        work: String,
        /// What the directory has to be.
        identity: TreeIdentity,
        /// Who makes the overlay: the container's root, where that is who the host's root is shown as on the mount.
        mounter: HostId,
    },
}

/// What a layer's own root directory has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LayerRoot {
    /// Its owner and group.
    pub owner: HostId,
    /// Its permissions.
    pub mode: u32,
}

/// What a new highest layer has in it from the beginning, and whose that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Substitutes {
    /// Who owns what is made.
    pub owner: HostId,
    /// What, in the order in which it is made.
    pub list: Vec<Substitute>,
}

impl Substitutes {
    /// There are none.
    pub const NONE: Self = Self { owner: HostId(0), list: Vec::new() };

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// Where a directory is: a name in a directory that is reached from a root, out of which no link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerPlace {
    /// The root: the host's, or a tree's.
    pub root: PathBuf,
    /// The directory it is in, as seen from that root.
    pub parent: PathBuf,
    /// Its name.
    pub name: String,
}

impl LayerPlace {
    /// A neighbour of this one.
    #[must_use]
    pub fn beside(&self, name: String) -> Self {
        Self { name, ..self.clone() }
    }
}

impl fmt::Display for LayerPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.root.join(self.parent.strip_prefix("/").unwrap_or(&self.parent)).join(&self.name);
        redd_spec::text::escape_path(&path).fmt(formatter)
    }
}

/// Which extended attributes an overlay marks its upper layer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverlayMarks {
    /// `trusted.overlay.*`, which the host's root alone may set.
    Trusted,
    /// `user.overlay.*`, which the root of a user namespace may set too.
    User,
}

/// How owners are mapped on a staged mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageIdMap {
    /// Not at all.
    Unmapped,
    /// Owner N on disk is the container's N: the child's own map.
    Container(IdRange),
    /// Owners from one on are shown as these, all others are nobody.
    Range {
        /// The first owner on disk.
        from: HostId,
        /// What it and the following ones appear as.
        to: IdRange,
    },
    /// A user and its group on disk are these host ids, all others are nobody.
    Account {
        /// The user on disk.
        uid: HostId,
        /// The group on disk.
        gid: HostId,
        /// The host id that the user appears as.
        to_uid: HostId,
        /// The host id that the group appears as.
        to_gid: HostId,
    },
}

/// What is made where a mount point is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MountPoint {
    /// Nothing: it has to be there, and be no link.
    Required,
    /// A directory.
    Directory,
    /// An empty file.
    File,
}

/// Whose controlling terminal the console becomes: it is one session's alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControllingTerminal {
    /// That of PID 1's session.
    Taken,
    /// That of the session of the stub's command.
    LeftToCommand,
}

/// What a limit beyond redd's own means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exactness {
    /// The start fails: the user asked for it.
    Exact,
    /// As close as redd may set it.
    Closest,
}

/// What a missing path means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The start fails.
    Refuse,
    /// There is nothing to do: the kernel has no such file.
    Skip,
}

/// What takes a file's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replacement {
    /// A regular file of mode 0644.
    Contents(#[serde(serialize_with = "length")] Vec<u8>),
    /// A symbolic link.
    Link(String),
    /// Nothing.
    Removed,
}

fn length<S: Serializer>(contents: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("<{} bytes>", contents.len()))
}

/// Whether `PR_SET_NO_NEW_PRIVS` has to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrivilegeCheck {
    /// It has to be.
    NoneGained,
    /// It need not be.
    Unchecked,
}

/// Who is PID 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExecutionInit {
    /// The payload itself.
    Payload,
    /// redd's stub init, with this environment; the payload is PID 2.
    Stub {
        /// What `/proc/1/environ` shows (FW1).
        environment: Vec<ByteString>,
    },
}
