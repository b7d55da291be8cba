//! Options become a [`Spec`]: defaults are filled in, and what does not go together is refused.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use redd_spec::Spec;
use redd_spec::capability::{CapabilitySet, NewPrivileges, Privileges};
use redd_spec::console::ConsoleMode;
use redd_spec::credential::Credential;
use redd_spec::ids::{Ownership, UserNamespace};
use redd_spec::integration::{Integration, ResolvConfMode, TimezoneMode};
use redd_spec::lifecycle::{Lifecycle, NotifyReady, RebootAction, STOP_TIMEOUT, SignalNumber};
use redd_spec::mounts::CustomMount;
use redd_spec::name::MachineName;
use redd_spec::network::Network;
use redd_spec::parse::{self, ConsoleChoice, ParseError};
use redd_spec::payload::{Command, CommandInit, EnvironmentVariable, Identity, Payload};
use redd_spec::resources::{Limit, ResourceLimit, Resources};
use redd_spec::root::{Access, Persistence, Root, Volatile};
use redd_spec::sockets::InvalidCount;
use redd_spec::text::{ByteString, NulByte};

use super::Caller;
use super::options::{IsolationOptions, LifecycleOptions, MountOptions, RunOptions, SharedOptions};

/// Where names of trees are looked up.
const MACHINES: &str = "/var/lib/machines";

/// Why options do not make a start.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("name a tree: a path, a name in {MACHINES}, -D PATH or -M NAME")]
    NoTree,
    #[error("{path:?} makes no name for a machine; choose one with -M")]
    NoName { path: PathBuf },
    #[error(
        "the name {name:?} leaves no room for the suffix of an ephemeral machine; choose a shorter one with -M"
    )]
    LongName { name: String },
    #[error("{one} and {other} exclude each other{reason}")]
    Conflict { one: &'static str, other: &'static str, reason: &'static str },
    #[error(
        "the host's own root directory is not changed: add --ephemeral, --volatile=yes or --volatile=state"
    )]
    HostRoot,
    #[error("the credential {name:?} is given twice")]
    TwoCredentials { name: String },
    #[error("--setenv: {0}")]
    Environment(ParseError),
    #[error(transparent)]
    Sockets(#[from] InvalidCount),
    #[error(transparent)]
    Nul(#[from] NulByte),
}

/// Words and options of a start.
pub(super) struct Start<'a> {
    pub(super) options: SharedOptions,
    /// The options of a command; an init has none.
    pub(super) run: Option<RunOptions>,
    pub(super) words: Vec<OsString>,
    pub(super) caller: &'a Caller,
}

