//! The payload's journal among the host's (AI2, `--link-journal=`).

use std::path::{Path, PathBuf};

use redd_spec::integration::LinkJournal;
use redd_spec::path::PathInRoot;
use redd_spec::root::{Access, Persistence, Volatile};
use redd_spec::uuid::Uuid;

use super::check::PlanError;
use super::context::{Context, Steps};
use crate::action::{Action, MountFlags, MountPoint, MountSource, StageIdMap};
use crate::clause::Clause::AI2;
use crate::descriptor::Slot;
use crate::facts::{FileKind, IdMapping, JournalEntry, JournalFacts};

/// Where systemd-journald keeps what it writes, by machine.
const JOURNALS: &str = "/var/log/journal";

/// Which way it is linked.
enum Linking<'a> {
    /// A directory of the host's is bound in.
    Host(&'a JournalFacts),
    /// A link of the host's leads into the tree.
    Guest,
}

/// The directory of a machine's journal; the host's and the payload's have the same name.
#[must_use]
pub fn journal_of(uuid: Uuid) -> PathBuf {
    Path::new(JOURNALS).join(uuid.to_string().replace('-', ""))
}

/// Only who insists hears why it cannot be.
pub(super) fn refuse(context: &Context<'_>) -> Result<(), PlanError> {
    match (context.spec.integration.link_journal, linking(context)) {
        (LinkJournal::Host | LinkJournal::Guest, Err(reason)) => Err(PlanError::Journal { reason }),
        _ => Ok(()),
    }
}

fn linking<'a>(context: &Context<'a>) -> Result<Option<Linking<'a>>, &'static str> {
    let (Some(facts), mode) = (&context.grants.journal, context.spec.integration.link_journal) else {
        return Ok(None);
    };
    let root = &context.spec.root;
    if context.host.machine_id == Some(context.uuid) {
        return Err("the machine's id is the host's own");
    }
    if root.persistence == Persistence::Ephemeral || root.volatile != Volatile::No {
        return Err("nothing of an ephemeral or volatile machine is kept, its journal neither");
    }
    match mode {
        LinkJournal::No => Ok(None),
        LinkJournal::Auto if facts.entry == JournalEntry::Directory => host(context, facts).map(Some),
        LinkJournal::Auto => Ok(None),
        LinkJournal::Host | LinkJournal::TryHost => host(context, facts).map(Some),
        LinkJournal::Guest | LinkJournal::TryGuest => guest(context, facts).map(Some),
    }
}

fn host<'a>(context: &Context<'_>, facts: &'a JournalFacts) -> Result<Linking<'a>, &'static str> {
    match facts.entry {
        JournalEntry::Missing | JournalEntry::Stale | JournalEntry::Directory => {}
        JournalEntry::Linked => return Err("the host's directory for it is a link into the tree"),
        JournalEntry::Others => return Err("something else is in the place of the host's directory for it"),
    }
    if context.ids.is_some() && facts.id_mapping == IdMapping::Unsupported {
        return Err("the host's file system of journals cannot be mounted with other ids");
    }
    if context.root_access() == Access::ReadOnly && facts.tree != FileKind::Directory {
        return Err("the tree is read-only, and has no directory for it");
    }
    Ok(Linking::Host(facts))
}

fn guest<'a>(context: &Context<'_>, facts: &JournalFacts) -> Result<Linking<'a>, &'static str> {
    match facts.entry {
        JournalEntry::Missing | JournalEntry::Stale | JournalEntry::Linked => {}
        JournalEntry::Directory => return Err("the host has a directory for it already: use host"),
        JournalEntry::Others => return Err("something else is in the place of the host's link to it"),
    }
    if !facts.is_kept {
        return Err("the host keeps no journals: it has no /var/log/journal");
    }
    match facts.tree {
        _ if context.spec.root.pivot.is_some() => Err("the root is not the tree's own"),
        FileKind::Missing if context.root_access() == Access::ReadOnly => {
            Err("the tree is read-only, and has no directory for it")
        }
        FileKind::Directory | FileKind::Missing => Ok(Linking::Guest),
        FileKind::Link | FileKind::Regular | FileKind::Other => {
            Err("the way to the tree's directory for it is a link, or no directory")
        }
    }
}

/// The host's own directory, copied before the staging namespace is entered.
pub(super) fn prepare(context: &Context<'_>, steps: &mut Steps) {
    let Ok(Some(Linking::Host(facts))) = linking(context) else { return };
    let path = journal_of(context.uuid);
    if facts.entry != JournalEntry::Directory {
        steps.host(Action::CreateJournalDirectory { path: path.clone() }, &[AI2]);
    }
    steps.host(Action::CopyMount { slot: Slot::Journal, source: MountSource::Own { path } }, &[AI2]);
}

/// Owner and group are those of the same number inside: not the root's alone, or journald's group reads nothing.
pub(super) fn stage(context: &Context<'_>, steps: &mut Steps) {
    if let Ok(Some(Linking::Host(_))) = linking(context) {
        let id_map = context.ids.map_or(StageIdMap::Unmapped, StageIdMap::Container);
        steps.host(Action::Stage { slot: Slot::Journal, id_map, flags: MountFlags::DATA }, &[AI2]);
    }
}

/// The link stays, as the journal does: that is read when the machine is gone, too.
pub(super) fn link(context: &Context<'_>, steps: &mut Steps) {
    if let Ok(Some(Linking::Guest)) = linking(context) {
        let link = journal_of(context.uuid);
        let target = context.spec.root.path.join(link.strip_prefix("/").unwrap_or(&link));
        steps.host(Action::LinkJournal { link, target }, &[AI2]);
    }
}

pub(super) fn attach(context: &Context<'_>, steps: &mut Steps) {
    let Ok(target) = PathInRoot::new(journal_of(context.uuid)) else { return };
    match linking(context) {
        Ok(Some(Linking::Host(_))) => {
            let (slot, create) = (Slot::Journal, MountPoint::Directory);
            steps.child(Action::AttachStaged { slot, target, create }, &[AI2]);
        }
        Ok(Some(Linking::Guest)) => {
            steps.child(Action::EnsureDirectory { path: target, mode: 0o755 }, &[AI2]);
        }
        Ok(None) | Err(_) => {}
    }
}
