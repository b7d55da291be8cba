//! Words of `network`.

use clap::{Args, Subcommand};
use redd_spec::name::MachineName;

use super::mount::ListArguments;

/// What is to be done about links.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  redd network attach web enp3s0
  redd network attach web enp3s0:lan --keep
  redd network detach web enp3s0")]
pub enum NetworkVerb {
    /// Move a link of the host into a machine that runs
    Attach(AttachArguments),
    /// Give a link back to the host
    Detach(DetachArguments),
    /// Show which links of the host's a machine has
    List(ListArguments),
}

/// Words of `network attach`.
#[derive(Debug, Args)]
pub struct AttachArguments {
    /// For later starts too
    #[arg(long)]
    pub keep: bool,
    /// Even the link that the host's default route goes through
    #[arg(long)]
    pub force: bool,
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
    /// The link, by any of its names; what it is to be called inside behind a colon
    #[arg(value_name = "LINK[:INSIDE]")]
    pub link: String,
}

/// Words of `network detach`.
#[derive(Debug, Args)]
pub struct DetachArguments {
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
    /// The link, as the host calls it, or as it was called when it came inside
    #[arg(value_name = "LINK")]
    pub link: String,
}
