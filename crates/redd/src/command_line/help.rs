//! Help, versions, and what is said about words that cannot be used.

use std::ffi::OsString;

use clap::{Arg, ArgAction, CommandFactory as _, Parser, Subcommand};
use redd_machine::service;
use redd_nspawn::option::{Argument, Definition, offered};
use redd_nspawn::{Persona, Refusal, words};
use redd_spec::name::MachineName;

use super::copy::{CopyArguments, Direction, OldArguments};
use super::install::InstallArguments;
use super::machines::MachineVerb;
use super::{Answer, Format, Request, check, copy, overview};
use crate::exit_status::{self, ExitStatus};

/// Runs a whole operating system, with its own systemd as PID 1, in a container.
#[derive(Debug, Parser)]
#[command(name = "redd", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

/// The verbs that start no machine; the words of the others are read by `redd_nspawn::words`.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show what this host offers, and what that means for redd
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove what a killed redd left behind
    Gc {
        /// Of these machines only
        #[arg(value_name = "NAME", value_parser = instance)]
        names: Vec<MachineName>,
    },
    /// Be the service of a machine, for its unit
    #[command(hide = true)]
    Serve {
        /// The machine
        #[arg(value_name = "NAME", value_parser = instance)]
        name: MachineName,
    },
    /// Install units, man pages and completions, and redd itself
    Install(InstallArguments),
    /// Judge how well a container manager keeps the Container Interface
    Check(Box<check::CheckArguments>),
    #[command(flatten)]
    Machine(MachineVerb),
    /// Copy files into machines, out of them, and between them
    #[command(alias = "cp")]
    Copy(CopyArguments),
    /// Copy files into a machine
    #[command(hide = true)]
    CopyTo(OldArguments),
    /// Copy files out of a machine
    #[command(hide = true)]
    CopyFrom(OldArguments),
}

impl Arguments {
    pub(super) fn request(self) -> Result<Request, Answer> {
        match self.verb {
            Verb::Doctor { json } => {
                Ok(Request::Doctor { format: if json { Format::Json } else { Format::Text } })
            }
            Verb::Gc { names } => Ok(Request::CollectGarbage(names)),
            Verb::Serve { name } => Ok(Request::Serve { name }),
            Verb::Install(arguments) => Ok(Request::Install(arguments)),
            Verb::Copy(arguments) => arguments.request().map(Request::Copy),
            Verb::CopyTo(arguments) => Ok(Request::Copy(arguments.request(Direction::To))),
            Verb::CopyFrom(arguments) => Ok(Request::Copy(arguments.request(Direction::From))),
            Verb::Check(arguments) => arguments.request().map(|request| Request::Check(Box::new(request))),
            Verb::Machine(verb) => Ok(Request::Machine(Box::new(verb))),
        }
    }
}

/// As units name machines.
fn instance(text: &str) -> Result<MachineName, String> {
    service::machine_of(text).map_err(|error| error.to_string())
}

const BOOT: &str = "Boot the operating system in a tree on this terminal";
const START: &str = "Boot operating systems in the background";
const RUN: &str = "Run one command in a tree";
const PLAN: &str = "Show what `boot` or `run` would do, without doing it";

/// The definition of the whole command line, for help and for generated documents.
#[must_use]
pub fn command() -> clap::Command {
    let [boot, run, start] = [Persona::Boot, Persona::Run, Persona::Start].map(starting);
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print JSON");
    let plan = clap::Command::new("plan").about(PLAN).arg(json).subcommand_required(true);
    let plan = plan.subcommands([
        boot.clone().about("Show what `boot` would do"),
        run.clone().about("Show what `run` would do"),
    ]);
    let config = super::config::command(&boot);
    let others = Arguments::command();
    let rest: Vec<clap::Command> = others.get_subcommands().cloned().collect();
    let whole = clap::Command::new("redd").about(others.get_about().cloned().unwrap_or_default());
    whole
        .version(env!("CARGO_PKG_VERSION"))
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand_required(true)
        .subcommands([boot, run, start, enabling(), plan, config, super::try_host::command()])
        .subcommands(rest)
}

