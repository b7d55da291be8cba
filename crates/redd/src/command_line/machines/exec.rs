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
    /// Circumstances.
    #[command(flatten)]
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

/// Words of `shell`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  redd shell web                  a session of root's
  redd shell alice@web            of somebody's
  redd shell alice@web mail -H    with a command instead of a shell")]
pub struct ShellArguments {
    /// Without the machine's service manager: no PAM, no logind, no utmp
    #[arg(long)]
    pub plain: bool,
    /// Circumstances.
    #[command(flatten)]
    pub how: How,
    /// The machine, and who logs in there [default: root]
    #[arg(value_name = "[USER@]NAME", value_parser = guest)]
    pub guest: Guest,
    /// The command and its arguments; the user's login shell otherwise
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<OsString>,
}

/// Who goes where.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Who.
    pub user: Option<UserWords>,
    /// Where.
    pub machine: MachineName,
}

fn guest(text: &str) -> Result<Guest, String> {
    let (words, name) = match text.rsplit_once('@') {
        Some((words, name)) => (Some(words), name),
        None => (None, text),
    };
    let machine = name.parse::<MachineName>().map_err(|error| error.to_string())?;
    let user = words.map(user).transpose()?;
    Ok(Guest { user, machine })
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
