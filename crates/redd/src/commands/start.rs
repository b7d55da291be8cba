//! `redd boot`, `redd run`, and `systemd-nspawn`

use redd_nspawn::Persona;
use redd_runtime::handover::TakenOver;
use redd_runtime::{Ending, Error};
use redd_spec::Spec;
use redd_spec::console::ConsoleMode;
use redd_spec::ids::UserNamespace;
use redd_spec::payload::Payload;
use serde::{Deserialize, Serialize};

use crate::command_line::StartRequest;
use crate::exit_status::{self, ExitStatus};
use crate::report;

/// `ENOENT`
const NO_SUCH_FILE: i32 = 2;

pub(super) fn start(request: StartRequest) -> ExitStatus {
    warn_before(&request);
    let StartRequest { persona, spec, terminal, quiet, .. } = request;
    let warn = |text: &str| {
        if !quiet {
            report::warning(text);
        }
    };
    if spec.console == ConsoleMode::Interactive && !quiet {
        report::notice(hot_keys(&spec.payload));
    }
    let manner = match persona {
        Persona::Boot | Persona::Run | Persona::Start => Manner::Native,
        Persona::Nspawn => Manner::Nspawn,
    };
    let reminder = Reminder { manner, quiet };
    let ending = redd_runtime::start(&spec, terminal, reminder.to_text(), warn);
    manner.status(&spec, ending)
}

/// What is needed once more when another redd goes on with the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Reminder {
    manner: Manner,
    quiet: bool,
}

/// What an end is told with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Manner {
    Native,
    Nspawn,
}

impl Reminder {
    fn to_text(self) -> String {
        serde_json::to_string(&self).unwrap_or_default()
    }
}

impl Manner {
    fn status(self, spec: &Spec, ending: Result<Ending, Error>) -> ExitStatus {
        match self {
            Self::Native => native_status(spec, ending),
            Self::Nspawn => nspawn_status(spec, ending),
        }
    }
}

/// Goes on with a machine that another redd has started.
pub(super) fn go_on(machine: TakenOver) -> ExitStatus {
    let spec = machine.spec().clone();
    let reminder = machine.reminder().and_then(|text| serde_json::from_str(text).ok());
    let Reminder { manner, quiet } = reminder.unwrap_or(Reminder { manner: Manner::Native, quiet: false });
    let ending = machine.go_on(|text| {
        if !quiet {
            report::warning(text);
        }
    });
    manner.status(&spec, ending)
}

/// What words and files are told of before anything is done.
pub(super) fn warn_before(request: &StartRequest) {
    if request.quiet {
        return;
    }
    request.warnings.iter().for_each(|warning| report::warning(warning));
    if request.spec.users == UserNamespace::Host {
        report::warning(
            "no user namespace: the payload's root is the host's root, and nothing is a boundary",
        );
    }
}

/// What somebody at the console has to know.
const fn hot_keys(payload: &Payload) -> &'static str {
    match payload {
        Payload::Boot { .. } => "keys, within a second: ^]^]p powers off, ^]^]r reboots, ^]^]^] kills",
        Payload::Command(_) => "keys, within a second: ^]^]p stops the command, ^]^]^] kills it",
    }
}

pub(super) fn native_status(spec: &Spec, ending: Result<Ending, Error>) -> ExitStatus {
    match ending {
        Ok(Ending::Exited(status)) => ExitStatus::of_payload(status),
        Ok(Ending::Killed(signal)) => ExitStatus::of_signal(signal),
        Ok(Ending::RestartWanted) => exit_status::RESTART,
        Err(error) => {
            say(spec, &error);
            match error {
                Error::Execute { cause, .. } if cause.raw_os_error() == NO_SUCH_FILE => {
                    exit_status::NOT_FOUND
                }
                Error::Execute { .. } => exit_status::NOT_EXECUTABLE,
                _ => exit_status::FAILED,
            }
        }
    }
}

/// The payload's own status; 1 for everything that went wrong, and 133 for nothing but a reboot.
fn nspawn_status(spec: &Spec, ending: Result<Ending, Error>) -> ExitStatus {
    match ending {
        Ok(Ending::RestartWanted) => exit_status::RESTART,
        Ok(Ending::Exited(status)) if ExitStatus::of_payload(status) != exit_status::RESTART => {
            ExitStatus::of_payload(status)
        }
        Ok(Ending::Exited(_)) => exit_status::NSPAWN_FAILED,
        Ok(Ending::Killed(signal)) => {
            report::notice(&format!("{} was ended by signal {signal}", spec.name));
            exit_status::NSPAWN_FAILED
        }
        Err(error) => {
            say(spec, &error);
            exit_status::NSPAWN_FAILED
        }
    }
}

fn say(spec: &Spec, error: &Error) {
    report::failure(&format!("cannot {} {}", verb(spec), spec.name), error, error.hint().as_deref());
}

const fn verb(spec: &Spec) -> &'static str {
    match spec.payload {
        Payload::Boot { .. } => "boot",
        Payload::Command(_) => "run a command in",
    }
}