impl Start<'_> {
    pub(super) fn specify(mut self) -> Result<Spec, Refusal> {
        let path = self.take_tree()?;
        let root = self.root(path)?;
        let name = self.name(&root)?;
        let payload = self.payload()?;
        let options = self.options;
        let environment = environment(&options.identity.setenv, self.caller)?;
        let (mounts, credentials) = (mounts(&options.mounts), credentials(&options.mounts)?);
        Ok(Spec {
            name,
            identity: Identity { hostname: options.identity.hostname, uuid: options.identity.uuid },
            environment,
            users: options.isolation.private_users.unwrap_or(UserNamespace::Pick),
            ownership: options.isolation.private_users_ownership.unwrap_or(Ownership::Auto),
            network: network(&options.isolation)?,
            mounts,
            sockets: self.caller.sockets()?,
            credentials,
            privileges: privileges(&options.isolation),
            resources: Resources {
                memory: options.resources.memory.unwrap_or(Limit::Default),
                pids: options.resources.pids_max.unwrap_or(Limit::Default),
                cpus: options.resources.cpus.unwrap_or(Limit::Default),
                rlimits: last_of_each(&options.resources.rlimit),
                oom_score_adjust: options.resources.oom_score_adjust,
            },
            integration: Integration {
                timezone: options.integration.timezone.unwrap_or(TimezoneMode::Auto),
                resolv_conf: options.integration.resolv_conf.unwrap_or(ResolvConfMode::Auto),
            },
            console: console(options.integration.console, options.integration.pipe, &payload, self.caller),
            lifecycle: lifecycle(&options.lifecycle, &payload),
            root,
            payload,
        })
    }

    /// The tree: -D, or the first word, or what -M names.
    fn take_tree(&mut self) -> Result<PathBuf, Refusal> {
        if let Some(directory) = self.options.tree.directory.take() {
            return Ok(self.absolute(&directory));
        }
        let first = (!self.words.is_empty()).then(|| self.words.remove(0));
        match (first, &self.options.tree.machine) {
            (Some(word), _) if is_path(&word) => Ok(self.absolute(Path::new(&word))),
            (Some(word), _) if !word.is_empty() => Ok(Path::new(MACHINES).join(word)),
            (None, Some(machine)) => Ok(Path::new(MACHINES).join(machine.as_str())),
            (Some(_) | None, _) => Err(Refusal::NoTree),
        }
    }

    /// Without asking the system: links are followed later, by the kernel.
    fn absolute(&self, path: &Path) -> PathBuf {
        let joined = self.caller.current_directory.join(path);
        let mut normal = PathBuf::new();
        for part in joined.components().filter(|part| *part != Component::CurDir) {
            normal.push(part);
        }
        normal
    }

    fn root(&self, path: PathBuf) -> Result<Root, Refusal> {
        let tree = &self.options.tree;
        let volatile = tree.volatile.unwrap_or(Volatile::No);
        let conflict = |one, other, reason| Err(Refusal::Conflict { one, other, reason });
        if tree.ephemeral && volatile != Volatile::No {
            return conflict("--ephemeral", "--volatile", ": both decide where changes go");
        }
        if tree.ephemeral && tree.read_only {
            return conflict("--ephemeral", "--read-only", ": a copy that is removed needs no protection");
        }
        if tree.read_only && matches!(volatile, Volatile::Yes | Volatile::Overlay) {
            return conflict("--read-only", "--volatile", ": changes go to memory already");
        }
        let is_protected = tree.ephemeral || matches!(volatile, Volatile::Yes | Volatile::State);
        if path == Path::new("/") && !is_protected {
            return Err(Refusal::HostRoot);
        }
        Ok(Root {
            path,
            access: if tree.read_only { Access::ReadOnly } else { Access::ReadWrite },
            volatile,
            persistence: if tree.ephemeral { Persistence::Ephemeral } else { Persistence::Kept },
        })
    }

    fn name(&self, root: &Root) -> Result<MachineName, Refusal> {
        if let Some(name) = &self.options.tree.machine {
            return Ok(name.clone());
        }
        let file_name = root.path.file_name().map_or_else(|| "host".into(), |name| name.to_string_lossy());
        let name = MachineName::from_file_name(&file_name)
            .ok_or_else(|| Refusal::NoName { path: root.path.clone() })?;
        if root.persistence == Persistence::Kept {
            return Ok(name);
        }
        let mut suffixed = format!("{name}-");
        for byte in self.caller.random {
            // Writing to a String cannot fail.
            write!(suffixed, "{byte:02x}").unwrap_or_default();
        }
        suffixed.parse().map_err(|_too_long| Refusal::LongName { name: name.to_string() })
    }

    fn payload(&mut self) -> Result<Payload, Refusal> {
        let mut words = std::mem::take(&mut self.words);
        if words.first().is_some_and(|word| word == "--") {
            words.remove(0);
        }
        let arguments = words.into_iter().map(ByteString::try_from).collect::<Result<Vec<_>, _>>()?;
        let Some(run) = self.run.take() else { return Ok(Payload::Boot { arguments }) };
        Ok(Payload::Command(Command {
            arguments,
            init: if run.as_pid1 { CommandInit::Command } else { CommandInit::Stub },
            user: run.uid,
            directory: run.chdir,
        }))
    }
}

/// A word with a slash is a path, as `.` and `..` are; anything else is a name.
fn is_path(word: &OsString) -> bool {
    use std::os::unix::ffi::OsStrExt as _;
    word.as_bytes().contains(&b'/') || word == "." || word == ".."
}

