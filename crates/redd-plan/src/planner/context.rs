//! What every part of the planner looks at, and the list it adds to.

use std::path::PathBuf;

use redd_spec::Spec;
use redd_spec::ids::{ContainerId, HostId, IdRange};
use redd_spec::init::{InitChoice, InitKind};
use redd_spec::mounts::TmpfsOption;
use redd_spec::path::PathInRoot;
use redd_spec::payload::Payload;
use redd_spec::root::{Access, Volatile};
use redd_spec::uuid::Uuid;

use super::{bound_users, identity, unit};
use crate::action::{Action, FileSystem, MountFlags, OverlayMarks, StageIdMap};
use crate::clause::Clause;
use crate::facts::{Grants, HostFacts, TreeFacts, UserFacts};
use crate::step::{Side, Step, Undo, Warning};

/// Everything that is known, and what follows from it for more than one part.
pub(super) struct Context<'a> {
    pub(super) spec: &'a Spec,
    pub(super) host: &'a HostFacts,
    pub(super) tree: &'a TreeFacts,
    pub(super) grants: &'a Grants,
    /// The ids of the user namespace, where there is one.
    pub(super) ids: Option<IdRange>,
    /// The machine's unit of the host's systemd, where it has one.
    pub(super) unit: Option<unit::Own>,
    /// What `$container_uuid` will be.
    pub(super) uuid: Uuid,
    /// The bound user that a command is run as, where it is one.
    bound_user: Option<UserFacts>,
}

impl<'a> Context<'a> {
    pub(super) fn new(spec: &'a Spec, host: &'a HostFacts, tree: &'a TreeFacts, grants: &'a Grants) -> Self {
        let uuid = identity::uuid(spec, host, tree, grants);
        let bound_user = bound_users::payload_user(spec, tree, grants);
        let slice = spec.unit.slice.clone().unwrap_or_default();
        let unit = unit::own(spec.unit.placement, &spec.name, &slice, host);
        Self { spec, host, tree, grants, ids: grants.ids, unit, uuid, bound_user }
    }

    /// Whom a command is run as.
    pub(super) fn user(&self) -> Option<&UserFacts> {
        self.bound_user.as_ref().or(self.tree.user.as_ref())
    }

    /// The host id of the payload's root.
    pub(super) fn root_id(&self) -> HostId {
        self.ids.map_or(HostId(0), |ids| ids.start)
    }

    /// What the payload is told its manager is (EV1, RH5).
    pub(super) fn manager(&self) -> &'a str {
        self.spec.identity.manager.as_str()
    }

    /// What kind of init is booted: what the user says, or what its file is.
    pub(super) fn init_kind(&self) -> InitKind {
        match &self.spec.payload {
            Payload::Boot { init: InitChoice::Kind(kind), .. } => *kind,
            Payload::Boot { .. } | Payload::Command(_) => {
                self.tree.init.as_ref().map_or(InitKind::Other, |init| init.kind)
            }
        }
    }

    /// User and group of a command that is not run as root.
    pub(super) fn unprivileged_user(&self) -> Option<(u32, u32)> {
        match self.spec.payload {
            Payload::Boot { .. } => None,
            Payload::Command(_) => self.user().map(|user| (user.uid, user.gid)).filter(|(uid, _)| *uid != 0),
        }
    }

    /// The host id of whom the payload is run as: root for an init.
    pub(super) fn user_id(&self) -> HostId {
        let uid = self.unprivileged_user().map_or(0, |(uid, _)| uid);
        let of_range = |ids: IdRange| ids.to_host(ContainerId(uid)).unwrap_or(ids.start);
        self.ids.map_or(HostId(uid), of_range)
    }

    /// Who an overlay's directories have to be made by, where the layer that is written to has this map.
    pub(super) fn mounter(&self, id_map: StageIdMap) -> HostId {
        match id_map {
            StageIdMap::Unmapped | StageIdMap::Account { .. } => HostId(0),
            StageIdMap::Container(_) | StageIdMap::Range { .. } => self.root_id(),
        }
    }

    /// A directory that is the machine's own, for a mount of the Spec.
    pub(super) fn temporary_directory(&self, index: usize) -> PathBuf {
        self.grants.temporary_directory.join(format!("{}.{index}", self.spec.name))
    }

    /// What an overlay may write on its upper layer.
    pub(super) const fn overlay_marks(&self) -> OverlayMarks {
        if self.host.user_namespace.is_inner() { OverlayMarks::User } else { OverlayMarks::Trusted }
    }

    /// Whether files of the tree itself can be changed.
    pub(super) fn root_access(&self) -> Access {
        match self.spec.root.volatile {
            Volatile::State => Access::ReadOnly,
            Volatile::Yes | Volatile::Overlay => Access::ReadWrite,
            Volatile::No => self.spec.root.access,
        }
    }
}

/// The list of steps as it grows.
#[derive(Default)]
pub(super) struct Steps {
    pub(super) steps: Vec<Step>,
    pub(super) warnings: Vec<Warning>,
}

impl Steps {
    /// Adds a step of the host's side.
    pub(super) fn host(&mut self, action: Action, serves: &'static [Clause]) {
        self.steps.push(Step { side: Side::Host, action, serves, undo: None });
    }

    /// Adds a step of the host's side that has to be undone.
    pub(super) fn host_undone(&mut self, action: Action, serves: &'static [Clause], undo: Undo) {
        self.steps.push(Step { side: Side::Host, action, serves, undo: Some(undo) });
    }

    /// Adds a step of the child.
    pub(super) fn child(&mut self, action: Action, serves: &'static [Clause]) {
        self.steps.push(Step { side: Side::Child, action, serves, undo: None });
    }

    /// The links outside that lead to the payload, as far as steps have made them.
    pub(super) fn host_links(&self) -> Vec<String> {
        let made = self.steps.iter().filter_map(|step| match &step.action {
            Action::CreateVeth(pair) => Some(pair.host_name.clone()),
            _ => None,
        });
        made.collect()
    }

    /// Tells the user something.
    pub(super) fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(Warning(warning.into()));
    }
}

/// A path that this program wrote down.
pub(super) fn path(text: &'static str) -> PathInRoot {
    PathInRoot::new(text).expect("a constant path is absolute and normal")
}

/// A tmpfs with options in the form `name=value`.
pub(super) fn tmpfs(options: &[(&str, &str)], flags: MountFlags) -> FileSystem {
    FileSystem { kind: "tmpfs", options: options_of(options), flags }
}

/// Options in the form `name=value`.
pub(super) fn options_of(options: &[(&str, &str)]) -> Vec<TmpfsOption> {
    options
        .iter()
        .map(|(name, value)| TmpfsOption { name: (*name).to_owned(), value: Some((*value).to_owned()) })
        .collect()
}
