//! The payload's control groups.
//!
//! `redd-NAME/` carries the limits and the device filter; `redd-NAME/payload/` is the payload's. The payload owns
//! the lower one only, so that it cannot lift its own limits (R23). On a host that systemd runs a unit is in the place of
//! `redd-NAME/` (`unit.rs`).

use std::collections::BTreeSet;

use super::check::PlanError;
use super::context::{Context, Steps};
use super::unit::Own;
use super::{devices, unit};
use crate::action::{Action, Missing};
use crate::cgroup::{CgroupPath, Controller, PAYLOAD, SUPERVISOR, UNIT_CONTROLLERS};
use crate::clause::Clause::{AI5, EE3, EE6, NO1, NO5, NO6, UP2};
use crate::facts::{LegacyHierarchy, Population, UnifiedHierarchy};
use crate::limits::{self, Attribute, ControllerLimit, Standing};
use crate::step::Undo;

pub(super) fn prepare(context: &Context<'_>, steps: &mut Steps) -> Result<(), PlanError> {
    devices::warn_of_foreign_binds(context, steps);
    let limits = limits(context);
    let mut served = BTreeSet::new();
    unit::warn_of_missing(context, steps);
    if let (Some(own), Some(unified)) = (&context.unit, &context.host.cgroups.unified) {
        prepare_unit(context, own, unified, &limits, steps);
        served.extend(
            limits
                .iter()
                .filter(|limit| own.controllers.contains(&limit.controller))
                .map(|limit| limit.option),
        );
        warn_of_missing(&limits, &served, steps);
        return Ok(());
    }
    match &context.host.cgroups.unified {
        Some(unified) => prepare_unified(context, unified, &limits, &mut served, steps),
        None => {
            prepare_device_controller(context, steps)?;
            steps.warn("no cgroup2 is mounted: a payload with a systemd newer than 232 does not boot; mount one, anywhere");
        }
    }
    for hierarchy in legacy_in_use(context) {
        prepare_legacy(context, hierarchy, &limits, &mut served, steps);
    }
    warn_of_missing(&limits, &served, steps);
    Ok(())
}

/// The cgroups of version 1 that a running process has to be put into.
pub(super) fn join_legacy(context: &Context<'_>, steps: &mut Steps) {
    if context.unit.is_some() {
        return;
    }
    let mut paths: Vec<CgroupPath> =
        legacy_in_use(context).map(|hierarchy| machine_cgroup(context, &hierarchy.own)).collect();
    if context.host.cgroups.unified.is_none() {
        paths.extend(device_hierarchy(context).map(|hierarchy| machine_cgroup(context, &hierarchy.own)));
    }
    if !paths.is_empty() {
        steps.host(Action::JoinLegacyCgroups { paths }, &[EE6]);
    }
}

fn machine_cgroup(context: &Context<'_>, own: &CgroupPath) -> CgroupPath {
    own.child(&format!("redd-{}", context.spec.name))
}

/// The cgroup that the payload is born in.
pub(super) fn payload_cgroup(context: &Context<'_>, unified: &UnifiedHierarchy) -> CgroupPath {
    match &context.unit {
        Some(own) => payload_of(own),
        None => machine_cgroup(context, &unified.own).child(PAYLOAD),
    }
}

pub(super) fn payload_of(own: &Own) -> CgroupPath {
    own.path.child(PAYLOAD)
}

fn prepare_unit(
    context: &Context<'_>,
    own: &Own,
    unified: &UnifiedHierarchy,
    limits: &[ControllerLimit],
    steps: &mut Steps,
) {
    unit::prepare(context, own, limits, steps);
    let payload = payload_of(own);
    unit::limit_payload(context, own, limits, steps);
    attach_device_program(context, &payload, steps);
    hand_over(context, unified, payload, steps);
}

fn prepare_unified(
    context: &Context<'_>,
    unified: &UnifiedHierarchy,
    limits: &[ControllerLimit],
    served: &mut BTreeSet<&'static str>,
    steps: &mut Steps,
) {
    let machine = machine_cgroup(context, &unified.own);
    let payload = machine.child(PAYLOAD);
    let controllers = hand_down(unified, steps);
    create(&machine, steps);
    if !controllers.is_empty() {
        let controllers: Vec<Controller> = controllers.iter().copied().collect();
        let (path, missing) = (machine.clone(), Missing::Refuse);
        steps.host(Action::EnableControllers { path, controllers, missing }, &[EE6]);
    }
    for limit in limits.iter().filter(|limit| controllers.contains(&limit.controller)) {
        set(&machine, &limit.unified, steps);
        served.insert(limit.option);
    }
    attach_device_program(context, &machine, steps);
    steps.host(Action::CreateCgroup { path: payload.clone() }, &[EE6, NO6]);
    hand_over(context, unified, payload, steps);
}

/// In a container the outer manager's filter is above this one (ADR 11).
fn attach_device_program(context: &Context<'_>, path: &CgroupPath, steps: &mut Steps) {
    if !context.host.user_namespace.is_inner() {
        let (path, program) = (path.clone(), devices::policy(context).compile());
        steps.host(Action::AttachDeviceProgram { path, program }, &[EE3, NO1, NO5]);
    }
}

