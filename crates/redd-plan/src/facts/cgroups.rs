//! The cgroup hierarchies.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;

use crate::cgroup::{CgroupPath, Controller};

/// The cgroup hierarchies that are mounted, and where redd is in them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CgroupFacts {
    /// The unified one.
    pub unified: Option<UnifiedHierarchy>,
    /// Those of version 1 that have a controller.
    pub legacy: Vec<LegacyHierarchy>,
    /// Where redd is in the one of version 1 that is named `systemd` and has no controller; `None` where there is none.
    pub named: Option<PathBuf>,
}

/// The unified hierarchy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnifiedHierarchy {
    /// Where it is mounted.
    pub mount: PathBuf,
    /// The directory of redd's own cgroup.
    pub own: CgroupPath,
    /// Controllers redd's own cgroup has, in the unified hierarchy.
    pub controllers: BTreeSet<Controller>,
    /// Controllers its children get without doing anything.
    pub enabled: BTreeSet<Controller>,
    /// Whether controllers can be enabled for its children.
    pub population: Population,
    /// `/sys/kernel/cgroup/delegate`: what the owner of a delegated cgroup may write.
    pub delegate: Vec<String>,
}

/// What lives in redd's own cgroup: a cgroup with processes cannot hand controllers down, the root excepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Population {
    /// It is the root of the hierarchy.
    Root,
    /// redd alone.
    OnlyRedd,
    /// Other processes too.
    Shared,
}

/// A hierarchy of version 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LegacyHierarchy {
    /// Its controllers.
    pub controllers: BTreeSet<Controller>,
    /// The directory of redd's own cgroup.
    pub own: CgroupPath,
}
