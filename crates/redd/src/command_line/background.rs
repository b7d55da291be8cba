//! The words of `start` and `enable`: those of `boot`, and several trees.

use std::ffi::OsString;
use std::time::Duration;

use redd_machine::start::{START_TIMEOUT, Until};
use redd_nspawn::kept::KeptWords;
use redd_nspawn::words::{self, CommandLine};
use redd_nspawn::{Assignment, Caller, Persona, Refusal, Selection, Settings};
use redd_spec::name::MachineName;

use super::{Answer, Request, StartRequest, help, specify};
use crate::surroundings::Surroundings;

/// Machines that are wanted in the background.
#[derive(Debug)]
pub struct BackgroundRequest {
    /// Which.
    pub which: Which,
    /// For how long the caller waits.
    pub until: Until,
    /// At most.
    pub timeout: Duration,
}

/// Which machines are wanted.
#[derive(Debug)]
pub enum Which {
    /// These.
    Named(Vec<BackgroundStart>),
    /// What was enabled.
    AllEnabled,
}

/// One of them.
#[derive(Debug)]
pub struct BackgroundStart {
    /// What is to be started.
    pub start: StartRequest,
    /// What it was asked for with.
    pub words: KeptWords,
}

/// Machines that are to be started with the host.
#[derive(Debug)]
pub struct EnableRequest {
    /// They.
    pub starts: Vec<BackgroundStart>,
    /// Whether they are started at once, too.
    pub when: When,
}

/// From when on something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// When the host is booted next.
    Later,
    /// Now, too.
    Now,
}

/// `start [OPTIONS] NAME… [-- ARGUMENTS]`
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

/// `enable [--now] [OPTIONS] NAME… [-- ARGUMENTS]`
pub(super) fn enable(
    words: impl Iterator<Item = OsString>,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<Request, Answer> {
    let mut words: Vec<OsString> = words.collect();
    let is_help = |word: &OsString| word == "-h" || word == "--help";
    if words.first().is_none_or(is_help) {
        return Err(Answer::Text(help::of_enable()));
    }
    // The options end with the first other word.
    let now = words.iter().take_while(|word| *word != "--").position(|word| word == "--now");
    if let Some(index) = now {
        words.remove(index);
    }
    let when = if now.is_some() { When::Now } else { When::Later };
    let refused = |refusal: Refusal| help::refused(Persona::Start, &refusal);
    let line = words::read(Persona::Start, words).map_err(|answer| help::instead(Persona::Start, answer))?;
    let settings = settings(&line.assignments).map_err(refused)?;
    if settings.tree.ephemeral == Some(true) && settings.tree.machine.is_none() {
        let reason = " without -M: each start would have another name";
        return Err(refused(Refusal::Conflict { one: "enable", other: "--ephemeral", reason }));
    }
    let starts = named(line, &settings, caller, surroundings).map_err(refused)?;
    Ok(Request::Enable(Box::new(EnableRequest { starts, when })))
}

/// What was kept, read anew: files may say something else by now.
///
/// # Errors
/// It cannot be used any more.
pub fn again(
    words: &KeptWords,
    name: &MachineName,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<BackgroundStart, Answer> {
    let caller = Caller { current_directory: words.directory.clone(), ..caller.clone() };
    let line = words::read(Persona::Start, words.words.iter().cloned())
        .map_err(|answer| help::instead(Persona::Start, answer))?;
    let specified = settings(&line.assignments)
        .and_then(|settings| named(line, &settings, &caller, surroundings))
        .map_err(|refusal| help::refused(Persona::Start, &refusal))?;
    let mut start =
        specified.into_iter().next().ok_or_else(|| Answer::refused("redd: no words were kept".to_owned()))?;
    // That of an ephemeral machine was made up.
    start.start.spec.name = name.clone();
    start.words = words.clone();
    Ok(start)
}

fn settings(assignments: &[Assignment]) -> Result<Settings, Refusal> {
    let mut settings = Settings::default();
    assignments.iter().try_for_each(|assignment| assignment.apply(&mut settings))?;
    Ok(settings)
}

fn request(
    line: CommandLine,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<BackgroundRequest, Refusal> {
    let settings = settings(&line.assignments)?;
    let until = if settings.background.no_wait { Until::Executed } else { Until::Ready };
    let timeout = settings.background.start_timeout.unwrap_or(START_TIMEOUT);
    let is_other = |assignment: &Assignment| assignment.definition.is_offered(Persona::Boot);
    let which = match settings.background.all_enabled {
        true if !line.words.is_empty() || line.assignments.iter().any(is_other) => {
            let reason = ": each was enabled with its own words";
            return Err(Refusal::Conflict { one: "--all-enabled", other: "other words", reason });
        }
        true => Which::AllEnabled,
        false => Which::Named(named(line, &settings, caller, surroundings)?),
    };
    Ok(BackgroundRequest { which, until, timeout })
}

/// One machine for each name; what is behind `--` is for the init of each.
fn named(
    line: CommandLine,
    settings: &Settings,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<Vec<BackgroundStart>, Refusal> {
    let CommandLine { assignments, mut words } = line;
    let mut arguments =
        words.iter().position(|word| word == "--").map_or_else(Vec::new, |end| words.split_off(end));
    if !arguments.is_empty() {
        arguments.remove(0);
    }
    if settings.tree.machine.is_some() && words.len() > 1 {
        let reason = ": one name is of one machine; arguments for the init stand behind --";
        return Err(Refusal::Conflict { one: "--machine", other: "several trees", reason });
    }
    let one = |tree: Option<&OsString>| one((&assignments, tree, &arguments), caller, surroundings);
    match words.is_empty() {
        true => Ok(vec![one(None)?]),
        false => words.iter().map(|tree| one(Some(tree))).collect(),
    }
}

fn one(
    (assignments, tree, arguments): (&[Assignment], Option<&OsString>, &[OsString]),
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<BackgroundStart, Refusal> {
    let kept = KeptWords::of(assignments, tree.map(OsString::as_os_str), arguments, caller);
    let words = tree.into_iter().chain(arguments).cloned().collect();
    let selection =
        Selection::of(Persona::Start, CommandLine { assignments: assignments.to_vec(), words }, caller)?;
    Ok(BackgroundStart { start: *specify(selection, caller, surroundings)?, words: kept })
}
