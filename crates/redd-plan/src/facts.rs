//! What is known of the host, the tree and this start, as plain data. The runtime gathers it.

mod cgroups;
mod journal;
mod limits;
mod unit;

use std::collections::BTreeSet;
use std::path::PathBuf;

use redd_spec::bound_user::AccountName;
use redd_spec::capability::CapabilitySet;
use redd_spec::ids::{HostId, IdRange};
use redd_spec::init::InitKind;
use redd_spec::lifecycle::SignalNumber;
use redd_spec::path::PathInRoot;
use redd_spec::uuid::Uuid;
use serde::Serialize;

pub use cgroups::{CgroupFacts, LegacyHierarchy, Population, UnifiedHierarchy};
pub use journal::{IdMapping, JournalEntry, JournalFacts};
pub use limits::{InitLimits, InotifyFacts};
pub use unit::{DelegatedUnit, Seat, ServiceManager, Voice};

use crate::action::LayerPlace;
use crate::limits::BlockDevices;
use crate::link::HostLink;

/// What this machine offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostFacts {
    /// The kernel's version.
    pub kernel: KernelVersion,
    /// The host's `/etc/machine-id`.
    pub machine_id: Option<Uuid>,
    /// The host's os-release.
    pub os_release: OsRelease,
    /// The cgroup hierarchies.
    pub cgroups: CgroupFacts,
    /// The user namespace redd itself is in.
    pub user_namespace: OwnUserNamespace,
    /// What redd itself may do.
    pub capabilities: CapabilitySet,
    /// Signals that redd's caller ignores, or redd itself does: a program that is executed would inherit that.
    pub ignored_signals: Vec<SignalNumber>,
    /// The host's memory in bytes.
    pub memory: u64,
    /// The host's time zone.
    pub timezone: HostTimezone,
    /// Whether SELinux is mounted at `/sys/fs/selinux`.
    pub selinux: Presence,
    /// `$TERM` of the caller, where stdout is a terminal.
    pub terminal: Option<String>,
    /// Limits of the host's first process, where the payload's are to be like them.
    pub init_limits: Option<InitLimits>,
    /// What systemd in a payload needs of a limit that all machines share, where one is to be booted.
    pub inotify: Option<InotifyFacts>,
    /// systemd, where it runs the host.
    pub service_manager: Option<ServiceManager>,
}

/// The user namespace redd itself is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnUserNamespace {
    /// The kernel's first one: redd runs on a host.
    First,
    /// Another one: redd runs in a container. The kernel lets nobody in it make device nodes, load device filters, or map
    /// owners on the host's file systems.
    Inner {
        /// The ids that are both a user and a group here.
        ids: Vec<IdRange>,
    },
}

impl OwnUserNamespace {
    /// Whether redd runs in a container with a user namespace.
    #[must_use]
    pub const fn is_inner(&self) -> bool {
        matches!(self, Self::Inner { .. })
    }
}

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It is.
    Present,
    /// It is not.
    Absent,
}

impl Presence {
    /// Whether it is there.
    #[must_use]
    pub const fn is_present(self) -> bool {
        matches!(self, Self::Present)
    }
}

impl From<bool> for Presence {
    fn from(present: bool) -> Self {
        if present { Self::Present } else { Self::Absent }
    }
}

/// The kernel's version, as far as features depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct KernelVersion {
    /// 6 in 6.18
    pub major: u32,
    /// 18 in 6.18
    pub minor: u32,
}

/// The fields of os-release(5) that the payload is told (EV4), and the whole file (RH4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of os-release(5)")]
pub struct OsRelease {
    pub id: Option<String>,
    pub build_id: Option<String>,
    pub variant_id: Option<String>,
    pub version_id: Option<String>,
    #[serde(skip)]
    pub contents: Vec<u8>,
}

/// The host's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostTimezone {
    /// `/etc/localtime` is a link to this zone below `/usr/share/zoneinfo`.
    Zone(String),
    /// `/etc/localtime` is a file.
    File,
    /// There is none: UTC.
    Unset,
}

