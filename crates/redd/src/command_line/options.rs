//! The options of `boot` and `run`. They are named as systemd's container manager names them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use redd_spec::capability::{CapabilitySet, SystemCallRule};
use redd_spec::credential::Credential;
use redd_spec::ids::{Ownership, UserNamespace};
use redd_spec::integration::{ResolvConfMode, TimezoneMode};
use redd_spec::lifecycle::SignalNumber;
use redd_spec::mounts::CustomMount;
use redd_spec::name::{Hostname, MachineName};
use redd_spec::parse;
use redd_spec::path::PathInRoot;
use redd_spec::resources::{Limit, MemoryAmount, MilliCpus, OomScoreAdjust, ResourceLimit};
use redd_spec::root::{Access, Volatile};
use redd_spec::uuid::Uuid;

/// Several rules in one value.
#[derive(Debug, Clone)]
pub(super) struct SystemCallRules(pub(super) Vec<SystemCallRule>);

fn system_call_filter(value: &str) -> Result<SystemCallRules, parse::ParseError> {
    parse::system_call_filter(value).map(SystemCallRules)
}

fn bind(value: &str) -> Result<CustomMount, parse::ParseError> {
    parse::bind(value, Access::ReadWrite)
}

fn bind_read_only(value: &str) -> Result<CustomMount, parse::ParseError> {
    parse::bind(value, Access::ReadOnly)
}

