//! The words of `start`: those of `boot`, and several trees.

use std::ffi::OsString;
use std::time::Duration;

use redd_machine::start::{START_TIMEOUT, Until};
use redd_nspawn::kept::KeptWords;
use redd_nspawn::words::{self, CommandLine};
use redd_nspawn::{Assignment, Caller, Persona, Refusal, Selection, Settings};

use super::{Answer, Request, StartRequest, help, specify};
use crate::surroundings::Surroundings;

/// Machines that are wanted in the background.
#[derive(Debug)]
pub struct BackgroundRequest {
    /// They.
    pub starts: Vec<BackgroundStart>,
    /// For how long the caller waits.
    pub until: Until,
    /// At most.
    pub timeout: Duration,
}

/// One of them.
#[derive(Debug)]
pub struct BackgroundStart {
    /// What is to be started.
    pub start: StartRequest,
    /// What it was asked for with.
    pub words: KeptWords,
}

/// `start [OPTIONS] NAME…`
pub(super) fn start(
    words: impl Iterator<Item = OsString>,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<Request, Answer> {
    let line = words::read(Persona::Start, words).map_err(|answer| help::instead(Persona::Start, answer))?;
    request(line, caller, surroundings)
        .map(|request| Request::StartInBackground(Box::new(request)))
        .map_err(|refusal| help::refused(Persona::Start, &refusal))
}

fn request(
    line: CommandLine,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<BackgroundRequest, Refusal> {
    let mut settings = Settings::default();
    line.assignments.iter().try_for_each(|assignment| assignment.apply(&mut settings))?;
    let CommandLine { assignments, words } = line;
    if settings.tree.machine.is_some() && words.len() > 1 {
        let reason = ": one name is of one machine";
        return Err(Refusal::Conflict { one: "--machine", other: "several trees", reason });
    }
    let one = |tree: Option<&OsString>| one(&assignments, tree, caller, surroundings);
    let starts = match words.is_empty() {
        true => vec![one(None)?],
        false => words.iter().map(|tree| one(Some(tree))).collect::<Result<_, _>>()?,
    };
    let until = if settings.background.no_wait { Until::Executed } else { Until::Ready };
    let timeout = settings.background.start_timeout.unwrap_or(START_TIMEOUT);
    Ok(BackgroundRequest { starts, until, timeout })
}

fn one(
    assignments: &[Assignment],
    tree: Option<&OsString>,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<BackgroundStart, Refusal> {
    let words = KeptWords::of(assignments, tree.map(OsString::as_os_str), caller);
    let line = CommandLine { assignments: assignments.to_vec(), words: tree.cloned().into_iter().collect() };
    let selection = Selection::of(Persona::Start, line, caller)?;
    Ok(BackgroundStart { start: *specify(selection, caller, surroundings)?, words })
}