/// What is known of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TreeFacts {
    /// Owner of its root directory.
    pub owner: HostId,
    /// Group of its root directory.
    pub group: HostId,
    /// Permissions of its root directory.
    pub mode: u32,
    /// The init, where one was found.
    pub init: Option<Init>,
    /// What its os-release file calls the system, escaped; empty where it does not say.
    pub os_release: Option<String>,
    /// Its initialised machine id.
    pub machine_id: Option<Uuid>,
    /// Whether `/usr` is a directory.
    pub usr: Presence,
    /// Top-level links into `/usr` (`bin` → `usr/bin`), of a merged-usr tree.
    pub usr_links: Vec<(String, String)>,
    /// The user a command is run as.
    pub user: Option<UserFacts>,
    /// What is at `/etc/localtime`.
    pub localtime: EtcFile,
    /// Whether the host's zone is in the tree's zoneinfo.
    pub zone: Presence,
    /// What is at `/etc/resolv.conf`.
    pub resolv_conf: EtcFile,
    /// Which mount points of API file systems are missing, and which other directories that every system has.
    pub missing_mount_points: Vec<&'static str>,
    /// Whether `/etc` is there.
    pub etc: Presence,
    /// Device and inode number, which tell a copy from its original.
    pub identity: TreeIdentity,
    /// What it lies over, where it holds only what differs from a template.
    pub template: Option<TemplateFacts>,
    /// Who is in its passwd and group files, where users of the host are to be bound.
    pub accounts: TreeAccounts,
}

/// Names and ids that the tree's own passwd and group files give away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TreeAccounts {
    /// Names of users.
    pub users: Vec<String>,
    /// Names of groups.
    pub groups: Vec<String>,
    /// Ids of groups that bound users are to be members of, by name.
    pub group_ids: Vec<(String, u32)>,
    /// Those of the ids for bound users that a user or a group has.
    pub bound_ids: BTreeSet<u32>,
}

/// What is known of the template that a tree lies over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateFacts {
    /// The template's root directory.
    pub path: PathBuf,
    /// Who owns it.
    pub owner: HostId,
    /// Where the tree's own layer is.
    pub place: LayerPlace,
}

/// Device and inode number of the tree's root directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TreeIdentity {
    /// `st_dev`
    pub device: u64,
    /// `st_ino`
    pub inode: u64,
}

/// The tree's init.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Init {
    /// Where it is.
    pub path: PathInRoot,
    /// What kind of init it is; not looked at where a command is run.
    pub kind: InitKind,
    /// The version of a systemd that says it.
    pub systemd: Option<u32>,
    /// Which word size it is built for.
    pub class: ExecutableClass,
}

/// The word size of an executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExecutableClass {
    /// 64 bits, or no ELF file.
    Native,
    /// 32 bits: its libc may know only `socketcall`.
    Bits32,
}

/// A user of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of passwd(5)")]
pub struct UserFacts {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
    pub home: String,
    pub shell: String,
}

/// A user of the host who is to be bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BoundUserFacts {
    /// The name.
    pub name: AccountName,
    /// What the host's passwd, group and shadow files say, where they know the user.
    pub account: Option<HostAccount>,
}

/// An account of the host.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct HostAccount {
    /// Its id.
    pub uid: HostId,
    /// Its group's id.
    pub gid: HostId,
    /// The name of that group, where it has one.
    pub group: Option<String>,
    /// Its home directory.
    pub home: PathBuf,
    /// Who owns that, where it is a directory.
    pub home_owner: Option<HostId>,
    /// Its login shell.
    pub shell: String,
    /// The hash of its password, where it has one that can be used.
    #[serde(skip)]
    pub hashed_password: Option<String>,
    /// Keys that open it by ssh.
    #[serde(skip)]
    pub ssh_keys: SshKeys,
}

/// Nothing secret is shown.
impl std::fmt::Debug for HostAccount {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut structure = formatter.debug_struct("HostAccount");
        structure.field("uid", &self.uid).field("gid", &self.gid).field("group", &self.group);
        structure.field("home", &self.home).field("home_owner", &self.home_owner);
        structure.field("shell", &self.shell).finish_non_exhaustive()
    }
}

