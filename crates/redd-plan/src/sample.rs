//! Plans of representative starts on representative hosts, for checks that look at every kind of plan.

use std::collections::BTreeSet;
use std::path::PathBuf;

use redd_spec::Spec;
use redd_spec::api::ApiFileSystems;
use redd_spec::bound_user::{AccountName, BoundShell, BoundUsers};
use redd_spec::capability::{CapabilitySet, Privileges};
use redd_spec::console::{ConsoleMode, ExtraTerminals};
use redd_spec::ids::{HostId, IdRange, Ownership, RANGE_SIZE, UserNamespace};
use redd_spec::init::{InitChoice, InitKind};
use redd_spec::integration::{Integration, LinkJournal, ResolvConfMode, TimezoneMode};
use redd_spec::lifecycle::{Health, Lifecycle, NotifyReady, RebootAction, Restart, STOP_TIMEOUT, StopMethod};
use redd_spec::namespaces::SharedNamespaces;
use redd_spec::nesting::Nesting;
use redd_spec::network::Network;
use redd_spec::path::PathInRoot;
use redd_spec::payload::{Command, CommandInit, Identity, Payload};
use redd_spec::resources::Resources;
use redd_spec::root::{Access, OsReleaseCheck, Persistence, Root, Volatile};
use redd_spec::sockets::PassedSockets;
use redd_spec::text::ByteString;
use redd_spec::unit::Unit;
use redd_spec::uuid::Uuid;

use crate::cgroup::{CgroupPath, Controller};
use crate::facts::{
    BoundUserFacts, CgroupFacts, EtcFile, ExecutableClass, FileKind, Grants, HostAccount, HostFacts,
    HostTimezone, IdMapping, Init, JournalEntry, JournalFacts, KernelVersion, LegacyHierarchy, OsRelease,
    OwnUserNamespace, Population, Presence, ServiceManager, SshKeys, TreeAccounts, TreeFacts, TreeIdentity,
    UnifiedHierarchy, Voice,
};
use crate::step::Plan;

/// One plan of each kind.
#[must_use]
pub fn plans() -> Vec<Plan> {
    let mut specs = vec![boot(), command()];
    specs.push(Spec { users: UserNamespace::Host, network: Network::Host, ..boot() });
    let overlay = Root { persistence: Persistence::Ephemeral, ..boot().root };
    specs.push(Spec { root: overlay, ..boot() });
    specs.push(with_terminals());
    specs.push(with_bound_user());
    for link_journal in [LinkJournal::Host, LinkJournal::Guest] {
        specs.push(Spec { integration: Integration { link_journal, ..boot().integration }, ..boot() });
    }
    let mut plans = Vec::new();
    for spec in &specs {
        for host in [unified_host(), hybrid_host(), inner_host(), systemd_host()] {
            let ids = (spec.users != UserNamespace::Host).then_some(SAMPLE_IDS);
            let bound_users = if spec.bound_users.names.is_empty() { Vec::new() } else { vec![bound_user()] };
            let grants = Grants { ids, bound_users, journal: Some(journal()), ..grants() };
            plans.extend(crate::plan(spec, &host, &tree(), &grants));
        }
    }
    plans
}

/// A host that keeps journals, and has none of this machine.
#[must_use]
pub const fn journal() -> JournalFacts {
    JournalFacts {
        entry: JournalEntry::Missing,
        is_kept: true,
        tree: FileKind::Missing,
        id_mapping: IdMapping::Supported,
    }
}

const SAMPLE_IDS: IdRange = IdRange { start: HostId(0x8_0000), count: RANGE_SIZE };

