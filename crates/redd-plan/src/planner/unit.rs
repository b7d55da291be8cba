//! The machine's unit of the host's systemd: exactly one, with `supervisor/` for redd and `payload/` for the payload (EE7, ADR 18).
//!
//! It is the one redd was started in, or a scope that redd asks for before it does anything else.

use std::collections::BTreeSet;
use std::time::Duration;

use redd_spec::name::MachineName;
use redd_spec::unit::{Placement, SliceName, UnitProperty, escape_name};

use super::cgroup::{create, payload_of};
use super::context::{Context, Steps};
use super::devices;
use crate::action::{Action, Missing, ScopeRequest};
use crate::cgroup::{CgroupPath, Controller, SUPERVISOR, UNIT_CONTROLLERS, escape_component};
use crate::clause::Clause::{AI5, EE6, EE7};
use crate::facts::{DelegatedUnit, HostFacts, Seat, ServiceManager, Voice};
use crate::limits::{ControllerLimit, Standing};

/// How much longer systemd waits for a scope's end than redd for the payload's.
const STOP_MARGIN: Duration = Duration::from_secs(10);

/// The machine's unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) name: String,
    pub(super) path: CgroupPath,
    /// What the payload can have.
    pub(super) controllers: BTreeSet<Controller>,
    origin: Origin,
}

/// Where a unit comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// redd has to ask for it.
    Asked,
    /// redd asked for it at an earlier boot of the same start.
    Again,
    /// redd was started in it (`--keep-unit`).
    Kept(Seat),
}

/// The scope of a machine.
#[must_use]
pub fn scope_name(name: &MachineName) -> String {
    format!("machine-{}.scope", escape_name(name.as_str()))
}

/// The unit, where there is to be one.
pub(super) fn own(
    placement: Placement,
    name: &MachineName,
    slice: &SliceName,
    host: &HostFacts,
) -> Option<Own> {
    let manager = host.service_manager.as_ref()?;
    host.cgroups.unified.as_ref()?;
    let scope = scope_name(name);
    let of = |unit: &DelegatedUnit, origin| Own {
        name: unit.name.clone(),
        path: unit.path.clone(),
        controllers: unit.controllers.clone(),
        origin,
    };
    match (placement, &manager.own, &manager.voice) {
        (Placement::Kept, own, _) => own.as_ref().map(|unit| of(unit, Origin::Kept(unit.seat))),
        (Placement::Scope, Some(unit), _) if unit.name == scope => Some(of(unit, Origin::Again)),
        (Placement::Scope, _, Voice::Silent(_)) => None,
        (Placement::Scope, _, Voice::Answers | Voice::Unasked) => Some(Own {
            path: scope_path(manager, slice, &scope),
            name: scope,
            controllers: manager.controllers.clone(),
            origin: Origin::Asked,
        }),
    }
}

fn scope_path(manager: &ServiceManager, slice: &SliceName, scope: &str) -> CgroupPath {
    let slices = slice.ancestry();
    let parts = slices.iter().map(String::as_str).chain([scope]);
    parts.fold(manager.root.clone(), |path, part| path.child(&escape_component(part)))
}

/// redd's own place, and the limits; `payload/` is made afterwards.
pub(super) fn prepare(context: &Context<'_>, own: &Own, limits: &[ControllerLimit], steps: &mut Steps) {
    match own.origin {
        Origin::Asked => {
            let request = request(context, own, limits);
            steps.host(Action::AskForScope(request), &[EE7, AI5]);
        }
        Origin::Kept(_) => set_properties(context, own, limits, steps),
        Origin::Again => {}
    }
    if !matches!(own.origin, Origin::Again | Origin::Kept(Seat::Subgroup)) {
        steps.host(Action::MoveSelf { path: own.path.child(SUPERVISOR) }, &[EE7, AI5]);
    }
    let controllers: Vec<Controller> =
        own.controllers.iter().filter(|controller| UNIT_CONTROLLERS.contains(controller)).copied().collect();
    if !controllers.is_empty() {
        let (path, missing) = (own.path.clone(), Missing::Skip);
        steps.host(Action::EnableControllers { path, controllers, missing }, &[EE6, EE7]);
    }
    create(&payload_of(own), steps);
}

