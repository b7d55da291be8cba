//! The defaults as people write them, for `redd config` and the documents.

use redd_spec::capability::SystemCallBase;
use redd_spec::ids::{Ownership, UserNamespace};
use redd_spec::lifecycle::{NotifyReady, StopMethod};
use redd_spec::payload::CommandInit;
use redd_spec::resources::{Limit, LimitDefaults};
use redd_spec::unit::Registration;

use super::{ConsoleElsewhere, Defaults, DeviceDefaults, NetworkDefault, Persona, StartMode, StartsIn};

/// One default: the option without its dashes, and what it has where nobody says anything.
pub type Row = (&'static str, String);

/// The kinds of start, and what documents call them.
pub const STARTS: [(&str, Persona, StartMode); 4] = [
    ("`redd boot`", Persona::Boot, StartMode::Boot),
    ("`redd run`", Persona::Run, StartMode::Command),
    ("`systemd-nspawn --boot`", Persona::Nspawn, StartMode::Boot),
    ("`systemd-nspawn COMMAND`", Persona::Nspawn, StartMode::Command),
];

impl Defaults {
    /// Each default by its option.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let yes_no = |is: bool| if is { "yes" } else { "no" }.to_owned();
        let limit =
            |is_default: bool, default: &str| if is_default { default } else { "infinity" }.to_owned();
        vec![
            ("private-users", users(self.private_users)),
            ("private-users-ownership", ownership(self.private_users_ownership)),
            ("private-network", yes_no(self.network == NetworkDefault::Veth)),
            ("network-veth", yes_no(self.network == NetworkDefault::Veth)),
            ("as-pid2", yes_no(self.command_is == CommandInit::Stub)),
            ("chdir", directory(self.starts_in)),
            ("console", console(self.console_elsewhere)),
            ("memory", limit(self.memory == Limit::Default, "80%")),
            ("pids-max", limit(self.pids_max == Limit::Default, "16384")),
            ("system-call-filter", base(self.system_calls)),
            ("rlimit", limits(self.limits)),
            ("device", devices(self.devices)),
            ("kill-signal", stop(self.stop)),
            ("stop-timeout", self.stop_timeout.map_or_else(never, |limit| format!("{}s", limit.as_secs()))),
            ("register", registration(self.register)),
            ("notify-ready", yes_no(self.notify_ready == NotifyReady::WhenPayloadIsReady)),
        ]
    }
}

fn registration(registration: Registration) -> String {
    match registration {
        Registration::Yes => "yes",
        Registration::No => "no",
        Registration::Auto => "auto",
    }
    .to_owned()
}

fn users(users: UserNamespace) -> String {
    match users {
        UserNamespace::Pick => "pick".to_owned(),
        UserNamespace::FromTreeOwner => "yes".to_owned(),
        UserNamespace::Host => "no".to_owned(),
        UserNamespace::Identity => "identity".to_owned(),
        UserNamespace::Range(range) => range.to_string(),
    }
}

fn ownership(ownership: Ownership) -> String {
    match ownership {
        Ownership::Auto => "auto",
        Ownership::Map => "map",
        Ownership::Off => "off",
        Ownership::Foreign => "foreign",
        Ownership::Chown => "chown",
    }
    .to_owned()
}

fn base(base: SystemCallBase) -> String {
    match base {
        SystemCallBase::Redd => "redd's list",
        SystemCallBase::Nspawn => "what both redd and systemd-nspawn allow",
    }
    .to_owned()
}

fn limits(defaults: LimitDefaults) -> String {
    match defaults {
        LimitDefaults::Kernel => "the kernel's, and none for each user",
        LimitDefaults::HostInit => "the kernel's, NPROC and SIGPENDING those of the host's first process",
    }
    .to_owned()
}

fn devices(devices: DeviceDefaults) -> String {
    match devices {
        DeviceDefaults::None => "none",
        DeviceDefaults::FuseAndTun => "/dev/fuse and /dev/net/tun, where the caller may use them",
    }
    .to_owned()
}

fn stop(method: StopMethod) -> String {
    match method {
        StopMethod::ByKind => "what PID 1 wants (docs/inits.md)".to_owned(),
        StopMethod::Signal(signal) => signal.to_string(),
        StopMethod::Kill => "SIGKILL".to_owned(),
    }
}

fn never() -> String {
    "infinity".to_owned()
}

fn directory(starts_in: StartsIn) -> String {
    match starts_in {
        StartsIn::Home => "the user's home",
        StartsIn::Root => "/; the user's home for a shell without a command",
    }
    .to_owned()
}

fn console(elsewhere: ConsoleElsewhere) -> String {
    match elsewhere {
        ConsoleElsewhere::ReadOnly => "interactive on a terminal, read-only elsewhere",
        ConsoleElsewhere::Pipe => "interactive on a terminal, pipe elsewhere",
    }
    .to_owned()
}
