//! Which machines run: a directory each below `/run/redd/machines`, which their redd has locked.

use std::fs::{self, File};
use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_control::place;
use redd_control::record::Record;
use redd_spec::name::MachineName;
use redd_sys::Errno;
use redd_sys::lock::{self, LockOutcome, Sharing};
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::MachineError;

/// How long it is waited for a machine that is just being started, before it is taken for none.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// How a machine's directory was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Its redd lives.
    Live,
    /// Its redd is dead, and somebody is about to undo what it left.
    Ending,
    /// Nobody is there: `redd gc`, or the next start of the name, mends it.
    Leftover,
}

/// A machine that has a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// It.
    pub name: MachineName,
    /// How it was found.
    pub presence: Presence,
    /// What is written of it; none before its payload was executed.
    pub record: Option<Record>,
}

/// All of them, by name.
///
/// # Errors
/// The directory of machines cannot be read, which only root may.
pub fn registered() -> Result<Vec<Registered>, MachineError> {
    let failed = |error: io::Error| MachineError::Host {
        what: format!("reading {}", place::MACHINES),
        cause: Errno::from_io_error(&error).unwrap_or(Errno::IO),
    };
    let entries = match fs::read_dir(place::MACHINES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        result => result.map_err(failed)?,
    };
    let names = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut found: Vec<Registered> = names.filter_map(registered_as).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// The machine of that name, where it has a directory.
#[must_use]
pub fn registered_as(name: MachineName) -> Option<Registered> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(CWD, place::directory(&name), flags, Mode::empty()).ok()?;
    let presence = match lock::has_owner(&directory) {
        Ok(true) => Presence::Live,
        // A start that comes at this moment tries again.
        Ok(false) | Err(_) => match lock::lock_whole_file(&directory, Sharing::Shared) {
            Ok(LockOutcome::Taken) => Presence::Leftover,
            Ok(LockOutcome::Busy) | Err(_) => Presence::Ending,
        },
    };
    // A record that cannot be read is the same as none: there is a machine all the same.
    let record = Record::read(&name).ok().flatten();
    Some(Registered { name, presence, record })
}

/// What is written of a machine that runs.
///
/// # Errors
/// It may be read by somebody else only.
pub fn record(name: &MachineName) -> Result<Option<Record>, MachineError> {
    match Record::read(name) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(MachineError::not_permitted(name))
        }
        // One that cannot be read is the same as none.
        record => Ok(record.ok().flatten()),
    }
}

/// The same; a machine that is just being started has a name, and no record yet: who comes then does not come too early.
pub(crate) fn awaited_record(name: &MachineName) -> Result<Option<Record>, MachineError> {
    let deadline = Instant::now() + START_PATIENCE;
    loop {
        let found = record(name)?;
        if found.is_some() || !is_being_started(name) || Instant::now() > deadline {
            return Ok(found);
        }
        sleep(LOOK_INTERVAL);
    }
}

/// Whether a living redd has the name.
fn is_being_started(name: &MachineName) -> bool {
    File::open(place::directory(name)).is_ok_and(|directory| lock::has_owner(&directory).unwrap_or(false))
}
