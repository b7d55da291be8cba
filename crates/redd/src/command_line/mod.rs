//! The command line becomes a request. Nothing here touches the system.

mod caller;
mod check;
mod options;
mod specification;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::mem::ManuallyDrop;

use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use redd_spec::Spec;

pub use caller::{Caller, Terminal};
pub use check::{AdapterChoice, CheckRequest, ReportForm, Work};
use options::{RunOptions, SharedOptions};
use specification::{Refusal, Start};

/// What the user wants.
#[derive(Debug)]
pub enum Request {
    /// Run a machine until it ends.
    Start {
        /// It.
        spec: Box<Spec>,
        /// `$TERM`, where the payload gets a terminal.
        terminal: Option<String>,
    },
    /// Show what would be done.
    Plan {
        /// For this.
        spec: Box<Spec>,
        /// `$TERM`, as above.
        terminal: Option<String>,
        /// How it is shown.
        format: Format,
    },
    /// Show what this host offers.
    Doctor {
        /// How it is shown.
        format: Format,
    },
    /// Undo what killed redds left behind.
    CollectGarbage,
    /// Judge a container manager.
    Check(Box<CheckRequest>),
}

/// How results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
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
    },
}

/// Runs a whole operating system, with its own systemd as PID 1, in a container.
#[derive(Debug, Parser)]
#[command(name = "redd", version, arg_required_else_help = true, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Boot the operating system in a tree on this terminal
    Boot(StartArguments<BootWords>),
    /// Run one command in a tree
    Run(StartArguments<RunWords>),
    /// Show what `boot` or `run` would do, without doing it
    Plan {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        verb: PlannedVerb,
    },
    /// Show what this host offers, and what that means for redd
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove what a killed redd left behind
    Gc,
    /// Judge how well a container manager keeps the Container Interface
    Check(check::CheckArguments),
}

#[derive(Debug, Subcommand)]
enum PlannedVerb {
    /// Show what `boot` would do
    Boot(StartArguments<BootWords>),
    /// Show what `run` would do
    Run(StartArguments<RunWords>),
}

#[derive(Debug, clap::Args)]
struct StartArguments<Words: clap::Args> {
    #[command(flatten)]
    options: SharedOptions,
    #[command(flatten)]
    words: Words,
}

