//! Links of the host that a machine has for a while.

use redd_spec::name::MachineName;
use redd_spec::network::{Link, LinkPair};
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

/// Why a link cannot be lent.
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
    /// Something else is called so inside.
    #[error("two links would be called {name} inside")]
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

/// The links of the host that a Spec names, in its order.
pub fn named_by(links: &[Link]) -> impl Iterator<Item = &LinkPair> {
    links.iter().filter_map(|link| match link {
        Link::Interface(pair) => Some(pair),
        Link::Veth => None,
    })
}
