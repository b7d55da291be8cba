//! What was asked for, before defaults: `None` and empty lists are what nobody spoke of.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use redd_spec::address_family::AddressFamilies;
use redd_spec::api::{ApiAccess, TemporaryDirectory};
use redd_spec::bound_user::BoundUsers;
use redd_spec::capability::{CapabilitySet, SystemCallRule};
use redd_spec::console::{Background, ExtraTerminals};
use redd_spec::credential::{Credential, CredentialPattern};
use redd_spec::devices::DeviceNode;
use redd_spec::ids::{Ownership, UserNamespace};
use redd_spec::init::InitChoice;
use redd_spec::integration::{LinkJournal, ResolvConfMode, TimezoneMode};
use redd_spec::kernel_parameter::KernelParameter;
use redd_spec::lifecycle::{RestartPolicy, SignalNumber};
use redd_spec::mounts::CustomMount;
use redd_spec::name::{Hostname, MachineName};
use redd_spec::namespaces::SharedNamespaces;
use redd_spec::network::{Bridge, Link, MacAddress};
use redd_spec::parse::ConsoleChoice;
use redd_spec::path::PathInRoot;
use redd_spec::payload::{ManagerName, UserIds};
use redd_spec::resources::{
    CpuSet, Limit, MemoryAmount, MilliCpus, OomScoreAdjust, Personality, ResourceLimit, TrafficLimit, Weight,
};
use redd_spec::root::{OsReleaseCheck, PivotRoot, Volatile};
use redd_spec::selinux::SelinuxContexts;
use redd_spec::unit::{Registration, SliceName, UnitProperty};
use redd_spec::uuid::Uuid;

use crate::file::FileMode;

/// Everything somebody asked for.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct Settings {
    pub tree: TreeSettings,
    pub identity: IdentitySettings,
    pub isolation: IsolationSettings,
    pub mounts: MountSettings,
    pub resources: ResourceSettings,
    pub integration: IntegrationSettings,
    pub life: LifeSettings,
    pub background: BackgroundSettings,
    pub command: CommandSettings,
    pub unit: UnitSettings,
    pub surroundings: SurroundingSettings,
}

/// Which tree, and what becomes of changes.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct TreeSettings {
    pub directory: Option<PathBuf>,
    pub machine: Option<MachineName>,
    pub ephemeral: Option<bool>,
    pub read_only: Option<bool>,
    pub volatile: Option<Volatile>,
    pub template: Option<OsString>,
    pub cleanup: bool,
    pub pivot: Option<PivotRoot>,
    pub settings: Option<FileMode>,
    pub oci_bundle: Option<PathBuf>,
}

/// What the machine is called, and told.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct IdentitySettings {
    pub hostname: Option<Hostname>,
    pub uuid: Option<Uuid>,
    pub setenv: Vec<OsString>,
}

/// Namespaces and privileges.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct IsolationSettings {
    pub private_users: Option<UserNamespace>,
    pub private_users_ownership: Option<Ownership>,
    pub private_network: Option<bool>,
    pub network_veth: Option<bool>,
    pub network_bridge: Option<Bridge>,
    pub network_zone: Option<Bridge>,
    /// Those that are named one by one.
    pub links: Vec<Link>,
    pub capability: Vec<CapabilitySet>,
    pub drop_capability: Vec<CapabilitySet>,
    pub ambient_capability: Vec<CapabilitySet>,
    pub no_new_privileges: Option<bool>,
    pub kernel_parameters: Vec<KernelParameter>,
    pub system_call_filter: Vec<SystemCallRule>,
    pub restrict_address_families: AddressFamilies,
    pub suppress_sync: Option<bool>,
    pub personality: Option<Personality>,
    pub selinux: SelinuxContexts,
    pub devices: Vec<DeviceNode>,
    pub nesting: Option<bool>,
}

/// Mounts and credentials.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct MountSettings {
    pub custom: Vec<CustomMount>,
    pub bound_users: BoundUsers,
    pub credentials: Vec<Credential>,
    /// `--import-credential=`
    pub imported_credentials: Vec<CredentialPattern>,
}

/// Limits.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct ResourceSettings {
    pub memory: Option<Limit<MemoryAmount>>,
    pub pids_max: Option<Limit<u32>>,
    pub cpus: Option<Limit<MilliCpus>>,
    pub memory_high: Option<Limit<MemoryAmount>>,
    pub swap: Option<Limit<MemoryAmount>>,
    pub cpu_weight: Option<Weight>,
    pub io_weight: Option<Weight>,
    pub traffic: Vec<TrafficLimit>,
    pub rlimits: Vec<ResourceLimit>,
    pub oom_score_adjust: Option<OomScoreAdjust>,
    pub cpu_affinity: Option<CpuSet>,
}

/// What is taken over from the host, and the console.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct IntegrationSettings {
    pub timezone: Option<TimezoneMode>,
    pub resolv_conf: Option<ResolvConfMode>,
    pub link_journal: Option<LinkJournal>,
    pub console: Option<ConsoleChoice>,
    pub terminals: Option<ExtraTerminals>,
    pub background: Option<Background>,
    pub quiet: bool,
}

/// Start, readiness, stop.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct LifeSettings {
    pub init: Option<InitChoice>,
    pub kill_signal: Option<SignalNumber>,
    pub stop_timeout: Option<Duration>,
    pub notify_ready: Option<bool>,
    pub keep_unit: bool,
    pub restart: Option<RestartPolicy>,
    pub restart_delay: Option<Duration>,
    /// `Some(None)` is without end.
    pub restart_limit: Option<Option<u32>>,
    pub watchdog: Option<Duration>,
    pub ready_timeout: Option<Duration>,
    pub after: Vec<MachineName>,
}

/// What `start` itself is told.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct BackgroundSettings {
    pub no_wait: bool,
    pub start_timeout: Option<Duration>,
    pub all_enabled: bool,
}

/// How the payload is to be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModeChoice {
    /// The tree's init.
    Boot,
    /// A command below a small init.
    AsPid2,
    /// A command as PID 1.
    AsPid1,
}

/// What a command is run as.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct CommandSettings {
    pub mode: Option<ModeChoice>,
    pub user: Option<String>,
    pub user_ids: Option<UserIds>,
    pub directory: Option<PathInRoot>,
    /// `Parameters=` of a file.
    pub parameters: Vec<OsString>,
}

/// The host's service manager.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct UnitSettings {
    pub slice: Option<SliceName>,
    pub properties: Vec<UnitProperty>,
    pub register: Option<Registration>,
}

/// What variables of the caller's environment alone can say.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are named after the options that set them")]
pub struct SurroundingSettings {
    pub api_access: ApiAccess,
    pub temporary: TemporaryDirectory,
    pub namespaces: SharedNamespaces,
    pub os_release: OsReleaseCheck,
    pub manager: Option<ManagerName>,
    pub link_address: Option<MacAddress>,
}
