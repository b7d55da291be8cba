//! The machine's entry in systemd-machined: by Varlink where it listens, else over the bus, which starts it.

mod by_bus;
mod by_varlink;

use std::fmt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_control::place;
use redd_plan::action::{MachineEntry, Missing};
use redd_spec::name::MachineName;
use redd_spec::text::escape;
use redd_spec::uuid::Uuid;
use redd_sys::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use rustix::process::Pid;

use crate::StepError;
use crate::facts::read_text;
use crate::launch::HostSide;

/// Where it listens, where it keeps its entries, and how a bus knows that it can be started.
const SOCKET: &str = "/run/systemd/machine/io.systemd.Machine";
const ENTRIES: &str = "/run/systemd/machines";
const ACTIVATION: &str = "/usr/share/dbus-1/system-services/org.freedesktop.machine1.service";
/// How long one answer may take; it may have to be started for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an entry of the machine's last life may take to go.
const FORGETTING: Duration = Duration::from_secs(5);
const FORGETTING_INTERVAL: Duration = Duration::from_millis(20);
/// What others say is cut here.
const SAID_MAX: usize = 300;

/// An entry as it is told.
#[derive(Debug)]
struct Entry<'a> {
    name: &'a MachineName,
    uuid: Uuid,
    service: &'a str,
    leader: Pid,
    root: &'a Path,
    links: Vec<i32>,
    control: PathBuf,
    ssh: String,
}

/// Why there is no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Failure {
    /// Nobody listens there, or knows this way of saying it.
    NotThisWay(String),
    /// The name has an entry.
    Exists,
    /// Another reason.
    Other(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists => formatter.write_str("it has a machine of that name, which is not redd's"),
            Self::NotThisWay(said) | Self::Other(said) => {
                formatter.write_str(&escape(said.as_bytes(), SAID_MAX))
            }
        }
    }
}

/// Whether it is on this host, running or not.
pub(super) fn is_there() -> bool {
    Path::new(SOCKET).exists() || Path::new(ACTIVATION).exists()
}

/// Registers the payload, or warns where that is enough.
pub(crate) fn register(side: &mut HostSide<'_>, entry: &MachineEntry) -> Result<(), StepError> {
    let leader = side.child.as_ref().ok_or(Errno::CHILD)?.pid;
    let told = Entry {
        name: &entry.name,
        uuid: entry.uuid,
        service: &entry.service,
        leader,
        root: &entry.root,
        links: entry.links.iter().filter_map(|link| index(link)).collect(),
        control: place::directory(&entry.name).join(place::CONTROL),
        ssh: format!("unix/run/systemd/nspawn/unix-export/{}/ssh", entry.name),
    };
    match (settle(&told), entry.missing) {
        (Ok(()), _) => Ok(()),
        (Err(failure), Missing::Refuse) => {
            let error = StepError::about(format!("systemd-machined: {failure}"))(Errno::IO);
            Err(error.with_hint("without --register=yes it starts all the same"))
        }
        (Err(failure), Missing::Skip) => {
            side.warnings.push(format!(
                "systemd-machined does not know {}, nor do machinectl and the like: {failure}",
                entry.name
            ));
            Ok(())
        }
    }
}

/// What an ended machine left is ended, and it is tried again; what lives is somebody else's.
fn settle(entry: &Entry<'_>) -> Result<(), Failure> {
    let deadline = Instant::now() + FORGETTING;
    loop {
        match announce(entry) {
            Err(Failure::Exists) if Instant::now() < deadline => {
                match leader(entry.name)? {
                    Some(other) if other != entry.leader && is_alive(other) => return Err(Failure::Exists),
                    Some(_) | None => forget(entry.name)?,
                }
                sleep(FORGETTING_INTERVAL);
            }
            result => return result,
        }
    }
}

fn announce(entry: &Entry<'_>) -> Result<(), Failure> {
    match by_varlink::register(entry) {
        Err(Failure::NotThisWay(_)) => by_bus::register(entry),
        result => result,
    }
}

/// The first process of an entry.
fn leader(name: &MachineName) -> Result<Option<Pid>, Failure> {
    match by_varlink::leader(name) {
        Err(Failure::NotThisWay(_)) => by_bus::leader(name),
        result => result,
    }
}

fn forget(name: &MachineName) -> Result<(), Failure> {
    match by_varlink::unregister(name) {
        Err(Failure::NotThisWay(_)) => by_bus::unregister(name),
        result => result,
    }
}

/// Ends the machine's entry. One whose first process lives is not of a machine that has ended, and one that nobody can be asked
/// about goes by itself: its process is gone.
pub(crate) fn unregister(name: &MachineName) {
    if !Path::new(ENTRIES).join(name.as_str()).exists() {
        return;
    }
    if let Ok(Some(leader)) = leader(name)
        && !is_alive(leader)
    {
        crate::error::best_effort(forget(name));
    }
}

/// Whether there is such a process, and it has not ended.
fn is_alive(process: Pid) -> bool {
    let stat = read_text(format!("/proc/{}/stat", process.as_raw_nonzero())).ok().flatten();
    let state = stat.as_deref().and_then(|stat| stat.rsplit_once(") ")).map(|(_, rest)| rest.to_owned());
    state.is_some_and(|state| !state.starts_with(['Z', 'X']))
}

fn index(link: &str) -> Option<i32> {
    let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None).ok()?;
    rustix::net::netdevice::name_to_index(&socket, link).ok()?.try_into().ok()
}
