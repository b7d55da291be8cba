//! The verbs for machines that are there.

mod console;
pub mod device;
mod exec;
pub mod life;
pub mod look;
pub mod mount;
pub mod network;
mod set;

use std::time::Duration;

use clap::{Args, Subcommand};
pub use console::ConsoleArguments;
pub use exec::{ExecArguments, Guest, How, ShellArguments};
pub use mount::{MountVerb, Owner};
use redd_spec::lifecycle::SignalNumber;
use redd_spec::name::MachineName;
use redd_spec::parse;
pub use set::{SetArguments, settings_key};

/// What is to be done to machines.
#[derive(Debug, Subcommand)]
pub enum MachineVerb {
    /// Stop machines in an orderly way, and whatever happens
    #[command(visible_alias = "poweroff", after_help = STOP_EXAMPLES)]
    Stop(StopArguments),
    /// Send a machine's processes a signal
    #[command(after_help = KILL_EXAMPLES)]
    Kill(KillArguments),
    /// End machines at once
    #[command(after_help = TERMINATE_EXAMPLES)]
    Terminate(Names),
    /// Freeze every process of machines
    #[command(after_help = PAUSE_EXAMPLES)]
    Pause(Names),
    /// Let frozen machines go on
    #[command(after_help = PAUSE_EXAMPLES)]
    Resume(Names),
    /// Beginnings and ends
    #[command(flatten)]
    Life(life::Life),
    /// Go to a machine's console
    Console(ConsoleArguments),
    /// Log in to a machine, at a prompt of its own
    #[command(after_help = LOGIN_EXAMPLES)]
    Login(Name),
    /// Run a command in a machine, whatever is in there
    Exec(Box<ExecArguments>),
    /// Log in to a machine
    Shell(Box<ShellArguments>),
    /// Change limits of a machine, now and for later starts; without a change: show what holds
    Set(SetArguments),
    /// Let a machine use devices of the host, show or remove such devices
    #[command(subcommand)]
    Device(device::DeviceVerb),
    /// Mount files of the host in a machine, show or remove such mounts
    #[command(subcommand)]
    Mount(MountVerb),
    /// Move links of the host into a machine, show or give back such links
    #[command(subcommand)]
    Network(network::NetworkVerb),
    /// Those that look at machines
    #[command(flatten)]
    Look(look::Look),
}

const STOP_EXAMPLES: &str = "Examples:
  redd stop web db
  redd stop --timeout=10s web      kills everything when that is over
  redd stop --now web              kills everything at once";

const KILL_EXAMPLES: &str = "Examples:
  redd kill -s HUP web             PID 1 reads its configuration anew
  redd kill -s TERM --whom=all web
  redd kill -s KILL web            its PID 1, and so the machine";

const TERMINATE_EXAMPLES: &str = "Examples:
  redd terminate web
  redd terminate $(redd list -q --running)
  redd terminate web && redd start web";

const PAUSE_EXAMPLES: &str = "Examples:
  redd pause web
  redd pause web && redd copy web:/var/lib/app . ; redd resume web
  redd resume $(redd list -q --running)";

const LOGIN_EXAMPLES: &str = "Examples:
  redd login web               ^]^]d leaves it
  redd shell alice@web         the same session without a password, for root of the host
  redd start --ttys=1 old      gives a machine without systemd a prompt to log in at";

/// A machine.
#[derive(Debug, Args)]
pub struct Name {
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
}

/// Some machines.
#[derive(Debug, Args)]
pub struct Names {
    /// The machines
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<MachineName>,
}

/// Words of `stop`.
#[derive(Debug, Args)]
pub struct StopArguments {
    /// Kill everything at once
    #[arg(long, conflicts_with = "timeout")]
    pub now: bool,
    /// How long it may take before everything is killed [default: what the machine was started with]
    #[arg(long, value_name = "TIME", value_parser = time_span)]
    pub timeout: Option<Duration>,
    /// The machines
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<MachineName>,
}

/// Words of `kill`.
#[derive(Debug, Args)]
pub struct KillArguments {
    /// The signal, by name or number
    #[arg(long, short, value_name = "SIGNAL", default_value = "SIGTERM", value_parser = signal)]
    pub signal: SignalNumber,
    /// Which processes get it
    #[arg(long, value_name = "WHOM", default_value = "leader")]
    pub whom: KillTarget,
    /// The machines
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<MachineName>,
}

/// Which processes get a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum KillTarget {
    /// PID 1.
    Leader,
    /// The machine's redd.
    Supervisor,
    /// Every process inside.
    All,
}

fn signal(text: &str) -> Result<SignalNumber, String> {
    parse::signal(text).map_err(|error| error.to_string())
}

fn time_span(text: &str) -> Result<Duration, String> {
    parse::time_span(text).map_err(|error| error.to_string())
}