#[derive(Debug, clap::Args)]
pub(super) struct SharedOptions {
    #[command(flatten)]
    pub(super) tree: TreeOptions,
    #[command(flatten)]
    pub(super) identity: IdentityOptions,
    #[command(flatten)]
    pub(super) isolation: IsolationOptions,
    #[command(flatten)]
    pub(super) mounts: MountOptions,
    #[command(flatten)]
    pub(super) resources: ResourceOptions,
    #[command(flatten)]
    pub(super) integration: IntegrationOptions,
    #[command(flatten)]
    pub(super) lifecycle: LifecycleOptions,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Tree")]
pub(super) struct TreeOptions {
    /// Root directory; then every word is the payload's
    #[arg(short = 'D', long, value_name = "PATH")]
    pub(super) directory: Option<PathBuf>,
    /// Name of the machine, and of its tree if no other is named
    #[arg(short = 'M', long, value_name = "NAME")]
    pub(super) machine: Option<MachineName>,
    /// Work on a copy that is removed at the end
    #[arg(short = 'x', long)]
    pub(super) ephemeral: bool,
    /// Do not let the tree be changed
    #[arg(long)]
    pub(super) read_only: bool,
    /// What is lost at the end: yes, state, overlay or no
    #[arg(long, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_parser = parse::volatile)]
    pub(super) volatile: Option<Volatile>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Identity")]
pub(super) struct IdentityOptions {
    /// Host name inside; the machine's name otherwise
    #[arg(long, value_name = "NAME")]
    pub(super) hostname: Option<Hostname>,
    /// $container_uuid, where the tree has no machine id
    #[arg(long, value_name = "UUID")]
    pub(super) uuid: Option<Uuid>,
    /// Set a variable for the payload, or pass the caller's on
    #[arg(short = 'E', long, value_name = "NAME[=VALUE]")]
    pub(super) setenv: Vec<OsString>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Isolation")]
pub(super) struct IsolationOptions {
    /// User namespace: pick (default), yes, no, identity or START:N
    #[arg(long, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_parser = parse::private_users)]
    pub(super) private_users: Option<UserNamespace>,
    /// How owners in the tree become owners inside: auto, map or off
    #[arg(long, value_name = "MODE", value_parser = parse::private_users_ownership)]
    pub(super) private_users_ownership: Option<Ownership>,
    /// Network namespace of its own (default); no: the host's network
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_parser = parse::boolean)]
    pub(super) private_network: Option<bool>,
    /// Link host0 inside and ve-NAME outside (default)
    #[arg(short = 'n', long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", value_parser = parse::boolean)]
    pub(super) network_veth: Option<bool>,
    /// Capabilities to add to the default set
    #[arg(long, value_name = "LIST", value_parser = parse::capabilities)]
    pub(super) capability: Vec<CapabilitySet>,
    /// Capabilities to take from it
    #[arg(long, value_name = "LIST", value_parser = parse::capabilities)]
    pub(super) drop_capability: Vec<CapabilitySet>,
    /// Keep programs from gaining privileges [default: no]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_parser = parse::boolean)]
    pub(super) no_new_privileges: Option<bool>,
    /// System calls to allow, or with ~ to refuse
    #[arg(long, value_name = "[~]LIST", value_parser = system_call_filter)]
    pub(super) system_call_filter: Vec<SystemCallRules>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Mounts and credentials")]
pub(super) struct MountOptions {
    /// Bind a file or directory of the host, or with + of the tree
    #[arg(long, value_name = "SOURCE[:PATH[:OPTIONS]]", value_parser = bind)]
    pub(super) bind: Vec<CustomMount>,
    /// The same, read-only
    #[arg(long, value_name = "SOURCE[:PATH[:OPTIONS]]", value_parser = bind_read_only)]
    pub(super) bind_ro: Vec<CustomMount>,
    /// Mount an empty file system in memory
    #[arg(long, value_name = "PATH[:OPTIONS]", value_parser = parse::tmpfs)]
    pub(super) tmpfs: Vec<CustomMount>,
    /// Make a path inaccessible
    #[arg(long, value_name = "PATH", value_parser = parse::inaccessible)]
    pub(super) inaccessible: Vec<CustomMount>,
    /// Pass a credential to PID 1
    #[arg(long, value_name = "ID:VALUE", value_parser = parse::set_credential)]
    pub(super) set_credential: Vec<Credential>,
    /// Pass a credential from a file, a socket, or redd's own
    #[arg(long, value_name = "ID:PATH|NAME", value_parser = parse::load_credential)]
    pub(super) load_credential: Vec<Credential>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Resources")]
pub(super) struct ResourceOptions {
    /// Memory: bytes, per cent of the host's, or infinity [default: 80%]
    #[arg(long, value_name = "AMOUNT", value_parser = parse::memory)]
    pub(super) memory: Option<Limit<MemoryAmount>>,
    /// Processes, or infinity [default: 16384]
    #[arg(long, value_name = "N", value_parser = parse::pids)]
    pub(super) pids_max: Option<Limit<u32>>,
    /// Processors, e.g. 1.5
    #[arg(long, value_name = "N", value_parser = parse::cpus)]
    pub(super) cpus: Option<Limit<MilliCpus>>,
    /// A limit of setrlimit(2)
    #[arg(long, value_name = "NAME=SOFT[:HARD]", value_parser = parse::resource_limit)]
    pub(super) rlimit: Vec<ResourceLimit>,
    /// Score for the OOM killer, -1000 to 1000
    #[arg(long, value_name = "N", value_parser = parse::oom_score_adjust, allow_hyphen_values = true)]
    pub(super) oom_score_adjust: Option<OomScoreAdjust>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Integration")]
pub(super) struct IntegrationOptions {
    /// Time zone: auto, symlink, copy, bind, delete or off
    #[arg(long, value_name = "MODE", value_parser = parse::timezone)]
    pub(super) timezone: Option<TimezoneMode>,
    /// resolv.conf: auto, off, delete, or copy-, replace-, bind- with host, static, uplink, stub
    #[arg(long, value_name = "MODE", value_parser = parse::resolv_conf)]
    pub(super) resolv_conf: Option<ResolvConfMode>,
    /// Console: interactive, read-only, passive, pipe or autopipe
    #[arg(long, value_name = "MODE", value_parser = parse::console)]
    pub(super) console: Option<parse::ConsoleChoice>,
    /// Short for --console=pipe
    #[arg(short = 'P', long, conflicts_with = "console")]
    pub(super) pipe: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Life")]
pub(super) struct LifecycleOptions {
    /// Signal for an orderly stop [default: SIGRTMIN+3 for boot, SIGTERM for run]
    #[arg(long, value_name = "SIGNAL", value_parser = parse::signal)]
    pub(super) kill_signal: Option<SignalNumber>,
    /// How long an orderly stop may take [default: 90s]
    #[arg(long, value_name = "TIME", value_parser = parse::time_span)]
    pub(super) stop_timeout: Option<Duration>,
    /// Report readiness when PID 1 does [default: yes for boot]
    #[arg(long, value_name = "BOOL", value_parser = parse::boolean)]
    pub(super) notify_ready: Option<bool>,
    /// Exit with 133 when the payload reboots, for a unit to restart
    #[arg(long)]
    pub(super) keep_unit: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Command")]
pub(super) struct RunOptions {
    /// Run the command below a small init (default)
    #[arg(short = 'a', long, conflicts_with = "as_pid1")]
    pub(super) as_pid2: bool,
    /// Run the command itself as PID 1
    #[arg(long)]
    pub(super) as_pid1: bool,
    /// User to run it as: a name or number of the tree's /etc/passwd
    #[arg(short = 'u', long, visible_alias = "user", value_name = "USER")]
    pub(super) uid: Option<String>,
    /// Directory to run it in
    #[arg(long, value_name = "PATH", value_parser = parse::working_directory)]
    pub(super) chdir: Option<PathInRoot>,
}
