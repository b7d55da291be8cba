//! A machine that nobody sits at: its supervisor is a process of its own, which tells its starter how the start goes.
//!
//! There is no daemon: the supervisor is what `redd boot` is, with nobody at its terminal. Who started it may go away at any
//! moment; it goes on.

mod log;
mod report;

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};

use redd_control::client::Client;
use redd_control::ending::LastEnding;
use redd_control::event::{Occurrence, Phase};
use redd_control::machine::{Description, method};
use redd_spec::Spec;
use redd_spec::name::MachineName;
use redd_sys::clone::{ChildProcess, CloneRequest, Cloned, Namespaces, clone_process};
use redd_sys::single_thread::SingleThreaded;
use redd_sys::{Errno, process};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::retry_on_intr;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair};
use rustix::process::{WaitId, WaitIdOptions, waitid};

use crate::child::execute::{LISTEN_FDS_START, sockets_end};
use crate::error::{best_effort, with_causes};
use crate::handover::Incoming;
use crate::handover::state::{REDD, State};
use crate::start::{Attendance, start_attended};
use crate::{Ending, Error, ending};
use log::Log;
use report::MESSAGE_MAX;
pub use report::{FailureKind, Report, StartFailure};

/// What the process is called.
const SUPERVISOR: &CStr = c"redd-supervisor";

/// A start in the background, as its starter sees it. Dropping this changes nothing about it.
#[derive(Debug)]
pub struct Starting {
    supervisor: ChildProcess,
    reports: OwnedFd,
}

impl Starting {
    /// Starts a machine by a supervisor of its own. What it was told to start is kept beside it, for a restart. What has to
    /// be done before is done there, too: nobody cuts it off from what comes after it.
    ///
    /// # Errors
    /// There can be no such process.
    pub fn begin(
        spec: &Spec,
        words: &[u8],
        before: impl FnOnce() -> Result<(), StartFailure>,
    ) -> Result<Self, Error> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (reports, starter) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
            .map_err(Error::host("making a channel"))?;
        let failed = || Error::host("starting a process for the supervisor");
        let proof = SingleThreaded::check().map_err(|_threads| failed()(Errno::BUSY))?;
        let request = CloneRequest { namespaces: Namespaces::empty(), into_cgroup: None };
        match clone_process(&proof, &request).map_err(failed())? {
            Cloned::Parent(supervisor) => Ok(Self { supervisor, reports }),
            Cloned::Child => supervise(spec, words, starter, before),
        }
    }

    /// The next report that came, if one has.
    pub fn next_report(&mut self) -> Option<Report> {
        let mut buffer = [0; MESSAGE_MAX];
        loop {
            match retry_on_intr(|| recv(&self.reports, &mut buffer, RecvFlags::empty())) {
                Ok((_, 0)) => return Some(Report::Gone),
                Ok((_, length)) => {
                    if let Some(report) = Report::parse(&buffer[..length.min(MESSAGE_MAX)]) {
                        return Some(report);
                    }
                }
                Err(Errno::AGAIN) => return None,
                Err(_) => return Some(Report::Gone),
            }
        }
    }
}

/// Readable when there is a report.
impl AsFd for Starting {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reports.as_fd()
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        best_effort(waitid(WaitId::PidFd(self.supervisor.pidfd.as_fd()), options));
    }
}

/// The supervisor's end of the channel.
#[derive(Debug)]
pub(crate) struct Starter(OwnedFd);

impl Starter {
    /// Tells it something, in the form of a message.
    pub(crate) fn tell(&self, message: &str) -> Result<(), Errno> {
        let bytes = message.as_bytes();
        send(&self.0, &bytes[..bytes.len().min(MESSAGE_MAX)], SendFlags::NOSIGNAL).map(drop)
    }

    /// The payload was executed.
    pub(crate) fn tell_of_execution(&self) {
        best_effort(self.tell(&Report::Executed.message()));
    }
}

impl From<OwnedFd> for Starter {
    fn from(channel: OwnedFd) -> Self {
        Self(channel)
    }
}