/// A verb that starts a machine, from the table of options.
fn starting(persona: Persona) -> clap::Command {
    let (name, about, words, words_help) = match persona {
        Persona::Boot => ("boot", BOOT, "INIT ARGUMENTS", "Arguments for the init"),
        Persona::Run => ("run", RUN, "COMMAND", "The command and its arguments; a login shell otherwise"),
        Persona::Start => return starting_in_background(),
        Persona::Nspawn => ("systemd-nspawn", BOOT, "ARGUMENTS", "The command, or arguments for the init"),
    };
    let mut command = with_options(name, about, persona);
    if persona != Persona::Nspawn {
        let tree = Arg::new("tree").value_name("PATH|NAME");
        command = command.arg(tree.help("The tree: a path, or a name in /var/lib/machines"));
    }
    let words = Arg::new("words").value_name(words).help(words_help).num_args(0..);
    command.arg(words.trailing_var_arg(true).allow_hyphen_values(true))
}

fn starting_in_background() -> clap::Command {
    let names = Arg::new("names").value_name("NAME").num_args(0..);
    let arguments =
        Arg::new("words").value_name("INIT ARGUMENTS").help("Arguments for each init").num_args(0..);
    with_options("start", START, Persona::Start)
        .arg(names.help("The trees: paths, or names in /var/lib/machines"))
        .arg(arguments.last(true))
        .after_help(
            "Examples:\n  redd start web                        boot /var/lib/machines/web, and wait until it is ready\n  \
             redd start -x --restart=on-failure a b  two throw-away copies that are started again when they fail\n  \
             redd start --all-enabled              for an init script of the host",
        )
}

/// `enable` keeps what `start` is given.
fn enabling() -> clap::Command {
    let names = Arg::new("names").value_name("NAME").num_args(1..).required(true);
    let now = Arg::new("now").long("now").action(ArgAction::SetTrue).help("Start them now, too");
    clap::Command::new("enable")
        .about("Have machines started with the host, by `redd start --all-enabled`")
        .override_usage("redd enable [--now] [OPTIONS OF START] <NAME>... [-- INIT ARGUMENTS]")
        .arg(now)
        .arg(names.help("The trees: paths, or names in /var/lib/machines"))
        .after_help(
            "Every option of `redd start` is kept with the name.\n\nExamples:\n  \
             redd enable web                           as `redd start web` at each start of the host\n  \
             redd enable --now --restart=always web    now, too, and again whenever it ends\n  \
             redd enable --after=db --memory=1G web    when db is ready, with these settings",
        )
}

pub(super) fn of_enable() -> String {
    enabling().bin_name("redd enable").render_help().to_string()
}

fn with_options(name: &'static str, about: &'static str, persona: Persona) -> clap::Command {
    let supported = offered(persona).filter(|definition| definition.is_supported());
    clap::Command::new(name).about(about).args(supported.map(|definition| option(definition, persona)))
}

fn option(definition: &'static Definition, persona: Persona) -> Arg {
    let mut arg = Arg::new(definition.name).help(definition.help).help_heading(definition.heading.text());
    if definition.has_long_name() {
        arg = arg.long(definition.name);
    }
    if let Some(short) = definition.short {
        arg = arg.short(short);
    }
    if let Some(alias) = definition.alias {
        arg = arg.visible_alias(alias);
    }
    match definition.argument(persona) {
        Argument::None => arg.action(ArgAction::SetTrue),
        Argument::Required { name } => arg.value_name(name),
        Argument::Optional { name, implied } => {
            arg.value_name(name).num_args(0..=1).require_equals(true).default_missing_value(implied)
        }
    }
}

