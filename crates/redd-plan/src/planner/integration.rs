//! Time zone and resolver configuration, taken over from the host (AI1).

use std::path::{Path, PathBuf};

use redd_spec::integration::{ResolvConfMethod, ResolvConfMode, TimezoneMode};
use redd_spec::root::Access;

use super::context::{Context, Steps, path};
use crate::action::{Action, MountFlags, MountPoint, MountSource, Replacement, StageIdMap};
use crate::clause::Clause;
use crate::clause::Clause::AI1;
use crate::descriptor::Slot;
use crate::facts::{FileKind, HostTimezone};

/// One file of the tree that follows the host.
struct Followed {
    file: &'static str,
    slot: Slot,
    serves: &'static [Clause],
    change: Change,
}

/// How it follows.
enum Change {
    Replace(Replacement),
    Bind(PathBuf),
}

/// Copies the mounts of files that are bound.
pub(super) fn prepare(context: &Context<'_>, steps: &mut Steps) {
    for (followed, host_path) in bound(context) {
        let source = MountSource::Own { path: host_path };
        steps.host(Action::CopyMount { slot: followed.slot, source }, followed.serves);
    }
}

pub(super) fn stage(context: &Context<'_>, steps: &mut Steps) {
    for (followed, _) in bound(context) {
        let flags = MountFlags::READ_ONLY_DATA;
        steps.host(
            Action::Stage { slot: followed.slot, id_map: StageIdMap::Unmapped, flags },
            followed.serves,
        );
    }
}

pub(super) fn apply(context: &Context<'_>, steps: &mut Steps) {
    warn(context, steps);
    for Followed { file, slot, serves, change } in followed(context) {
        let path = path(file);
        match change {
            Change::Bind(_) => {
                let create = MountPoint::File;
                steps.child(Action::AttachStaged { slot, target: path, create }, serves);
            }
            Change::Replace(_) if context.root_access() == Access::ReadOnly => {
                steps.warn(format!("the tree is read-only: its {file} is left as it is"));
            }
            Change::Replace(replacement) => steps.child(Action::ReplaceFile { path, replacement }, serves),
        }
    }
}

fn bound(context: &Context<'_>) -> impl Iterator<Item = (Followed, PathBuf)> {
    followed(context).into_iter().filter_map(|followed| match &followed.change {
        Change::Bind(path) => {
            let path = path.clone();
            Some((followed, path))
        }
        Change::Replace(_) => None,
    })
}

fn followed(context: &Context<'_>) -> Vec<Followed> {
    if !context.tree.etc.is_present() {
        return Vec::new();
    }
    let localtime = timezone(context).map(|change| Followed {
        file: "/etc/localtime",
        slot: Slot::Localtime,
        serves: &[AI1],
        change,
    });
    let resolver = resolv_conf(context).map(|change| Followed {
        file: "/etc/resolv.conf",
        slot: Slot::ResolvConf,
        serves: &[],
        change,
    });
    localtime.into_iter().chain(resolver).collect()
}

fn warn(context: &Context<'_>, steps: &mut Steps) {
    if context.spec.integration.timezone == TimezoneMode::Symlink && link_to_zone(context).is_none() {
        steps.warn(
            "--timezone=symlink: the tree has not the host's zone: its /etc/localtime is left as it is",
        );
    }
    let asked_for = matches!(context.spec.integration.resolv_conf, ResolvConfMode::From(..));
    if asked_for && context.grants.resolv_conf.is_none() {
        steps.warn("--resolv-conf=: the host has no such file: the tree's /etc/resolv.conf is left as it is");
    }
}

/// A relative link, as AI1 asks for, so that it means the same seen from outside.
fn link_to_zone(context: &Context<'_>) -> Option<Change> {
    match &context.host.timezone {
        HostTimezone::Zone(zone) if context.tree.zone.is_present() => {
            Some(Change::Replace(Replacement::Link(format!("../usr/share/zoneinfo/{zone}"))))
        }
        HostTimezone::Zone(_) | HostTimezone::File | HostTimezone::Unset => None,
    }
}

fn timezone(context: &Context<'_>) -> Option<Change> {
    let copy =
        || context.grants.localtime.clone().map(|contents| Change::Replace(Replacement::Contents(contents)));
    match context.spec.integration.timezone {
        TimezoneMode::Off => None,
        TimezoneMode::Delete => removal(context.tree.localtime),
        TimezoneMode::Auto if context.host.timezone == HostTimezone::Unset => removal(context.tree.localtime),
        TimezoneMode::Auto => link_to_zone(context).or_else(copy),
        TimezoneMode::Symlink => link_to_zone(context),
        TimezoneMode::Copy => copy(),
        TimezoneMode::Bind => {
            context.grants.localtime.as_ref().map(|_| Change::Bind(Path::new("/etc/localtime").to_owned()))
        }
    }
}

fn resolv_conf(context: &Context<'_>) -> Option<Change> {
    let contents =
        context.grants.resolv_conf.clone().map(|contents| Change::Replace(Replacement::Contents(contents)));
    match context.spec.integration.resolv_conf {
        ResolvConfMode::Off => None,
        ResolvConfMode::Auto if context.spec.network.is_private() => None,
        ResolvConfMode::Delete => removal(context.tree.resolv_conf),
        ResolvConfMode::Auto | ResolvConfMode::From(ResolvConfMethod::Copy, _) => {
            // A link in the tree is the payload's own arrangement, e.g. for systemd-resolved.
            let own = !matches!(context.tree.resolv_conf, FileKind::Missing | FileKind::Regular);
            if own { None } else { contents }
        }
        ResolvConfMode::From(ResolvConfMethod::Replace, _) => contents,
        ResolvConfMode::From(ResolvConfMethod::Bind, _) => {
            context.grants.resolv_conf_path.clone().map(Change::Bind)
        }
    }
}

fn removal(kind: FileKind) -> Option<Change> {
    match kind {
        FileKind::Missing => None,
        FileKind::Link | FileKind::Regular | FileKind::Directory | FileKind::Other => {
            Some(Change::Replace(Replacement::Removed))
        }
    }
}
