//! What a user can do about a step that failed.

use redd_plan::action::{Action, StageIdMap};
use redd_plan::descriptor::Slot;
use redd_sys::Errno;

use crate::StepError;

/// Adds a hint where one is known for this step and this error.
pub(crate) fn add_hint(action: Option<&Action>, cause: StepError) -> StepError {
    if cause.hint.is_some() {
        return cause;
    }
    let hint = match (action, cause.errno) {
        (
            Some(Action::Stage {
                slot: Slot::Custom(..),
                id_map: StageIdMap::Container(_) | StageIdMap::Range { .. },
                ..
            }),
            Errno::INVAL | Errno::OPNOTSUPP,
        ) => {
            "the source's file system cannot map owners: leave the id map out; --device= gives the payload a device \
             node of its own"
        }
        (
            Some(Action::Stage { id_map: StageIdMap::Container(_) | StageIdMap::Range { .. }, .. }),
            Errno::INVAL | Errno::OPNOTSUPP,
        ) => {
            "the file system cannot map owners: put the tree on ext4, xfs, btrfs or tmpfs, or use \
             --private-users-ownership=off with a tree that belongs to the range, or --private-users=no"
        }
        (
            Some(Action::Stage { id_map: StageIdMap::Account { .. }, .. }),
            Errno::INVAL | Errno::OPNOTSUPP | Errno::PERM,
        ) => {
            "a file system of the home directory cannot map owners: homes on NFS, and those that are mapped \
             already, cannot be bound"
        }
        (Some(Action::Stage { id_map: StageIdMap::Container(_), .. }), Errno::PERM) => {
            "owners are mapped there already, or the file system is not this container's own: inside a container put the \
             tree on a tmpfs of its own, or use --private-users=identity"
        }
        (Some(Action::SetCgroupAttribute { .. }), Errno::NOENT) => {
            "the host's kernel does not offer this limit: swap needs swapaccount=1, a weight of block devices needs \
             one of their schedulers"
        }
        (Some(Action::JoinSessionKeyring), Errno::PERM) => {
            "the outer container's filter refuses keyrings: start the outer machine with --nesting"
        }
        (Some(Action::Clone { .. }), Errno::NOSPC | Errno::USERS) => {
            "a limit on namespaces is reached: see /proc/sys/user/"
        }
        (Some(Action::Clone { .. }), Errno::PERM) => {
            "redd needs to be root, and user namespaces to be allowed"
        }
        (Some(Action::CreateCgroup { .. }), Errno::ACCESS | Errno::PERM | Errno::ROFS) => {
            "redd needs to be root, with a writable cgroup hierarchy"
        }
        (Some(Action::Mount { file_system, .. }), Errno::PERM)
            if matches!(file_system.kind, "proc" | "sysfs") =>
        {
            "the outer container covers parts of it: start the outer machine with --nesting"
        }
        (Some(Action::CreateVeth(_)), Errno::EXIST) => {
            "a link of that name is left: another manager's machine may have it"
        }
        _ => return cause,
    };
    cause.with_hint(hint)
}
