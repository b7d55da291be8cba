//! A running container, looked at from the host and from inside.

pub mod host;
pub mod join;
pub mod outside;

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::observation::{Observations, UnixExport};
use crate::probe::agent::{Account, Activity, Errand, Patience};
use crate::probe::{look, read};

/// Where redd tells other programs of its machines.
const STATES: &str = "/run/redd/machines";

/// Why a container cannot be judged: one sentence.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// Nobody has the name.
    #[error("no machine of redd's is called {name} ({path})", path = .path.display())]
    NoMachine {
        /// The name.
        name: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// No process has the number.
    #[error("there is no process {0}")]
    NoProcess(u32),
    /// A process, but no container's init.
    #[error("process {pid} is no container's init: {why}")]
    NoInit {
        /// Its number.
        pid: u32,
        /// What shows that.
        why: String,
    },
    /// Its init is another one, or too young to answer.
    #[error("its init is no systemd that answers at /run/systemd/private: {0}")]
    NoSystemd(String),
    /// It ended while it was looked at.
    #[error("the container ended while it was looked at")]
    Vanished,
    /// The probe inside could not do its work.
    #[error("the probe inside: {0}")]
    Probe(#[source] io::Error),
    /// The host itself.
    #[error("{what}: {cause}")]
    Host {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        cause: io::Error,
    },
}

/// The init of a running container, held by a handle that keeps meaning it.
#[derive(Debug)]
pub struct Subject {
    /// Its number here.
    pub pid: u32,
    pub(crate) handle: OwnedFd,
    /// The process that started it.
    pub(crate) manager: Option<u32>,
}

impl Subject {
    /// By redd's name of it, as any outsider finds it.
    ///
    /// # Errors
    /// There is no such machine.
    pub fn by_name(name: &str) -> Result<Self, SubjectError> {
        let path = Path::new(STATES).join(name).join("state.json");
        let missing = || SubjectError::NoMachine { name: name.to_owned(), path: path.clone() };
        if name.contains('/') {
            return Err(missing());
        }
        let state: serde_json::Value = read::bytes(&path)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .ok_or_else(missing)?;
        let number = |key: &str| {
            state.get(key).and_then(serde_json::Value::as_u64).and_then(|pid| pid.try_into().ok())
        };
        let mut subject = Self::by_pid(number("leader").ok_or_else(missing)?)?;
        subject.manager = number("supervisor").or(subject.manager);
        Ok(subject)
    }

    /// By the number of its init.
    ///
    /// # Errors
    /// There is no such process, or it is PID 1 of no container.
    pub fn by_pid(pid: u32) -> Result<Self, SubjectError> {
        let raw = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(SubjectError::NoProcess(pid))?;
        let handle = pidfd_open(raw, PidfdFlags::empty()).map_err(|_gone| SubjectError::NoProcess(pid))?;
        let number = look::process(&directory(pid)).number;
        let not = |why: String| SubjectError::NoInit { pid, why };
        if number != 1 {
            return Err(not(format!("in its own pid namespace it is process {number}")));
        }
        let namespaces = outside::namespaces(&directory(pid));
        let own = outside::namespaces(Path::new("/proc/self"));
        for kind in ["pid", "mnt"] {
            if namespaces.get(kind).is_none_or(|theirs| own.get(kind) == Some(theirs)) {
                return Err(not(format!("its {kind} namespace is the checker's own")));
            }
        }
        Ok(Self { pid, handle, manager: parent(pid) })
    }

    /// Its directory in /proc.
    pub(crate) fn directory(&self) -> PathBuf {
        directory(self.pid)
    }

    /// Looks at it from both sides.
    ///
    /// # Errors
    /// It vanished, or the probe could not work.
    pub fn observe(
        &self,
        activity: Activity,
        patience: Patience,
        observations: &mut Observations,
    ) -> Result<(), SubjectError> {
        observations.host = host::look();
        let program = match activity {
            Activity::ReadOnly => None,
            Activity::Active => Some(
                File::open("/proc/self/exe")
                    .map_err(|cause| SubjectError::Host { what: "opening redd's own program", cause })?,
            ),
        };
        let credential = observations.given.credential.as_ref().and_then(|given| given.as_ref().ok());
        let errand = Errand {
            activity,
            patience,
            program,
            credential: credential.map(|_value| crate::probe::CREDENTIAL.to_owned()),
            root_device: observations.host.root_device,
        };
        let needed = errand.program.as_ref().map(|program| program.as_raw_fd());
        let mut account: Account =
            join::run_inside(self, needed, || crate::probe::agent::run(errand), || ())?;
        // The kernel's word, not that of a file system inside.
        account.surroundings.environment = look::environment(&self.directory());
        account.surroundings.process = look::process(&self.directory());
        observations.outside = Some(outside::look(self, &account.surroundings));
        observations.after = Some(account.surroundings);
        observations.attempts = Some(account.attempts);
        observations.systemd = account.systemd;
        observations.units = account.units;
        Ok(())
    }
}

impl Subject {
    /// Lets the payload listen at a socket among those it exports, and looks at it from the host.
    ///
    /// # Errors
    /// The probe inside could not work.
    pub fn look_at_export(&self, here: &Path) -> Result<UnixExport, SubjectError> {
        const NAME: &str = "redd-check.socket";
        let inside = Path::new("/run/host/unix-export").join(NAME);
        let mut seen = UnixExport::default();
        let meanwhile = || {
            for _ in 0..ATTEMPTS_MAX {
                seen = outside::unix_export(here, NAME);
                if seen.connect == "ok" {
                    break;
                }
                std::thread::sleep(INTERVAL);
            }
        };
        join::run_inside(self, None, || listen_a_while(&inside), meanwhile)?;
        Ok(seen)
    }
}

/// How often the host tries to connect, and how long it waits between.
const ATTEMPTS_MAX: u32 = 100;
const INTERVAL: std::time::Duration = std::time::Duration::from_millis(10);

/// Until somebody connects, or nobody does.
fn listen_a_while(path: &Path) {
    let Ok(listener) = std::os::unix::net::UnixListener::bind(path) else { return };
    let mut waiting = [rustix::event::PollFd::new(&listener, rustix::event::PollFlags::IN)];
    let timeout = rustix::time::Timespec { tv_sec: 2, tv_nsec: 0 };
    // Whether somebody came is seen on the other side.
    drop(rustix::event::poll(&mut waiting, Some(&timeout)).map_err(io::Error::from));
    drop(std::fs::remove_file(path));
}

fn directory(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

fn parent(pid: u32) -> Option<u32> {
    let status = read::text(directory(pid).join("status"));
    status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
        .filter(|parent| *parent > 0)
}
