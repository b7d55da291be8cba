//! The keys of `.nspawn` files, and the options they stand for.

use std::fmt;

use redd_spec::parse;

use super::syntax;
use crate::option::{self, Definition, Set};

/// A section of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the sections")]
pub enum Section {
    Exec,
    Files,
    Network,
    /// What systemd.nspawn(5) cannot say; systemd itself passes it over.
    Redd,
}

impl Section {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "Exec" => Some(Self::Exec),
            "Files" => Some(Self::Files),
            "Network" => Some(Self::Network),
            "X-Redd" => Some(Self::Redd),
            _ => None,
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Exec => "Exec",
            Self::Files => "Files",
            Self::Network => "Network",
            Self::Redd => "X-Redd",
        })
    }
}

/// How a value becomes values of the option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Text,
    /// Yes is the option, no is nothing.
    Flag,
    /// Yes is the option with this value.
    FlagWith(&'static str),
    /// One for each word; quotes hold words together.
    Words,
    /// Behind the name of a resource.
    Limit(&'static str),
}

/// When a key of a file beside the tree counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Always.
    Never,
    /// Never: it would grant something.
    Always,
    /// While it only refuses system calls.
    WhereItAllows,
    /// While it does not allow this one: nobody has it by default.
    WhereItNames(&'static str),
}

/// A key.
#[derive(Debug)]
pub struct Key {
    /// Its section.
    pub section: Section,
    /// Its name.
    pub name: &'static str,
    /// The option it stands for.
    pub option: &'static str,
    /// How its value is read.
    pub form: Form,
    /// Whether it grants something.
    pub grants: Grant,
}

/// Options with their values.
pub(super) type Pairs = Vec<(&'static Definition, Option<String>)>;

const fn exec(name: &'static str, option: &'static str) -> Key {
    Key { section: Section::Exec, name, option, form: Form::Text, grants: Grant::Never }
}

const fn files(name: &'static str, option: &'static str) -> Key {
    Key { section: Section::Files, name, option, form: Form::Text, grants: Grant::Always }
}

const fn network(name: &'static str, option: &'static str) -> Key {
    Key { section: Section::Network, name, option, form: Form::Words, grants: Grant::Always }
}

const fn redd(name: &'static str, option: &'static str) -> Key {
    Key { section: Section::Redd, name, option, form: Form::Text, grants: Grant::Always }
}

const fn limit(name: &'static str, resource: &'static str) -> Key {
    exec(name, "rlimit").form(Form::Limit(resource)).granting()
}

impl Key {
    const fn form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    const fn granting(self) -> Self {
        Self { grants: Grant::Always, ..self }
    }

    const fn harmless(self) -> Self {
        Self { grants: Grant::Never, ..self }
    }

    /// `Section.Name`
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    pub(super) fn needs_trust(&self, value: &str) -> bool {
        match self.grants {
            Grant::Never => false,
            Grant::Always => true,
            Grant::WhereItAllows => !value.starts_with('~'),
            Grant::WhereItNames(name) => !value.starts_with('~') && value.contains(name),
        }
    }

    /// What a value comes to; nothing where it takes back what was said.
    pub(super) fn assignments(&self, value: &str) -> Result<Pairs, String> {
        let definition =
            option::named(self.option).ok_or_else(|| format!("there is no option {}", self.option))?;
        if value.is_empty() {
            return Ok(Vec::new());
        }
        let one = |value: String| vec![(definition, Some(value))];
        Ok(match self.form {
            Form::Text => one(value.to_owned()),
            Form::Limit(resource) => one(format!("{resource}={value}")),
            Form::Words => syntax::words(value)?.into_iter().map(|word| (definition, Some(word))).collect(),
            Form::FlagWith(implied) if boolean(value)? => one(implied.to_owned()),
            Form::Flag if !boolean(value)? => Vec::new(),
            Form::Flag if matches!(definition.set, Set::Flag(_) | Set::NotYet) => vec![(definition, None)],
            Form::Flag => one("yes".to_owned()),
            Form::FlagWith(_) => Vec::new(),
        })
    }
}

fn boolean(value: &str) -> Result<bool, String> {
    parse::boolean(value).map_err(|error| error.to_string())
}

pub(super) fn find(section: Section, name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.section == section && key.name == name)
}

/// Every key.
pub static KEYS: [Key; 89] = [
    exec("Boot", "boot").form(Form::Flag),
    exec("Ephemeral", "ephemeral").form(Form::Flag).granting(),
    exec("ProcessTwo", "as-pid2").form(Form::Flag),
    exec("Parameters", "parameters").form(Form::Words),
    exec("Environment", "setenv").form(Form::Words),
    exec("User", "uid"),
    exec("WorkingDirectory", "chdir"),
    exec("PivotRoot", "pivot-root").granting(),
    exec("Capability", "capability").form(Form::Words).granting(),
    exec("AmbientCapability", "ambient-capability").form(Form::Words).granting(),
    exec("DropCapability", "drop-capability").form(Form::Words),
    exec("NoNewPrivileges", "no-new-privileges"),
    exec("KillSignal", "kill-signal"),
    exec("Personality", "personality"),
    exec("MachineID", "uuid").granting(),
    exec("PrivateUsers", "private-users").granting(),
    exec("PrivateUsersDelegate", "private-users-delegate").granting(),
    exec("NotifyReady", "notify-ready"),
    Key { grants: Grant::WhereItAllows, ..exec("SystemCallFilter", "system-call-filter") },
    Key {
        grants: Grant::WhereItNames("AF_VSOCK"),
        ..exec("RestrictAddressFamilies", "restrict-address-families")
    },
    limit("LimitCPU", "CPU"),
    limit("LimitFSIZE", "FSIZE"),
    limit("LimitDATA", "DATA"),
    limit("LimitSTACK", "STACK"),
    limit("LimitCORE", "CORE"),
    limit("LimitRSS", "RSS"),
    limit("LimitNOFILE", "NOFILE"),
    limit("LimitAS", "AS"),
    limit("LimitNPROC", "NPROC"),
    limit("LimitMEMLOCK", "MEMLOCK"),
    limit("LimitLOCKS", "LOCKS"),
    limit("LimitSIGPENDING", "SIGPENDING"),
    limit("LimitMSGQUEUE", "MSGQUEUE"),
    limit("LimitNICE", "NICE"),
    limit("LimitRTPRIO", "RTPRIO"),
    limit("LimitRTTIME", "RTTIME"),
    exec("OOMScoreAdjust", "oom-score-adjust").granting(),
    exec("CPUAffinity", "cpu-affinity").granting(),
    exec("Hostname", "hostname"),
    exec("ResolvConf", "resolv-conf"),
    exec("Timezone", "timezone"),
    exec("LinkJournal", "link-journal").granting(),
    exec("SuppressSync", "suppress-sync"),
    files("ReadOnly", "read-only").form(Form::Flag).harmless(),
    files("Volatile", "volatile").harmless(),
    files("Bind", "bind"),
    files("BindReadOnly", "bind-ro"),
    files("TemporaryFileSystem", "tmpfs"),
    files("Inaccessible", "inaccessible"),
    files("Overlay", "overlay"),
    files("OverlayReadOnly", "overlay-ro"),
    files("PrivateUsersOwnership", "private-users-ownership"),
    files("PrivateUsersChown", "private-users-ownership").form(Form::FlagWith("chown")),
    files("BindUser", "bind-user").form(Form::Words),
    files("BindUserShell", "bind-user-shell"),
    network("Private", "private-network").form(Form::Text),
    network("VirtualEthernet", "network-veth").form(Form::Text),
    network("VirtualEthernetExtra", "network-veth-extra"),
    network("Interface", "network-interface"),
    network("MACVLAN", "network-macvlan"),
    network("IPVLAN", "network-ipvlan"),
    network("Bridge", "network-bridge").form(Form::Text),
    network("Zone", "network-zone").form(Form::Text),
    network("NamespacePath", "network-namespace-path").form(Form::Text),
    network("Port", "port"),
    redd("Device", "device"),
    redd("Nesting", "nesting"),
    redd("Memory", "memory"),
    redd("PidsMax", "pids-max"),
    redd("Cpus", "cpus"),
    redd("MemoryHigh", "memory-high"),
    redd("Swap", "swap"),
    redd("CpuWeight", "cpu-weight"),
    redd("IoWeight", "io-weight"),
    redd("IoReadBandwidth", "io-read-bandwidth"),
    redd("IoWriteBandwidth", "io-write-bandwidth"),
    redd("IoReadIops", "io-read-iops"),
    redd("IoWriteIops", "io-write-iops"),
    redd("Init", "init"),
    redd("ImportCredential", "import-credential").form(Form::Words),
    redd("StopTimeout", "stop-timeout"),
    redd("Restart", "restart"),
    redd("RestartDelay", "restart-delay"),
    redd("RestartLimit", "restart-limit"),
    redd("Watchdog", "watchdog"),
    redd("ReadyTimeout", "ready-timeout"),
    redd("After", "after").form(Form::Words),
    redd("Ttys", "ttys").harmless(),
    redd("BindUserGroup", "bind-user-group").form(Form::Words),
];
