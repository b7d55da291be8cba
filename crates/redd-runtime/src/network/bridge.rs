//! Bridges, and those of zones, which come and go with the machines in them.
//!
//! systemd's own manager has zones too, and the same lock: whoever joins one finds a bridge that nobody removes meanwhile.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use redd_spec::name::MachineName;
use redd_sys::Errno;
use redd_sys::lock::{LockOutcome, lock_open_file_description};
use rustix::fs::{CWD, Mode, OFlags, openat};

use super::rtnetlink::{Rtnetlink, Which};
use crate::host::network::remove_link;

/// The lock of all zones.
const LOCK: &str = "/run/systemd/nspawn-network-zone";
/// How long it is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(2);
/// How often somebody else may make or remove the bridge meanwhile who does not know of the lock.
const ATTEMPTS: usize = 8;

/// Puts a link into a bridge, and brings it up.
pub(crate) fn join(connection: &Rtnetlink, link: &str, bridge: &str) -> Result<(), Errno> {
    let bridge = connection.link(Which::Named(bridge))?.ok_or(Errno::NODEV)?;
    let mut message = LinkMessage::default();
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    message.attributes =
        vec![LinkAttribute::IfName(link.to_owned()), LinkAttribute::Controller(bridge.index)];
    connection.request(RouteNetlinkMessage::SetLink(message), 0)
}

/// The same with the bridge of a zone, which is made where it is missing.
pub(crate) fn join_zone(connection: &Rtnetlink, link: &str, bridge: &str) -> Result<(), Errno> {
    let _lock = lock()?;
    for _ in 0..ATTEMPTS {
        match join(connection, link, bridge) {
            Err(Errno::NODEV) => match create(connection, bridge) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno),
            },
            result => return result,
        }
    }
    Err(Errno::NODEV)
}

fn create(connection: &Rtnetlink, bridge: &str) -> Result<(), Errno> {
    let mut message = LinkMessage::default();
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    message.attributes = vec![
        LinkAttribute::IfName(bridge.to_owned()),
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Bridge)]),
    ];
    connection.request(RouteNetlinkMessage::NewLink(message), NLM_F_CREATE | NLM_F_EXCL)
}

/// Removes a machine's link, and the bridge where nothing is in it any more.
pub(crate) fn leave_zone(bridge: &str, link: &str, machine: &MachineName) -> Result<(), Errno> {
    remove_link(link, machine)?;
    let connection = Rtnetlink::open()?;
    let _lock = lock()?;
    let links = connection.links()?;
    let is_it = |found: &&super::link::Link| found.name == bridge && found.kind.as_deref() == Some("bridge");
    let Some(bridge) = links.iter().find(is_it) else { return Ok(()) };
    if links.iter().any(|link| link.controller == Some(bridge.index)) {
        return Ok(());
    }
    let mut message = LinkMessage::default();
    message.header.index = bridge.index;
    match connection.request(RouteNetlinkMessage::DelLink(message), 0) {
        Err(Errno::NODEV) => Ok(()),
        result => result,
    }
}

/// Whoever had the lock may have removed its file.
fn lock() -> Result<File, Errno> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match openat(CWD, LOCK, flags, Mode::from_raw_mode(0o600)) {
            Err(Errno::NOENT) => {
                make_directory()?;
                continue;
            }
            result => File::from(result?),
        };
        let outcome = lock_open_file_description(&file)?;
        if outcome == LockOutcome::Taken && file.metadata().is_ok_and(|metadata| metadata.nlink() > 0) {
            return Ok(file);
        }
        if Instant::now() >= deadline {
            return Err(Errno::BUSY);
        }
        sleep(INTERVAL);
    }
}

fn make_directory() -> Result<(), Errno> {
    let directory = Path::new(LOCK).parent().unwrap_or(Path::new("/"));
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(directory)
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}
