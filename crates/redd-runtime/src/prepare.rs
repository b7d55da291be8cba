//! What a start needs before it can be planned: locks, ids, and the contents of files the user named.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use redd_plan::descriptor::Slot;
use redd_plan::facts::{Grants, HostFacts, TreeFacts};
use redd_spec::Spec;
use redd_spec::integration::{LinkJournal, ResolvConfMode, ResolvConfSource};
use redd_spec::payload::Payload;
use redd_spec::resources::LimitDefaults;
use redd_spec::root::Persistence;
use redd_spec::uuid::Uuid;
use redd_sys::Errno;
use redd_sys::lock::{LockOutcome, Sharing};
use rustix::rand::{GetRandomFlags, getrandom};

use crate::facts::host::{STUB_RESOLV_CONF, read_host_file};
use crate::facts::{Tree, host_facts, tree_facts};
use crate::patience::take_lock;
use crate::sources::Source;
use crate::state::LIBRARY;
use crate::unit::Manager;
use crate::{Error, facts, ids, network, sources, unit};

/// Everything a plan is made of.
#[derive(Debug)]
pub(crate) struct Inputs {
    pub(crate) tree: Tree,
    pub(crate) host: HostFacts,
    pub(crate) facts: TreeFacts,
    pub(crate) grants: Grants,
    /// The sources of mounts, opened once, by the slots they are for.
    pub(crate) sources: BTreeMap<Slot, Source>,
    /// A connection to systemd, where something will be asked of it.
    pub(crate) manager: Option<Manager>,
    /// The homes of bound users, opened once, by their place in the Spec.
    pub(crate) homes: BTreeMap<usize, OwnedFd>,
    /// What the payload is given from descriptor 3 on; nothing where it has its number already.
    pub(crate) sockets: Vec<OwnedFd>,
}

/// Gathers everything but the credentials, which are read once, and changes nothing. The ids are those that would be taken.
pub(crate) fn gather(
    spec: &Spec,
    terminal: Option<String>,
    credentials: Vec<(String, Vec<u8>)>,
) -> Result<Inputs, Error> {
    let tree = Tree::open(&spec.root)?;
    let mut host = host_facts(terminal)?;
    if matches!(spec.payload, Payload::Boot { .. }) {
        host.inotify = facts::host::inotify_facts()?;
    }
    if spec.resources.limit_defaults == LimitDefaults::HostInit {
        host.init_limits = facts::host::init_limits()?;
    }
    let (service_manager, manager) = unit::service_manager(spec, &host.cgroups)?;
    host.service_manager = service_manager;
    let facts = tree_facts(&tree, spec, &host)?;
    let sources = sources::open(spec, &tree)?;
    let (bound_users, homes) = facts::host_users::bound_users(&spec.bound_users.names)?;
    let (resolv_conf, resolv_conf_path) = host_resolv_conf(spec)?;
    let library = Path::new(LIBRARY);
    let mut grants = Grants {
        boot_id: random_uuid()?,
        random_uuid: random_uuid()?,
        credentials,
        resolv_conf,
        resolv_conf_path,
        localtime: read_host_file(Path::new("/etc/localtime")),
        devices: facts::devices::device_facts(&spec.devices)?,
        block_devices: facts::devices::block_devices(&spec.resources.traffic)?,
        binds: sources.binds,
        layers: sources.layers,
        links: network::named_links(spec)?,
        bound_users,
        journal: None,
        ephemeral_directory: (spec.root.persistence == Persistence::Ephemeral && can_hold_layers(library))
            .then(|| library.join("ephemeral").join(spec.name.as_str())),
        temporary_directory: library.join("temporary"),
        ids: ids::expected(spec, &host, &facts)?,
    };
    if spec.integration.link_journal != LinkJournal::No {
        let uuid = redd_plan::uuid(spec, &host, &facts, &grants);
        grants.journal = Some(facts::journal::look(tree.whole(), &spec.root.path, uuid));
    }
    Ok(Inputs { tree, host, facts, grants, sources: sources.opened, manager, homes, sockets: Vec::new() })
}

/// Whether the upper layer of an overlay can be below a directory, which may not be there yet: not where that is on an
/// overlay itself, as in a container with an ephemeral tree.
fn can_hold_layers(directory: &Path) -> bool {
    const OVERLAYFS_SUPER_MAGIC: i64 = 0x794c_7630;
    let status = directory.ancestors().find_map(|directory| rustix::fs::statfs(directory).ok());
    status.is_none_or(|status| status.f_type != OVERLAYFS_SUPER_MAGIC)
}

/// Locks the tree itself: whoever opens it by whatever name meets this lock. A tree that is only read is shared, and so is
/// what a tree lies over.
pub(crate) fn lock_tree(spec: &Spec, tree: &Tree) -> Result<Vec<File>, Error> {
    use redd_spec::root::{Access, Volatile};
    let is_written = spec.root.persistence == Persistence::Kept
        && spec.root.access == Access::ReadWrite
        && spec.root.volatile == Volatile::No;
    let sharing = if is_written { Sharing::Exclusive } else { Sharing::Shared };
    let mut locks = vec![lock_directory(&spec.root.path, sharing)?];
    if let Some(template) = &tree.template {
        locks.push(lock_directory(&template.path, Sharing::Shared)?);
    }
    Ok(locks)
}

/// The lock of a tree's directory, taken for as long as the file is open.
pub(crate) fn lock_directory(path: &Path, sharing: Sharing) -> Result<File, Error> {
    let failed = |what: &str| Error::host(format!("{what} {}", path.display()));
    let directory = File::open(path)
        .map_err(|error| failed("opening")(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    match take_lock(&directory, sharing).map_err(failed("locking"))? {
        LockOutcome::Taken => Ok(directory),
        LockOutcome::Busy => Err(Error::TreeBusy { path: path.to_owned() }),
    }
}

pub(crate) fn random_uuid() -> Result<Uuid, Error> {
    let mut bytes = [0; 16];
    getrandom(&mut bytes, GetRandomFlags::empty()).map_err(Error::host("getting random bytes"))?;
    Ok(Uuid::from_random_bytes(bytes))
}

fn host_resolv_conf(spec: &Spec) -> Result<(Option<Vec<u8>>, Option<PathBuf>), Error> {
    let path = match spec.integration.resolv_conf {
        ResolvConfMode::Off | ResolvConfMode::Delete => return Ok((None, None)),
        ResolvConfMode::Auto if spec.network.is_private() => return Ok((None, None)),
        ResolvConfMode::Auto if facts::host::has_resolver_stub()? => STUB_RESOLV_CONF,
        ResolvConfMode::Auto | ResolvConfMode::From(_, ResolvConfSource::Host) => "/etc/resolv.conf",
        ResolvConfMode::From(_, ResolvConfSource::Static) => "/usr/lib/systemd/resolv.conf",
        ResolvConfMode::From(_, ResolvConfSource::Uplink) => "/run/systemd/resolve/resolv.conf",
        ResolvConfMode::From(_, ResolvConfSource::Stub) => STUB_RESOLV_CONF,
    };
    let contents = read_host_file(Path::new(path));
    let path = contents.is_some().then(|| PathBuf::from(path));
    Ok((contents, path))
}
