//! What limits hold for a machine.

use std::fs;
use std::path::Path;

use redd_control::record::Record;
use redd_plan::cgroup::Controller;
use redd_plan::limits::{ControllerLimit, limits};
use redd_spec::name::MachineName;
use redd_spec::resources::{Resources, Traffic, TrafficLimit};
use redd_spec::text::escape;

use super::KEPT;
use super::cgroups::{Cgroups, Place};
use crate::MachineError;
use crate::keep::{self, Kept};

/// What version 1 has for no limit is about this, or more.
const NO_LIMIT: u64 = 1 << 62;
/// The longest value that is told.
const VALUE_MAX: usize = 300;

/// What holds for one option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The option without its dashes.
    pub option: &'static str,
    /// What the kernel has now, as values of the option; nothing where the machine does not run, or the host has no such limit.
    pub now: Vec<String>,
    /// What was set for later starts.
    pub kept: Vec<String>,
}

/// All limits of a machine; `key` tells what an option is called in a file.
///
/// # Errors
/// There is no such machine, or it cannot be looked at.
pub fn holding(
    name: &MachineName,
    key: impl Fn(&str) -> Option<&'static str>,
) -> Result<Vec<Holding>, MachineError> {
    let record = Record::read(name).ok().flatten();
    if record.is_none() && !keep::is_known(name) {
        return Err(MachineError::NotRunning { name: name.clone() });
    }
    let cgroups = record.map(|record| Cgroups::of(&record)).transpose()?;
    let lines = Kept::of(name, &KEPT).lines();
    let shown = |value: &String| escape(value.as_bytes(), VALUE_MAX);
    let kept = |option: &str| {
        let of_key = lines.iter().filter(|(name, _)| Some(&**name) == key(option));
        of_key.map(|(_, value)| shown(value)).collect()
    };
    let all = every_limit();
    let holdings = all.iter().map(|limit| Holding {
        option: limit.option,
        now: cgroups.iter().flat_map(|cgroups| now(cgroups, limit)).collect(),
        kept: kept(limit.option),
    });
    Ok(holdings.collect())
}

/// One of each kind, for the names of its files.
fn every_limit() -> Vec<ControllerLimit> {
    let device = Path::new("/");
    let traffic =
        Traffic::ALL.map(|traffic| TrafficLimit { device: device.to_owned(), traffic, per_second: None });
    let resources = Resources { traffic: traffic.into(), ..Resources::default() };
    limits(&resources, 0, &[(device.to_owned(), (0, 0))].into())
}

fn now(cgroups: &Cgroups, limit: &ControllerLimit) -> Vec<String> {
    let (path, attributes, is_legacy) = match cgroups.place(limit.controller) {
        Some(Place::Unified(path)) => (path, &limit.unified, false),
        Some(Place::Legacy(path)) => (path, &limit.legacy, true),
        Some(Place::LegacyToMake(_)) => return lifted(limit).into_iter().collect(),
        None => return Vec::new(),
    };
    let read = |name: &str| fs::read_to_string(path.join(name)).ok();
    let Some(text) = attributes.last().and_then(|attribute| read(attribute.name)) else { return Vec::new() };
    if limit.controller == Controller::Io && limit.option != "io-weight" {
        return traffic(limit, &text, is_legacy);
    }
    let text = text.trim();
    let value = match (limit.option, is_legacy) {
        ("swap", true) => swap(text, read("memory.limit_in_bytes").as_deref()),
        ("cpus", true) => cpus(text, read("cpu.cfs_period_us").as_deref().map(str::trim)),
        ("cpus", false) => {
            text.split_once(' ').map_or_else(String::new, |(quota, period)| cpus(quota, Some(period)))
        }
        ("cpu-weight", true) => scaled(text, 1024),
        ("io-weight", true) => io_weight(text),
        ("io-weight", false) => {
            text.trim_start_matches("default ").lines().next().unwrap_or_default().to_owned()
        }
        _ => amount(text),
    };
    vec![value]
}

/// What holds where a machine is in no cgroup of the controller.
fn lifted(limit: &ControllerLimit) -> Option<String> {
    match (limit.controller, limit.option) {
        (_, "cpu-weight" | "io-weight") => Some("100".to_owned()),
        (Controller::Io, _) => None,
        _ => Some("infinity".to_owned()),
    }
}

fn amount(text: &str) -> String {
    match text.parse::<u64>() {
        Ok(amount) if amount < NO_LIMIT => amount.to_string(),
        Ok(_) => "infinity".to_owned(),
        Err(_) if text == "max" => "infinity".to_owned(),
        Err(_) => escape(text.as_bytes(), VALUE_MAX),
    }
}

/// Version 1 counts both together.
fn swap(both: &str, memory: Option<&str>) -> String {
    let memory = memory.and_then(|text| text.trim().parse::<u64>().ok());
    match (both.parse::<u64>(), memory) {
        (Ok(both), Some(memory)) if both < NO_LIMIT => both.saturating_sub(memory).to_string(),
        _ => "infinity".to_owned(),
    }
}

fn cpus(quota: &str, period: Option<&str>) -> String {
    let period = period.and_then(|text| text.parse::<u64>().ok()).filter(|period| *period > 0);
    match (quota.parse::<u64>(), period) {
        (Ok(quota), Some(period)) => {
            let milli = quota * 1000 / period;
            let text = format!("{}.{:03}", milli / 1000, milli % 1000);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => "infinity".to_owned(),
    }
}

/// A weight, of what is the default where everybody has 100.
fn scaled(text: &str, default: u64) -> String {
    text.parse::<u64>().map_or_else(|_| String::new(), |value| (value * 100).div_ceil(default).to_string())
}

/// The other way round than it is written: some weights are the same in version 1.
fn io_weight(text: &str) -> String {
    let weight = |value: u64| if value <= 100 { value } else { 100 + ((value - 100) * 9900).div_ceil(900) };
    text.parse::<u64>().map_or_else(|_| String::new(), |value| weight(value).to_string())
}

/// The devices are told by their numbers, as the kernel knows them.
fn traffic(limit: &ControllerLimit, text: &str, is_legacy: bool) -> Vec<String> {
    let kind = limit.unified.first().and_then(|attribute| attribute.value.split([' ', '=']).nth(1));
    let line = |line: &str| {
        let (device, rest) = line.split_once(' ')?;
        let value = match is_legacy {
            true => rest,
            false => rest.split(' ').find_map(|word| word.strip_prefix(kind?)?.strip_prefix('='))?,
        };
        (value != "max")
            .then(|| format!("{} {}", escape(device.as_bytes(), 30), escape(value.as_bytes(), 30)))
    };
    text.lines().filter_map(line).collect()
}
