//! Users of the host who are known inside: their homes, and their records for nss-systemd (RH10, RH11).
//!
//! The records are those of <https://systemd.io/USER_RECORD> and <https://systemd.io/GROUP_RECORD>, as little of them as a login
//! needs. What only root may read stands in files of their own, see nss-systemd(8).

use redd_spec::Spec;
use redd_spec::bound_user::{AccountName, BOUND_GROUPS_MAX, BOUND_ID_FIRST, BOUND_ID_LAST, BOUND_USERS_MAX};
use redd_spec::ids::{ContainerId, HostId};
use redd_spec::path::PathInRoot;
use redd_spec::payload::Payload;

use super::check::PlanError;
use super::context::{Context, Steps};
use crate::action::{Action, Entry, EntryKind, MountFlags, MountPoint, MountSource, StageIdMap};
use crate::clause::Clause::RH11;
use crate::descriptor::Slot;
use crate::facts::{BoundUserFacts, Grants, HostAccount, SshKeys, TreeFacts, UserFacts};

mod record;

/// Where homes are, inside.
const HOMES: &str = "/run/host/home";
/// The last id of systemd's plan that belongs to the host's own system users.
const SYSTEM_ID_MAX: u32 = 999;
/// Who nobody is, to the kernel.
const NOBODY: u32 = 65534;

/// Why a user of the host cannot be bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum BoundUserError {
    #[error("the host's /etc/passwd has no such user")]
    Unknown,
    #[error("every payload has such a user of its own")]
    Special,
    #[error("its group on the host is {}: only users with a group of their own name can be bound", group.as_deref().unwrap_or("not in /etc/group"))]
    OtherGroup { group: Option<String> },
    #[error("its home directory {home} cannot be bound: {reason}")]
    Home { home: String, reason: &'static str },
    #[error("its home directory {home} belongs to id {owner}, and not to id {uid}")]
    HomeOfOthers { home: String, owner: u32, uid: u32 },
    #[error("the tree has a {kind} of that name already")]
    Clash { kind: &'static str },
    #[error("the tree uses all ids from {BOUND_ID_FIRST} to {BOUND_ID_LAST}, which are for bound users")]
    NoFreeId,
    #[error("its id inside would be {id}, and the payload has only {count} ids")]
    OutOfRange { id: u32, count: u32 },
}

impl BoundUserError {
    pub(super) const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unknown => {
                "redd reads the host's own files: users of systemd-homed, userdb, LDAP and the like cannot be bound"
            }
            Self::Home { .. } | Self::HomeOfOthers { .. } => {
                "bind what the payload needs with --bind=SOURCE:PATH:idmap"
            }
            Self::Clash { .. } => "the payload's own user wins over a bound one: remove or rename it",
            Self::OutOfRange { .. } => "give the payload 65536 ids: --private-users=START",
            Self::Special | Self::OtherGroup { .. } | Self::NoFreeId => return None,
        })
    }
}

/// A user of the host, and the id it has inside.
pub(super) struct BoundUser<'a> {
    index: u16,
    name: &'a AccountName,
    account: &'a HostAccount,
    id: ContainerId,
}

impl BoundUser<'_> {
    fn home(&self) -> String {
        format!("{HOMES}/{}", self.name)
    }

    const fn slot(&self) -> Slot {
        Slot::Home(self.index)
    }
}

/// Every user of the host that is bound, with the first free ids in the order in which they were named.
fn assigned<'a>(
    facts: &'a [BoundUserFacts],
    tree: &'a TreeFacts,
) -> impl Iterator<Item = (&'a BoundUserFacts, Option<ContainerId>)> {
    let free = (BOUND_ID_FIRST..=BOUND_ID_LAST).filter(|id| !tree.accounts.bound_ids.contains(id));
    facts.iter().zip(free.map(|id| Some(ContainerId(id))).chain(std::iter::repeat(None)))
}

fn bound<'a>(tree: &'a TreeFacts, grants: &'a Grants) -> Vec<BoundUser<'a>> {
    let users = assigned(&grants.bound_users, tree).zip(0..);
    let bound = users.filter_map(|((facts, id), index)| {
        Some(BoundUser { index, name: &facts.name, account: facts.account.as_ref()?, id: id? })
    });
    bound.collect()
}

pub(super) fn refuse_impossible(spec: &Spec, tree: &TreeFacts, grants: &Grants) -> Result<(), PlanError> {
    let asked = &spec.bound_users;
    if asked.names.len() > BOUND_USERS_MAX {
        return Err(PlanError::TooMany { what: "--bind-user", limit: BOUND_USERS_MAX });
    }
    if asked.groups.len() > BOUND_GROUPS_MAX {
        return Err(PlanError::TooMany { what: "--bind-user-group", limit: BOUND_GROUPS_MAX });
    }
    if asked.names.is_empty() && !asked.groups.is_empty() {
        return Err(PlanError::GroupsOfNobody);
    }
    for (facts, id) in assigned(&grants.bound_users, tree) {
        refuse_unfit(facts, id, tree, grants)
            .map_err(|cause| PlanError::BoundUser { name: facts.name.to_string(), cause })?;
    }
    Ok(())
}

