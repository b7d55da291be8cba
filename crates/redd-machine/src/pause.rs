//! Freezing a machine.

use std::path::Path;
use std::time::{Duration, Instant};

use redd_control::client::Client;
use redd_control::machine::{Description, Done, method};
use redd_spec::name::MachineName;
use redd_sys::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::MachineError;

/// How long the kernel may take to freeze the last process: one that waits for a disk is not frozen before.
const PATIENCE: Duration = Duration::from_secs(10);

/// After how long it is looked whether anybody still wants it.
const MOMENT: Duration = Duration::from_millis(100);

/// Freezes every process of a machine, and waits until none of them moves.
///
/// # Errors
/// It does not run, or the host cannot do it.
pub fn pause(name: &MachineName) -> Result<(), MachineError> {
    change(name, Wanted::Frozen)
}

/// Lets every process of a machine go on.
///
/// # Errors
/// It does not run, or the host cannot do it.
pub fn resume(name: &MachineName) -> Result<(), MachineError> {
    change(name, Wanted::Going)
}

/// What a machine is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Frozen,
    Going,
}

impl Wanted {
    const fn method(self) -> &'static str {
        match self {
            Self::Frozen => method::PAUSE,
            Self::Going => method::RESUME,
        }
    }

    /// As the kernel writes it.
    const fn word(self) -> &'static str {
        match self {
            Self::Frozen => "1",
            Self::Going => "0",
        }
    }
}

fn change(name: &MachineName, wanted: Wanted) -> Result<(), MachineError> {
    let failed = |cause| MachineError::of_client(name, cause);
    let mut client = Client::connect(name).map_err(failed)?;
    let Done {} = client.call(wanted.method(), &serde_json::json!({})).map_err(failed)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let description: Description =
            client.call(method::DESCRIBE, &serde_json::json!({})).map_err(failed)?;
        // Somebody who came later wants something else, and has it.
        if description.paused != (wanted == Wanted::Frozen) {
            return Ok(());
        }
        let Some(cgroup) = description.cgroups.first() else { return Ok(()) };
        match wait(Path::new(cgroup), wanted) {
            Ok(true) => return Ok(()),
            Ok(false) if Instant::now() < deadline => {}
            Ok(false) => {
                let what = format!("has processes that the kernel cannot stop within {PATIENCE:?}");
                return Err(MachineError::TimedOut { name: name.clone(), what });
            }
            // A machine that ended meanwhile has no cgroup.
            Err(Errno::NOENT | Errno::NODEV) => {
                return Err(MachineError::NotRunning { name: name.clone() });
            }
            Err(cause) => {
                let what = format!("looking whether {name} is frozen");
                return Err(MachineError::Host { what, cause });
            }
        }
    }
}

/// Whether it is so, or becomes so within a moment. The kernel says with `POLLPRI` that the file has changed.
fn wait(cgroup: &Path, wanted: Wanted) -> Result<bool, Errno> {
    let file = openat(CWD, cgroup.join("cgroup.events"), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let is_so = || {
        let mut buffer = [0; 256];
        let length = rustix::io::pread(&file, &mut buffer, 0)?;
        let text = String::from_utf8_lossy(&buffer[..length]);
        Ok(text.lines().any(|line| line.strip_prefix("frozen ") == Some(wanted.word())))
    };
    if is_so()? {
        return Ok(true);
    }
    let moment = Timespec { tv_sec: 0, tv_nsec: i64::from(MOMENT.subsec_nanos()) };
    poll(&mut [PollFd::new(&file, PollFlags::PRI)], Some(&moment))?;
    is_so()
}
