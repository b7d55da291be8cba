//! Settings become a [`Spec`]: defaults are filled in, and what does not go together is refused.

mod network;
mod payload;
mod root;
mod selection;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use redd_spec::Spec;
use redd_spec::api::ApiFileSystems;
use redd_spec::capability::{CapabilitySet, NewPrivileges, Privileges, SyncCalls};
use redd_spec::console::ConsoleMode;
use redd_spec::credential::Credential;
use redd_spec::devices::DeviceNode;
use redd_spec::ids::{Ownership, UserNamespace};
use redd_spec::integration::{Integration, ResolvConfMode, TimezoneMode};
use redd_spec::lifecycle::{Health, Lifecycle, NotifyReady, RebootAction, Restart, StopMethod};
use redd_spec::name::MachineName;
use redd_spec::parse::{self, ConsoleChoice};
use redd_spec::payload::{EnvironmentVariable, Identity, ManagerName};
use redd_spec::resources::{Limit, Personality, Resources};
use redd_spec::root::{Persistence, Root};
use redd_spec::unit::{Placement, Unit};
use redd_spec::variables;

use crate::assignment::Assignment;
use crate::bundle::Bundle;
use crate::caller::Caller;
use crate::file::{self, Contents, FileMode, SettingsFile};
use crate::knobs;
use crate::persona::{ConsoleElsewhere, Defaults, DeviceDefaults, Persona, StartMode};
use crate::refusal::Refusal;
use crate::settings::{
    CommandSettings, IntegrationSettings, IsolationSettings, LifeSettings, ResourceSettings, Settings,
    UnitSettings,
};
pub use selection::{MACHINES, Selection, TreeChoice};

/// A start, with everything that was read for it.
#[derive(Debug)]
pub struct Start<'a> {
    /// What the words say.
    pub selection: Selection,
    /// Where the tree is.
    pub tree: PathBuf,
    /// Where that is which it is made from.
    pub template: Option<PathBuf>,
    /// The bundle, where the tree is one's.
    pub bundle: Option<Bundle>,
    /// Files about the machine, the most general first.
    pub files: Vec<SettingsFile>,
    /// Who calls.
    pub caller: &'a Caller,
}

/// What a start comes to.
#[derive(Debug)]
pub struct Specified {
    /// It.
    pub spec: Spec,
    /// What the caller should know.
    pub warnings: Vec<String>,
    /// What was set, and where.
    pub assignments: Vec<Assignment>,
    /// Whether the caller wants to know.
    pub quiet: bool,
}

impl Start<'_> {
    /// Fills in what nobody spoke of.
    ///
    /// # Errors
    /// What does not go together, and what files say that cannot be used.
    pub fn specify(self) -> Result<Specified, Refusal> {
        let Self {
            selection: Selection { name, files: mode, persona, line, settings, .. },
            tree,
            template,
            bundle,
            files,
            caller,
        } = self;
        let place = (tree, template);
        let mut warnings = knobs::warnings(persona, caller);
        let mut said = knobs::assignments(persona, caller);
        let (settings, assignments) = if files.is_empty() && bundle.is_none() && said.is_empty() {
            (settings, line.assignments)
        } else {
            let has_words = !line.words.is_empty();
            said.extend(match bundle {
                Some(bundle) => with_bundle(bundle, line.assignments, has_words, &mut warnings)?,
                None => merged(&files, mode, line.assignments, has_words, &mut warnings)?,
            });
            let merged = said;
            let mut settings = Settings::default();
            for assignment in &merged {
                assignment.apply(&mut settings)?;
            }
            (settings, merged)
        };
        let quiet = settings.integration.quiet;
        let mut spec = specify(persona, settings, name, place, line.words, caller)?;
        if persona == Persona::Nspawn && caller.terminal_type(&spec).is_some() {
            hand_on_colours(&mut spec.environment, caller);
        }
        Ok(Specified { spec, warnings, assignments, quiet })
    }
}

/// No other file counts beside a bundle, and the command line wins.
fn with_bundle(
    bundle: Bundle,
    line: Vec<Assignment>,
    has_words: bool,
    warnings: &mut Vec<String>,
) -> Result<Vec<Assignment>, Refusal> {
    let said = bundle.assignments()?;
    let shown = |warning| format!("{}: {warning}", bundle.path.display());
    warnings.extend(bundle.contents.warnings.iter().map(shown));
    Ok(file::merge(line, said, FileMode::Yes, has_words))
}

fn merged(
    files: &[SettingsFile],
    mode: FileMode,
    line: Vec<Assignment>,
    has_words: bool,
    warnings: &mut Vec<String>,
) -> Result<Vec<Assignment>, Refusal> {
    let mut contents = Contents::default();
    files.iter().for_each(|file| file.read_into(&mut contents));
    warnings.extend(contents.ignored);
    match contents.invalid.into_iter().next() {
        Some(line) => Err(Refusal::Invalid { line }),
        None => Ok(file::merge(line, contents.assignments, mode, has_words)),
    }
}

