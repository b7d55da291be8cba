//! `Spec` + facts → `Plan`. All choices are made below this module.

mod api_filesystems;
mod bound_users;
mod cgroup;
mod check;
mod console;
mod context;
mod devices;
mod environment;
mod identity;
mod integration;
mod journal;
mod labels;
mod mounts;
mod named_hierarchy;
mod network;
mod nodes;
mod overlay;
mod owners;
mod privileges;
mod registration;
mod root;
mod run_host;
mod shared_cgroups;
mod unit;

pub use bound_users::BoundUserError;
pub use check::PlanError;
pub use devices::{allowance, node_rule};
pub use identity::uuid;
pub use journal::journal_of;
pub use network::{host_link_name, mac_address};
pub use unit::scope_name;

use redd_spec::Spec;
use redd_spec::ids::RANGE_SIZE;
use redd_spec::lifecycle::{Lifecycle, NotifyReady};
use redd_spec::payload::Payload;

use crate::action::{Action, Birth, Namespace};
use crate::clause::Clause::{EE1, EE6, UN1, UP2};
use crate::facts::{Grants, HostFacts, InotifyFacts, TreeFacts};
use crate::step::Plan;
use crate::supervision::{PidOne, Supervision};
use context::{Context, Steps};

/// Everything that will happen at this start, or why there cannot be one.
///
/// # Errors
/// Whatever can be refused before anything is touched.
pub fn plan(spec: &Spec, host: &HostFacts, tree: &TreeFacts, grants: &Grants) -> Result<Plan, PlanError> {
    let context = Context::new(spec, host, tree, grants);
    check::refuse_impossible(&context)?;
    let mut steps = Steps::default();
    warn_of_host_limits(&context, &mut steps);
    warn_of_missing_ids(&context, &mut steps);
    prepare(&context, &mut steps)?;
    clone(&context, &mut steps);
    stage(&context, &mut steps);
    enter_namespaces(&context, &mut steps);
    compose_root(&context, &mut steps);
    become_payload(&context, &mut steps)?;
    labels::label(&context, &mut steps);
    if context.host.user_namespace.is_inner() {
        nodes::refuse_staged(&context, &mut steps);
    }
    Ok(Plan {
        name: spec.name.clone(),
        uuid: context.uuid,
        steps: steps.steps,
        supervision: supervision(&context),
        unit: context.unit.as_ref().map(|own| own.name.clone()),
        devices: devices::policy(&context),
        warnings: steps.warnings,
    })
}

/// A systemd that gets no inotify instance ends with "Too many open files", which tells nobody why. Where a machine has ids of
/// its own, it has a budget of its own.
fn warn_of_host_limits(context: &Context<'_>, steps: &mut Steps) {
    let (Some(inotify), None) = (context.host.inotify, context.ids) else { return };
    let needed = (inotify.machines + 1) * InotifyFacts::INSTANCES_PER_MACHINE;
    if needed > inotify.limit {
        steps.warn(format!(
            "{} machines run, and the host's fs.inotify.max_user_instances is {}: this one may fail to boot; \
             sysctl fs.inotify.max_user_instances=8192",
            inotify.machines, inotify.limit
        ));
    }
}

/// Containers inside get a range of ids each, which can only be a part of what the machine has.
fn warn_of_missing_ids(context: &Context<'_>, steps: &mut Steps) {
    let ids = context.ids.map_or(0, |ids| ids.count);
    if context.spec.nesting.is_on() && ids < 2 * RANGE_SIZE {
        steps.warn(format!("--nesting: with {ids} ids there are none for containers inside"));
    }
}

/// What the host's side makes before there is a child.
fn prepare(context: &Context<'_>, steps: &mut Steps) -> Result<(), PlanError> {
    cgroup::prepare(context, steps)?;
    named_hierarchy::prepare(context, steps);
    root::prepare(context, steps);
    api_filesystems::prepare(context, steps);
    mounts::prepare(context, steps);
    bound_users::prepare(context, steps);
    overlay::prepare(context, steps);
    integration::prepare(context, steps);
    journal::prepare(context, steps);
    steps.host(Action::EnterStagingNamespace, &[UN1]);
    Ok(())
}

