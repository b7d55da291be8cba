//! Verbs for machines that are there: `stop`, `kill`, and the like.

use std::io::{IsTerminal as _, stderr};

use super::{mount, set};
use redd_control::event::{Event, Occurrence};
use redd_control::machine::{Kill, Stop, StopMode, Whom};
use redd_machine::{MachineError, pause, stop};
use redd_runtime::background::FailureKind;
use redd_spec::name::MachineName;
use redd_sys::Errno;

use super::console::console;
use super::exec::{exec, shell};
use super::login::login;
use crate::command_line::machines::{KillArguments, KillTarget, MachineVerb, StopArguments};
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn dispatch(verb: MachineVerb) -> ExitStatus {
    match verb {
        MachineVerb::Stop(arguments) => stop(&arguments),
        MachineVerb::Kill(arguments) => kill(&arguments),
        MachineVerb::Terminate(names) => {
            let request = Stop { mode: StopMode::Now, timeout: None };
            each(&names.names, "terminate", |name| stop::stop(name, &request, |_| {}))
        }
        MachineVerb::Pause(names) => each(&names.names, "pause", pause::pause),
        MachineVerb::Device(verb) => super::device::device(&verb),
        MachineVerb::Mount(verb) => mount::mount(&verb),
        MachineVerb::Network(verb) => super::network::network(&verb),
        MachineVerb::Set(arguments) => set::set(&arguments),
        MachineVerb::Look(look) => super::look::look(&look),
        MachineVerb::Resume(names) => each(&names.names, "resume", pause::resume),
        MachineVerb::Life(verb) => super::life::dispatch(&verb),
        MachineVerb::Console(arguments) => console(&arguments),
        MachineVerb::Login(argument) => login(&argument.name),
        MachineVerb::Exec(arguments) => exec(*arguments),
        MachineVerb::Shell(arguments) => shell(*arguments),
    }
}

fn stop(arguments: &StopArguments) -> ExitStatus {
    let mode = if arguments.now { StopMode::Now } else { StopMode::Orderly };
    let timeout = arguments.timeout.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    let request = Stop { mode, timeout };
    each(&arguments.names, "stop", |name| stop::stop(name, &request, tell))
}

/// A person hears what a machine does meanwhile.
fn tell(occurrence: &Occurrence) {
    let Event::Status { text } = &occurrence.event else { return };
    if stderr().is_terminal() {
        report::notice(&format!("{}: {text}", occurrence.machine));
    }
}

fn kill(arguments: &KillArguments) -> ExitStatus {
    let whom = match arguments.whom {
        KillTarget::Leader => Whom::Leader,
        KillTarget::Supervisor => Whom::Supervisor,
        KillTarget::All => Whom::All,
    };
    let request = Kill { signal: arguments.signal.get(), whom };
    each(&arguments.names, "kill", |name| stop::kill(name, &request))
}

/// Does it to one after the other; the status is that of the first that failed.
pub(super) fn each(
    names: &[MachineName],
    verb: &str,
    work: impl Fn(&MachineName) -> Result<(), MachineError>,
) -> ExitStatus {
    let failures = names.iter().filter_map(|name| {
        let error = work(name).err()?;
        report::failure(&format!("cannot {verb} {name}"), &error, error.hint().as_deref());
        Some(status_of(&error))
    });
    // All of them, and not up to the first.
    failures.fold(exit_status::SUCCESS, first_failure)
}

/// The status of the first that failed.
pub(super) fn first_failure(first: ExitStatus, status: ExitStatus) -> ExitStatus {
    if first == exit_status::SUCCESS { status } else { first }
}

/// What an error ends redd with.
pub(super) fn status_of(error: &MachineError) -> ExitStatus {
    match error {
        MachineError::Unknown { .. } | MachineError::NotRunning { .. } => exit_status::NOT_RUNNING,
        MachineError::Exists { .. } | MachineError::Taken { .. } | MachineError::Busy { .. } => {
            exit_status::CONFLICT
        }
        MachineError::NotStarted { failure } => match failure.kind {
            FailureKind::Conflict => exit_status::CONFLICT,
            FailureKind::NotFound => exit_status::NOT_RUNNING,
            FailureKind::NotPermitted => exit_status::NOT_PERMITTED,
            FailureKind::Other => exit_status::VERB_FAILED,
        },
        MachineError::TimedOut { .. } => exit_status::TIMED_OUT,
        MachineError::Host { cause: Errno::PERM | Errno::ACCESS, .. } => exit_status::NOT_PERMITTED,
        MachineError::Supervisor { .. }
        | MachineError::Host { .. }
        | MachineError::Execute { .. }
        | MachineError::Refused { .. } => exit_status::VERB_FAILED,
    }
}
