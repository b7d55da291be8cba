//! Ending a machine: in an orderly way, or at once, and always.

use std::os::fd::{AsFd as _, OwnedFd};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_control::client::{Client, ClientError};
use redd_control::event::Occurrence;
use redd_control::machine::{Done, Kill, Stop, StopMode, method};
use redd_control::place;
use redd_spec::name::MachineName;
use redd_sys::{Errno, signal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::registry::{awaited_record, record};
use crate::{MachineError, service};

/// How long a supervisor that was told to kill everything may take, before it is killed itself: its guard does the rest.
const KILL_PATIENCE: Duration = Duration::from_secs(10);
/// How long a guard may take to give back what its machine had.
const GUARD_PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether it has.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// Ends a machine, and waits until it is gone. `progress` hears what happens meanwhile.
///
/// # Errors
/// It does not run, or its supervisor refuses.
pub fn stop(
    name: &MachineName,
    request: &Stop,
    mut progress: impl FnMut(&Occurrence),
) -> Result<(), MachineError> {
    let (pid, supervisor) = supervisor(name)?;
    let unit = service::tell_to_stop(pid);
    let asked = match &unit {
        Some(_) => attend(name, request, &supervisor, &mut progress),
        None => ask(name, request, &supervisor, &mut progress),
    };
    match asked {
        Ok(()) => {}
        // One that hangs, or died meanwhile, must not keep a machine alive.
        Err(ClientError::TimedOut(_) | ClientError::Closed) if request.mode == StopMode::Now => {
            end_supervisor(&supervisor)?;
        }
        Err(ClientError::Closed) => {}
        // It has heard systemd already.
        Err(ClientError::NotRunning) if unit.is_some() => {}
        Err(cause) => return Err(MachineError::of_client(name, cause)),
    }
    if let Some(unit) = unit {
        unit.wait();
    }
    await_end(name, &supervisor)?;
    wait_for_guard(name, pid);
    Ok(())
}

/// A supervisor that does not talk any more ends; one that does not has not stopped its machine.
fn await_end(name: &MachineName, supervisor: &OwnedFd) -> Result<(), MachineError> {
    let patience = Timespec { tv_sec: GUARD_PATIENCE.as_secs().cast_signed(), tv_nsec: 0 };
    let mut polled = [PollFd::from_borrowed_fd(supervisor.as_fd(), PollFlags::IN)];
    match retry_on_intr(|| poll(&mut polled, Some(&patience))) {
        Ok(0) => {
            let what = "has a supervisor that was told to stop it, and goes on without a word".to_owned();
            Err(MachineError::TimedOut { name: name.clone(), what })
        }
        Ok(_) => Ok(()),
        Err(cause) => Err(MachineError::Host { what: "waiting for its supervisor".to_owned(), cause }),
    }
}

/// Waits until what a supervisor left is given back too. What cannot be is found by the next start, or `redd gc`.
fn wait_for_guard(name: &MachineName, supervisor: u32) {
    let deadline = Instant::now() + GUARD_PATIENCE;
    let is_anothers = || matches!(record(name), Ok(Some(record)) if record.supervisor != supervisor);
    // The directory goes last.
    while place::directory(name).exists() && !is_anothers() && Instant::now() < deadline {
        sleep(LOOK_INTERVAL);
    }
}

/// Sends processes of a machine a signal.
///
/// # Errors
/// It does not run, or its supervisor refuses.
pub fn kill(name: &MachineName, request: &Kill) -> Result<(), MachineError> {
    let ask = || Client::connect(name)?.call(method::KILL, request);
    let Done {} = ask().map_err(|cause| MachineError::of_client(name, cause))?;
    Ok(())
}

/// A hold on a machine's redd.
fn supervisor(name: &MachineName) -> Result<(u32, OwnedFd), MachineError> {
    let not_running = || MachineError::NotRunning { name: name.clone() };
    let record = awaited_record(name)?.ok_or_else(not_running)?;
    let pid = i32::try_from(record.supervisor).ok().and_then(Pid::from_raw).ok_or_else(not_running)?;
    let handle = pidfd_open(pid, PidfdFlags::empty()).map_err(|_gone| not_running())?;
    Ok((record.supervisor, handle))
}

/// Its supervisor listens a moment after it has written the record.
fn connect(name: &MachineName, supervisor: &OwnedFd) -> Result<Client, ClientError> {
    const EXISTENCE: i32 = 0;
    let deadline = Instant::now() + KILL_PATIENCE;
    loop {
        let lives = signal::send(supervisor.as_fd(), EXISTENCE).is_ok();
        match Client::connect(name) {
            Err(ClientError::NotRunning) if lives && Instant::now() < deadline => sleep(LOOK_INTERVAL),
            result => return result,
        }
    }
}

/// The supervisor closes the connection when the machine is gone.
fn ask(
    name: &MachineName,
    request: &Stop,
    supervisor: &OwnedFd,
    progress: &mut impl FnMut(&Occurrence),
) -> Result<(), ClientError> {
    let mut listener = connect(name, supervisor)?;
    listener.subscribe(method::SUBSCRIBE, &serde_json::json!({}))?;
    let Done {} = Client::connect(name)?.call(method::STOP, request)?;
    let deadline = (request.mode == StopMode::Now).then(|| Instant::now() + KILL_PATIENCE);
    loop {
        match listener.next_reply::<Occurrence>(deadline) {
            Ok(occurrence) => progress(&occurrence),
            Err(ClientError::Closed) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// systemd has the supervisor told to stop, in an orderly way. It is not asked a second time for that: a second request is one
/// to kill everything, and may come first.
fn attend(
    name: &MachineName,
    request: &Stop,
    supervisor: &OwnedFd,
    progress: &mut impl FnMut(&Occurrence),
) -> Result<(), ClientError> {
    const AT_ONCE: Stop = Stop { mode: StopMode::Now, timeout: None };
    if request.mode == StopMode::Now {
        return ask(name, &AT_ONCE, supervisor, progress);
    }
    let deadline = request.timeout.and_then(|time| Instant::now().checked_add(Duration::from_micros(time)));
    let mut listener = connect(name, supervisor)?;
    listener.subscribe(method::SUBSCRIBE, &serde_json::json!({}))?;
    loop {
        match listener.next_reply::<Occurrence>(deadline) {
            Ok(occurrence) => progress(&occurrence),
            Err(ClientError::Closed) => return Ok(()),
            Err(ClientError::TimedOut(_)) => return ask(name, &AT_ONCE, supervisor, progress),
            Err(error) => return Err(error),
        }
    }
}

fn end_supervisor(supervisor: &OwnedFd) -> Result<(), MachineError> {
    match signal::send(supervisor.as_fd(), signal::SIGKILL) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(cause) => Err(MachineError::Host { what: "killing its supervisor".to_owned(), cause }),
    }
}
