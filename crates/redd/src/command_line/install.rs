//! The words of `install`.

use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "Examples:
  redd install --dry-run               shows what would be where
  redd install                         in /usr/local; systemd reads its units anew
  redd install --prefix=/usr --destdir=/var/lib/machines/web   into a tree, or a package
  redd install --uninstall             takes away what is as it was installed";

/// Words of `install`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct InstallArguments {
    /// Where everything is put
    #[arg(long, value_name = "DIR", default_value = "/usr/local", value_parser = absolute)]
    pub prefix: PathBuf,
    /// A tree that is meant instead of this system
    #[arg(long, value_name = "DIR")]
    pub destdir: Option<PathBuf>,
    /// Call redd by the name systemd-nspawn, too
    #[arg(long)]
    pub nspawn: bool,
    /// Take everything away again
    #[arg(long, conflicts_with = "nspawn")]
    pub uninstall: bool,
    /// Show what would be done
    #[arg(long)]
    pub dry_run: bool,
}

fn absolute(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let is_plain = path.components().skip(1).all(|part| matches!(part, std::path::Component::Normal(_)));
    if path.is_absolute() && is_plain {
        Ok(path)
    } else {
        Err("an absolute path without .. is needed".to_owned())
    }
}
