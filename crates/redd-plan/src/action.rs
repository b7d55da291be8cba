//! Everything redd can do to a machine, as data. One action, one function in the runtime.

use std::path::PathBuf;

pub use redd_filter::device::{DevicePolicy, DeviceProgram};
pub use redd_filter::seccomp::SeccompProgram;
use redd_spec::capability::CapabilitySet;
use redd_spec::ids::{HostId, IdRange};
use redd_spec::kernel_parameter::KernelParameter;
use redd_spec::lifecycle::SignalNumber;
use redd_spec::name::{Hostname, MachineName};
use redd_spec::path::PathInRoot;
use redd_spec::resources::{CpuSet, OomScoreAdjust, Personality, ResourceLimit};
use redd_spec::selinux::SelinuxContext;
use redd_spec::text::ByteString;
use redd_spec::unit::{SliceName, UnitProperty};
use redd_spec::uuid::Uuid;
use serde::Serialize;

use crate::cgroup::{CgroupPath, Controller, NamedCgroup};
use crate::descriptor::{FdName, PtyNumber, Slot};
use crate::link::{InnerLink, LentLink};

mod display;
pub mod parts;

pub use parts::*;

/// One thing to do. Data only: the choice was made by the planner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the fields are named after what the action's own line says")]
pub enum Action {
    // On the host.
    /// Asks systemd for a scope with redd in it.
    AskForScope(ScopeRequest),
    /// Sets properties of redd's own unit, until that ends.
    SetUnitProperties { unit: String, properties: Vec<UnitProperty> },
    /// Makes a cgroup directory.
    CreateCgroup { path: CgroupPath },
    /// Moves redd itself into a leaf, so that controllers can be handed down.
    MoveSelf { path: CgroupPath },
    /// Hands controllers down to children.
    EnableControllers { path: CgroupPath, controllers: Vec<Controller>, missing: Missing },
    /// Writes one attribute of a cgroup.
    SetCgroupAttribute { path: CgroupPath, attribute: &'static str, value: String },
    /// Attaches the device filter as a BPF program.
    AttachDeviceProgram {
        path: CgroupPath,
        #[serde(skip)]
        program: DeviceProgram,
    },
    /// Writes the device filter into the `devices` controller of version 1.
    SetDeviceRules {
        path: CgroupPath,
        #[serde(skip)]
        policy: DevicePolicy,
    },
    /// Gives a cgroup's delegated files to the payload's root.
    DelegateCgroup { path: CgroupPath, owner: HostId, files: Vec<String> },
    /// Makes a cgroup in the hierarchy named `systemd`, and gives it to the payload's root.
    CreateNamedCgroup { path: NamedCgroup, owner: HostId },
    /// Puts the child into a cgroup of that hierarchy.
    JoinNamedCgroup { path: NamedCgroup },
    /// Opens the payload's cgroup, for the clone to be born in.
    OpenPayloadCgroup { path: CgroupPath },
    /// Makes a directory of the machine's own.
    CreateHostDirectory { path: PathBuf, owner: HostId },
    /// Makes the host's directory for the payload's journal (AI2).
    CreateJournalDirectory { path: PathBuf },
    /// Lets the host find the journal that is in the tree (AI2).
    LinkJournal { link: PathBuf, target: PathBuf },
    /// Gives every file of the tree to the same id of the container.
    ChangeOwners { ids: IdRange },
    /// Makes a directory that an overlay works in, beside its highest layer.
    CreateWorkDirectory { place: LayerPlace, owner: HostId },
    /// Copies a mount of the host, as it was opened when it was checked; the copy is attached nowhere.
    CopyMount { slot: Slot, source: MountSource },
    /// Leaves the host's mount namespace for a private one, where mounts wait for the child.
    EnterStagingNamespace,
    /// Makes the child; the kernel counts what is in its user namespace for the owner.
    Clone { namespaces: Vec<Namespace>, cgroup: Birth, owner: HostId },
    /// Maps ids in the child's user namespace.
    WriteIdMap { ids: IdRange },
    /// Puts a copied mount into a slot of the staging namespace, with an id map and flags.
    Stage { slot: Slot, id_map: StageIdMap, flags: MountFlags },
    /// Makes an overlay of staged layers, the lowest first.
    StageOverlay {
        slot: Slot,
        lower: Vec<Slot>,
        upper: UpperLayer,
        flags: MountFlags,
        marks: OverlayMarks,
        #[serde(skip_serializing_if = "Substitutes::is_empty")]
        substitutes: Substitutes,
    },
    /// Takes a directory of [`Slot::PivotedFrom`] as the root.
    StagePivot { new: PathInRoot },
    /// Makes a file system in a slot of the staging namespace, and fills it.
    StageFileSystem { slot: Slot, file_system: FileSystem, owner: HostId, entries: Vec<Entry> },
    /// Looks whether the kernel refuses device nodes here, and refuses to go on where it does not.
    VerifyNodesRefused,
    /// Binds a device node of redd's own `/dev`, which has to be this one, over a file in a staged file system.
    StageNode { slot: Slot, name: String, source: PathBuf, node: EntryKind, missing: Missing },
    /// Listens on a socket in a staged file system.
    CreateNotifySocket { slot: Slot, name: &'static str, owner: HostId },
    /// Opens a FIFO in a staged file system for both directions.
    OpenKernelMessages { slot: Slot, name: &'static str },
    /// Takes a read-only view of a staged file system, for programs of the host.
    OpenUnixExport { slot: Slot },
    /// Sets the child's resource limits.
    SetResourceLimits { limits: Vec<ResourceLimit>, exactness: Exactness },
    /// Sets the child's score for the OOM killer.
    SetOomScoreAdjust { value: OomScoreAdjust },
    /// Lets the child run on these processors only.
    SetCpuAffinity { processors: CpuSet },
    /// Puts the child into cgroups of version 1.
    JoinLegacyCgroups { paths: Vec<CgroupPath> },
    /// Makes the veth pair, one end in the child's network namespace.
    CreateVeth(VethPair),
    /// Puts a link of the host into a bridge, and brings it up.
    JoinBridge { link: String, bridge: String },
    /// The same with a bridge that is made where it is missing.
    JoinZone { link: String, bridge: String },
    /// Makes a link on one of the host's, in the child's network namespace.
    CreateInnerLink(InnerLink),
    /// Puts a link of the host into the child's network namespace.
    LendLink(LentLink),
    /// Holds the child's network namespace until what is the host's there was given back.
    HoldNetwork,
    /// Goes back to the host's mount namespace.
    LeaveStagingNamespace,
    /// Makes the exported sockets known where programs of the host look for them.
    PublishUnixExport { link: PathBuf },
    /// Tells systemd-machined of the machine.
    RegisterMachine(MachineEntry),
    /// Starts the process that ends the payload and undoes everything when redd is gone.
    StartGuard,

    // In the child.
    /// Becomes root of the user namespace.
    BecomeRoot,
    /// Enters namespaces that could not be made by the clone.
    Unshare { namespaces: Vec<Namespace> },
    /// Sets the host name.
    SetHostname { hostname: Hostname },
    /// Sets parameters of the child's own namespaces.
    SetKernelParameters { parameters: Vec<KernelParameter> },
    /// Brings the loopback link up.
    EnableLoopback,
    /// Attaches the staged root; paths of later steps are resolved below it.
    AttachRoot,
    /// Makes an empty root in memory; paths of later steps are resolved below it.
    AttachEmptyRoot { file_system: FileSystem, links: Vec<(String, String)> },
    /// Makes a directory where there is none.
    EnsureDirectory { path: PathInRoot, mode: u32 },
    /// Makes a file system and attaches it.
    Mount { target: PathInRoot, file_system: FileSystem },
    /// Takes a mount of the staging namespace, its flags locked, and attaches it.
    AttachStaged { slot: Slot, target: PathInRoot, create: MountPoint },
    /// Puts one file of a staged file system over a file of the container.
    AttachStagedFile { slot: Slot, file: &'static str, target: PathInRoot, flags: MountFlags },
    /// Makes a file or directory of the container appear at a second place.
    Bind { source: PathInRoot, target: PathInRoot, flags: MountFlags, missing: Missing, create: MountPoint },
    /// Makes a symbolic link where there is nothing.
    CreateLink { path: PathInRoot, target: String },
    /// Covers a path with the inaccessible node of its kind.
    Cover { path: PathInRoot, missing: Missing },
    /// Puts a file into the tree in place of what is there.
    ReplaceFile { path: PathInRoot, replacement: Replacement },
    /// Allocates the console's pty in the payload's devpts and binds it.
    OpenConsole { target: PathInRoot },
    /// Allocates ptys beside the console, in the payload's devpts.
    OpenTerminals { numbers: Vec<PtyNumber> },
    /// Makes the attached root the root, and lets go of the host's.
    PivotRoot,
    /// Makes every mount shared among the payload's mount namespaces.
    MakeShared,
    /// Hands files to the host's side.
    SendDescriptors { names: Vec<FdName> },
    /// Makes a user's home directory where there is none.
    CreateHome { path: PathInRoot, uid: u32, gid: u32 },
    /// Leads a session, the console as its standard streams.
    AttachConsole { terminal: ControllingTerminal },
    /// Gives the console to the payload's user.
    GiveConsole { uid: u32, gid: u32 },
    /// Leads a session without a terminal.
    LeadSession,
    /// Gives signals their default actions.
    ResetSignals { signals: Vec<SignalNumber> },
    /// Makes a session keyring of its own.
    JoinSessionKeyring,
    /// Sets umask and working directory.
    SetWorkingDirectory { path: PathInRoot, missing: Missing },
    /// Sets `PR_SET_NO_NEW_PRIVS`.
    RefuseNewPrivileges,
    /// Sets what uname(2) tells.
    SetPersonality { personality: Personality },
    /// Sets the SELinux context of the next program.
    SetExecutionContext { context: SelinuxContext },
    /// Installs the system call filter.
    InstallSeccomp {
        #[serde(skip)]
        program: SeccompProgram,
    },
    /// Drops capabilities from the bounding set for good.
    DropBoundingCapabilities { kept: CapabilitySet },
    /// Lets capabilities outlive a change of users.
    KeepCapabilities,
    /// Becomes the payload's user.
    SetUser { uid: u32, gid: u32, groups: Vec<u32> },
    /// Sets the capabilities; inheritable are the ambient ones alone.
    SetCapabilities { capabilities: CapabilitySet, ambient: CapabilitySet },
    /// Ties the child's life to redd's.
    DieWithSupervisor,
    /// Looks at itself and refuses to go on where a protection is missing.
    VerifyConfinement {
        capabilities: CapabilitySet,
        bounding: CapabilitySet,
        ambient: CapabilitySet,
        new_privileges: PrivilegeCheck,
    },
    /// Becomes the payload.
    Execute(Execution),
}

/// A machine as systemd-machined is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MachineEntry {
    /// Its name.
    pub name: MachineName,
    /// What `$container_uuid` is.
    pub uuid: Uuid,
    /// What manages it.
    pub service: String,
    /// Its tree.
    pub root: PathBuf,
    /// Links outside that lead to it.
    pub links: Vec<String>,
    /// What it means where it cannot be.
    pub missing: Missing,
}

/// A scope of the host's systemd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeRequest {
    /// Its name.
    pub name: String,
    /// The slice it is in.
    pub slice: SliceName,
    /// The cgroup that it will be.
    pub path: CgroupPath,
    /// What it is called for people.
    pub description: String,
    /// How long systemd waits for its end before it kills what is in it, in microseconds.
    pub stop_timeout: u64,
    /// Limits, and what the user wants; later ones win.
    pub properties: Vec<UnitProperty>,
}

/// A pair of links, one end in the payload's network namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VethPair {
    /// Whose they are.
    pub machine: MachineName,
    /// The link outside.
    pub host_name: String,
    /// Its full name, where that is longer than the kernel allows.
    pub alternative_name: Option<String>,
    /// Its address.
    pub host_mac: MacAddress,
    /// The link inside.
    pub container_name: String,
    /// Its address.
    pub container_mac: MacAddress,
}

/// What is executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Execution {
    /// Paths to try, in this order.
    pub candidates: Vec<ByteString>,
    /// The arguments, the program's name first.
    pub arguments: Vec<ByteString>,
    /// The environment, `NAME=VALUE`.
    pub environment: Vec<ByteString>,
    /// How many sockets it is given, from descriptor 3 on.
    pub sockets: u32,
    /// Who is PID 1.
    pub init: ExecutionInit,
}
