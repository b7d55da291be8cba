//! What can be refused before anything is touched.

use std::path::PathBuf;

use redd_spec::Spec;
use redd_spec::capability::CapabilitySet;
use redd_spec::ids::{HostId, IdRange};
use redd_spec::payload::Payload;
use redd_spec::root::{OsReleaseCheck, Persistence, Volatile};

use super::bound_users::{self, BoundUserError};
use super::context::Context;
use super::{devices, journal, network, registration};
use crate::facts::TreeFacts;
use crate::init::places;
use crate::link::LinkError;

mod mounts;
mod privileges;
mod roots;

/// Why there cannot be a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum PlanError {
    #[error("{} has no init: no program is at {}", path.display(), places.join(" or "))]
    NoInit { path: PathBuf, places: Vec<String> },
    #[error("{} is no operating system: it has no os-release file", path.display())]
    NoOsRelease { path: PathBuf },
    #[error("{} is no operating system: it has no /usr directory", path.display())]
    NoUsr { path: PathBuf },
    #[error("no cgroup hierarchy that redd could use is mounted")]
    NoCgroups,
    #[error("--register=yes: the host has no systemd-machined")]
    NoMachined,
    #[error("no user {name:?} in the tree's /etc/passwd")]
    NoUser { name: String },
    #[error("the source {} of a bind mount does not exist", path.display())]
    NoBindSource { path: PathBuf },
    #[error("the bind mount of {path} asks for an id map, but there is no user namespace")]
    IdMapWithoutUserNamespace { path: String },
    #[error("--system-call-filter={word}: {cause}")]
    UnknownSystemCall { word: String, cause: String },
    #[error("--ambient-capability= names {beyond}, which the payload does not have at all")]
    AmbientBeyondBounds { beyond: CapabilitySet },
    #[error("--ambient-capability= is for a command, and an init has every capability anyway")]
    AmbientForInit,
    #[error(
        "--restrict-address-families= cannot be kept where the payload may call {call}: no filter sees its arguments"
    )]
    UnseenSockets { call: &'static str },
    #[error("the journal cannot be linked: {reason}")]
    Journal { reason: &'static str },
    #[error(
        "a payload that shares the host's {namespace} is a command that is its own first process, no init"
    )]
    InitInSharedNamespace { namespace: &'static str },
    #[error("the host's processes cannot be shown in a user namespace")]
    SharedProcessesWithUserNamespace,
    #[error("/proc and /sys can be writable only without a user namespace")]
    WritableApiWithUserNamespace,
    #[error("{option} needs SELinux, and the host has none")]
    NoSelinux { option: &'static str },
    #[error("there is no device {}", path.display())]
    NoDevice { path: PathBuf },
    #[error("{} is no device", path.display())]
    NotADevice { path: PathBuf },
    #[error("--volatile=yes needs a tree with a merged /usr, and this one has no links like bin → usr/bin")]
    NotMergedUsr,
    #[error("--nesting needs a user namespace with ids of its own")]
    NestingWithoutIds,
    #[error("the tree is owned by id {owner}, but its root would be id {start}")]
    OwnedByOthers { owner: u32, start: u32 },
    #[error("--bind-user={name}: {cause}")]
    BoundUser { name: String, cause: BoundUserError },
    #[error("{what} is given more than {limit} times")]
    TooMany { what: &'static str, limit: usize },
    #[error("--bind-user-group names groups of bound users, and no --bind-user names one")]
    GroupsOfNobody,
    #[error("the tree is owned by id {owner}, which is not in the range 2147352576:65536 of foreign ids")]
    NotForeign { owner: u32 },
    #[error("the tree is owned by the foreign id {owner}, and no machine runs with such ids")]
    RunsAsForeign { owner: u32 },
    #[error("--private-users-ownership=chown: {reason}")]
    Chown { reason: &'static str },
    #[error("{one} and {other} exclude each other{reason}")]
    Conflict { one: &'static str, other: &'static str, reason: &'static str },
    #[error("the layer {path} of the overlay on {destination} does not exist")]
    NoLayer { path: String, destination: String },
    #[error("the layer {path} of the overlay on {destination} is no directory")]
    LayerIsNoDirectory { path: String, destination: String },
    #[error("the overlay on {destination} cannot write to {path}: {reason}")]
    UnfitUpperLayer { path: String, destination: String, reason: &'static str },
    #[error("the bind mount of {path} cannot map owners: {reason}")]
    UnfitIdMap { path: String, reason: &'static str },
    #[error("{name} belongs to the host, whose network the machine has")]
    ParameterOfHost { name: String },
    #[error("{0}")]
    Link(LinkError),
    #[error("the kernel is {major}.{minor}; redd needs 5.12 or newer")]
    OldKernel { major: u32, minor: u32 },
}

impl PlanError {
    /// What the user can do.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoInit { .. } => {
                Some("install an init in it, name one with --init=, or run one command with `redd run`")
            }
            Self::NoOsRelease { .. } => Some(
                "name the root directory of a system; one without os-release can run a command with `redd run`",
            ),
            Self::NoUsr { .. } => Some("name the root directory of a system, e.g. one made by mmdebstrap"),
            Self::NoMachined => Some("install systemd-container, or leave --register=yes out"),
            Self::NoCgroups => Some("mount -t cgroup2 none /sys/fs/cgroup"),
            Self::NoUser { .. } => Some("-u takes a name or number of the tree's own /etc/passwd"),
            Self::NoBindSource { .. } => {
                Some("create it first, or leave the source empty for a temporary directory")
            }
            Self::IdMapWithoutUserNamespace { .. } => {
                Some("leave out idmap, rootidmap and owneridmap, or --private-users=no")
            }
            Self::UnknownSystemCall { .. } => Some("use names of system calls, or groups like @mount"),
            Self::AmbientBeyondBounds { .. } => Some("add --capability= with the same names"),
            Self::AmbientForInit | Self::NoSelinux { .. } => Some("leave it out"),
            Self::UnseenSockets { .. } => {
                Some("refuse that call with --system-call-filter=~, or leave the families as they are")
            }
            Self::Journal { .. } => Some("--link-journal=try-guest, try-host or no does without"),
            Self::InitInSharedNamespace { .. } => Some("run one command, with --as-pid1"),
            Self::SharedProcessesWithUserNamespace | Self::WritableApiWithUserNamespace => {
                Some("use --private-users=no")
            }
            Self::NoDevice { .. } | Self::NotADevice { .. } => {
                Some("name a node that the host has below /dev")
            }
            Self::NotMergedUsr => Some("use --volatile=overlay or --volatile=state"),
            Self::NestingWithoutIds => Some(
                "use --private-users=pick: with the ids of whoever started it, a fresh procfs would be theirs too",
            ),
            Self::OwnedByOthers { .. } => Some(
                "use --private-users=START:N with the range the tree belongs to, and --private-users-ownership=off",
            ),
            Self::NotForeign { .. } => {
                Some("use --private-users-ownership=auto, which maps it from the range it is in")
            }
            Self::RunsAsForeign { .. } => Some("use --private-users=pick, which maps them"),
            Self::Chown { .. } => Some("use --private-users-ownership=map, which changes nothing on disk"),
            Self::Conflict { .. } => None,
            Self::NoLayer { .. } => {
                Some("create it first, or leave the last but one path empty for a temporary directory")
            }
            Self::LayerIsNoDirectory { .. } => Some("name directories"),
            Self::UnfitUpperLayer { .. } => {
                Some("leave the last but one path empty for a temporary directory")
            }
            Self::UnfitIdMap { .. } => Some("use idmap, or leave the option out"),
            Self::ParameterOfHost { .. } => Some("use --private-network"),
            Self::OldKernel { .. } => Some("boot a newer kernel"),
            Self::BoundUser { cause, .. } => cause.hint(),
            Self::TooMany { .. } | Self::GroupsOfNobody | Self::Link(_) => None,
        }
    }
}

pub(super) fn refuse_impossible(context: &Context<'_>) -> Result<(), PlanError> {
    let kernel = context.host.kernel;
    if (kernel.major, kernel.minor) < (5, 12) {
        return Err(PlanError::OldKernel { major: kernel.major, minor: kernel.minor });
    }
    refuse_parameters_of_host(context.spec)?;
    refuse_unfit_tree(context.spec, context.tree)?;
    roots::refuse(context)?;
    privileges::refuse(context)?;
    devices::refuse_missing(&context.spec.devices, context.grants)?;
    bound_users::refuse_impossible(context.spec, context.tree, context.grants)?;
    refuse_unfit_nesting(context.spec, context.ids)?;
    network::refuse(context)?;
    journal::refuse(context)?;
    registration::refuse_impossible(context)?;
    mounts::refuse(context)
}

/// What belongs to a network namespace is not the host's to change.
fn refuse_parameters_of_host(spec: &Spec) -> Result<(), PlanError> {
    let mut of_network = spec.kernel_parameters.iter().filter(|parameter| parameter.is_of_network());
    match of_network.next() {
        Some(parameter) if !spec.network.is_private() => {
            Err(PlanError::ParameterOfHost { name: parameter.name().to_owned() })
        }
        Some(_) | None => Ok(()),
    }
}

fn refuse_unfit_tree(spec: &Spec, tree: &TreeFacts) -> Result<(), PlanError> {
    let path = || spec.root.path.clone();
    if !tree.usr.is_present() {
        return Err(PlanError::NoUsr { path: path() });
    }
    match &spec.payload {
        Payload::Boot { init, .. } if tree.init.is_none() => {
            return Err(PlanError::NoInit { path: path(), places: places(init) });
        }
        Payload::Boot { .. }
            if tree.os_release.is_none() && spec.root.os_release == OsReleaseCheck::Required =>
        {
            return Err(PlanError::NoOsRelease { path: path() });
        }
        Payload::Command(command) => {
            // Root needs no entry.
            let is_root = |name: &str| matches!(name, "root" | "0");
            let is_bound = |name: &str| spec.bound_users.names.iter().any(|bound| bound.as_str() == name);
            if let (Some(name), None) = (&command.user, &tree.user)
                && !is_bound(name)
                && !is_root(name)
            {
                return Err(PlanError::NoUser { name: name.clone() });
            }
        }
        Payload::Boot { .. } => {}
    }
    if spec.root.volatile == Volatile::Yes && tree.usr_links.is_empty() {
        return Err(PlanError::NotMergedUsr);
    }
    Ok(())
}

/// What is covered in `/proc` is covered for root of the host alone: nobody else may use it where it is not. Containers
/// inside see it uncovered, and so none of them may have that root's id.
fn refuse_unfit_nesting(spec: &Spec, ids: Option<IdRange>) -> Result<(), PlanError> {
    match ids {
        Some(ids) if ids.start != HostId(0) => Ok(()),
        _ if spec.nesting.is_on() => Err(PlanError::NestingWithoutIds),
        _ => Ok(()),
    }
}

/// Whether what is written goes to a copy that is thrown away.
pub(super) const fn is_overlay(spec: &Spec) -> bool {
    matches!(spec.root.volatile, Volatile::Overlay) || matches!(spec.root.persistence, Persistence::Ephemeral)
}