/// The child's user namespace belongs to the payload's root, not to the host's: the kernel counts inotify instances,
/// namespaces and the like for the owner of each namespace up to the first, so one machine could take them all.
///
/// A user namespace cannot be mapped, and a cgroup of version 1 not be joined, before the child exists;
/// what depends on either is left to [`enter_namespaces`].
fn clone(context: &Context<'_>, steps: &mut Steps) {
    let shared = context.spec.namespaces;
    let own = [(shared.pid, Namespace::Pid), (shared.ipc, Namespace::Ipc), (shared.uts, Namespace::Uts)]
        .into_iter();
    let mut namespaces: Vec<Namespace> =
        own.filter(|(sharing, _)| !sharing.is_shared()).map(|(_, namespace)| namespace).collect();
    if context.ids.is_some() {
        namespaces.insert(0, Namespace::User);
    }
    if context.spec.network.is_private() {
        namespaces.push(Namespace::Network);
    }
    let cgroup = if context.host.cgroups.unified.is_some() { Birth::PayloadCgroup } else { Birth::OwnCgroup };
    steps.host(Action::Clone { namespaces, cgroup, owner: context.root_id() }, &[EE1]);
    if let Some(ids) = context.ids {
        steps.host(Action::WriteIdMap { ids }, &[UP2]);
    }
}

/// What the host's side prepares for the child, which waits meanwhile.
fn stage(context: &Context<'_>, steps: &mut Steps) {
    root::stage(context, steps);
    api_filesystems::stage(context, steps);
    named_hierarchy::stage(context, steps);
    run_host::stage(context, steps);
    mounts::stage(context, steps);
    bound_users::stage(context, steps);
    overlay::stage(context, steps);
    integration::stage(context, steps);
    journal::stage(context, steps);
    steps.host(Action::LeaveStagingNamespace, &[UN1]);
    network::hold(context, steps);
    steps.host(Action::StartGuard, &[]);
    journal::link(context, steps);
    privileges::limit_resources(context, steps);
    cgroup::join_legacy(context, steps);
    named_hierarchy::join(context, steps);
    network::create(context, steps);
    registration::publish(context, steps);
    registration::register(context, steps);
}

fn enter_namespaces(context: &Context<'_>, steps: &mut Steps) {
    if context.ids.is_some() {
        steps.child(Action::BecomeRoot, &[UP2]);
    }
    let mut namespaces = match context.ids {
        // The kernel locks the flags of mounts that are copied into a user namespace's own (ADR 3).
        Some(_) => vec![Namespace::Mount],
        // The staging namespace is the payload's: redd has left it.
        None => Vec::new(),
    };
    if !context.spec.namespaces.cgroup.is_shared() {
        namespaces.push(Namespace::Cgroup);
    }
    if !namespaces.is_empty() {
        steps.child(Action::Unshare { namespaces }, &[EE6, UN1]);
    }
    if !context.spec.namespaces.uts.is_shared() {
        identity::set_hostname(context, steps);
    }
    network::enable(context, steps);
    if !context.spec.kernel_parameters.is_empty() {
        let parameters = context.spec.kernel_parameters.clone();
        steps.child(Action::SetKernelParameters { parameters }, &[]);
    }
}

/// The mounts, from the root up; the host's mounts are still there, because a fresh procfs needs a visible one.
fn compose_root(context: &Context<'_>, steps: &mut Steps) {
    root::attach(context, steps);
    api_filesystems::mount(context, steps);
    api_filesystems::mount_hidden(context, steps);
    run_host::attach(context, steps);
    bound_users::attach(context, steps);
    mounts::attach(context, steps);
    integration::apply(context, steps);
    journal::attach(context, steps);
    environment::create_home(context, steps);
    console::open(context, steps);
    steps.child(Action::PivotRoot, &[UN1]);
    steps.child(Action::MakeShared, &[UN1]);
    console::hand_over(context, steps);
}

fn become_payload(context: &Context<'_>, steps: &mut Steps) -> Result<(), PlanError> {
    console::lead_session(context, steps);
    privileges::confine(context, steps)?;
    environment::execute(context, steps);
    Ok(())
}

/// An init that never says that it is ready is ready when it runs.
fn lifecycle(chosen: &Lifecycle, pid1: PidOne) -> Lifecycle {
    match pid1 {
        PidOne::Init(kind) if !kind.may_tell_readiness() => {
            Lifecycle { notify_ready: NotifyReady::AtExec, ..chosen.clone() }
        }
        PidOne::Init(_) | PidOne::Command => chosen.clone(),
    }
}

fn supervision(context: &Context<'_>) -> Supervision {
    let spec = context.spec;
    let pid1 = match spec.payload {
        Payload::Boot { .. } => PidOne::Init(context.init_kind()),
        Payload::Command(_) => PidOne::Command,
    };
    Supervision {
        console: spec.console,
        terminals: console::extra_terminals(spec),
        background: console::background(context),
        lifecycle: lifecycle(&spec.lifecycle, pid1),
        pid1,
    }
}
