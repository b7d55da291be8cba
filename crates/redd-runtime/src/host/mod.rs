//! What the host's side does: one action, one function.

pub(crate) mod cgroup;
pub(crate) mod clone;
pub(crate) mod hints;
pub(crate) mod identity;
mod journal;
pub(crate) mod limits;
pub(crate) mod named_cgroup;
pub(crate) mod network;
mod nodes;
pub(crate) mod overlay;
mod owners;
pub(crate) mod staging;
mod substitutes;

use redd_plan::action::Action;
use redd_sys::Errno;

use std::os::fd::AsFd as _;

use crate::StepError;
use crate::guard::Guard;
use crate::launch::HostSide;
use crate::unit::{self, Manager};

/// Does one step of the host's side.
pub(crate) fn perform(side: &mut HostSide<'_>, action: &Action) -> Result<(), StepError> {
    match action {
        Action::AskForScope(request) => unit::ask(manager(side)?, request),
        Action::PublishUnixExport { link } => staging::publish_unix_export(side, link),
        Action::RegisterMachine(entry) => unit::register(side, entry),
        Action::SetUnitProperties { unit, properties } => manager(side)?.set_properties(unit, properties),
        Action::CreateCgroup { path } => cgroup::create(path),
        Action::MoveSelf { path } => cgroup::move_self(path),
        Action::EnableControllers { path, controllers, missing } => {
            cgroup::enable_controllers(path, controllers, *missing)
        }
        Action::SetCgroupAttribute { path, attribute, value } => {
            cgroup::set_attribute(path, attribute, value)
        }
        Action::AttachDeviceProgram { path, program } => cgroup::attach_device_program(path, program),
        Action::SetDeviceRules { path, policy } => cgroup::set_device_rules(path, policy),
        Action::DelegateCgroup { path, owner, files } => cgroup::delegate(path, *owner, files),
        Action::CreateNamedCgroup { path, owner } => named_cgroup::create(path, *owner),
        Action::JoinNamedCgroup { path } => named_cgroup::join(side, path),
        Action::OpenPayloadCgroup { path } => cgroup::open_payload(side, path),
        Action::CreateHostDirectory { path, owner } => staging::create_host_directory(path, *owner),
        Action::CreateJournalDirectory { path } => journal::create_directory(path),
        Action::LinkJournal { link, target } => journal::link(side, link, target),
        Action::CopyMount { slot, source } => staging::copy_mount(side, *slot, source),
        Action::EnterStagingNamespace => staging::enter(side),
        Action::WriteIdMap { ids } => identity::write_id_map(side, *ids),
        Action::Stage { slot, id_map, flags } => staging::stage(side, *slot, *id_map, *flags),
        Action::StageOverlay { slot, lower, upper, flags, marks, substitutes } => {
            overlay::stage(side, *slot, lower, (upper, substitutes), *flags, *marks)
        }
        Action::CreateWorkDirectory { place, owner } => overlay::create_work_directory(place, *owner),
        Action::ChangeOwners { ids } => owners::change(&side.root, *ids),
        Action::StagePivot { new } => staging::stage_pivot(side, new),
        Action::StageFileSystem { slot, file_system, owner, entries } => {
            staging::stage_file_system(side, *slot, file_system, *owner, entries)
        }
        Action::VerifyNodesRefused => nodes::verify_refused(side),
        Action::StageNode { slot, name, source, node, missing } => {
            nodes::stage(side, *slot, name, source, node, *missing)
        }
        Action::CreateNotifySocket { slot, name, owner } => {
            staging::create_notify_socket(side, *slot, name, *owner)
        }
        Action::OpenKernelMessages { slot, name } => staging::open_kernel_messages(side, *slot, name),
        Action::OpenUnixExport { slot } => staging::open_unix_export(side, *slot),
        Action::SetResourceLimits { limits, exactness } => limits::set_of_child(side, limits, *exactness),
        Action::SetOomScoreAdjust { value } => limits::set_oom_score_adjust(side, *value),
        Action::SetCpuAffinity { processors } => limits::set_cpu_affinity(side, processors),
        Action::JoinLegacyCgroups { paths } => cgroup::join_legacy(side, paths),
        Action::CreateVeth(pair) => network::create_veth(side, pair),
        Action::JoinBridge { link, bridge } => network::join_bridge(link, bridge),
        Action::JoinZone { link, bridge } => network::join_zone(link, bridge),
        Action::CreateInnerLink(link) => network::create_inner(side, link),
        Action::LendLink(lent) => network::lend(side, lent),
        Action::HoldNetwork => network::hold(side),
        Action::LeaveStagingNamespace => staging::leave(side),
        Action::StartGuard => start_guard(side),
        // A plan that gives the host's side a step of the child is a bug of the planner, and refused.
        _ => Err(Errno::NOSYS.into()),
    }
}

fn manager<'a>(side: &'a mut HostSide<'_>) -> Result<&'a mut Manager, StepError> {
    side.manager.as_mut().ok_or_else(|| Errno::NOTCONN.into())
}

/// From here on the payload cannot outlive redd, whatever it does.
fn start_guard(side: &mut HostSide<'_>) -> Result<(), StepError> {
    let payload = side.child.as_ref().ok_or(Errno::CHILD)?.pidfd.as_fd();
    side.guard = Some(Guard::start(&side.proof, payload, side.duties)?);
    Ok(())
}
