//! The command line becomes a request. Nothing here touches the system: what files say is asked of [`Surroundings`].

mod alone;
mod background;
mod check;
mod config;
mod copy;
mod help;
mod install;
pub mod machines;
mod overview;
#[cfg(test)]
mod tests;
mod try_host;

use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::PathBuf;

use clap::Parser as _;
use redd_nspawn::effective::Effective;
use redd_nspawn::words::{self, CommandLine};
use redd_nspawn::{Assignment, Caller, Persona, Selection, Start};
use redd_runtime::handover::{CHECK, VERB};
use redd_spec::Spec;
use redd_spec::name::MachineName;

use crate::exit_status::{self, ExitStatus};
use crate::surroundings::Surroundings;
pub use background::{BackgroundRequest, BackgroundStart, EnableRequest, When, Which, again};
pub use check::{AdapterChoice, CheckRequest, ReportForm, Work};
pub use copy::CopyRequest;
pub use help::command;
pub use install::InstallArguments;
use machines::MachineVerb;

/// What the user wants.
#[derive(Debug)]
pub enum Request {
    /// Run a machine until it ends.
    Start(Box<StartRequest>),
    /// Show what would be done.
    Plan {
        /// For this.
        start: Box<StartRequest>,
        /// How it is shown.
        format: Format,
    },
    /// Show what this host offers.
    Doctor {
        /// How it is shown.
        format: Format,
    },
    /// Undo what killed redds left behind: of these machines, or of all.
    CollectGarbage(Vec<MachineName>),
    /// Be the service of a machine.
    Serve {
        /// It.
        name: MachineName,
    },
    /// Put redd's files where the system looks for them.
    Install(InstallArguments),
    /// Undo what was left behind of one machine.
    CleanUp {
        /// It.
        name: MachineName,
    },
    /// Show what holds for a machine.
    ShowConfig {
        /// Setting by setting.
        settings: Vec<Effective>,
        /// Lines of files without effect.
        warnings: Vec<String>,
        /// Whether it is said who said so.
        origins: Origins,
        /// How it is shown.
        format: Format,
    },
    /// Say what a start would not use of files.
    CheckConfig {
        /// The files.
        files: Vec<PathBuf>,
    },
    /// Judge a container manager.
    Check(Box<CheckRequest>),
    /// Start machines in the background.
    StartInBackground(Box<BackgroundRequest>),
    /// Have machines started with the host.
    Enable(Box<EnableRequest>),
    /// Show the machines, or what somebody can begin with.
    First,
    /// Do something to machines that are there.
    Machine(Box<MachineVerb>),
    /// Copy files.
    Copy(CopyRequest),
    /// Go on with a machine in place of another redd.
    TakeOver {
        /// The descriptor of the file where everything is written down.
        state: RawFd,
        /// Whether it is only asked if that could be done.
        earnest: Earnest,
    },
}

/// A machine to run.
#[derive(Debug)]
pub struct StartRequest {
    /// How redd was called.
    pub persona: Persona,
    /// The machine.
    pub spec: Spec,
    /// `$TERM`, where the payload gets a terminal.
    pub terminal: Option<String>,
    /// What the caller should know before it starts.
    pub warnings: Vec<String>,
    /// Whether the caller wants to.
    pub quiet: bool,
    /// What was set, and where.
    pub settings: Vec<Assignment>,
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earnest {
    /// It is.
    Done,
    /// It is only asked whether it could be.
    Asked,
}

/// How results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Whether the places are shown where settings were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origins {
    /// They are.
    Shown,
    /// They are not.
    Hidden,
}

/// What is said instead of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Help or version, as asked for.
    Text(String),
    /// The words cannot be used.
    Refused {
        /// Why.
        text: String,
        /// What redd ends with.
        status: ExitStatus,
    },
}

impl Answer {
    /// redd's own verbs were called wrongly.
    pub(crate) const fn refused(text: String) -> Self {
        Self::Refused { text, status: exit_status::FAILED }
    }
}