/// `redd boot debian` with every default.
#[must_use]
pub fn boot() -> Spec {
    Spec {
        name: "debian".parse().expect("a constant name is valid"),
        root: Root {
            path: PathBuf::from("/var/lib/machines/debian"),
            access: Access::ReadWrite,
            volatile: Volatile::No,
            persistence: Persistence::Kept,
            template: None,
            pivot: None,
            os_release: OsReleaseCheck::Required,
            substitutes: Vec::new(),
        },
        payload: Payload::Boot { arguments: Vec::new(), init: InitChoice::Detected },
        identity: Identity::default(),
        environment: Vec::new(),
        users: UserNamespace::Pick,
        ownership: Ownership::Auto,
        bound_users: BoundUsers::default(),
        nesting: Nesting::Off,
        network: Network::veth(),
        mounts: Vec::new(),
        sockets: PassedSockets::default(),
        credentials: Vec::new(),
        imported_credentials: Vec::new(),
        kernel_parameters: Vec::new(),
        namespaces: SharedNamespaces::default(),
        api: ApiFileSystems::default(),
        devices: Vec::new(),
        privileges: Privileges::default(),
        resources: Resources::default(),
        integration: Integration {
            timezone: TimezoneMode::Auto,
            resolv_conf: ResolvConfMode::Auto,
            link_journal: LinkJournal::No,
        },
        console: ConsoleMode::Interactive,
        terminals: ExtraTerminals::default(),
        background: None,
        lifecycle: Lifecycle {
            stop: StopMethod::ByKind,
            stop_timeout: Some(STOP_TIMEOUT),
            notify_ready: NotifyReady::WhenPayloadIsReady,
            reboot: RebootAction::BootAgain,
            restart: Restart::default(),
            health: Health::default(),
            after: Vec::new(),
        },
        unit: Unit::default(),
    }
}

/// `redd boot --ttys=2 debian`
#[must_use]
pub fn with_terminals() -> Spec {
    Spec { terminals: ExtraTerminals::new(2).expect("two are not too many"), ..boot() }
}

/// `redd run debian -- true` with every default, not on a terminal.
#[must_use]
pub fn command() -> Spec {
    let arguments = ["true"].map(|word| ByteString::try_from(word).expect("a constant without NUL")).into();
    let command = Command { arguments, init: CommandInit::Stub, user: None, ids: None, directory: None };
    Spec { payload: Payload::Command(command), console: ConsoleMode::Pipe, ..boot() }
}

/// `redd boot debian --bind-user=alice --bind-user-group=sudo --bind-user-shell=yes`
///
/// # Panics
/// Never: the names are constants.
#[must_use]
pub fn with_bound_user() -> Spec {
    let name = |text| AccountName::new(text).expect("a constant name is valid");
    let bound_users =
        BoundUsers { names: vec![name("alice")], shell: BoundShell::Host, groups: vec![name("sudo")] };
    Spec { bound_users, ..boot() }
}

/// A user as hosts have them.
///
/// # Panics
/// Never: the name is a constant.
#[must_use]
pub fn bound_user() -> BoundUserFacts {
    BoundUserFacts {
        name: AccountName::new("alice").expect("a constant name is valid"),
        account: Some(HostAccount {
            uid: HostId(1000),
            gid: HostId(1001),
            group: Some("alice".to_owned()),
            home: PathBuf::from("/home/alice"),
            home_owner: Some(HostId(1000)),
            shell: "/bin/zsh".to_owned(),
            hashed_password: Some("$y$secret".to_owned()),
            ssh_keys: SshKeys::Keys(vec!["ssh-ed25519 AAAA alice".to_owned()]),
        }),
    }
}

/// A host whose controllers are in the unified hierarchy.
#[must_use]
pub fn unified_host() -> HostFacts {
    let controllers = BTreeSet::from([Controller::Cpu, Controller::Io, Controller::Memory, Controller::Pids]);
    HostFacts {
        kernel: KernelVersion { major: 6, minor: 12 },
        machine_id: "0123456789abcdef0123456789abcdef".parse().ok(),
        os_release: OsRelease {
            id: Some("debian".to_owned()),
            version_id: Some("13".to_owned()),
            build_id: None,
            variant_id: None,
            contents: b"ID=debian\nVERSION_ID=13\n".to_vec(),
        },
        cgroups: CgroupFacts {
            unified: Some(UnifiedHierarchy {
                mount: PathBuf::from("/sys/fs/cgroup"),
                own: CgroupPath(PathBuf::from("/sys/fs/cgroup/user.slice")),
                enabled: controllers.clone(),
                controllers,
                population: Population::Shared,
                delegate: ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]
                    .map(str::to_owned)
                    .into(),
            }),
            legacy: Vec::new(),
            named: None,
        },
        user_namespace: OwnUserNamespace::First,
        capabilities: CapabilitySet::ALL,
        ignored_signals: Vec::new(),
        memory: 16 << 30,
        timezone: HostTimezone::Zone("Europe/Berlin".to_owned()),
        selinux: Presence::Absent,
        terminal: Some("xterm".to_owned()),
        init_limits: None,
        inotify: None,
        service_manager: None,
    }
}