fn hand_over(context: &Context<'_>, unified: &UnifiedHierarchy, payload: CgroupPath, steps: &mut Steps) {
    if context.ids.is_some() {
        let (owner, files) = (context.root_id(), unified.delegate.clone());
        steps.host(Action::DelegateCgroup { path: payload.clone(), owner, files }, &[EE6, UP2]);
    }
    steps.host(Action::OpenPayloadCgroup { path: payload }, &[EE6]);
}

/// Which controllers a child of redd's own cgroup gets, after what has to be done for it.
///
/// A cgroup with processes cannot hand controllers down; only redd itself is ever moved (AI5).
fn hand_down(unified: &UnifiedHierarchy, steps: &mut Steps) -> BTreeSet<Controller> {
    let is_wanted = |controller: &&Controller| UNIT_CONTROLLERS.contains(controller);
    let missing: Vec<Controller> =
        unified.controllers.difference(&unified.enabled).filter(is_wanted).copied().collect();
    if missing.is_empty() {
        return unified.enabled.clone();
    }
    match unified.population {
        Population::Shared => return unified.enabled.clone(),
        Population::OnlyRedd => {
            let path = unified.own.child(SUPERVISOR);
            let undo = Undo::RemoveCgroup { path: path.clone() };
            steps.host_undone(Action::MoveSelf { path }, &[AI5], undo);
        }
        Population::Root => {}
    }
    let handed_down = unified.enabled.iter().chain(&missing).copied().collect();
    let path = unified.own.clone();
    steps.host(Action::EnableControllers { path, controllers: missing, missing: Missing::Refuse }, &[AI5]);
    handed_down
}

pub(super) fn create(path: &CgroupPath, steps: &mut Steps) {
    let undo = Undo::RemoveCgroup { path: path.clone() };
    steps.host_undone(Action::CreateCgroup { path: path.clone() }, &[EE6, AI5], undo);
}

fn prepare_legacy(
    context: &Context<'_>,
    hierarchy: &LegacyHierarchy,
    limits: &[ControllerLimit],
    served: &mut BTreeSet<&'static str>,
    steps: &mut Steps,
) {
    let machine = machine_cgroup(context, &hierarchy.own);
    create(&machine, steps);
    for limit in limits.iter().filter(|limit| hierarchy.controllers.contains(&limit.controller)) {
        set(&machine, &limit.legacy, steps);
        served.insert(limit.option);
        if limit.legacy.is_empty() {
            let (controller, option) = (limit.controller, limit.option);
            steps.warn(format!(
                "version 1 of the {controller} controller has no such limit: --{option} has no effect"
            ));
        }
    }
}

pub(super) fn set(machine: &CgroupPath, attributes: &[Attribute], steps: &mut Steps) {
    for Attribute { name, value, .. } in attributes {
        let (path, attribute, value) = (machine.clone(), *name, value.clone());
        steps.host(Action::SetCgroupAttribute { path, attribute, value }, &[]);
    }
}

/// Without a unified hierarchy there is no BPF program to attach: the `devices` controller does its work.
fn prepare_device_controller(context: &Context<'_>, steps: &mut Steps) -> Result<(), PlanError> {
    let hierarchy = device_hierarchy(context).ok_or(PlanError::NoCgroups)?;
    let machine = machine_cgroup(context, &hierarchy.own);
    create(&machine, steps);
    let policy = devices::policy(context);
    steps.host(Action::SetDeviceRules { path: machine, policy }, &[EE3, NO1, NO5]);
    Ok(())
}

fn device_hierarchy<'a>(context: &Context<'a>) -> Option<&'a LegacyHierarchy> {
    context.host.cgroups.legacy.iter().find(|hierarchy| hierarchy.controllers.contains(&Controller::Devices))
}

/// The hierarchies of version 1 whose controllers carry a limit; the others are left alone (AI5).
fn legacy_in_use<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a LegacyHierarchy> {
    let wanted: BTreeSet<Controller> = limits(context).iter().map(|limit| limit.controller).collect();
    context
        .host
        .cgroups
        .legacy
        .iter()
        .filter(move |hierarchy| !hierarchy.controllers.is_disjoint(&wanted))
        .filter(|hierarchy| !hierarchy.controllers.contains(&Controller::Devices))
}

/// What has to be written down: a cgroup starts without limits.
fn limits(context: &Context<'_>) -> Vec<ControllerLimit> {
    let mut limits =
        limits::limits(&context.spec.resources, context.host.memory, &context.grants.block_devices);
    limits.retain(|limit| limit.standing != Standing::Lifted);
    limits
}

fn warn_of_missing(limits: &[ControllerLimit], served: &BTreeSet<&str>, steps: &mut Steps) {
    let missing: Vec<&ControllerLimit> =
        limits.iter().filter(|limit| !served.contains(limit.option)).collect();
    if missing.is_empty() {
        return;
    }
    let mut names: Vec<&str> = missing.iter().map(|limit| limit.controller.name()).collect();
    names.dedup();
    let asked_for = missing.iter().filter(|limit| limit.standing == Standing::AskedFor);
    let mut options: Vec<String> = asked_for.map(|limit| format!("--{}", limit.option)).collect();
    options.dedup();
    let effect = if options.is_empty() {
        "the payload's use of them is not limited".to_owned()
    } else {
        format!("{} has no effect", options.join(", "))
    };
    steps.warn(format!("the host offers no {} controller here: {effect}", names.join(", ")));
}