fn specify(
    persona: Persona,
    settings: Settings,
    name: MachineName,
    (tree, template): (PathBuf, Option<PathBuf>),
    words: Vec<OsString>,
    caller: &Caller,
) -> Result<Spec, Refusal> {
    let mode = payload::mode(persona, &settings.command);
    refuse_for_an_init(mode, &settings.command)?;
    let defaults = persona.defaults(mode);
    let surroundings = settings.surroundings.clone();
    let root = root::root(&settings.tree, tree, template)?;
    let root = Root { os_release: surroundings.os_release, ..root };
    let name = match root.persistence {
        Persistence::Ephemeral if settings.tree.machine.is_none() => root::suffixed(&name, caller)?,
        _ => name,
    };
    let words = payload::words(mode, &settings.command, words);
    let (words, parameters) = match (persona, mode) {
        (Persona::Nspawn, StartMode::Boot) => payload::kernel_parameters(words),
        _ => (words, Vec::new()),
    };
    let payload = payload::payload(mode, &settings, &defaults, words)?;
    let assigned = parameters.iter().chain(&settings.identity.setenv);
    let isolation = &settings.isolation;
    let users = isolation.private_users.unwrap_or(defaults.private_users);
    Ok(Spec {
        name,
        identity: Identity {
            hostname: settings.identity.hostname,
            uuid: settings.identity.uuid,
            manager: surroundings
                .manager
                .unwrap_or_else(|| ManagerName::new(defaults.manager).unwrap_or_default()),
            link_address: surroundings.link_address,
        },
        environment: environment(persona, assigned, caller)?,
        users,
        ownership: ownership(isolation, users, &defaults),
        nesting: isolation.nesting.unwrap_or(false).into(),
        network: network::network(isolation, defaults.network)?,
        kernel_parameters: isolation.kernel_parameters.clone(),
        namespaces: surroundings.namespaces,
        api: ApiFileSystems { access: surroundings.api_access, temporary: surroundings.temporary },
        devices: devices(isolation, &defaults),
        privileges: privileges(isolation, &defaults),
        bound_users: settings.mounts.bound_users,
        mounts: settings.mounts.custom,
        sockets: payload::sockets(persona, &settings.life, caller)?,
        credentials: distinct(settings.mounts.credentials)?,
        imported_credentials: settings.mounts.imported_credentials,
        resources: limits(settings.resources, isolation.personality, &defaults),
        integration: integration(&settings.integration),
        console: console(persona, settings.integration.console, &defaults, caller),
        terminals: settings.integration.terminals.unwrap_or_default(),
        background: settings.integration.background,
        lifecycle: lifecycle(&settings.life, &defaults),
        unit: unit(settings.unit, &settings.life, &defaults),
        root,
        payload,
    })
}

fn limits(settings: ResourceSettings, personality: Option<Personality>, defaults: &Defaults) -> Resources {
    Resources {
        memory: settings.memory.unwrap_or(defaults.memory),
        pids: settings.pids_max.unwrap_or(defaults.pids_max),
        cpus: settings.cpus.unwrap_or(Limit::Default),
        memory_high: settings.memory_high.unwrap_or(Limit::Default),
        swap: settings.swap.unwrap_or(Limit::Default),
        cpu_weight: settings.cpu_weight,
        io_weight: settings.io_weight,
        traffic: settings.traffic,
        rlimits: settings.rlimits,
        limit_defaults: defaults.limits,
        oom_score_adjust: settings.oom_score_adjust,
        cpu_affinity: settings.cpu_affinity,
        personality,
    }
}

fn integration(settings: &IntegrationSettings) -> Integration {
    Integration {
        timezone: settings.timezone.unwrap_or(TimezoneMode::Auto),
        resolv_conf: settings.resolv_conf.unwrap_or(ResolvConfMode::Auto),
        link_journal: settings.link_journal.unwrap_or_default(),
    }
}

fn lifecycle(settings: &LifeSettings, defaults: &Defaults) -> Lifecycle {
    Lifecycle {
        stop: settings.kill_signal.map_or(defaults.stop, StopMethod::Signal),
        stop_timeout: settings.stop_timeout.or(defaults.stop_timeout),
        notify_ready: match settings.notify_ready {
            Some(true) => NotifyReady::WhenPayloadIsReady,
            Some(false) => NotifyReady::AtExec,
            None => defaults.notify_ready,
        },
        reboot: if settings.keep_unit { RebootAction::ExitForRestart } else { RebootAction::BootAgain },
        restart: restart(settings),
        health: Health { watchdog: settings.watchdog, ready_timeout: settings.ready_timeout },
        after: settings.after.clone(),
    }
}

fn restart(settings: &LifeSettings) -> Restart {
    let default = Restart::default();
    Restart {
        policy: settings.restart.unwrap_or(default.policy),
        delay: settings.restart_delay.unwrap_or(default.delay),
        limit: settings.restart_limit.unwrap_or(default.limit),
    }
}

/// What the user sets stands behind it, and wins.
fn hand_on_colours(environment: &mut Vec<EnvironmentVariable>, caller: &Caller) {
    for name in [variables::NO_COLOR, variables::COLORTERM] {
        let handed = parse::environment_variable(name.as_ref(), &caller.environment);
        environment.splice(0..0, handed.ok());
    }
}

