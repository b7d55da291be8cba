//! Option values as text: each function takes what stands behind `--option=`.

mod amounts;
mod bound_users;
mod bundle;
mod changes;
mod console;
mod credentials;
mod execution;
mod inits;
mod life;
mod limits;
mod links;
mod lists;
mod modes;
mod mounts;
mod privileges;
mod signals;
mod unit;

pub use amounts::{cpus, memory, oom_score_adjust, pids, resource_limit, time_span};
pub use bound_users::{bind_user, bind_user_group, bind_user_shell, payload_user};
pub use bundle::{kernel_parameter, masked_path, read_only_path, user_ids};
pub use changes::{LIFE, LifeChange, life};
pub use console::{ConsoleChoice, background, console, terminals};
pub use credentials::{import_credential, load_credential, set_credential};
pub use execution::{PERSONALITIES, api_access, cpu_affinity, mac_address, manager_name, personality};
pub use inits::init;
pub use life::{machine_names, restart_limit, restart_policy};
pub use limits::{LIMITS, add_traffic, limit, swap, traffic, weight};
pub use links::{
    network_bridge, network_interface, network_ipvlan, network_macvlan, network_veth_extra, network_zone,
};
pub use lists::{environment_variable, system_call_filter};
pub use modes::{
    boolean, link_journal, private_users, private_users_ownership, resolv_conf, timezone, volatile,
    working_directory,
};
pub use mounts::{bind, inaccessible, overlay, pivot_root, tmpfs};
pub use privileges::{capabilities, device, restrict_address_families, selinux_context};
pub use signals::{signal, signal_names};
pub use unit::unit_property;

/// Why a value cannot be used: the value, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} cannot be used: {reason}")]
pub struct ParseError {
    value: String,
    reason: String,
}

impl ParseError {
    /// A value, cut where it is long, and what would be right.
    #[must_use]
    pub fn new(value: &str, reason: impl Into<String>) -> Self {
        Self { value: value.chars().take(200).collect(), reason: reason.into() }
    }
}
