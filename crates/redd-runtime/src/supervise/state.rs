//! What a session is, as it is written down; and the forms of its parts.

use std::time::Instant;

use redd_plan::supervision::PidOne;
use redd_spec::name::MachineName;
use serde::{Deserialize, Serialize};

use super::console::ConsoleState;
use super::console::audience::AudienceState;
use super::control::{ConnectionId, ControlState};
use super::deadline::Extension;
use super::health::Health;
use super::machine::Machine;
use super::report::Report;
use super::store::StoreState;
use super::terminals::TerminalsState;
use super::upstream::UpstreamState;
use crate::adopt::Adopted;
use crate::handover::{ProcessState, moment};
use crate::unit::ManagerState;

/// What lasts over all boots of a machine, and is the supervisor's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SupervisorState {
    pub(super) name: MachineName,
    pub(super) upstream: UpstreamState,
    pub(super) control: ControlState,
    pub(super) report: Report,
    pub(super) audience: AudienceState,
    pub(super) adopted: Adopted,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) manager: Option<ManagerState>,
    #[serde(default)]
    pub(super) store: StoreState,
}

/// One boot while it is supervised.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SessionState {
    pub(super) machine: Machine,
    pub(super) pid1: PidOne,
    pub(super) health: Health,
    pub(super) console: Option<ConsoleState>,
    pub(super) terminals: Option<TerminalsState>,
    #[serde(with = "moment::optional")]
    pub(super) stop_deadline: Option<Instant>,
    #[serde(default)]
    pub(super) stop_extension: Extension,
    #[serde(with = "moment::optional")]
    pub(super) look_at: Option<Instant>,
    pub(super) order: Option<ProcessState>,
    /// Who is told that the machine was taken over.
    pub(super) asker: Option<ConnectionId>,
}
