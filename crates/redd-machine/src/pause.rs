//! Freezing a machine.

use std::path::Path;
use std::time::{Duration, Instant};

use redd_control::client::{Client, ClientError};
use redd_control::machine::{Description, method};
use redd_spec::name::MachineName;
use redd_sys::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, openat};
use serde::Deserialize;

use crate::MachineError;

/// How long the kernel may take to freeze the last process: one that waits for a disk is not frozen before.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Deserialize)]
struct Done {}

/// Freezes every process of a machine, and waits until none of them moves.
///
/// # Errors
/// It does not run, or the host cannot do it.
pub fn pause(name: &MachineName) -> Result<(), MachineError> {
    change(name, method::PAUSE, "1")
}

/// Lets every process of a machine go on.
///
/// # Errors
/// It does not run, or the host cannot do it.
pub fn resume(name: &MachineName) -> Result<(), MachineError> {
    change(name, method::RESUME, "0")
}

fn change(name: &MachineName, method: &str, frozen: &str) -> Result<(), MachineError> {
    let ask = || -> Result<Description, ClientError> {
        let mut client = Client::connect(name)?;
        let Done {} = client.call(method, &serde_json::json!({}))?;
        client.call(method::DESCRIBE, &serde_json::json!({}))
    };
    let description = ask().map_err(|cause| MachineError::of_client(name, cause))?;
    let Some(cgroup) = description.cgroups.first() else { return Ok(()) };
    match wait(Path::new(cgroup), frozen) {
        Ok(true) => Ok(()),
        // A machine that ended meanwhile has no cgroup.
        Err(Errno::NOENT | Errno::NODEV) => Err(MachineError::NotRunning { name: name.clone() }),
        Ok(false) => {
            let what = format!("has processes that the kernel cannot stop within {PATIENCE:?}");
            Err(MachineError::TimedOut { name: name.clone(), what })
        }
        Err(cause) => Err(MachineError::Host { what: format!("looking whether {name} is frozen"), cause }),
    }
}

/// The kernel says with `POLLPRI` that the file has changed.
fn wait(cgroup: &Path, frozen: &str) -> Result<bool, Errno> {
    let path = cgroup.join("cgroup.events");
    let deadline = Instant::now() + PATIENCE;
    let file = openat(CWD, &path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    loop {
        let mut buffer = [0; 256];
        let length = rustix::io::pread(&file, &mut buffer, 0)?;
        let text = String::from_utf8_lossy(&buffer[..length]);
        if text.lines().any(|line| line.strip_prefix("frozen ") == Some(frozen)) {
            return Ok(true);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        let timeout =
            Timespec { tv_sec: 0, tv_nsec: i64::from(left.min(Duration::from_millis(100)).subsec_nanos()) };
        poll(&mut [PollFd::new(&file, PollFlags::PRI)], Some(&timeout))?;
    }
}
