//! Links of the host that a machine has for a while.

use std::fmt;

use redd_spec::name::MachineName;
use redd_spec::network::{Bridge, Link, LinkPair, MacAddress};
use serde::{Deserialize, Serialize};

use crate::planner::host_link_name;

/// A link as the host has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostLink {
    /// Its name.
    pub name: String,
    /// What else it is called.
    pub alternative_names: Vec<String>,
    /// Its number.
    pub index: u32,
    /// What kind of link it is; nothing where it is a device's.
    pub kind: Option<String>,
    /// The hardware address that a device has by itself.
    pub permanent_address: Option<Vec<u8>>,
    /// Its hardware address.
    pub address: Vec<u8>,
    /// The longest packet, in bytes.
    pub mtu: u32,
    /// The machine that it leads to.
    pub machine: Option<String>,
}

/// A link of the host in a machine's network namespace, with all that it takes to give it back as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LentLink {
    /// The machine.
    pub machine: MachineName,
    /// What it was.
    pub link: HostLink,
    /// What it is called when it comes in.
    pub inside: String,
    /// Its number inside, which it keeps whatever the payload calls it.
    pub index: u32,
}

/// What kind of link is made on another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InnerKind {
    /// It has an address of its own.
    Macvlan,
    /// It has the other one's.
    Ipvlan,
}

impl fmt::Display for InnerKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Macvlan => "macvlan",
            Self::Ipvlan => "ipvlan",
        })
    }
}

/// A link on one of the host's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InnerLink {
    /// Its name inside.
    pub name: String,
    /// What it is.
    pub kind: InnerKind,
    /// The host's link.
    pub parent: String,
    /// That one's number.
    pub parent_index: u32,
    /// Its hardware address, where it has one of its own.
    pub address: Option<MacAddress>,
}

/// Why a link cannot be lent, or nothing be made on it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// There is none.
    #[error("the host has no link {name}")]
    Missing {
        /// What it was called.
        name: String,
    },
    /// It belongs to the namespace itself.
    #[error("lo is every network namespace's own")]
    Loopback,
    /// It leads to a machine.
    #[error("{name} leads to the machine {machine}")]
    OfMachine {
        /// The link.
        name: String,
        /// That machine.
        machine: String,
    },
    /// It is something else.
    #[error("{name} is no bridge")]
    NoBridge {
        /// The link.
        name: String,
    },
    /// Something else is called so inside.
    #[error("two links would be called {name}")]
    Twice {
        /// The name.
        name: String,
    },
}

impl LentLink {
    /// What is lent where a link is asked for, which keeps its number.
    ///
    /// # Errors
    /// It cannot be lent.
    pub fn of(machine: &MachineName, wanted: &LinkPair, found: Option<&HostLink>) -> Result<Self, LinkError> {
        let link = found.ok_or_else(|| LinkError::Missing { name: wanted.host.to_string() })?;
        if link.name == "lo" {
            return Err(LinkError::Loopback);
        }
        if let Some(machine) = &link.machine {
            return Err(LinkError::OfMachine { name: link.name.clone(), machine: machine.clone() });
        }
        Ok(Self {
            machine: machine.clone(),
            inside: host_link_name(wanted.inside.as_str()),
            index: link.index,
            link: link.clone(),
        })
    }
}

/// What one of the host's links is called that has to be there for this one.
#[must_use]
pub fn needed_by(link: &Link) -> Option<&str> {
    match link {
        Link::Interface(pair) | Link::Macvlan(pair) | Link::Ipvlan(pair) => Some(pair.host.as_str()),
        Link::Bridged(Bridge::Named(bridge)) => Some(bridge.as_str()),
        Link::Bridged(Bridge::Zone(_)) | Link::Veth | Link::ExtraVeth(_) => None,
    }
}
