//! The words of `restart`, `disable`, `upgrade` and `wait`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use redd_machine::wait::Condition;
use redd_spec::name::MachineName;

use super::time_span;

/// Beginnings and ends of machines.
#[derive(Debug, Subcommand)]
pub enum Life {
    /// Stop machines and start them again, with the words they were started with
    #[command(after_help = "Examples:\n  redd restart web            settings files are read anew\n  \
                            redd restart --no-wait web  until it runs, not until it is ready\n  \
                            redd restart web db         both at once, but for their order (after=)")]
    Restart(RestartArguments),
    /// No longer have machines started with the host
    #[command(
        after_help = "Examples:\n  redd disable web        it is not started with the host any more\n  \
                            redd disable --now web  it is stopped, too\n  redd disable web db     two of them"
    )]
    Disable(DisableArguments),
    /// Have another redd supervise running machines, which notice nothing
    #[command(after_help = "Examples:\n  redd upgrade web            by the redd that runs this verb\n  \
                            redd upgrade --all          after redd was updated\n  \
                            redd upgrade web --binary=/opt/redd/bin/redd")]
    Upgrade(UpgradeArguments),
    /// Wait until a machine is in some state
    #[command(after_help = "Examples:\n  redd wait web --for=ready\n  \
                            redd wait web --for=unit=nginx.service --timeout=1min\n  redd wait web --for=stopped")]
    Wait(WaitArguments),
}

/// Words of `restart`.
#[derive(Debug, Args)]
pub struct RestartArguments {
    /// Do not wait until it is ready
    #[arg(long)]
    pub no_wait: bool,
    /// How long to wait until it is ready; it goes on without that
    #[arg(long, value_name = "TIME", value_parser = time_span)]
    pub start_timeout: Option<Duration>,
    /// The machines
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<MachineName>,
}

/// Words of `disable`.
#[derive(Debug, Args)]
pub struct DisableArguments {
    /// Stop them now, too
    #[arg(long)]
    pub now: bool,
    /// The machines
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<MachineName>,
}

/// Words of `upgrade`.
#[derive(Debug, Args)]
pub struct UpgradeArguments {
    /// All machines that run
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// The redd that is to go on [default: the one that runs this verb]
    #[arg(long, value_name = "PATH")]
    pub binary: Option<PathBuf>,
    /// The machines
    #[arg(value_name = "NAME", required_unless_present = "all")]
    pub names: Vec<MachineName>,
}

/// Words of `wait`.
#[derive(Debug, Args)]
pub struct WaitArguments {
    /// ready, running, degraded, stopped, or unit=NAME
    #[arg(long = "for", value_name = "STATE")]
    pub condition: Condition,
    /// For so long at most
    #[arg(long, value_name = "TIME", value_parser = time_span)]
    pub timeout: Option<Duration>,
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
}
