//! Links and their namespaces, by rtnetlink; nothing is executed.

pub(crate) mod bridge;
pub mod crossing;
pub(crate) mod inner;
pub(crate) mod lend;
pub(crate) mod link;
pub mod routes;
pub(crate) mod rtnetlink;

use redd_plan::link::{HostLink, needed_by};
use redd_spec::Spec;

use self::rtnetlink::{Rtnetlink, Which};
use crate::Error;

/// What the links of the host are that a Spec names, in its order.
pub(crate) fn named_links(spec: &Spec) -> Result<Vec<Option<HostLink>>, Error> {
    let mut names = spec.network.links().iter().filter_map(needed_by).peekable();
    if names.peek().is_none() {
        return Ok(Vec::new());
    }
    let failed = |name: &str| Error::host(format!("looking for the link {name}"));
    let connection = Rtnetlink::open().map_err(failed(""))?;
    let look = |name: &str| connection.link(Which::Named(name)).map_err(failed(name));
    names.map(|name| Ok(look(name)?.map(HostLink::from))).collect()
}
