//! `redd start`

use std::io::{IsTerminal as _, stderr};

use redd_machine::MachineError;
use redd_machine::start::{self, Progress, Wanted};
use redd_runtime::background::StartFailure;
use redd_spec::name::MachineName;

use super::machines::status_of;
use crate::command_line::{BackgroundRequest, BackgroundStart};
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn start(request: BackgroundRequest) -> ExitStatus {
    let BackgroundRequest { starts, until, timeout } = request;
    // What cannot be planned is refused before anything is touched.
    for BackgroundStart { start, .. } in &starts {
        if let Err(error) = redd_runtime::preview(&start.spec, None) {
            return refuse(&start.spec.name, &MachineError::NotStarted { failure: StartFailure::of(&error) });
        }
        super::start::warn_before(start);
    }
    let wanted: Vec<Wanted> = starts
        .into_iter()
        .map(|BackgroundStart { start, words }| Wanted { spec: start.spec, words: words.to_bytes() })
        .collect();
    if let Some(name) = start::doubled(wanted.iter().map(|wanted| &wanted.spec.name)) {
        report::notice(&format!("{name} is named twice"));
        return exit_status::USAGE;
    }
    match start::start(&wanted, until, timeout, tell) {
        Ok(outcomes) => outcomes.into_iter().fold(exit_status::SUCCESS, |first, (name, outcome)| {
            let status = outcome.map_or_else(|error| refuse(&name, &error), |()| exit_status::SUCCESS);
            if first == exit_status::SUCCESS { status } else { first }
        }),
        Err(error) => {
            report::failure("cannot start them", &error, error.hint().as_deref());
            status_of(&error)
        }
    }
}

/// A person hears what a machine does meanwhile.
fn tell(name: &MachineName, progress: &Progress) {
    match progress {
        Progress::Warning(text) => report::warning(&format!("{name}: {text}")),
        Progress::Status(text) if stderr().is_terminal() => report::notice(&format!("{name}: {text}")),
        Progress::Status(_) | Progress::Up => {}
    }
}

fn refuse(name: &MachineName, error: &MachineError) -> ExitStatus {
    report::failure(&format!("cannot start {name}"), error, error.hint().as_deref());
    status_of(error)
}
