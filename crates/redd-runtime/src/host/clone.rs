//! Making the child.

use redd_plan::action::{Birth, Namespace};
use redd_plan::descriptor::FdName;
use redd_spec::ids::HostId;
use redd_sys::Errno;
use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process_for};
use std::os::fd::AsFd as _;

use crate::StepError;
use crate::launch::HostSide;

/// Makes the child: `None` in it.
pub(crate) fn clone(
    side: &HostSide,
    namespaces: &[Namespace],
    birth: Birth,
    owner: HostId,
) -> Result<Option<ChildProcess>, StepError> {
    let cgroup = match birth {
        Birth::PayloadCgroup => Some(side.descriptors.get(FdName::PayloadCgroup).ok_or(Errno::BADF)?.as_fd()),
        Birth::OwnCgroup => None,
    };
    let request = CloneRequest { namespaces: flags(namespaces), into_cgroup: cgroup };
    let owner = rustix::process::Uid::from_raw(owner.0);
    match clone_process_for(&side.proof, &request, owner)? {
        Cloned::Parent(child) => Ok(Some(child)),
        Cloned::Child => Ok(None),
    }
}

/// The kernel's flags for these namespaces.
pub(crate) fn flags(namespaces: &[Namespace]) -> Namespaces {
    namespaces.iter().fold(Namespaces::empty(), |flags, namespace| {
        flags
            | match namespace {
                Namespace::User => Namespaces::USER,
                Namespace::Mount => Namespaces::MOUNT,
                Namespace::Pid => Namespaces::PID,
                Namespace::Network => Namespaces::NETWORK,
                Namespace::Ipc => Namespaces::IPC,
                Namespace::Uts => Namespaces::UTS,
                Namespace::Cgroup => Namespaces::CGROUP,
            }
    })
}
