//! Time zone and resolver configuration, taken over from the host (AI1).

use std::path::PathBuf;

use redd_spec::root::{Access, Volatile};

use super::context::{Context, Steps, path};
use super::owners;
use crate::action::{Action, MountFlags, MountPoint, MountSource, Replacement, StageIdMap};
use crate::clause::Clause;
use crate::clause::Clause::AI1;
use crate::descriptor::Slot;
use crate::facts::{EtcFile, FileKind};

mod resolver;
mod timezone;

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
    /// Not as was asked for, and why.
    Leave(&'static str),
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
    for Followed { file, slot, serves, change } in followed(context) {
        let path = path(file);
        match change {
            Change::Bind(_) => {
                let create = MountPoint::File;
                steps.child(Action::AttachStaged { slot, target: path, create }, serves);
            }
            Change::Leave(reason) => steps.warn(format!("{reason}: the tree's {file} is left as it is")),
            Change::Replace(_) if owners::is_somebody_elses(context) => {
                steps.warn(format!("the tree is none of the container's: its {file} is left as it is"));
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
        Change::Replace(_) | Change::Leave(_) => None,
    })
}

fn followed(context: &Context<'_>) -> Vec<Followed> {
    if !context.tree.etc.is_present() {
        return Vec::new();
    }
    let follow = |file, slot, serves, change: Option<Change>, now: &EtcFile| {
        let change = possible(context, change?, now);
        Some(Followed { file, slot, serves, change })
    };
    let (localtime, resolv_conf) =
        (there(context, &context.tree.localtime), there(context, &context.tree.resolv_conf));
    let zone = timezone::change(context, &localtime);
    let resolver = resolver::change(context, &resolv_conf);
    let zone = follow("/etc/localtime", Slot::Localtime, &[AI1], zone, &localtime);
    let resolver = follow("/etc/resolv.conf", Slot::ResolvConf, &[], resolver, &resolv_conf);
    zone.into_iter().chain(resolver).collect()
}

/// An empty root has nothing there, whatever the tree has.
fn there(context: &Context<'_>, file: &EtcFile) -> EtcFile {
    if context.spec.root.volatile == Volatile::Yes { EtcFile::MISSING } else { file.clone() }
}

/// What cannot be done to what is there, or not where it is.
fn possible(context: &Context<'_>, change: Change, now: &EtcFile) -> Change {
    match change {
        Change::Replace(_) if context.root_access() == Access::ReadOnly => {
            Change::Leave("the tree is read-only")
        }
        Change::Replace(_) if matches!(now.kind, FileKind::Directory) => Change::Leave("it is a directory"),
        Change::Bind(_) => match (now.kind, now.leads_to) {
            (FileKind::Missing, _) if context.root_access() == Access::ReadOnly => {
                Change::Leave("the tree is read-only, and nothing is there to be covered")
            }
            (FileKind::Missing | FileKind::Regular, _) | (FileKind::Link, FileKind::Regular) => change,
            (FileKind::Link, _) => Change::Leave("it is a link to no file of the tree"),
            (FileKind::Directory | FileKind::Other, _) => Change::Leave("it is no file"),
        },
        Change::Replace(_) | Change::Leave(_) => change,
    }
}

fn removal(now: &EtcFile) -> Option<Change> {
    (now.kind != FileKind::Missing).then_some(Change::Replace(Replacement::Removed))
}
