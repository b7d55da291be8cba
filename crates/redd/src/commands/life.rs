//! `redd restart`, `enable`, `disable` and `wait`

use redd_control::machine::{Stop, StopMode};
use redd_machine::start::{Predecessor, START_TIMEOUT, Until};
use redd_machine::{MachineError, enable, restart, stop, wait, words};
use redd_nspawn::Caller;
use redd_nspawn::kept::KeptWords;
use redd_spec::name::MachineName;

use super::background::{refuse, start_these};
use super::machines::{each, first_failure, status_of};
use crate::command_line::machines::life::{DisableArguments, Life, RestartArguments};
use crate::command_line::{BackgroundStart, EnableRequest, When, again};
use crate::exit_status::{self, ExitStatus};
use crate::report;
use crate::surroundings::{self, Host};

/// In an orderly way, in the time that its starter chose.
const ORDERLY: Stop = Stop { mode: StopMode::Orderly, timeout: None };

pub(super) fn dispatch(verb: &Life) -> ExitStatus {
    match verb {
        Life::Restart(arguments) => restart(arguments),
        Life::Disable(arguments) => disable(arguments),
        Life::Upgrade(arguments) => super::upgrade::upgrade(arguments),
        Life::Wait(arguments) => each(std::slice::from_ref(&arguments.name), "wait for", |name| {
            wait::wait(name, &arguments.condition, arguments.timeout)
        }),
    }
}

/// Everything is read anew before a machine is stopped: what cannot be started again goes on. Those in the background are
/// restarted at once, but for their order.
fn restart(arguments: &RestartArguments) -> ExitStatus {
    let until = if arguments.no_wait { Until::Executed } else { Until::Ready };
    let timeout = arguments.start_timeout.unwrap_or(START_TIMEOUT);
    if let Some(refused) = super::background::refuse_doubled(arguments.names.iter()) {
        return refused;
    }
    let mut status = exit_status::SUCCESS;
    let mut starts = Vec::new();
    for name in &arguments.names {
        match what_to_start_again(name) {
            Ok(Some(start)) => starts.push(start),
            Ok(None) => {
                let again = |name: &MachineName| restart::by_supervisor(name, until, timeout);
                status = first_failure(status, each(std::slice::from_ref(name), "restart", again));
            }
            Err(failed) => status = first_failure(status, failed),
        }
    }
    first_failure(status, start_these(starts, Predecessor::Stopped, until, timeout))
}

/// Nothing where it runs at a terminal, or not at all.
fn what_to_start_again(name: &MachineName) -> Result<Option<BackgroundStart>, ExitStatus> {
    let Some(kept) = words::of(name).map_err(|error| say("restart", name, &error))? else { return Ok(None) };
    let start = read_again(&kept, name)?;
    match super::background::refuse_what_cannot_be_planned(&start.start) {
        Some(refused) => Err(refused),
        None => Ok(Some(start)),
    }
}

/// What was kept, as it is meant now.
pub(super) fn read_again(kept: &[u8], name: &MachineName) -> Result<BackgroundStart, ExitStatus> {
    let failed = |text: &str| {
        report::notice(&format!("cannot start {name}: {text}"));
        Err(exit_status::VERB_FAILED)
    };
    let Some(kept) = KeptWords::from_bytes(kept) else { return failed("the words that were kept are none") };
    let caller: Caller = match surroundings::caller() {
        Ok(caller) => caller,
        Err(error) => return failed(&error.to_string()),
    };
    again(&kept, name, &caller, &Host).map_err(|answer| report::usage(&answer))
}

pub(super) fn enable(request: EnableRequest) -> ExitStatus {
    let EnableRequest { starts, when } = request;
    let mut status = exit_status::SUCCESS;
    for BackgroundStart { start, words } in &starts {
        let name = &start.spec.name;
        let enabled = match super::background::refuse_what_cannot_be_planned(start) {
            Some(refused) => refused,
            None => enable::enable(&start.spec, &words.to_bytes())
                .map_or_else(|error| say("enable", name, &error), |()| exit_status::SUCCESS),
        };
        status = first_failure(status, enabled);
    }
    match when {
        When::Now if status == exit_status::SUCCESS => {
            start_these(starts, Predecessor::Refused, Until::Ready, START_TIMEOUT)
        }
        When::Now | When::Later => status,
    }
}

fn disable(arguments: &DisableArguments) -> ExitStatus {
    each(&arguments.names, "disable", |name| {
        enable::disable(name)?;
        if !arguments.now {
            return Ok(());
        }
        match stop::stop(name, &ORDERLY, |_| {}) {
            Err(MachineError::NotRunning { .. }) => Ok(()),
            result => result,
        }
    })
}

/// What was enabled, and does not run yet; one that cannot be read keeps nobody else from starting.
pub(super) fn start_all_enabled(until: Until, timeout: std::time::Duration) -> ExitStatus {
    let names = match enable::all() {
        Ok(names) => names,
        Err(error) => {
            report::failure("cannot start what is enabled", &error, error.hint().as_deref());
            return status_of(&error);
        }
    };
    let mut status = exit_status::SUCCESS;
    let mut starts = Vec::new();
    for name in names.iter().filter(|name| !restart::is_running(name)) {
        let read = enable::words(name).map_err(|error| refuse(name, &error));
        match read.and_then(|kept| read_again(&kept, name)) {
            Ok(start) => match super::background::refuse_what_cannot_be_planned(&start.start) {
                None => starts.push(start),
                Some(refused) => status = first_failure(status, refused),
            },
            Err(failed) => status = first_failure(status, failed),
        }
    }
    first_failure(status, start_these(starts, Predecessor::Refused, until, timeout))
}

fn say(verb: &str, name: &MachineName, error: &MachineError) -> ExitStatus {
    report::failure(&format!("cannot {verb} {name}"), error, error.hint().as_deref());
    status_of(error)
}
