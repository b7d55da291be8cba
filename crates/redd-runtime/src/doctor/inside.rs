//! What a redd in a container needs of whoever started that.

use redd_plan::facts::HostFacts;
use redd_spec::ids::RANGE_SIZE;
use redd_sys::clone::{CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::mount::{MountAttribute, new_file_system};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process};
use rustix::io::retry_on_intr;
use rustix::process::{WaitId, WaitIdOptions, waitid};
use std::os::fd::AsFd as _;

use super::{Finding, Verdict};
use crate::ids::Pool;

/// What the outer machine lacks where one of these is missing.
const REMEDY: &str = "machines are refused: start the outer machine with --nesting";

/// Nothing where redd runs on a host.
pub(super) fn all(host: &HostFacts) -> Vec<Finding> {
    if !host.user_namespace.is_inner() {
        return Vec::new();
    }
    let machine = Namespaces::USER | Namespaces::MOUNT | Namespaces::PID | Namespaces::NETWORK;
    let mounted = |kind| move || new_file_system(kind, &[], MountAttribute::READ_ONLY).is_ok();
    let keyring = || process::join_new_session_keyring().is_ok();
    vec![
        finding("a procfs of a machine's own", succeeds(machine, mounted("proc"))),
        finding("a sysfs of a machine's own", succeeds(machine, mounted("sysfs"))),
        finding("session keyrings", succeeds(Namespaces::empty(), keyring)),
    ]
}

fn finding(name: &str, outcome: Result<bool, Errno>) -> Finding {
    match outcome {
        Ok(true) => Finding::new(name, Verdict::Good, "allowed", "machines in this container get one"),
        Ok(false) => Finding::new(name, Verdict::Missing, "refused", REMEDY),
        Err(errno) => Finding::new(name, Verdict::Missing, errno.to_string(), REMEDY),
    }
}

/// Whether something works in a process that ends with it.
fn succeeds(namespaces: Namespaces, attempt: impl FnOnce() -> bool) -> Result<bool, Errno> {
    let proof = SingleThreaded::check().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    match clone_process(&proof, &CloneRequest { namespaces, into_cgroup: None })? {
        Cloned::Child => process::exit_now(u8::from(!attempt())),
        Cloned::Parent(child) => {
            let status = retry_on_intr(|| waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED))?;
            Ok(status.and_then(|status| status.exit_status()) == Some(0))
        }
    }
}

pub(super) fn id_ranges(host: &HostFacts, taken: usize) -> Finding {
    let name = "id ranges";
    match Pool::of(&host.user_namespace).places(RANGE_SIZE) {
        0 => {
            let effect =
                "machines need --private-users=identity or no: start the outer machine with --nesting";
            Finding::new(name, Verdict::Limited, "none", effect)
        }
        places => {
            let value = format!("{taken} of {places} taken");
            Finding::new(name, Verdict::Good, value, "each machine gets 65536 ids that nobody else has")
        }
    }
}
