//! `--timezone=`

use std::path::Path;

use redd_spec::integration::TimezoneMode;
use redd_spec::root::Access;

use super::{Change, Context, removal};
use crate::action::Replacement;
use crate::facts::{EtcFile, HostTimezone};

const NO_FILE: &str = "the host has no /etc/localtime";

pub(super) fn change(context: &Context<'_>, now: &EtcFile) -> Option<Change> {
    match context.spec.integration.timezone {
        TimezoneMode::Off => None,
        TimezoneMode::Delete => removal(now),
        TimezoneMode::Auto => automatic(context, now),
        TimezoneMode::Symlink => Some(link(context)),
        TimezoneMode::Copy => Some(copy(context).unwrap_or(Change::Leave(NO_FILE))),
        TimezoneMode::Bind => Some(bind(context).unwrap_or(Change::Leave(NO_FILE))),
    }
}

/// What cannot be changed is covered, unless it says the same already.
fn automatic(context: &Context<'_>, now: &EtcFile) -> Option<Change> {
    let is_writable = context.root_access() == Access::ReadWrite;
    match &context.host.timezone {
        HostTimezone::Unset if is_writable => removal(now),
        HostTimezone::Unset => None,
        HostTimezone::Zone(zone) if !is_writable && now.zone() == Some(zone) => None,
        HostTimezone::Zone(_) if is_writable => Some(link(context)),
        HostTimezone::File if is_writable => copy(context),
        // Nobody asked for it, so nobody is told where it cannot be.
        HostTimezone::Zone(_) | HostTimezone::File => bind(context).filter(|_| now.can_be_covered()),
    }
}

/// A relative link, as AI1 asks for, so that it means the same seen from outside; a copy where the tree has no such zone.
fn link(context: &Context<'_>) -> Change {
    match &context.host.timezone {
        HostTimezone::Zone(zone) if context.tree.zone.is_present() => {
            Change::Replace(Replacement::Link(format!("../usr/share/zoneinfo/{zone}")))
        }
        HostTimezone::Zone(_) => copy(context).unwrap_or(Change::Leave(NO_FILE)),
        HostTimezone::File | HostTimezone::Unset => {
            Change::Leave("the host's /etc/localtime is no link to a zone")
        }
    }
}

fn copy(context: &Context<'_>) -> Option<Change> {
    let contents = context.grants.localtime.clone()?;
    Some(Change::Replace(Replacement::Contents(contents)))
}

fn bind(context: &Context<'_>) -> Option<Change> {
    context.grants.localtime.as_ref().map(|_contents| Change::Bind(Path::new("/etc/localtime").to_owned()))
}
