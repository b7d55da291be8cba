//! What a container is, as plain data.
//!
//! A front end turns text into a [`Spec`]; the planner turns a `Spec` and the facts of a host into a plan.
//! Nothing in this crate touches the system: a `Spec` can be built, compared and printed anywhere.
#![forbid(unsafe_code)]

pub mod address_family;
pub mod api;
pub mod bound_user;
pub mod capability;
pub mod console;
pub mod credential;
mod deserialize;
pub mod devices;
pub mod ids;
pub mod init;
pub mod integration;
pub mod kernel_parameter;
pub mod lifecycle;
pub mod mounts;
pub mod name;
pub mod namespaces;
pub mod nesting;
pub mod network;
pub mod parse;
pub mod path;
pub mod payload;
pub mod resources;
pub mod root;
pub mod selinux;
pub mod sockets;
pub mod text;
pub mod unit;
pub mod uuid;
pub mod variables;

use serde::{Deserialize, Serialize};

/// Everything a user asked for, before any host was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The machine's name; unique among running machines.
    pub name: name::MachineName,
    /// Which tree is the root, and how it may be changed.
    pub root: root::Root,
    /// What runs inside.
    pub payload: payload::Payload,
    /// Host name and uuid, where the user chose them.
    pub identity: payload::Identity,
    /// Additions to the environment of the payload, later ones win.
    pub environment: Vec<payload::EnvironmentVariable>,
    /// The user namespace.
    pub users: ids::UserNamespace,
    /// How owners in the tree become owners inside.
    pub ownership: ids::Ownership,
    /// Users of the host who are known inside.
    pub bound_users: bound_user::BoundUsers,
    /// Whether containers run inside.
    pub nesting: nesting::Nesting,
    /// The network namespace and its links.
    pub network: network::Network,
    /// Namespaces that are the host's.
    pub namespaces: namespaces::SharedNamespaces,
    /// `/proc`, `/sys` and `/tmp`.
    pub api: api::ApiFileSystems,
    /// Devices of the host.
    pub devices: Vec<devices::DeviceNode>,
    /// Mounts beyond those every container has.
    pub mounts: Vec<mounts::CustomMount>,
    /// Sockets for the payload's PID 1.
    pub sockets: sockets::PassedSockets,
    /// Credentials for the payload's PID 1.
    pub credentials: Vec<credential::Credential>,
    /// Those of redd's own that are passed on, too (`--import-credential=`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imported_credentials: Vec<credential::CredentialPattern>,
    /// Parameters of its namespaces.
    pub kernel_parameters: Vec<kernel_parameter::KernelParameter>,
    /// What the payload's privileges are.
    pub privileges: capability::Privileges,
    /// Limits.
    pub resources: resources::Resources,
    /// What is taken over from the host.
    pub integration: integration::Integration,
    /// How the console is connected.
    pub console: console::ConsoleMode,
    /// Ptys beside the console.
    pub terminals: console::ExtraTerminals,
    /// The console's colour at the caller's terminal.
    pub background: Option<console::Background>,
    /// Start, readiness, stop.
    pub lifecycle: lifecycle::Lifecycle,
    /// Its unit, where systemd runs the host.
    #[serde(default)]
    pub unit: unit::Unit,
}