impl AsFd for Starter {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The whole life of the supervisor.
fn supervise(
    spec: &Spec,
    words: &[u8],
    starter: OwnedFd,
    before: impl FnOnce() -> Result<(), StartFailure>,
) -> ! {
    let mut log = Log::open(&spec.name);
    let starter = Starter(starter);
    let tell = |report: &Report| best_effort(starter.tell(&report.message()));
    if let Err(errno) = leave_everything(&starter, &log, spec) {
        tell(&Report::Failed(StartFailure::of(&Error::host("becoming a process of its own")(errno))));
        process::exit_now(1);
    }
    let result = starter.0.try_clone().map_err(|error| {
        Error::host("sharing a channel")(Errno::from_io_error(&error).unwrap_or(Errno::MFILE))
    });
    if let Err(failure) = before() {
        tell(&Report::Failed(failure));
        process::exit_now(1);
    }
    let result = result.and_then(|copy| {
        attend(spec, Attendance::Starter { starter: Starter(copy), words }, &mut log, |text| {
            tell(&Report::Warning(text.to_owned()));
        })
    });
    conclude(&spec.name, tell, &result)
}

/// The rest of a supervisor's life, where another program has begun it.
pub(crate) fn go_on(state: State, incoming: Incoming) -> ! {
    let name = state.life.name.clone();
    best_effort(rustix::thread::set_name(SUPERVISOR));
    // Who started the machine hears of its end by the end of the channel, if they still wait.
    let result = go_on_with_log(state, incoming, |_| {});
    conclude(&name, |_| {}, &result)
}

/// Tells how it ended, and ends.
fn conclude(name: &MachineName, tell: impl Fn(&Report), result: &Result<Ending, Error>) -> ! {
    match result {
        Ok(ending) => {
            tell(&Report::Failed(StartFailure::of_end(format!("{name} {ending}"))));
            process::exit_now(0)
        }
        Err(error) => {
            tell(&Report::Failed(StartFailure::of(error)));
            process::exit_now(1)
        }
    }
}

/// Runs a machine as the service of a service manager that redd was started as: `$NOTIFY_SOCKET` leads to it. What is said of
/// the machine is kept as for one in the background, and `warn` hears it, too.
///
/// # Errors
/// It could not be started; nothing is left behind.
pub fn serve(spec: &Spec, words: &[u8], warn: impl FnMut(&str)) -> Result<Ending, Error> {
    let mut log = Log::open(&spec.name);
    attend(spec, Attendance::Unit { words }, &mut log, warn).map(|ending| for_unit(&spec.name, ending))
}

/// Whoever had it killed does not want to find a unit that failed.
fn for_unit(name: &MachineName, ending: Ending) -> Ending {
    let was_asked_for = || LastEnding::read(name).is_ok_and(|last| last.is_some_and(|last| last.asked));
    match ending {
        Ending::Killed(_) if was_asked_for() => Ending::Exited(0),
        ending => ending,
    }
}

/// The rest of a service's life, where another program has begun it.
pub(crate) fn go_on_serving(
    state: State,
    incoming: Incoming,
    warn: impl FnMut(&str),
) -> Result<Ending, Error> {
    let name = state.life.name.clone();
    go_on_with_log(state, incoming, warn).map(|ending| for_unit(&name, ending))
}

/// A whole life, and a log of it.
fn attend(
    spec: &Spec,
    attendance: Attendance<'_>,
    log: &mut Log,
    mut warn: impl FnMut(&str),
) -> Result<Ending, Error> {
    await_dying(&spec.name);
    let result = start_attended(spec, None, attendance, |text| {
        log.add(&format!("warning: {text}"));
        warn(text);
    });
    keep(&spec.name, log, &result);
    result
}

/// The rest of a life, and a log of it.
fn go_on_with_log(state: State, incoming: Incoming, mut warn: impl FnMut(&str)) -> Result<Ending, Error> {
    let name = state.life.name.clone();
    let mut log = Log::open(&name);
    log.add(&format!("redd {REDD} goes on where redd {} was", state.redd));
    let result = crate::start::go_on(state, incoming, &mut |text: &str| {
        log.add(&format!("warning: {text}"));
        warn(text);
    });
    keep(&name, &mut log, &result);
    result
}

/// Writes down how it ended.
fn keep(name: &MachineName, log: &mut Log, result: &Result<Ending, Error>) {
    match result {
        Ok(ending) => log.add(&format!("{name} {ending}")),
        // The log is of the machine that has the name.
        Err(Error::NameTaken { .. }) => {}
        Err(error) => {
            log.add(&format!("error: {}", with_causes(error)));
            ending::remember_error(name, error);
        }
    }
}

/// A machine of that name that somebody has told to stop is gone soon.
fn await_dying(name: &MachineName) {
    let nothing = serde_json::json!({});
    let phase =
        Client::connect(name).and_then(|mut client| client.call::<Description>(method::DESCRIBE, &nothing));
    if !phase.is_ok_and(|description| description.phase == Phase::Stopping) {
        return;
    }
    let Ok(mut listener) = Client::connect(name) else { return };
    best_effort(listener.subscribe(method::SUBSCRIBE, &nothing));
    while listener.next_reply::<Occurrence>(None).is_ok() {}
}

/// A session of its own, and nothing of the caller's: whoever waits for the end of the caller's output must not wait for the
/// machine. What a bug has to say goes into the log.
fn leave_everything(starter: &Starter, log: &Log, spec: &Spec) -> Result<(), Errno> {
    rustix::process::setsid()?;
    rustix::process::chdir("/")?;
    rustix::thread::set_name(SUPERVISOR)?;
    let nothing = openat(CWD, "/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    match log.file() {
        Some(file) => rustix::stdio::dup2_stderr(file)?,
        None => rustix::stdio::dup2_stderr(&nothing)?,
    }
    drop(nothing);
    let mut kept: Vec<RawFd> = vec![0, 1, 2, starter.0.as_raw_fd()];
    kept.extend(log.file().map(|file| file.as_raw_fd()));
    kept.extend(LISTEN_FDS_START..sockets_end(spec.sockets.count));
    process::close_all_but(kept)
}
