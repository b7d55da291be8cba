//! Limits of the child. Only the host's side may raise them.

use redd_plan::action::Exactness;
use redd_spec::resources::{OomScoreAdjust, ResourceLimit, RlimitResource};
use redd_sys::Errno;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use rustix::thread::{CpuSet, sched_setaffinity};

use crate::StepError;
use crate::launch::HostSide;

pub(super) fn set_of_child(
    side: &HostSide,
    limits: &[ResourceLimit],
    exactness: Exactness,
) -> Result<(), StepError> {
    let child = side.child.as_ref().ok_or(Errno::CHILD)?;
    set(Some(child.pid), limits, exactness)
}

/// Those of this process, where no other one is named.
pub(crate) fn set(pid: Option<Pid>, limits: &[ResourceLimit], exactness: Exactness) -> Result<(), StepError> {
    for limit in limits {
        let wanted = Rlimit { current: limit.soft, maximum: limit.hard };
        match (prlimit(pid, resource(limit.resource), wanted), exactness) {
            (Ok(_), _) => {}
            (Err(Errno::PERM), Exactness::Closest) => set_closest(pid, limit)?,
            (Err(errno), _) => {
                let detail = format!("{:?}", limit.resource);
                let hint = "a hard limit cannot be raised without CAP_SYS_RESOURCE";
                return Err(StepError::about(detail)(errno).with_hint(hint));
            }
        }
    }
    Ok(())
}

/// As close as redd's own hard limit lets it.
fn set_closest(pid: Option<Pid>, limit: &ResourceLimit) -> Result<(), StepError> {
    let own = getrlimit(resource(limit.resource)).maximum;
    let smaller = |one: Option<u64>, other: Option<u64>| match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let closest = Rlimit { current: smaller(limit.soft, own), maximum: smaller(limit.hard, own) };
    prlimit(pid, resource(limit.resource), closest)
        .map_err(StepError::about(format!("{:?}", limit.resource)))?;
    Ok(())
}

pub(super) fn set_oom_score_adjust(side: &HostSide, value: OomScoreAdjust) -> Result<(), StepError> {
    let child = side.child.as_ref().ok_or(Errno::CHILD)?;
    let path = format!("/proc/{}/oom_score_adj", child.pid.as_raw_nonzero());
    Ok(std::fs::write(path, value.get().to_string())?)
}

/// Processors that the host does not have, or that redd's own cgroup does not, are left out by the kernel; with none
/// left it refuses.
pub(super) fn set_cpu_affinity(
    side: &HostSide,
    processors: &redd_spec::resources::CpuSet,
) -> Result<(), StepError> {
    let child = side.child.as_ref().ok_or(Errno::CHILD)?;
    let mut set = CpuSet::new();
    processors.numbers().for_each(|number| set.set(number.into()));
    let hint = "name processors that redd itself may run on: see Cpus_allowed_list in /proc/self/status";
    sched_setaffinity(Some(child.pid), &set).map_err(|errno| StepError::from(errno).with_hint(hint))
}

pub(crate) const fn resource(resource: RlimitResource) -> Resource {
    match resource {
        RlimitResource::Cpu => Resource::Cpu,
        RlimitResource::Fsize => Resource::Fsize,
        RlimitResource::Data => Resource::Data,
        RlimitResource::Stack => Resource::Stack,
        RlimitResource::Core => Resource::Core,
        RlimitResource::Rss => Resource::Rss,
        RlimitResource::Nproc => Resource::Nproc,
        RlimitResource::Nofile => Resource::Nofile,
        RlimitResource::Memlock => Resource::Memlock,
        RlimitResource::As => Resource::As,
        RlimitResource::Locks => Resource::Locks,
        RlimitResource::Sigpending => Resource::Sigpending,
        RlimitResource::Msgqueue => Resource::Msgqueue,
        RlimitResource::Nice => Resource::Nice,
        RlimitResource::Rtprio => Resource::Rtprio,
        RlimitResource::Rttime => Resource::Rttime,
    }
}
