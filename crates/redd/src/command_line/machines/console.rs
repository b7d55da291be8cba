//! Words of `console`.

use clap::Args;
use redd_spec::name::MachineName;

/// Words of `console`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  redd console web             type there; ^]^]d leaves it
  redd console --watch web     look on, whoever types
  echo reboot | redd console web")]
pub struct ConsoleArguments {
    /// Only look on
    #[arg(long, short)]
    pub watch: bool,
    /// Take over from whoever types there
    #[arg(long, short, conflicts_with = "watch")]
    pub force: bool,
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
}