/// A host whose controllers are in hierarchies of version 1.
#[must_use]
pub fn hybrid_host() -> HostFacts {
    let legacy = |controller: Controller| LegacyHierarchy {
        controllers: BTreeSet::from([controller]),
        own: CgroupPath(PathBuf::from(format!("/sys/fs/cgroup/{controller}"))),
    };
    let unified = UnifiedHierarchy {
        mount: PathBuf::from("/sys/fs/cgroup/unified"),
        own: CgroupPath(PathBuf::from("/sys/fs/cgroup/unified")),
        controllers: BTreeSet::new(),
        enabled: BTreeSet::new(),
        population: Population::Root,
        delegate: vec!["cgroup.procs".to_owned()],
    };
    let legacy =
        [Controller::Cpu, Controller::Devices, Controller::Memory, Controller::Pids].map(legacy).into();
    HostFacts { cgroups: CgroupFacts { unified: Some(unified), legacy, named: None }, ..unified_host() }
}

/// A host that systemd runs, redd in somebody's session.
#[must_use]
pub fn systemd_host() -> HostFacts {
    let controllers = BTreeSet::from([
        Controller::Cpu,
        Controller::Cpuset,
        Controller::Io,
        Controller::Memory,
        Controller::Pids,
    ]);
    let manager = ServiceManager {
        voice: Voice::Answers,
        root: CgroupPath(PathBuf::from("/sys/fs/cgroup")),
        controllers,
        machined: Presence::Present,
        own: None,
    };
    HostFacts { service_manager: Some(manager), ..unified_host() }
}

/// The inside of a container with a user namespace, in which containers run.
#[must_use]
pub fn inner_host() -> HostFacts {
    let ids = vec![IdRange { start: HostId(0), count: 16 * RANGE_SIZE }];
    HostFacts { user_namespace: OwnUserNamespace::Inner { ids }, ..unified_host() }
}

/// A tree with Debian in it, never booted.
#[must_use]
pub fn tree() -> TreeFacts {
    TreeFacts {
        owner: HostId(0),
        group: HostId(0),
        mode: 0o755,
        init: Some(Init {
            path: PathInRoot::new("/usr/lib/systemd/systemd").expect("a constant path is absolute"),
            kind: InitKind::Systemd,
            systemd: Some(257),
            class: ExecutableClass::Native,
        }),
        os_release: Some("Debian GNU/Linux 13 (trixie)".to_owned()),
        machine_id: None,
        usr: Presence::Present,
        usr_links: [("bin", "usr/bin"), ("lib", "usr/lib")].map(|(a, b)| (a.to_owned(), b.to_owned())).into(),
        user: None,
        localtime: EtcFile { kind: FileKind::Link, leads_to: FileKind::Regular, target: None },
        zone: Presence::Present,
        resolv_conf: EtcFile::MISSING,
        missing_mount_points: Vec::new(),
        etc: Presence::Present,
        identity: TreeIdentity { device: 1, inode: 2 },
        accounts: TreeAccounts::default(),
        template: None,
    }
}

/// What a start was given.
#[must_use]
pub fn grants() -> Grants {
    Grants {
        ids: Some(SAMPLE_IDS),
        boot_id: Uuid::from_random_bytes([7; 16]),
        random_uuid: Uuid::from_random_bytes([8; 16]),
        credentials: vec![("firstboot.locale".to_owned(), b"C.UTF-8".to_vec())],
        resolv_conf: None,
        resolv_conf_path: None,
        localtime: None,
        devices: Vec::new(),
        block_devices: Default::default(),
        binds: Vec::new(),
        bound_users: Vec::new(),
        links: Vec::new(),
        journal: None,
        layers: Vec::new(),
        ephemeral_directory: Some(PathBuf::from("/var/lib/redd/ephemeral/debian")),
        temporary_directory: PathBuf::from("/var/lib/redd/temporary"),
    }
}
