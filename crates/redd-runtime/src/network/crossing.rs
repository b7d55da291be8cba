//! Both sides of a machine's network: the host's namespace, and the machine's.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;

use redd_plan::link::{HostLink, LentLink, LinkError};
use redd_spec::name::MachineName;
use redd_spec::network::LinkPair;
use redd_sys::Errno;
use redd_sys::single_thread::SingleThreaded;

use super::lend;
use super::link::Link;
use super::rtnetlink::{Rtnetlink, Which};
use crate::StepError;
use crate::enter::{EnterError, Leader};

/// The first number that a link is given inside where its own is taken.
const INDEX_MIN: u32 = 1000;
const INDEX_ATTEMPTS: u32 = 64;

/// Connections to both.
#[derive(Debug)]
pub struct Crossing {
    machine: MachineName,
    host: Rtnetlink,
    inside: Rtnetlink,
    namespace: File,
}

/// Why a link cannot be attached.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It cannot be lent.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The machine has one of that name.
    #[error("the machine has a link {0} already")]
    Taken(String),
    /// The kernel does not tell.
    #[error("looking at links: {0}")]
    Kernel(#[from] Errno),
}

impl Crossing {
    /// Opens both; nothing where the machine has the host's.
    ///
    /// # Errors
    /// The machine does not run, or its namespace cannot be opened.
    pub fn open(machine: &MachineName, leader: &Leader) -> Result<Option<Self>, EnterError> {
        let failed = |cause: StepError| EnterError::Failed { what: "opening the network".to_owned(), cause };
        let namespace = File::open(leader.directory().join("ns/net"));
        if !leader.is_alive() {
            return Err(EnterError::NotRunning);
        }
        let namespace = namespace.map_err(|error| failed(error.into()))?;
        if is_own(&namespace).map_err(|error| failed(error.into()))? {
            return Ok(None);
        }
        let connect = || {
            let inside = Rtnetlink::open_in(&SingleThreaded::check()?, namespace.as_fd())?;
            Ok((Rtnetlink::open()?, inside))
        };
        let (host, inside) = connect().map_err(failed)?;
        Ok(Some(Self { machine: machine.clone(), host, inside, namespace }))
    }

    /// What it takes to lend a link, which is not done here.
    ///
    /// # Errors
    /// It cannot be lent.
    pub fn look(&self, wanted: &LinkPair) -> Result<LentLink, Refusal> {
        let found = self.host.link(Which::Named(wanted.host.as_str()))?.map(HostLink::from);
        let mut lent = LentLink::of(&self.machine, wanted, found.as_ref())?;
        for name in lent.link.alternative_names.iter().chain([&lent.inside]) {
            if self.inside.link(Which::Named(name))?.is_some() {
                return Err(Refusal::Taken(name.clone()));
            }
        }
        lent.index = self.free_index(lent.index)?;
        Ok(lent)
    }

    /// The number that it has on the host, where that is free.
    fn free_index(&self, own: u32) -> Result<u32, Errno> {
        for index in std::iter::once(own).chain(INDEX_MIN + own..INDEX_MIN + own + INDEX_ATTEMPTS) {
            if self.inside.link(Which::Numbered(index))?.is_none() {
                return Ok(index);
            }
        }
        Err(Errno::BUSY)
    }

    /// Moves it inside.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn lend(&self, lent: &LentLink) -> Result<(), StepError> {
        lend::lend(&self.host, lent, self.namespace.as_fd())
    }

    /// Gives it back, where it is still there.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn give_back(&self, lent: &LentLink) -> Result<(), StepError> {
        lend::give_back(lent, Some(self.namespace.as_fd()))
            .map_err(StepError::about(format!("giving {} back", lent.link.name)))
    }

    /// What a lent link is called inside by now; nothing where it is not there.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn name_inside(&self, lent: &LentLink) -> Result<Option<String>, Errno> {
        Ok(lend::find_inside(&self.inside, lent)?.map(|Link { name, .. }| name))
    }

    /// Whether a link of the host is called so.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn is_on_host(&self, name: &str) -> Result<bool, Errno> {
        Ok(self.host.link(Which::Named(name))?.is_some())
    }
}

/// Whether somebody's network namespace is this process's.
///
/// # Errors
/// It cannot be looked at.
pub fn is_own(namespace: &File) -> std::io::Result<bool> {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    Ok(identity(namespace.metadata()?) == identity(std::fs::metadata("/proc/self/ns/net")?))
}
