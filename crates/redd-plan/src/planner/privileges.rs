//! Limits, capabilities, system calls: what the payload may do.

use redd_filter::seccomp::{
    BaseList, Families, Machine, SeccompPolicy, Socketcall, SyncCalls as FilteredSync, SyscallSelector,
};
use redd_spec::address_family::AddressFamilies;
use redd_spec::capability::{CapabilitySet, NewPrivileges, SyncCalls, SystemCallBase, SystemCallRule};
use redd_spec::payload::Payload;
use redd_spec::resources::{ResourceLimit, RlimitResource};

use super::check::PlanError;
use super::context::{Context, Steps};
use crate::action::{Action, Exactness, PrivilegeCheck};
use crate::clause::Clause::{EE3, FW2, NO1, NO2, NO8, UN3, UP1, UP2};
use crate::facts::{ExecutableClass, InitLimits};

/// What a payload's root may do. No audit capability is among them (NO8), CAP_MKNOD and CAP_SYS_ADMIN are
/// (NO1, NO2). Those that concern the network namespace are added where that is the payload's own.
pub(crate) const DEFAULT_CAPABILITIES: CapabilitySet = CapabilitySet::of(&[
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_IPC_OWNER",
    "CAP_KILL",
    "CAP_LEASE",
    "CAP_LINUX_IMMUTABLE",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_CHROOT",
    "CAP_SYS_NICE",
    "CAP_SYS_PTRACE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TTY_CONFIG",
]);

/// A payload with a user namespace has it over namespaces of its own services only, and needs it there:
/// without it `PrivateNetwork=` is silently not applied.
const NET_ADMIN: CapabilitySet = CapabilitySet::of(&["CAP_NET_ADMIN"]);

/// The kernel's own limits for its first process, which systemd expects.
const DEFAULT_LIMITS: [ResourceLimit; 16] = [
    limit(RlimitResource::Cpu, None, None),
    limit(RlimitResource::Fsize, None, None),
    limit(RlimitResource::Data, None, None),
    limit(RlimitResource::Stack, Some(8 << 20), None),
    limit(RlimitResource::Core, Some(0), None),
    limit(RlimitResource::Rss, None, None),
    limit(RlimitResource::Nproc, None, None),
    limit(RlimitResource::Nofile, Some(1024), Some(524_288)),
    limit(RlimitResource::Memlock, Some(8 << 20), Some(8 << 20)),
    limit(RlimitResource::As, None, None),
    limit(RlimitResource::Locks, None, None),
    limit(RlimitResource::Sigpending, None, None),
    limit(RlimitResource::Msgqueue, Some(819_200), Some(819_200)),
    limit(RlimitResource::Nice, Some(0), Some(0)),
    limit(RlimitResource::Rtprio, Some(0), Some(0)),
    limit(RlimitResource::Rttime, None, None),
];

/// Container managers make session keyrings with it, which are counted and named by ids that no other machine has. Keys are
/// made with `add_key`, and the host's own root answers `request_key`: those stay refused (ADR 11).
const KEYRINGS: &str = "keyctl";

const fn limit(resource: RlimitResource, soft: Option<u64>, hard: Option<u64>) -> ResourceLimit {
    ResourceLimit { resource, soft, hard }
}

/// Without it the host's side may not touch the limits of a child that belongs to somebody else.
const SYS_RESOURCE: CapabilitySet = CapabilitySet::of(&["CAP_SYS_RESOURCE"]);

/// Whether the child has to set its limits itself, which then can only be lowered.
const fn limits_itself(context: &Context<'_>) -> bool {
    context.ids.is_some() && !context.host.capabilities.contains(SYS_RESOURCE)
}

fn resource_limits(context: &Context<'_>) -> Vec<Action> {
    let asked_for = context.spec.resources.rlimits.clone();
    let is_asked_for = |resource| asked_for.iter().any(|limit| limit.resource == resource);
    let limits = DEFAULT_LIMITS
        .into_iter()
        .filter(|limit| !is_asked_for(limit.resource))
        .map(|limit| default_limit(limit, context.host.init_limits))
        .collect();
    let mut actions = vec![Action::SetResourceLimits { limits, exactness: Exactness::Closest }];
    if !asked_for.is_empty() {
        actions.push(Action::SetResourceLimits { limits: asked_for, exactness: Exactness::Exact });
    }
    actions
}

/// The kernel's own, or what it made of the host's memory.
fn default_limit(kernels: ResourceLimit, init: Option<InitLimits>) -> ResourceLimit {
    let of_init = match (kernels.resource, init) {
        (RlimitResource::Nproc, Some(init)) => Some(init.processes),
        (RlimitResource::Sigpending, Some(init)) => Some(init.signals),
        _ => None,
    };
    of_init.map_or(kernels, |(soft, hard)| ResourceLimit { soft, hard, ..kernels })
}

/// What the host's side sets, with its own privileges.
pub(super) fn limit_resources(context: &Context<'_>, steps: &mut Steps) {
    if !limits_itself(context) {
        resource_limits(context).into_iter().for_each(|action| steps.host(action, &[FW2]));
    }
    if let Some(value) = context.spec.resources.oom_score_adjust {
        steps.host(Action::SetOomScoreAdjust { value }, &[]);
    }
    if let Some(processors) = context.spec.resources.cpu_affinity.clone() {
        steps.host(Action::SetCpuAffinity { processors }, &[]);
    }
}

