//! `redd start`

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use redd_machine::start::{self, Asked, Predecessor, Progress, Until, Wanted};
use redd_machine::{MachineError, enable, service};
use redd_runtime::background::StartFailure;
use redd_spec::name::MachineName;

use super::machines::{first_failure, status_of};
use crate::command_line::{BackgroundRequest, BackgroundStart, StartRequest, Which};
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn start(request: BackgroundRequest) -> ExitStatus {
    let BackgroundRequest { which, until, timeout } = request;
    let starts = match which {
        Which::AllEnabled => return super::life::start_all_enabled(until, timeout),
        Which::Named(starts) => starts,
    };
    if let Some(refused) = refuse_doubled(starts.iter().map(|start| &start.start.spec.name)) {
        return refused;
    }
    let starts = match starts.into_iter().map(as_its_unit_has_it).collect::<Result<Vec<_>, _>>() {
        Ok(starts) => starts,
        Err(status) => return status,
    };
    match starts.iter().find_map(|start| refuse_what_cannot_be_planned(&start.start)) {
        Some(refused) => refused,
        None => start_these(starts, Predecessor::Refused, until, timeout),
    }
}

/// Where machines are units, one that is only named starts with the words that it was enabled with.
fn as_its_unit_has_it(start: BackgroundStart) -> Result<BackgroundStart, ExitStatus> {
    let name = &start.start.spec.name;
    if !service::drives() || !start.words.is_name_of(name) {
        return Ok(start);
    }
    match enable::kept(name) {
        Ok(Some(kept)) => {
            let enabled = super::life::read_again(&kept, name)?;
            // It is still asked for by its name alone.
            Ok(BackgroundStart { words: start.words, ..enabled })
        }
        Ok(None) => Ok(start),
        Err(error) => Err(refuse(name, &error)),
    }
}

pub(super) fn refuse_doubled<'a>(names: impl Iterator<Item = &'a MachineName>) -> Option<ExitStatus> {
    let name = start::doubled(names)?;
    report::notice(&format!("{name} is named twice"));
    Some(exit_status::USAGE)
}

/// Before anything is touched.
pub(super) fn refuse_what_cannot_be_planned(start: &StartRequest) -> Option<ExitStatus> {
    let error = redd_runtime::preview(&start.spec, None).err()?;
    Some(refuse(&start.spec.name, &MachineError::NotStarted { failure: StartFailure::of(&error) }))
}

pub(super) fn start_these(
    starts: Vec<BackgroundStart>,
    predecessor: Predecessor,
    until: Until,
    timeout: Duration,
) -> ExitStatus {
    starts.iter().for_each(|start| super::start::warn_before(&start.start));
    let wanted: Vec<Wanted> = starts
        .into_iter()
        .map(|BackgroundStart { start, words }| {
            let asked = if words.is_name_of(&start.spec.name) { Asked::ByName } else { Asked::WithWords };
            Wanted { spec: start.spec, words: words.to_bytes(), asked, predecessor }
        })
        .collect();
    match start::start(&wanted, until, timeout, tell) {
        Ok(outcomes) => outcomes.into_iter().fold(exit_status::SUCCESS, |first, (name, outcome)| {
            first_failure(
                first,
                outcome.map_or_else(|error| refuse(&name, &error), |()| exit_status::SUCCESS),
            )
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

pub(super) fn refuse(name: &MachineName, error: &MachineError) -> ExitStatus {
    report::failure(&format!("cannot start {name}"), error, error.hint().as_deref());
    status_of(error)
}
