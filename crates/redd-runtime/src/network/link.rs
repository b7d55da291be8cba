//! What the kernel says of a link.
//!
//! Only the attributes that are needed are looked at: every kernel has more of them.

use netlink_packet_core::{DefaultNla, NlasIterator};
use netlink_packet_route::link::LinkAttribute;
use redd_plan::link::HostLink;

use crate::host::network::owner_of;

const HEADER: usize = 16;
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_IFALIAS: u16 = 20;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_PROP_LIST: u16 = 52;
const IFLA_ALT_IFNAME: u16 = 53;
const IFLA_PERM_ADDRESS: u16 = 54;

impl From<Link> for HostLink {
    fn from(link: Link) -> Self {
        Self {
            machine: link.alias.as_deref().and_then(owner_of).map(str::to_owned),
            name: link.name,
            alternative_names: link.alternative_names,
            index: link.index,
            kind: link.kind,
            permanent_address: link.permanent_address,
            address: link.address,
            mtu: link.mtu,
        }
    }
}

/// A link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) alternative_names: Vec<String>,
    /// What somebody wrote on it.
    pub(crate) alias: Option<String>,
    /// `veth`, `bridge` and the like; nothing where it is a device's.
    pub(crate) kind: Option<String>,
    pub(crate) address: Vec<u8>,
    /// What a device has by itself.
    pub(crate) permanent_address: Option<Vec<u8>>,
    pub(crate) mtu: u32,
    /// The number of the one that it is made on, or that is its other end.
    pub(crate) parent: Option<u32>,
    /// Whether that is in another namespace.
    pub(crate) is_on_other_namespace: bool,
    /// The number of the bridge that it is in.
    pub(crate) controller: Option<u32>,
}

impl Link {
    /// Reads the payload of a message.
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        let (header, attributes) = payload.split_at_checked(HEADER)?;
        let mut link = Self { index: number(header.get(4..8)?)?, ..Self::default() };
        for attribute in NlasIterator::new(attributes).map_while(Result::ok) {
            let value = attribute.value();
            match attribute.kind() {
                IFLA_IFNAME => link.name = text(value),
                IFLA_ADDRESS => link.address = value.to_vec(),
                IFLA_PERM_ADDRESS => link.permanent_address = Some(value.to_vec()),
                IFLA_MTU => link.mtu = number(value)?,
                IFLA_IFALIAS => link.alias = Some(text(value)),
                IFLA_LINK => link.parent = number(value),
                IFLA_LINK_NETNSID => link.is_on_other_namespace = true,
                IFLA_MASTER => link.controller = number(value),
                IFLA_LINKINFO => link.kind = texts(value, IFLA_INFO_KIND).pop(),
                IFLA_PROP_LIST => link.alternative_names = texts(value, IFLA_ALT_IFNAME),
                _ => {}
            }
        }
        Some(link)
    }
}

fn texts(nested: &[u8], wanted: u16) -> Vec<String> {
    let all = NlasIterator::new(nested).map_while(Result::ok);
    all.filter(|attribute| attribute.kind() == wanted).map(|attribute| text(attribute.value())).collect()
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

fn number(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

/// Any name of a link, in a question: one longer than the kernel's limit is an alternative one.
pub(super) fn any_name(name: &str) -> LinkAttribute {
    let mut value = name.as_bytes().to_vec();
    value.push(0);
    LinkAttribute::Other(DefaultNla::new(IFLA_ALT_IFNAME, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_message_is_taken(payload in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(Link::read(&payload));
        }
    }
}
