//! What is known of the host's systemd.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Presence;
use crate::cgroup::{CgroupPath, Controller};

/// The host's systemd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceManager {
    /// Whether redd can ask it for something.
    pub voice: Voice,
    /// The cgroup that all its units are below.
    pub root: CgroupPath,
    /// The controllers that its units can have.
    pub controllers: BTreeSet<Controller>,
    /// Whether systemd-machined is on this host, running or not.
    pub machined: Presence,
    /// The unit that redd is in, where that is delegated to redd alone.
    pub own: Option<DelegatedUnit>,
}

/// Whether systemd answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voice {
    /// It does.
    Answers,
    /// Nobody asked: there is nothing to ask it for.
    Unasked,
    /// Why it does not.
    Silent(String),
}

/// A unit whose cgroup is redd's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegatedUnit {
    /// Its name.
    pub name: String,
    /// Its cgroup.
    pub path: CgroupPath,
    /// Its controllers.
    pub controllers: BTreeSet<Controller>,
    /// Where redd is in it.
    pub seat: Seat,
}

/// Where redd is in a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seat {
    /// In its cgroup itself, alone.
    Top,
    /// In a cgroup below it, `supervisor`.
    Subgroup,
}