/// A user's `~/.ssh/authorized_keys`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SshKeys {
    /// There are none.
    #[default]
    Missing,
    /// One key a line.
    Keys(Vec<String>),
    /// They are not handed on, and why.
    Unusable(String),
}

/// A file of the tree that may have to follow the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EtcFile {
    /// What is there.
    pub kind: FileKind,
    /// What a link leads to, inside the tree and outside of API file systems; looked at where something may be bound over it.
    pub leads_to: FileKind,
    /// What a link says; likewise.
    pub target: Option<String>,
}

impl EtcFile {
    /// Nothing is there.
    pub const MISSING: Self = Self { kind: FileKind::Missing, leads_to: FileKind::Missing, target: None };

    /// Whether something can be bound over it without making anything.
    #[must_use]
    pub const fn can_be_covered(&self) -> bool {
        matches!((self.kind, self.leads_to), (FileKind::Regular, _) | (FileKind::Link, FileKind::Regular))
    }

    /// The time zone that a link leads to.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        Some(self.target.as_ref()?.split_once("zoneinfo/")?.1)
    }
}

/// What kind of file is somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// Nothing.
    Missing,
    /// A symbolic link.
    Link,
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// Something else.
    Other,
}

/// What belongs to this one start: allocated, random, or read from files the user named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grants {
    /// The ids of the user namespace, where one is used.
    pub ids: Option<IdRange>,
    /// The boot id of this start.
    pub boot_id: Uuid,
    /// For a uuid that is new at each start.
    pub random_uuid: Uuid,
    /// Values of the credentials, by name.
    #[serde(skip)]
    pub credentials: Vec<(String, Vec<u8>)>,
    /// The host's resolv.conf of the kind asked for.
    #[serde(skip)]
    pub resolv_conf: Option<Vec<u8>>,
    /// The path of that file.
    pub resolv_conf_path: Option<PathBuf>,
    /// The host's `/etc/localtime`, where it is to be copied.
    #[serde(skip)]
    pub localtime: Option<Vec<u8>>,
    /// What each of the Spec's devices is, in their order.
    pub devices: Vec<DeviceFacts>,
    /// The block devices whose traffic is limited.
    pub block_devices: BlockDevices,
    /// What each host path of a bind mount is, in the order of the Spec's mounts.
    pub binds: Vec<BindFacts>,
    /// The users of the host who are bound, in the order of the Spec.
    pub bound_users: Vec<BoundUserFacts>,
    /// What each layer of an overlay is, the highest one last where it was given, in the order of the Spec's mounts.
    pub layers: Vec<Vec<LayerFacts>>,
    /// What each link of the host is that the Spec needs, in its order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Option<HostLink>>,
    /// What there is for the payload's journal, where it is to be linked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalFacts>,
    /// Where an ephemeral copy's changes go.
    pub ephemeral_directory: Option<PathBuf>,
    /// Where directories for temporary bind sources are made.
    pub temporary_directory: PathBuf,
}

/// What is known of an overlay's layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerFacts {
    /// What it is.
    pub kind: FileKind,
    /// Who owns it.
    pub owner: HostId,
    /// Its permissions.
    pub mode: u32,
    /// Device and inode number.
    pub identity: TreeIdentity,
    /// Where it is, of the highest layer.
    pub place: Option<LayerPlace>,
}

/// What is known of a bind mount's ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BindFacts {
    /// What the source is.
    pub kind: FileKind,
    /// Which device the source is a node of.
    pub device: Option<DeviceNumber>,
    /// Who owns the source.
    pub source_owner: HostId,
    /// Who owns the destination in the tree, as the tree has it; nobody where it is missing.
    pub destination_owner: Option<HostId>,
}

/// What is known of a device that the user named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceFacts {
    /// There is none, or redd may not use it where it has to.
    Absent,
    /// Something else is there.
    NoDevice,
    /// A node with these permissions.
    Node(DeviceNumber, u32),
}

/// The number of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DeviceNumber {
    /// Whether it is a block device.
    pub kind: DeviceClass,
    /// Its major number.
    pub major: u32,
    /// Its minor number.
    pub minor: u32,
}

/// The two kinds of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of inode(7)")]
pub enum DeviceClass {
    Block,
    Character,
}