/// What a persona says instead of starting anything.
pub(super) fn instead(persona: Persona, answer: words::Answer) -> Answer {
    match answer {
        words::Answer::Help => {
            Answer::Text(starting(persona).bin_name(called(persona)).render_help().to_string())
        }
        words::Answer::Version => Answer::Text(version(persona)),
        words::Answer::Values(definition) => {
            let values = definition.values.map(|values| values()).unwrap_or_default();
            Answer::Text(values.iter().map(|value| format!("{value}\n")).collect())
        }
        words::Answer::Refused(refusal) => refused(persona, &refusal),
    }
}

/// Scripts compare the second word of the first line with a version of systemd.
fn version(persona: Persona) -> String {
    match persona {
        Persona::Boot | Persona::Run | Persona::Start => {
            concat!("redd ", env!("CARGO_PKG_VERSION"), "\n").to_owned()
        }
        Persona::Nspawn => format!(
            "systemd {} (redd {})\n+SECCOMP +BPF -SELINUX\n",
            redd_nspawn::persona::NSPAWN_VERSION,
            env!("CARGO_PKG_VERSION")
        ),
    }
}

const fn called(persona: Persona) -> &'static str {
    match persona {
        Persona::Boot => "redd boot",
        Persona::Run => "redd run",
        Persona::Start => "redd start",
        Persona::Nspawn => "systemd-nspawn",
    }
}

pub(super) fn refused(persona: Persona, refusal: &Refusal) -> Answer {
    match persona {
        Persona::Boot | Persona::Run => Answer::refused(format!("redd: {refusal}")),
        Persona::Start => Answer::Refused { text: format!("redd: {refusal}"), status: exit_status::USAGE },
        Persona::Nspawn => {
            Answer::Refused { text: format!("systemd-nspawn: {refusal}"), status: exit_status::NSPAWN_FAILED }
        }
    }
}

/// `plan` without a verb that can be planned.
pub(super) fn of_plan(word: &OsString) -> Answer {
    let plan = command().find_subcommand("plan").cloned().unwrap_or_default();
    let help = plan.bin_name("redd plan").render_help().to_string();
    match word.to_str() {
        Some("-h" | "--help") => Answer::Text(help),
        Some("") => Answer::refused(help),
        _ => Answer::refused(format!("redd: plan boot or run, not {word:?}")),
    }
}

/// What words that cannot be used end with: verbs that run a payload keep small numbers for it.
fn refusal(verb: Option<&str>) -> ExitStatus {
    const RUNNING: [&str; 2] = ["exec", "shell"];
    let is_for_machines =
        |verb| (MachineVerb::has_subcommand(verb) || copy::VERBS.contains(&verb)) && !RUNNING.contains(&verb);
    if verb.is_some_and(|verb| verb == "install" || is_for_machines(verb)) {
        exit_status::USAGE
    } else {
        exit_status::FAILED
    }
}

/// All verbs, or one of them.
pub(super) fn help(verb: Option<OsString>) -> Result<Request, Answer> {
    let whole = command();
    let Some(verb) = verb else { return Err(Answer::Text(overview::screen(&whole))) };
    let name = verb.to_string_lossy();
    match whole.find_subcommand(&*name) {
        Some(found) => {
            let called = format!("redd {}", found.get_name());
            Err(Answer::Text(found.clone().bin_name(called).render_help().to_string()))
        }
        None => Err(Answer::Refused {
            text: format!("redd: there is no verb {verb:?}; redd help shows all"),
            status: exit_status::USAGE,
        }),
    }
}

/// What clap says of the other verbs.
pub(super) fn answer(error: &clap::Error, verb: Option<&str>) -> Answer {
    use clap::error::ErrorKind;
    let refused = |text| Answer::Refused { text, status: refusal(verb) };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Answer::Text(error.render().to_string()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => refused(command().render_help().to_string()),
        _ => refused(error.render().to_string().replacen("error:", "redd:", 1)),
    }
}