/// Turns words into a request; the first one is how redd was called.
///
/// # Errors
/// Help, version, and words that cannot be used.
pub fn parse(
    mut words: impl Iterator<Item = OsString>,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<Request, Answer> {
    let program = words.next().unwrap_or_default();
    if is_nspawn(&program) {
        let line =
            words::read(Persona::Nspawn, words).map_err(|answer| help::instead(Persona::Nspawn, answer))?;
        return nspawn(line, caller, surroundings)
            .map_err(|refusal| help::refused(Persona::Nspawn, &refusal));
    }
    let Some(verb) = words.next() else { return Ok(Request::First) };
    let mut words = words.peekable();
    match verb.to_str().unwrap_or_default() {
        "boot" => start(Persona::Boot, words, caller, surroundings).map(Request::Start),
        "run" => start(Persona::Run, words, caller, surroundings).map(Request::Start),
        "start" => background::start(words, caller, surroundings),
        "enable" => background::enable(words, caller, surroundings),
        "plan" => plan(words, caller, surroundings),
        "config" => config::config(words, caller, surroundings),
        "try" => try_host::request(words, caller, surroundings).map(Request::Start),
        "gc" if words.peek().is_none() => Ok(Request::CollectGarbage(Vec::new())),
        "help" | "--help" | "-h" => help::help(words.next()),
        "--version" | "-V" => Err(Answer::Text(concat!("redd ", env!("CARGO_PKG_VERSION"), "\n").to_owned())),
        name => of_all_verbs(program, name, words.collect()),
    }
}

/// A verb that starts nothing.
fn of_all_verbs(program: OsString, verb: &str, words: Vec<OsString>) -> Result<Request, Answer> {
    if let Some(verb) = alone::read(verb, &words) {
        return Ok(Request::Machine(Box::new(verb)));
    }
    help::Arguments::try_parse_from([program, verb.into()].into_iter().chain(words))
        .map_err(|error| help::answer(&error, Some(verb)))?
        .request()
}

/// What a redd says to the one that it becomes, if it is that. Nobody else has anything to hand over.
pub fn handed_over(words: impl Iterator<Item = OsString>) -> Option<Request> {
    let mut words = words.skip(1);
    if words.next()? != VERB {
        return None;
    }
    let words: Vec<OsString> = words.collect();
    let (earnest, state) = match words.as_slice() {
        [check, _name, state] if check == CHECK => (Earnest::Asked, state),
        [_name, state] => (Earnest::Done, state),
        _ => return None,
    };
    Some(Request::TakeOver { state: state.to_str()?.parse().ok()?, earnest })
}

/// Whether redd was installed, or linked, under that name.
fn is_nspawn(program: &OsString) -> bool {
    std::path::Path::new(program).file_name().is_some_and(|name| name == "systemd-nspawn")
}

fn nspawn(
    line: CommandLine,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<Request, redd_nspawn::Refusal> {
    let selection = Selection::of(Persona::Nspawn, line, caller)?;
    if selection.cleanup {
        return Ok(Request::CleanUp { name: selection.name });
    }
    specify(selection, caller, surroundings).map(Request::Start)
}

fn start(
    persona: Persona,
    words: impl Iterator<Item = OsString>,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<Box<StartRequest>, Answer> {
    let line = words::read(persona, words).map_err(|answer| help::instead(persona, answer))?;
    Selection::of(persona, line, caller)
        .and_then(|selection| specify(selection, caller, surroundings))
        .map_err(|refusal| help::refused(persona, &refusal))
}

fn specify(
    selection: Selection,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<Box<StartRequest>, redd_nspawn::Refusal> {
    if selection.cleanup {
        let reason = ": nothing is started";
        return Err(redd_nspawn::Refusal::Conflict { one: "plan", other: "--cleanup", reason });
    }
    let persona = selection.persona();
    let bundle = selection.bundle.as_deref().map(|path| surroundings.bundle(path)).transpose()?;
    let (tree, files) = match &bundle {
        Some(bundle) => (bundle.contents.root.clone(), Vec::new()),
        None => {
            let tree = surroundings.locate(&selection.tree);
            let files = surroundings.files(&selection, &tree)?;
            (tree, files)
        }
    };
    let template = selection.template.as_ref().map(|template| surroundings.locate(template));
    let specified = Start { selection, tree, template, bundle, files, caller }.specify()?;
    let settings = specified.assignments;
    let terminal = caller.terminal_type(&specified.spec);
    let (spec, warnings, quiet) = (specified.spec, specified.warnings, specified.quiet);
    Ok(Box::new(StartRequest { persona, spec, terminal, warnings, quiet, settings }))
}

/// `plan [--json] VERB …`
fn plan(
    mut words: impl Iterator<Item = OsString>,
    caller: &Caller,
    surroundings: &impl Surroundings,
) -> Result<Request, Answer> {
    let mut format = Format::Text;
    loop {
        let word = words.next().unwrap_or_default();
        let persona = match word.to_str().unwrap_or_default() {
            "--json" => {
                format = Format::Json;
                continue;
            }
            "boot" => Persona::Boot,
            "run" => Persona::Run,
            "systemd-nspawn" => Persona::Nspawn,
            _ => return Err(help::of_plan(&word)),
        };
        return Ok(Request::Plan { start: start(persona, words, caller, surroundings)?, format });
    }
}