/// What the child sets itself, last.
pub(super) fn confine(context: &Context<'_>, steps: &mut Steps) -> Result<(), PlanError> {
    let capabilities = capabilities(context, steps);
    let ambient = ambient(context, capabilities)?;
    let policy = policy(context, capabilities)?;
    refuse_unseen_sockets(context, &policy)?;
    let program = policy.compile();
    let new_privileges = match context.spec.privileges.new_privileges {
        NewPrivileges::Allowed => PrivilegeCheck::Unchecked,
        NewPrivileges::Refused => PrivilegeCheck::NoneGained,
    };
    if limits_itself(context) {
        resource_limits(context).into_iter().for_each(|action| steps.child(action, &[FW2]));
    }
    if !context.host.ignored_signals.is_empty() {
        steps.child(Action::ResetSignals { signals: context.host.ignored_signals.clone() }, &[UN3]);
    }
    steps.child(Action::JoinSessionKeyring, &[UP2]);
    if new_privileges == PrivilegeCheck::NoneGained {
        steps.child(Action::RefuseNewPrivileges, &[]);
    }
    if let Some(personality) = context.spec.resources.personality {
        steps.child(Action::SetPersonality { personality }, &[]);
    }
    if let Some(context) = context.spec.privileges.selinux.process.clone() {
        steps.child(Action::SetExecutionContext { context }, &[]);
    }
    steps.child(Action::InstallSeccomp { program }, &[NO8, EE3]);
    steps.child(Action::DropBoundingCapabilities { kept: capabilities }, &[NO1, NO2, NO8, UP1]);
    let held = become_user(context, capabilities, ambient, steps);
    steps.child(Action::SetCapabilities { capabilities: held, ambient }, &[NO1, NO2, NO8]);
    steps.child(super::environment::directory(context), &[UN3]);
    steps.child(Action::DieWithSupervisor, &[]);
    let bounding = capabilities;
    steps.child(Action::VerifyConfinement { capabilities: held, bounding, ambient, new_privileges }, &[]);
    Ok(())
}

/// Becomes the user of a command; anybody but root holds the ambient capabilities alone.
fn become_user(
    context: &Context<'_>,
    capabilities: CapabilitySet,
    ambient: CapabilitySet,
    steps: &mut Steps,
) -> CapabilitySet {
    let user = match &context.spec.payload {
        Payload::Boot { .. } => None,
        Payload::Command(_) => context.user(),
    };
    let (uid, gid, groups) =
        user.map_or((0, 0, Vec::new()), |user| (user.uid, user.gid, user.groups.clone()));
    if uid != 0 && !ambient.is_empty() {
        steps.child(Action::KeepCapabilities, &[]);
    }
    steps.child(Action::SetUser { uid, gid, groups }, &[UN3]);
    if uid == 0 { capabilities } else { ambient }
}

fn ambient(context: &Context<'_>, bounding: CapabilitySet) -> Result<CapabilitySet, PlanError> {
    let ambient = context.spec.privileges.ambient;
    let beyond = ambient.difference(bounding);
    if beyond.is_empty() { Ok(ambient) } else { Err(PlanError::AmbientBeyondBounds { beyond }) }
}

fn capabilities(context: &Context<'_>, steps: &mut Steps) -> CapabilitySet {
    let privileges = &context.spec.privileges;
    let network = context.spec.network.is_private() || context.ids.is_some();
    let default = if network { DEFAULT_CAPABILITIES.union(NET_ADMIN) } else { DEFAULT_CAPABILITIES };
    let wanted = default.union(privileges.added).difference(privileges.dropped);
    if context.ids.is_some() {
        return wanted;
    }
    let missing = wanted.difference(context.host.capabilities);
    if !missing.is_empty() {
        steps.warn(format!("redd itself does not have {missing}: the payload will not either"));
    }
    wanted.intersection(context.host.capabilities)
}

fn policy(context: &Context<'_>, capabilities: CapabilitySet) -> Result<SeccompPolicy, PlanError> {
    let privileges = &context.spec.privileges;
    let mut policy = SeccompPolicy::new(Machine::THIS, capabilities.bits());
    policy.families = match privileges.address_families {
        AddressFamilies::Default => Families::DEFAULT,
        AddressFamilies::Only(set) => Families::Only(set.bits()),
        AddressFamilies::AllBut(set) => Families::DEFAULT.but(set.bits()),
    };
    policy.sync = match privileges.sync {
        SyncCalls::Kept => FilteredSync::Kept,
        SyncCalls::Suppressed => FilteredSync::Suppressed,
    };
    policy.base = match privileges.system_call_base {
        SystemCallBase::Redd => BaseList::Redd,
        SystemCallBase::Nspawn => BaseList::Nspawn,
    };
    if context.spec.nesting.is_on() {
        policy.allow.extend(SyscallSelector::parse(KEYRINGS));
    }
    for rule in &privileges.system_calls {
        let (list, word) = match rule {
            SystemCallRule::Allow(word) => (&mut policy.allow, word),
            SystemCallRule::Deny(word) => (&mut policy.deny, word),
        };
        let selector = SyscallSelector::parse(word)
            .map_err(|error| PlanError::UnknownSystemCall { word: word.clone(), cause: error.to_string() })?;
        list.push(selector);
    }
    let init = context.tree.init.as_ref().map(|init| init.class);
    if init == Some(ExecutableClass::Bits32) {
        policy.socketcall = Socketcall::Allowed;
    }
    Ok(policy)
}

/// A restriction with a way around it would be none.
fn refuse_unseen_sockets(context: &Context<'_>, policy: &SeccompPolicy) -> Result<(), PlanError> {
    if context.spec.privileges.address_families == AddressFamilies::Default {
        return Ok(());
    }
    policy.unseen_sockets().map_or(Ok(()), |call| Err(PlanError::UnseenSockets { call }))
}