/// What an init is not asked for, whoever asks.
fn refuse_for_an_init(mode: StartMode, command: &CommandSettings) -> Result<(), Refusal> {
    let conflict = |other, reason| Err(Refusal::Conflict { one: "--boot", other, reason });
    match (mode, &command.user, &command.directory) {
        (StartMode::Boot, Some(user), _) if user != "root" && user != "0" => {
            conflict("--uid", ": an init runs as root")
        }
        (StartMode::Boot, _, Some(directory)) if !directory.is_root() => {
            conflict("--chdir", ": an init starts in the root directory")
        }
        _ => Ok(()),
    }
}

/// systemd-nspawn passes on what the caller has, natively the caller has to have it.
fn environment<'a>(
    persona: Persona,
    assignments: impl Iterator<Item = &'a OsString>,
    caller: &Caller,
) -> Result<Vec<EnvironmentVariable>, Refusal> {
    let variable = |word: &OsString| {
        parse::environment_variable(word, &caller.environment).map_err(Refusal::Environment)
    };
    let is_there = |word: &&OsString| {
        persona != Persona::Nspawn
            || word.as_encoded_bytes().contains(&b'=')
            || caller.environment.iter().any(|(name, _)| name == *word)
    };
    assignments.filter(is_there).map(variable).collect()
}

/// Ids that were picked are nobody's in the tree: they have to be mapped.
fn ownership(settings: &IsolationSettings, users: UserNamespace, defaults: &Defaults) -> Ownership {
    let by_default =
        if users == UserNamespace::Pick { Ownership::Auto } else { defaults.private_users_ownership };
    settings.private_users_ownership.unwrap_or(by_default)
}

fn distinct(credentials: Vec<Credential>) -> Result<Vec<Credential>, Refusal> {
    for (index, credential) in credentials.iter().enumerate() {
        if credentials[..index].iter().any(|known| known.name == credential.name) {
            return Err(Refusal::TwoCredentials { name: credential.name.to_string() });
        }
    }
    Ok(credentials)
}

fn privileges(settings: &IsolationSettings, defaults: &Defaults) -> Privileges {
    let union = |sets: &[CapabilitySet]| sets.iter().fold(CapabilitySet::EMPTY, |all, set| all.union(*set));
    let is_set = |choice: Option<bool>| choice.unwrap_or(false);
    Privileges {
        added: union(&settings.capability),
        dropped: union(&settings.drop_capability),
        ambient: union(&settings.ambient_capability),
        new_privileges: if is_set(settings.no_new_privileges) {
            NewPrivileges::Refused
        } else {
            NewPrivileges::Allowed
        },
        system_calls: settings.system_call_filter.clone(),
        system_call_base: defaults.system_calls,
        address_families: settings.restrict_address_families,
        sync: if is_set(settings.suppress_sync) { SyncCalls::Suppressed } else { SyncCalls::Kept },
        selinux: settings.selinux.clone(),
    }
}

fn devices(settings: &IsolationSettings, defaults: &Defaults) -> Vec<DeviceNode> {
    let mut devices = match defaults.devices {
        DeviceDefaults::None => Vec::new(),
        DeviceDefaults::FuseAndTun => DeviceNode::of_nspawn(),
    };
    devices.extend(settings.devices.iter().cloned());
    devices
}

/// An init always has a console; what else does, is the persona's to say.
fn console(
    persona: Persona,
    choice: Option<ConsoleChoice>,
    defaults: &Defaults,
    caller: &Caller,
) -> ConsoleMode {
    let by_terminal = |elsewhere| if caller.is_interactive() { ConsoleMode::Interactive } else { elsewhere };
    match choice {
        // Nobody sits there.
        _ if persona == Persona::Start => ConsoleMode::Kept,
        Some(ConsoleChoice::Mode(mode)) => mode,
        Some(ConsoleChoice::AutoPipe) => by_terminal(ConsoleMode::Pipe),
        None => by_terminal(match defaults.console_elsewhere {
            ConsoleElsewhere::ReadOnly => ConsoleMode::ReadOnly,
            ConsoleElsewhere::Pipe => ConsoleMode::Pipe,
        }),
    }
}

fn unit(settings: UnitSettings, life: &LifeSettings, defaults: &Defaults) -> Unit {
    Unit {
        placement: if life.keep_unit { Placement::Kept } else { Placement::Scope },
        slice: settings.slice,
        properties: settings.properties,
        registration: settings.register.unwrap_or(defaults.register),
    }
}

/// Without asking the system: links are followed later, by the kernel.
fn absolute(caller: &Caller, path: &Path) -> PathBuf {
    let joined = caller.current_directory.join(path);
    joined.components().filter(|part| *part != std::path::Component::CurDir).collect()
}

/// What a start is called in messages.
#[must_use]
pub const fn mode_of(spec: &Spec) -> StartMode {
    match spec.payload {
        redd_spec::payload::Payload::Boot { .. } => StartMode::Boot,
        redd_spec::payload::Payload::Command(_) => StartMode::Command,
    }
}