/// What does not reach systemd is written down below the unit, which is systemd's to write to.
pub(super) fn limit_payload(context: &Context<'_>, own: &Own, limits: &[ControllerLimit], steps: &mut Steps) {
    if own.origin != Origin::Again && is_mute(context) {
        for limit in chosen(limits).filter(|limit| own.controllers.contains(&limit.controller)) {
            super::cgroup::set(&payload_of(own), &limit.unified, steps);
        }
    }
}

/// A unit's own file says what holds where the user says nothing.
fn chosen(limits: &[ControllerLimit]) -> impl Iterator<Item = &ControllerLimit> {
    limits.iter().filter(|limit| limit.standing == Standing::AskedFor)
}

fn is_mute(context: &Context<'_>) -> bool {
    let manager = context.host.service_manager.as_ref();
    manager.is_some_and(|manager| matches!(manager.voice, Voice::Silent(_)))
}

fn answers(context: &Context<'_>) -> bool {
    context.host.service_manager.as_ref().is_some_and(|manager| manager.voice == Voice::Answers)
}

fn set_properties(context: &Context<'_>, own: &Own, limits: &[ControllerLimit], steps: &mut Steps) {
    let of_user = &context.spec.unit.properties;
    let mut properties: Vec<UnitProperty> =
        chosen(limits).flat_map(|limit| &limit.properties).chain(of_user).cloned().collect();
    // redd makes the nodes itself, and the unit's policy holds for redd, too: nspawn's units have DevicePolicy=closed.
    if answers(context) {
        properties.extend(devices::allowances(context));
    }
    if properties.is_empty() {
        return;
    }
    if is_mute(context) {
        let told = if of_user.is_empty() { "" } else { ", and --property has no effect" };
        steps.warn(format!("systemd does not answer: limits are set beside it, below {}{told}", own.name));
        return;
    }
    steps.host(Action::SetUnitProperties { unit: own.name.clone(), properties }, &[EE7]);
}

fn request(context: &Context<'_>, own: &Own, limits: &[ControllerLimit]) -> ScopeRequest {
    let spec = context.spec;
    let stop_timeout = spec
        .lifecycle
        .stop_timeout
        .map_or(u64::MAX, |timeout| u64::try_from((timeout + STOP_MARGIN).as_micros()).unwrap_or(u64::MAX));
    let of_limits = limits.iter().flat_map(|limit| &limit.properties);
    ScopeRequest {
        name: own.name.clone(),
        slice: spec.unit.slice.clone().unwrap_or_default(),
        path: own.path.clone(),
        description: format!("Container {}", spec.name),
        stop_timeout,
        properties: of_limits.chain(&spec.unit.properties).cloned().collect(),
    }
}

/// What was asked for and cannot be, in one line.
pub(super) fn warn_of_missing(context: &Context<'_>, steps: &mut Steps) {
    let asked = &context.spec.unit;
    let named: Vec<&str> = [(asked.slice.is_some(), "--slice"), (!asked.properties.is_empty(), "--property")]
        .into_iter()
        .filter_map(|(is_asked, name)| is_asked.then_some(name))
        .collect();
    let effect =
        if named.is_empty() { String::new() } else { format!("{} of no effect: ", named.join(" and ")) };
    match (&context.host.service_manager, asked.placement) {
        (None, _) if named.is_empty() => {}
        (None, _) => steps.warn(format!("{effect}no systemd runs this host")),
        (Some(_), Placement::Kept) if context.unit.is_some() => {
            if asked.slice.is_some() {
                steps.warn("--slice of no effect: --keep-unit keeps the unit where it is");
            }
        }
        (Some(_), Placement::Kept) => steps.warn(format!(
            "{effect}redd was not started alone in a unit with Delegate=yes; the machine gets a cgroup below redd's own"
        )),
        (Some(ServiceManager { voice: Voice::Silent(reason), .. }), Placement::Scope) if context.unit.is_none() => {
            steps.warn(format!(
                "{effect}systemd does not answer ({reason}): the machine gets no unit of its own, and a cgroup below redd's"
            ));
        }
        (Some(_), Placement::Scope) => {}
    }
}