fn environment(assignments: &[OsString], caller: &Caller) -> Result<Vec<EnvironmentVariable>, Refusal> {
    let variable = |word: &OsString| {
        parse::environment_variable(word, &caller.environment).map_err(Refusal::Environment)
    };
    assignments.iter().map(variable).collect()
}

fn mounts(options: &MountOptions) -> Vec<CustomMount> {
    let lists = [&options.bind, &options.bind_ro, &options.tmpfs, &options.inaccessible];
    lists.into_iter().flatten().cloned().collect()
}

fn credentials(options: &MountOptions) -> Result<Vec<Credential>, Refusal> {
    let mut all: Vec<Credential> = Vec::new();
    for credential in options.set_credential.iter().chain(&options.load_credential) {
        if all.iter().any(|known| known.name == credential.name) {
            return Err(Refusal::TwoCredentials { name: credential.name.to_string() });
        }
        all.push(credential.clone());
    }
    Ok(all)
}

fn network(options: &IsolationOptions) -> Result<Network, Refusal> {
    match (options.private_network, options.network_veth) {
        (Some(false), Some(true)) => Err(Refusal::Conflict {
            one: "--private-network=no",
            other: "--network-veth",
            reason: ": the link needs a network namespace",
        }),
        (Some(false), _) => Ok(Network::Host),
        (_, Some(false)) => Ok(Network::Private),
        // Asking for a private network alone means no link, as it always did.
        (Some(true), None) => Ok(Network::Private),
        (_, Some(true)) | (None, None) => Ok(Network::Veth),
    }
}

fn privileges(options: &IsolationOptions) -> Privileges {
    let union =
        |sets: &[CapabilitySet]| sets.iter().fold(CapabilitySet::default(), |all, set| all.union(*set));
    let no_new_privileges = options.no_new_privileges.unwrap_or(false);
    Privileges {
        added: union(&options.capability),
        dropped: union(&options.drop_capability),
        new_privileges: if no_new_privileges { NewPrivileges::Refused } else { NewPrivileges::Allowed },
        system_calls: options.system_call_filter.iter().flat_map(|rules| rules.0.clone()).collect(),
    }
}

fn last_of_each(limits: &[ResourceLimit]) -> Vec<ResourceLimit> {
    let is_last = |(index, limit): &(usize, &ResourceLimit)| {
        !limits[index + 1..].iter().any(|later| later.resource == limit.resource)
    };
    limits.iter().enumerate().filter(is_last).map(|(_, limit)| *limit).collect()
}

/// An init always has a console; a command has one where somebody sits at it.
fn console(choice: Option<ConsoleChoice>, pipe: bool, payload: &Payload, caller: &Caller) -> ConsoleMode {
    let by_terminal = |elsewhere| if caller.is_interactive() { ConsoleMode::Interactive } else { elsewhere };
    match choice {
        _ if pipe => ConsoleMode::Pipe,
        Some(ConsoleChoice::Mode(mode)) => mode,
        Some(ConsoleChoice::AutoPipe) => by_terminal(ConsoleMode::Pipe),
        None => match payload {
            Payload::Boot { .. } => by_terminal(ConsoleMode::ReadOnly),
            Payload::Command(_) => by_terminal(ConsoleMode::Pipe),
        },
    }
}

fn lifecycle(options: &LifecycleOptions, payload: &Payload) -> Lifecycle {
    let (signal, waits) = match payload {
        Payload::Boot { .. } => (SignalNumber::RTMIN_PLUS_3, true),
        Payload::Command(_) => (SignalNumber::TERM, false),
    };
    let waits = options.notify_ready.unwrap_or(waits);
    Lifecycle {
        kill_signal: options.kill_signal.unwrap_or(signal),
        stop_timeout: options.stop_timeout.unwrap_or(STOP_TIMEOUT),
        notify_ready: if waits { NotifyReady::WhenPayloadIsReady } else { NotifyReady::AtExec },
        reboot: if options.keep_unit { RebootAction::ExitForRestart } else { RebootAction::BootAgain },
    }
}
