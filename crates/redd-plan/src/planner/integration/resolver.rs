//! `--resolv-conf=`

use redd_spec::integration::{ResolvConfMethod, ResolvConfMode};
use redd_spec::root::Access;

use super::{Change, Context, removal};
use crate::action::Replacement;
use crate::facts::{EtcFile, FileKind};

const NO_FILE: &str = "the host has no such file";

pub(super) fn change(context: &Context<'_>, now: &EtcFile) -> Option<Change> {
    match context.spec.integration.resolv_conf {
        ResolvConfMode::Off => None,
        ResolvConfMode::Auto => automatic(context, now),
        ResolvConfMode::Delete => removal(now),
        ResolvConfMode::From(..) if context.grants.resolv_conf.is_none() => Some(Change::Leave(NO_FILE)),
        ResolvConfMode::From(ResolvConfMethod::Copy, _) => copy(context, now),
        ResolvConfMode::From(ResolvConfMethod::Replace, _) => contents(context),
        ResolvConfMode::From(ResolvConfMethod::Bind, _) => bind(context),
    }
}

/// With the host's network, its servers: copied, or bound over what cannot be changed; without any there are none.
fn automatic(context: &Context<'_>, now: &EtcFile) -> Option<Change> {
    if context.spec.network.is_private() {
        return None;
    }
    match (context.grants.resolv_conf.is_some(), context.root_access()) {
        (true, Access::ReadWrite) => copy(context, now),
        // Nobody asked for it, so nobody is told where it cannot be.
        (true, Access::ReadOnly) => bind(context).filter(|_| now.can_be_covered()),
        (false, Access::ReadWrite) => removal(now),
        (false, Access::ReadOnly) => None,
    }
}

/// A link in the tree is the payload's own arrangement, e.g. for systemd-resolved.
fn copy(context: &Context<'_>, now: &EtcFile) -> Option<Change> {
    match now.kind {
        FileKind::Missing | FileKind::Regular => contents(context),
        FileKind::Link => None,
        FileKind::Directory | FileKind::Other => Some(Change::Leave("it is no file")),
    }
}

fn contents(context: &Context<'_>) -> Option<Change> {
    let contents = context.grants.resolv_conf.clone()?;
    Some(Change::Replace(Replacement::Contents(contents)))
}

fn bind(context: &Context<'_>) -> Option<Change> {
    context.grants.resolv_conf_path.clone().map(Change::Bind)
}