fn refuse_unfit(
    facts: &BoundUserFacts,
    id: Option<ContainerId>,
    tree: &TreeFacts,
    grants: &Grants,
) -> Result<(), BoundUserError> {
    let account = facts.account.as_ref().ok_or(BoundUserError::Unknown)?;
    if [account.uid, account.gid].iter().any(|id| id.0 == 0 || id.0 == NOBODY) {
        return Err(BoundUserError::Special);
    }
    if account.group.as_deref() != Some(facts.name.as_str()) {
        return Err(BoundUserError::OtherGroup { group: account.group.clone() });
    }
    let is_named = |names: &[String]| names.iter().any(|known| known == facts.name.as_str());
    if is_named(&tree.accounts.users) {
        return Err(BoundUserError::Clash { kind: "user" });
    }
    if is_named(&tree.accounts.groups) {
        return Err(BoundUserError::Clash { kind: "group" });
    }
    let id = id.ok_or(BoundUserError::NoFreeId)?;
    if let Some(ids) = grants.ids.filter(|ids| ids.to_host(id).is_none()) {
        return Err(BoundUserError::OutOfRange { id: id.0, count: ids.count });
    }
    refuse_unfit_home(account)
}

/// A home that is the user's own: what others own would appear as nobody's, and is not the user's to share.
fn refuse_unfit_home(account: &HostAccount) -> Result<(), BoundUserError> {
    let home = redd_spec::text::escape_path(&account.home);
    if account.home.parent().is_none() || !account.home.is_absolute() {
        return Err(BoundUserError::Home { home, reason: "it is the host's root, or no absolute path" });
    }
    match account.home_owner {
        None => Err(BoundUserError::Home { home, reason: "there is no such directory" }),
        Some(owner) if owner != account.uid => {
            Err(BoundUserError::HomeOfOthers { home, owner: owner.0, uid: account.uid.0 })
        }
        Some(_) => Ok(()),
    }
}

/// Copies the mounts of the homes.
pub(super) fn prepare(context: &Context<'_>, steps: &mut Steps) {
    for user in bound(context.tree, context.grants) {
        let source = MountSource::Home { path: user.account.home.clone(), index: user.index.into() };
        steps.host(Action::CopyMount { slot: user.slot(), source }, &[RH11]);
        warn(context, &user, steps);
    }
}

fn warn(context: &Context<'_>, user: &BoundUser<'_>, steps: &mut Steps) {
    if let SshKeys::Unusable(reason) = &user.account.ssh_keys {
        steps.warn(format!("the authorized_keys of {} are not handed on: {reason}", user.name));
    }
    if user.index > 0 {
        return;
    }
    for group in &context.spec.bound_users.groups {
        if !context.tree.accounts.groups.iter().any(|known| known == group.as_str()) {
            steps.warn(format!("--bind-user-group={group}: the tree's /etc/group has no such group"));
        }
    }
}

/// The user's files are the user's inside, and everybody else's are nobody's. Nothing in a home gives privileges to who runs it,
/// or stands for a device: the payload writes there, and the host's users look there.
pub(super) fn stage(context: &Context<'_>, steps: &mut Steps) {
    for user in bound(context.tree, context.grants) {
        let to = host_id(context, user.id);
        let id_map =
            StageIdMap::Account { uid: user.account.uid, gid: user.account.gid, to_uid: to, to_gid: to };
        let flags = MountFlags::NO_SUID.and(MountFlags::NO_DEVICES);
        steps.host(Action::Stage { slot: user.slot(), id_map, flags }, &[RH11]);
    }
}

fn host_id(context: &Context<'_>, id: ContainerId) -> HostId {
    context.ids.and_then(|ids| ids.to_host(id)).unwrap_or(HostId(id.0))
}

pub(super) fn attach(context: &Context<'_>, steps: &mut Steps) {
    for user in bound(context.tree, context.grants) {
        let target = PathInRoot::new(user.home()).expect("a name has neither '/' nor '.'");
        let create = MountPoint::Required;
        steps.child(Action::AttachStaged { slot: user.slot(), target, create }, &[RH11]);
    }
}

/// What `/run/host` has for bound users.
pub(super) fn host_directory_entries(context: &Context<'_>) -> Vec<Entry> {
    let users = bound(context.tree, context.grants);
    if users.is_empty() {
        return Vec::new();
    }
    let directory = |path: String| Entry { path, mode: 0o755, kind: EntryKind::Directory };
    let mut entries = vec![directory("home".to_owned()), directory("userdb".to_owned())];
    for user in &users {
        entries.push(directory(format!("home/{}", user.name)));
        entries.extend(record::entries(user, &context.spec.bound_users));
    }
    entries
}

/// The bound user that a command is run as, where it is one.
pub(super) fn payload_user(spec: &Spec, tree: &TreeFacts, grants: &Grants) -> Option<UserFacts> {
    let Payload::Command(command) = &spec.payload else { return None };
    let wanted = command.user.as_deref()?;
    let user = bound(tree, grants).into_iter().find(|user| user.name.as_str() == wanted)?;
    let shell = record::shell(&user, &spec.bound_users.shell).unwrap_or("/bin/bash");
    let of_name = |name: &AccountName| {
        let known = tree.accounts.group_ids.iter().find(|(known, _)| known == name.as_str());
        known.map(|(_, id)| *id)
    };
    Some(UserFacts {
        name: wanted.to_owned(),
        uid: user.id.0,
        gid: user.id.0,
        groups: spec.bound_users.groups.iter().filter_map(of_name).collect(),
        home: user.home(),
        shell: shell.to_owned(),
    })
}
