//! Words of `exec` and `shell`.

use std::ffi::OsString;

use clap::Args;
use redd_runtime::enter::UserWords;
use redd_spec::name::MachineName;
use redd_spec::path::PathInRoot;

/// Words of `exec`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  redd exec web systemctl is-system-running
  redd exec -t -u alice -w /srv web bash
  tar c . | redd exec web tar x -C /srv")]
pub struct ExecArguments {
    /// Give it a terminal of its own
    #[arg(long, short)]
    pub tty: bool,
    /// Let it read what is typed here, which it does in any case
    #[arg(long, short)]
    pub interactive: bool,
    #[command(flatten)]
    /// Circumstances.
    pub how: How,
    /// Who it is: names or numbers, as the machine knows them [default: root]
    #[arg(long, short, value_name = "USER[:GROUP]", value_parser = user)]
    pub user: Option<UserWords>,
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<OsString>,
}

/// Circumstances of a command.
#[derive(Debug, Args)]
pub struct How {
    /// Where it starts [default: its user's home]
    #[arg(long, short, value_name = "DIRECTORY", value_parser = directory)]
    pub workdir: Option<PathInRoot>,
    /// A variable of its environment; NAME alone is the one that you have
    #[arg(long, short, value_name = "NAME=VALUE")]
    pub env: Vec<OsString>,
}

fn user(text: &str) -> Result<UserWords, String> {
    UserWords::parse(text).ok_or_else(|| "no USER[:GROUP]".to_owned())
}

fn directory(text: &str) -> Result<PathInRoot, String> {
    PathInRoot::new(text).map_err(|error| error.to_string())
}
