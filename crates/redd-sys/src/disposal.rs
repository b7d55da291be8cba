//! Descriptors of peers that are not trusted: closing one can take as long as its maker wants, as a connection that lingers
//! or a file of FUSE does.

use std::os::fd::{IntoRawFd as _, OwnedFd};

use rustix::io::Errno;
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::clone::{ChildProcess, Cloned, clone_sharing_files};
use crate::process::exit_now;
use crate::single_thread::SingleThreaded;

/// Has descriptors closed by a process that shares this one's: it may take its time, and ends with this process.
///
/// # Errors
/// Those of clone3(2); the descriptors are closed here then.
pub fn close_elsewhere(proof: &SingleThreaded, descriptors: Vec<OwnedFd>) -> Result<ChildProcess, Errno> {
    match clone_sharing_files(proof)? {
        Cloned::Parent(process) => {
            // They are the child's to close: none of their numbers is given to anything else before it has done so.
            descriptors.into_iter().for_each(|descriptor| {
                let _number = descriptor.into_raw_fd();
            });
            Ok(process)
        }
        Cloned::Child => {
            let tied = set_parent_process_death_signal(Some(Signal::KILL));
            drop(descriptors);
            exit_now(u8::from(tied.is_err()))
        }
    }
}