#[derive(Debug, clap::Args)]
struct BootWords {
    /// The tree: a path, or a name in /var/lib/machines
    #[arg(value_name = "PATH|NAME")]
    tree: Option<OsString>,
    /// Arguments for the init
    #[arg(value_name = "INIT ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

#[derive(Debug, clap::Args)]
struct RunWords {
    #[command(flatten)]
    options: RunOptions,
    /// The tree: a path, or a name in /var/lib/machines
    #[arg(value_name = "PATH|NAME")]
    tree: Option<OsString>,
    /// The command and its arguments; a login shell otherwise
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

/// The definition of the command line, for generated documents.
#[must_use]
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Turns words into a request.
///
/// # Errors
/// Help, version, and words that cannot be used.
pub fn parse(words: impl Iterator<Item = OsString>, caller: &Caller) -> Result<Request, Answer> {
    let words: Vec<OsString> = words.collect();
    if let Some(request) = parse_hot(&words, caller) {
        return request;
    }
    let matches = command().try_get_matches_from(&words).map_err(|error| answer(&error))?;
    let arguments = Arguments::from_arg_matches(&matches).map_err(|error| answer(&error))?;
    let format = |json| if json { Format::Json } else { Format::Text };
    match arguments.verb {
        Verb::Boot(arguments) => start(boot(arguments, caller), caller),
        Verb::Run(arguments) => start(run(arguments, caller), caller),
        Verb::Plan { json, verb } => {
            let spec = match verb {
                PlannedVerb::Boot(arguments) => boot(arguments, caller),
                PlannedVerb::Run(arguments) => run(arguments, caller),
            };
            let spec = Box::new(spec.map_err(refused)?);
            Ok(Request::Plan { terminal: caller.terminal_type(&spec), spec, format: format(json) })
        }
        Verb::Doctor { json } => Ok(Request::Doctor { format: format(json) }),
        Verb::Gc => Ok(Request::CollectGarbage),
        Verb::Check(arguments) => arguments.request().map(|request| Request::Check(Box::new(request))),
    }
}

/// The hot paths: a verb that starts a machine, with the options of that verb alone, and what has none. Defining the
/// options of every verb costs more than parsing. `None` where the whole definition has to say what is wrong, or asked for.
fn parse_hot(words: &[OsString], caller: &Caller) -> Option<Result<Request, Answer>> {
    let (verb, arguments) = (words.get(1)?, words.get(1..)?);
    match verb.to_str()? {
        "boot" => Some(start(boot(parse_verb(arguments)?, caller), caller)),
        "run" => Some(start(run(parse_verb(arguments)?, caller), caller)),
        "gc" if arguments.len() == 1 => Some(Ok(Request::CollectGarbage)),
        "--version" | "-V" => {
            Some(Err(Answer::Text(concat!("redd ", env!("CARGO_PKG_VERSION"), "\n").to_owned())))
        }
        _ => None,
    }
}

fn parse_verb<Words: clap::Args>(words: &[OsString]) -> Option<StartArguments<Words>> {
    // Taking them apart again would cost as much as putting them together did, and the process ends soon enough.
    let mut command = ManuallyDrop::new(StartArguments::<Words>::augment_args(clap::Command::new("redd")));
    let matches = ManuallyDrop::new(command.try_get_matches_from_mut(words).ok()?);
    StartArguments::from_arg_matches(&matches).ok()
}

fn start(spec: Result<Spec, Refusal>, caller: &Caller) -> Result<Request, Answer> {
    let spec = Box::new(spec.map_err(refused)?);
    Ok(Request::Start { terminal: caller.terminal_type(&spec), spec })
}

fn boot(arguments: StartArguments<BootWords>, caller: &Caller) -> Result<Spec, Refusal> {
    let words = arguments.words.tree.into_iter().chain(arguments.words.arguments).collect();
    Start { options: arguments.options, run: None, words, caller }.specify()
}

fn run(arguments: StartArguments<RunWords>, caller: &Caller) -> Result<Spec, Refusal> {
    let RunWords { options, tree, command } = arguments.words;
    let words = tree.into_iter().chain(command).collect();
    Start { options: arguments.options, run: Some(options), words, caller }.specify()
}

#[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn refused(refusal: Refusal) -> Answer {
    Answer::Refused { text: format!("redd: {refusal}") }
}

fn answer(error: &clap::Error) -> Answer {
    use clap::error::ErrorKind;
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Answer::Text(text),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Answer::Refused { text },
        ErrorKind::ValueValidation => Answer::Refused { text: hide_secret(&text, error) },
        ErrorKind::UnknownArgument => Answer::Refused { text: name_unsupported(&text, error) },
        _ => Answer::Refused { text: text.replacen("error:", "redd:", 1) },
    }
}

/// The value of a credential is not repeated, as it is by the general message.
fn hide_secret(text: &str, error: &clap::Error) -> String {
    use clap::error::{ContextKind, ContextValue};
    use std::error::Error as _;
    const OPTION: &str = "--set-credential";
    let is_secret = matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(argument)) if argument.starts_with(OPTION));
    match error.source().filter(|_| is_secret) {
        Some(reason) => format!("redd: {OPTION}: {reason}"),
        None => text.replacen("error:", "redd:", 1),
    }
}

/// Options people know from systemd's container manager that are not built yet.
const NOT_YET: [&str; 36] = [
    "ambient-capability",
    "background",
    "bind-user",
    "bind-user-group",
    "bind-user-shell",
    "cleanup",
    "cpu-affinity",
    "forward-journal",
    "image",
    "image-policy",
    "link-journal",
    "mstack",
    "network-bridge",
    "network-interface",
    "network-ipvlan",
    "network-macvlan",
    "network-namespace-path",
    "network-veth-extra",
    "network-zone",
    "oci-bundle",
    "overlay",
    "overlay-ro",
    "personality",
    "pivot-root",
    "port",
    "private-users-delegate",
    "property",
    "register",
    "restrict-address-families",
    "root-hash",
    "selinux-apifs-context",
    "selinux-context",
    "settings",
    "slice",
    "suppress-sync",
    "template",
];

fn name_unsupported(text: &str, error: &clap::Error) -> String {
    use clap::error::{ContextKind, ContextValue};
    let text = text.replacen("error:", "redd:", 1);
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return text };
    let name = word.trim_start_matches('-').split('=').next().unwrap_or_default();
    if NOT_YET.contains(&name) {
        return format!("redd: --{name} is not supported yet");
    }
    text
}
