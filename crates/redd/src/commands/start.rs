//! `redd boot` and `redd run`

use redd_runtime::{Ending, Error};
use redd_spec::Spec;
use redd_spec::ids::UserNamespace;
use redd_spec::payload::Payload;

use crate::exit_status::{self, ExitStatus};
use crate::report;

/// `ENOENT`
const NO_SUCH_FILE: i32 = 2;

pub(super) fn start(spec: &Spec, terminal: Option<String>) -> ExitStatus {
    if spec.users == UserNamespace::Host {
        report::warning(
            "no user namespace: the payload's root is the host's root, and nothing is a boundary",
        );
    }
    match redd_runtime::start(spec, terminal, report::warning) {
        Ok(Ending::Exited(status)) => ExitStatus::of_payload(status),
        Ok(Ending::Killed(signal)) => ExitStatus::of_signal(signal),
        Ok(Ending::RestartWanted) => exit_status::RESTART,
        Err(error) => failed(spec, &error),
    }
}

fn failed(spec: &Spec, error: &Error) -> ExitStatus {
    report::failure(&format!("cannot {} {}", verb(spec), spec.name), error, error.hint().as_deref());
    match error {
        Error::Execute { cause, .. } if cause.raw_os_error() == NO_SUCH_FILE => exit_status::NOT_FOUND,
        Error::Execute { .. } => exit_status::NOT_EXECUTABLE,
        _ => exit_status::FAILED,
    }
}

const fn verb(spec: &Spec) -> &'static str {
    match spec.payload {
        Payload::Boot { .. } => "boot",
        Payload::Command(_) => "run a command in",
    }
}
