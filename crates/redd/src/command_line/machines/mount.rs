//! Words of `mount`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use redd_spec::name::MachineName;

/// What is to be done about mounts.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  redd mount add web /srv/www /var/www --ro
  redd mount add web ~/src /src --owner rootidmap
  redd mount remove web /src")]
pub enum MountVerb {
    /// Mount a file or directory of the host in a machine that runs
    Add(AddArguments),
    /// Take away what was mounted, for everybody inside
    Remove(RemoveArguments),
    /// Show what was mounted
    List(ListArguments),
}

/// Words of `mount add`.
#[derive(Debug, Args)]
pub struct AddArguments {
    /// Nothing can be written
    #[arg(long)]
    pub ro: bool,
    /// How owners appear inside
    #[arg(long, value_name = "HOW", default_value = "noidmap")]
    pub owner: Owner,
    /// Without what is mounted below the source
    #[arg(long)]
    pub no_submounts: bool,
    /// For later starts too
    #[arg(long)]
    pub keep: bool,
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
    /// A path of the host
    #[arg(value_name = "SRC")]
    pub source: PathBuf,
    /// Where it appears inside; it is made where it is missing
    #[arg(value_name = "DST")]
    pub destination: PathBuf,
}

/// Words of `mount remove`.
#[derive(Debug, Args)]
pub struct RemoveArguments {
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
    /// Where it is inside
    #[arg(value_name = "DST")]
    pub destination: PathBuf,
}

/// Words of `mount list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print no line of headings
    #[arg(long)]
    pub no_legend: bool,
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
}

/// How owners of files appear, as an option of `--bind=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Owner {
    /// As they are: who is not the machine's own is nobody
    #[value(name = "noidmap")]
    Unmapped,
    /// Id N outside is id N inside
    #[value(name = "idmap")]
    Identity,
    /// The source's owner is root inside
    #[value(name = "rootidmap")]
    Root,
    /// The source's owner is the destination's
    #[value(name = "owneridmap")]
    Owner,
}

impl Owner {
    /// The option's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unmapped => "noidmap",
            Self::Identity => "idmap",
            Self::Root => "rootidmap",
            Self::Owner => "owneridmap",
        }
    }
}
