//! Who redd is called as, and what that means where nothing was said.

mod table;

use std::time::Duration;

use redd_spec::capability::SystemCallBase;
use redd_spec::ids::{Ownership, UserNamespace};
use redd_spec::lifecycle::{NotifyReady, STOP_TIMEOUT, StopMethod};
use redd_spec::payload::CommandInit;
use redd_spec::resources::{Limit, LimitDefaults, MemoryAmount};
use redd_spec::unit::Registration;
use serde::Serialize;
pub use table::{Row, STARTS};

/// The version of systemd-nspawn whose options and defaults the persona has.
pub const NSPAWN_VERSION: u32 = 262;

/// How redd was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persona {
    /// `redd boot`
    Boot,
    /// `redd run`
    Run,
    /// `redd start`: as `redd boot`, where nobody sits at it.
    Start,
    /// `systemd-nspawn`, as which redd replaces it.
    Nspawn,
}

/// What runs inside: the defaults depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartMode {
    /// The tree's init.
    Boot,
    /// One command.
    Command,
}

/// Which console a payload gets where nobody sits at a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsoleElsewhere {
    /// One that is read only.
    ReadOnly,
    /// None: the caller's own streams.
    Pipe,
}

/// Which of the host's devices every payload has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceDefaults {
    /// None.
    None,
    /// `/dev/fuse` and `/dev/net/tun`, where redd may use them itself.
    FuseAndTun,
}

/// Which network a payload is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkDefault {
    /// The host's.
    Host,
    /// Its own, with `host0`.
    Veth,
}

/// Where a command starts that nobody named a directory for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartsIn {
    /// The home of its user.
    Home,
    /// `/`; a shell that stands for a command starts at home.
    Root,
}

/// What holds where neither the command line nor a file says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Defaults {
    /// `--private-users=`
    pub private_users: UserNamespace,
    /// `--private-users-ownership=`, unless ids are picked: then it is auto.
    pub private_users_ownership: Ownership,
    /// `--private-network`, `--network-veth`
    pub network: NetworkDefault,
    /// `--as-pid2`, `--as-pid1`
    pub command_is: CommandInit,
    /// `--chdir=`
    pub starts_in: StartsIn,
    /// `--console=`, where nobody sits at a terminal
    pub console_elsewhere: ConsoleElsewhere,
    /// `--memory=`; the default is 80 % of the host's.
    pub memory: Limit<MemoryAmount>,
    /// `--pids-max=`; the default is 16384.
    pub pids_max: Limit<u32>,
    /// What `--system-call-filter=` changes
    pub system_calls: SystemCallBase,
    /// What `--rlimit=` leaves alone
    pub limits: LimitDefaults,
    /// Whether `/dev/fuse` and `/dev/net/tun` are there without `--device=`
    pub devices: DeviceDefaults,
    /// What `$container` says
    pub manager: &'static str,
    /// `--kill-signal=`
    pub stop: StopMethod,
    /// `--stop-timeout=`
    pub stop_timeout: Option<Duration>,
    /// `--notify-ready=`
    pub notify_ready: NotifyReady,
    /// `--register=`
    pub register: Registration,
}

impl Persona {
    /// The defaults of a start of this kind.
    #[must_use]
    pub const fn defaults(self, mode: StartMode) -> Defaults {
        match self {
            Self::Boot | Self::Run | Self::Start => native(mode),
            Self::Nspawn => nspawn(mode),
        }
    }
}

/// A boundary around whatever runs.
const fn native(mode: StartMode) -> Defaults {
    let is_boot = matches!(mode, StartMode::Boot);
    Defaults {
        private_users: UserNamespace::Pick,
        private_users_ownership: Ownership::Auto,
        network: NetworkDefault::Veth,
        command_is: CommandInit::Stub,
        starts_in: StartsIn::Home,
        console_elsewhere: if is_boot { ConsoleElsewhere::ReadOnly } else { ConsoleElsewhere::Pipe },
        memory: Limit::Default,
        pids_max: Limit::Default,
        system_calls: SystemCallBase::Redd,
        limits: LimitDefaults::Kernel,
        devices: DeviceDefaults::None,
        manager: "redd",
        stop: StopMethod::ByKind,
        stop_timeout: Some(STOP_TIMEOUT),
        notify_ready: if is_boot { NotifyReady::WhenPayloadIsReady } else { NotifyReady::AtExec },
        // Who runs a command runs no machine that anybody would log in to.
        register: if is_boot { Registration::Auto } else { Registration::No },
    }
}

/// As systemd's own manager documents them.
const fn nspawn(mode: StartMode) -> Defaults {
    Defaults {
        private_users: UserNamespace::Host,
        private_users_ownership: Ownership::Off,
        network: NetworkDefault::Host,
        command_is: CommandInit::Command,
        starts_in: StartsIn::Root,
        console_elsewhere: ConsoleElsewhere::ReadOnly,
        memory: Limit::Unlimited,
        system_calls: SystemCallBase::Nspawn,
        limits: LimitDefaults::HostInit,
        devices: DeviceDefaults::FuseAndTun,
        manager: "systemd-nspawn",
        stop: if matches!(mode, StartMode::Boot) { StopMethod::ByKind } else { StopMethod::Kill },
        stop_timeout: None,
        notify_ready: NotifyReady::AtExec,
        register: Registration::Auto,
        ..native(mode)
    }
}
