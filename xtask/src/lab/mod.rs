//! Hosts that systemd runs, for people and for tests.

mod archive;
mod image;
mod machines;
mod must_run;

use std::io::IsTerminal as _;
use std::process::{Command, ExitStatus};

use clap::{Args, Subcommand};
use redd_lab::{Host, Options, Streams};

use self::machines::Machine;
use crate::trees::Suite;
use crate::{Failure, binary, checks, shell, trees};

#[derive(Debug, Subcommand)]
pub(crate) enum Lab {
    /// systemd as PID 1 of namespaces on this machine's kernel: a second
    Bare(Request),
    /// A whole machine in software emulation, with an unmodified kernel: slow, and with everything that kernels have
    Vm(Request),
    /// Linux as a process, of the newest version
    Uml(Request),
}

/// What is wanted of a host.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Request {
    #[command(subcommand)]
    action: Option<Action>,
    /// What runs there, as a service; its exit status is this one's
    #[arg(last = true)]
    command: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run the tests that need such a host
    Test { filter: Option<String> },
    /// Look around
    Shell,
}

/// Does it.
pub(crate) fn lab(lab: Lab) -> Result<(), Failure> {
    let request = match lab {
        Lab::Bare(request) => request,
        Lab::Vm(request) => return on_machine(&Machine::vm()?, "vm.tests", request),
        Lab::Uml(request) => return on_machine(&Machine::uml()?, "uml.tests", request),
    };
    match request.action {
        Some(Action::Test { filter }) => checks::on_hosts(filter.as_deref()),
        Some(Action::Shell) => on_bare(&["bash", "-l"]),
        None if request.command.is_empty() => on_bare(&["bash", "-l"]),
        None => on_bare(&request.command),
    }
}

/// Runs what has to run in a virtual machine.
pub(crate) fn test_on_machines() -> Result<(), Failure> {
    must_run::run(&Machine::vm()?, "vm.tests", None)
}

fn on_machine(machine: &Machine, list: &str, request: Request) -> Result<(), Failure> {
    let words: Vec<&str> = request.command.iter().map(String::as_str).collect();
    match request.action {
        Some(Action::Test { filter }) => must_run::run(machine, list, filter.as_deref()),
        Some(Action::Shell) => machines::command(machine, &[]),
        None => machines::command(machine, &words),
    }
}

/// Runs something on a host with the redd that was built last time somebody did.
fn on_bare<Word: AsRef<str>>(words: &[Word]) -> Result<(), Failure> {
    let tree = trees::ensure(Suite::SystemdHost)?;
    let redd = match std::env::var_os("REDD_BINARY") {
        Some(built) => built.into(),
        None => binary::build()?,
    };
    let host = Host::boot(&Options::of(&tree).redd(&redd).trees(&trees::directory()))?;
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let streams = if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        println!("a host with redd and the trees in /trees; it is gone when this ends");
        Streams::Terminal
    } else {
        Streams::Own
    };
    let mut command: Command = host.command(streams, &words);
    let status: ExitStatus = command.status()?;
    host.power_off();
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", shell::describe(&command)).into()) }
}
