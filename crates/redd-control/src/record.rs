//! What other programs may know of a running machine: `state.json` in its directory.

use std::io;
use std::path::PathBuf;

use redd_spec::name::MachineName;
use serde::{Deserialize, Serialize};

use crate::place;

/// The most that is read of a record, in bytes.
const RECORD_MAX: u64 = 1 << 20;

/// What is written when a payload was executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The machine.
    pub name: MachineName,
    /// Its PID 1, as the host counts.
    pub leader: i32,
    /// Its redd.
    pub supervisor: u32,
    /// What `$container_uuid` is.
    pub uuid: String,
    /// The tree it runs from.
    pub tree: PathBuf,
    /// The payload's cgroup in the unified hierarchy.
    pub cgroup: Option<String>,
    /// Ids of the host that are its own, as `FIRST:COUNT`.
    pub ids: Option<String>,
    /// The ptys beside the console (EV3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terminals: Vec<String>,
    /// What its tree's os-release calls it (`PRETTY_NAME=`), as it was at this boot, escaped: nobody has to look into
    /// a tree that may be on a file system which hangs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// The version of the redd that supervises it; one that does not say it is older than that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redd: Option<String>,
    /// When redd came how far with this boot.
    #[serde(default)]
    pub times: Times,
}

/// Moments of a boot, in microseconds of `CLOCK_MONOTONIC`: the clock that an init in the payload counts by, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// redd began.
    pub begun: u64,
    /// Host and tree had been looked at, and the plan was made.
    pub planned: u64,
    /// PID 1 was born.
    pub cloned: u64,
    /// The payload was executed.
    pub executed: u64,
}

impl Record {
    /// That of a machine; `None` where none is there.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read(name: &MachineName) -> io::Result<Option<Self>> {
        let path = place::directory(name).join(place::RECORD);
        match std::fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok(metadata) if metadata.len() > RECORD_MAX => return Err(io::ErrorKind::FileTooLarge.into()),
            result => result?,
        };
        match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            text => Ok(Some(serde_json::from_slice(&text?)?)),
        }
    }
}
