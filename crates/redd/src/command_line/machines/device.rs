//! Words of `device`.

use clap::{Args, Subcommand};
use redd_spec::name::MachineName;

use super::mount::ListArguments;

/// What is to be done about devices.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  redd device add web /dev/fuse
  redd device add web /dev/sdb:r --keep
  redd device remove web /dev/fuse")]
pub enum DeviceVerb {
    /// Give a machine that runs a node of a device, and let it be used
    Add(AddArguments),
    /// Take it away; what has it open keeps it
    Remove(RemoveArguments),
    /// Show what was added
    List(ListArguments),
}

/// Words of `device add`.
#[derive(Debug, Args)]
pub struct AddArguments {
    /// For later starts too
    #[arg(long)]
    pub keep: bool,
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
    /// The node, here and there; what it may be used for behind a colon: r, rw or rwm
    #[arg(value_name = "PATH[:USE]")]
    pub path: String,
}

/// Words of `device remove`.
#[derive(Debug, Args)]
pub struct RemoveArguments {
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
    /// The node
    #[arg(value_name = "PATH")]
    pub path: String,
}
