//! Words of `set`.

use clap::Args;
use redd_machine::limits::{self, Setting};
use redd_nspawn::file::{KEYS, Section};
use redd_nspawn::option;
use redd_spec::name::MachineName;

/// Words of `set`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  redd set web memory=2G cpus=1.5 pids=2000
  redd set --runtime web \"io-write-bandwidth=/dev/sda 20M\"
  redd set web                  show what holds")]
pub struct SetArguments {
    /// Until the machine ends, and not for later starts
    #[arg(long)]
    pub runtime: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "settings")]
    pub json: bool,
    /// Print no line of headings
    #[arg(long, conflicts_with = "settings")]
    pub no_legend: bool,
    /// The machine
    #[arg(value_name = "NAME")]
    pub name: MachineName,
    /// What to change: memory=2G, cpus=1.5, pids-max=2000, ...; without a value: what holds by default
    #[arg(value_name = "KEY=VALUE", value_parser = setting)]
    pub settings: Vec<Setting>,
}

/// An option as a start has it; dots stand for dashes.
fn setting(text: &str) -> Result<Setting, String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    let option = match key.trim_start_matches('-') {
        "pids" => "pids-max".to_owned(),
        key => key.replace(['.', '_'], "-"),
    };
    let definition = option::named(&option).filter(|_| limits::is_settable(&option));
    let definition =
        definition.ok_or_else(|| format!("there is no such key; there are {}", settable().join(", ")))?;
    let key = settings_key(definition.name).ok_or("no file has that")?;
    let setting = Setting {
        option,
        key: key.to_owned(),
        value: (!value.is_empty()).then(|| value.to_owned()),
        is_list: definition.is_list,
    };
    limits::check(&setting).map_err(|error| error.to_string())?;
    Ok(setting)
}

fn settable() -> Vec<&'static str> {
    option::all().map(|definition| definition.name).filter(|name| limits::is_settable(name)).collect()
}

/// What an option is called in section `[X-Redd]`.
#[must_use]
pub fn settings_key(option: &str) -> Option<&'static str> {
    let known = KEYS.iter().find(|key| key.section == Section::Redd && key.option == option);
    known.map(|key| key.name)
}
