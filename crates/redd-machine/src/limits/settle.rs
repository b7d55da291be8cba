//! Which files of which cgroups a change comes to; what the host cannot do is refused here, before anything is written.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use redd_control::record::Record;
use redd_plan::cgroup::{CgroupPath, Controller};
use redd_plan::limits::{Attribute, ControllerLimit, limits};
use redd_plan::step::Undo;
use redd_runtime::additions;
use redd_runtime::facts::devices::block_devices;
use redd_runtime::facts::host::memory;
use redd_spec::parse;
use redd_spec::resources::{Limit, MemoryAmount, Resources, Traffic};
use redd_spec::unit::{PropertyValue, UnitProperty};

use super::Setting;
use super::cgroups::{Cgroups, Place};
use super::write::{File, number};
use crate::MachineError;
use crate::turn::{Turn, host};

/// What version 1 has for no limit is about this, or more.
const NO_LIMIT: u64 = 1 << 62;
const MEMORY: &str = "memory.limit_in_bytes";
const MEMORY_AND_SWAP: &str = "memory.memsw.limit_in_bytes";
/// How often it is looked whether every process of a payload is where it was put.
const ROUNDS: u32 = 100;

/// What a change comes to.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// In the order in which they have to be written.
    pub(super) files: Vec<File>,
    /// The same as a unit's properties, where version 2 keeps it.
    pub(super) properties: Vec<UnitProperty>,
}

/// What settings come to.
pub(super) fn settle(record: &Record, turn: &Turn, settings: &[&Setting]) -> Result<Settled, MachineError> {
    if settings.is_empty() {
        return Ok(Settled::default());
    }
    let cgroups = Cgroups::of(record)?;
    let wanted = wanted(&cgroups, settings)?;
    let (mut files, mut properties) = (Vec::new(), Vec::new());
    let mut to_make = BTreeSet::new();
    for (option, controller, attributes) in wanted {
        let (path, attributes) = match cgroups.place(controller) {
            Some(Place::Unified(path)) => {
                properties.extend(attributes.properties);
                (path, attributes.unified)
            }
            Some(Place::Legacy(path)) => (path, attributes.legacy),
            Some(Place::LegacyToMake(path)) => {
                to_make.insert(path);
                (path, attributes.legacy)
            }
            None => return Err(refused(option, format!("the host offers no {controller} controller to it"))),
        };
        if attributes.is_empty() {
            return Err(refused(option, no_such_limit(option)));
        }
        let file = |attribute| File { option: option.to_owned(), cgroup: path.to_owned(), attribute };
        files.extend(attributes.into_iter().map(file));
    }
    to_make.into_iter().try_for_each(|path| make(&cgroups, turn, path))?;
    order(&mut files);
    Ok(Settled { files, properties })
}

fn no_such_limit(option: &str) -> String {
    match option {
        "swap" => {
            "version 1 of the memory controller limits it together with memory, which has no limit".to_owned()
        }
        _ => "version 1 of the controller has no such limit".to_owned(),
    }
}

fn refused(option: &str, why: String) -> MachineError {
    MachineError::Refused { what: format!("{option}: {why}"), hint: None }
}

#[derive(Debug, Default)]
struct Attributes {
    unified: Vec<Attribute>,
    legacy: Vec<Attribute>,
    properties: Vec<UnitProperty>,
}

/// What has to be written for the settings, by controllers.
fn wanted(
    cgroups: &Cgroups,
    settings: &[&Setting],
) -> Result<Vec<(&'static str, Controller, Attributes)>, MachineError> {
    let mut resources = Resources::default();
    if let Some(Place::Legacy(path)) = cgroups.place(Controller::Memory) {
        legacy_memory(path, &mut resources);
    }
    let counts_both = resources.swap != Limit::Default;
    for Setting { option, value, .. } in settings {
        parse::limit(&mut resources, option, value.as_deref())
            .map_err(|error| refused(option, error.to_string()))?;
    }
    let devices = block_devices(&resources.traffic)
        .map_err(|error| MachineError::Refused { what: error.to_string(), hint: None })?;
    let is_changed = |option: &str| {
        let is_named = |name: &str| settings.iter().any(|setting| setting.option == name);
        is_named(option) || (option == "swap" && counts_both && is_named("memory"))
    };
    let all = limits(&resources, memory(), &devices).into_iter();
    let mut wanted: Vec<_> = all
        .filter(|limit| is_changed(limit.option))
        .map(|ControllerLimit { option, controller, unified, legacy, properties, .. }| {
            (option, controller, Attributes { unified, legacy, properties })
        })
        .collect();
    for setting in settings.iter().filter(|setting| setting.value.is_none()) {
        let kind = Traffic::ALL.into_iter().find(|kind| kind.option() == setting.option);
        wanted.extend(kind.map(|kind| (kind.option(), Controller::Io, lifted(cgroups, kind))));
    }
    Ok(wanted)
}

/// Version 1 counts memory and swap together: what one of them is has to be known to set the other one.
fn legacy_memory(cgroup: &Path, resources: &mut Resources) {
    let limit = |name: &str| number(&cgroup.join(name)).filter(|bytes| *bytes < NO_LIMIT);
    let memory = limit(MEMORY);
    resources.memory = memory.map_or(Limit::Unlimited, |bytes| Limit::At(MemoryAmount::Bytes(bytes)));
    if let (Some(memory), Some(both)) = (memory, limit(MEMORY_AND_SWAP)) {
        resources.swap = Limit::At(MemoryAmount::Bytes(both.saturating_sub(memory)));
    }
}

/// No limit for any device that has one.
fn lifted(cgroups: &Cgroups, kind: Traffic) -> Attributes {
    let sample = redd_spec::resources::TrafficLimit { device: "/".into(), traffic: kind, per_second: None };
    let resources = Resources { traffic: vec![sample], ..Resources::default() };
    let of = |device: (u32, u32)| limits(&resources, 0, &[("/".into(), device)].into()).pop();
    let numbers = |path: &Path, file: &str| -> Vec<(u32, u32)> {
        let text = fs::read_to_string(path.join(file)).unwrap_or_default();
        let number = |line: &str| {
            let (major, minor) = line.split(' ').next()?.split_once(':')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        };
        text.lines().filter_map(number).collect()
    };
    let Some(form) = of((0, 0)) else { return Attributes::default() };
    let found = match cgroups.place(Controller::Io) {
        Some(Place::Unified(path)) => numbers(path, form.unified[0].name),
        Some(Place::Legacy(path)) => numbers(path, form.legacy[0].name),
        Some(Place::LegacyToMake(_)) | None => Vec::new(),
    };
    let all: Vec<ControllerLimit> = found.into_iter().filter_map(of).collect();
    Attributes {
        unified: all.iter().flat_map(|limit| limit.unified.clone()).collect(),
        legacy: all.iter().flat_map(|limit| limit.legacy.clone()).collect(),
        // No device at all is how systemd forgets each of them.
        properties: form.properties.into_iter().map(without_devices).collect(),
    }
}

fn without_devices(property: UnitProperty) -> UnitProperty {
    UnitProperty {
        text: format!("{}=", property.name),
        value: PropertyValue::Amounts(Vec::new()),
        ..property
    }
}

/// Version 1 wants the limit of memory with swap never below that of memory: one that grows comes first.
fn order(files: &mut [File]) {
    let at = |files: &[File], name: &str| files.iter().position(|file| file.attribute.name == name);
    let (Some(memory), Some(both)) = (at(files, MEMORY), at(files, MEMORY_AND_SWAP)) else { return };
    let now = number(&files[both].cgroup.join(MEMORY_AND_SWAP)).unwrap_or(u64::MAX);
    let grows = files[both].attribute.value.parse().map_or(true, |wanted: u64| wanted >= now);
    if grows == (memory < both) {
        files.swap(memory, both);
    }
}

/// A cgroup of version 1 for a payload that has none there yet, and every process of the payload in it.
fn make(cgroups: &Cgroups, turn: &Turn, path: &Path) -> Result<(), MachineError> {
    let undo = Undo::RemoveCgroup { path: CgroupPath(path.to_owned()) };
    let failed = |error: std::io::Error| host(&format!("making {}", path.display()), &error);
    additions::announce(&turn.directory, undo).map_err(failed)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => {}
    }
    for _ in 0..ROUNDS {
        let there = members(path);
        let missing: Vec<u32> =
            cgroups.populated().flat_map(members).filter(|pid| !there.contains(pid)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        for pid in missing {
            // One that has ended meanwhile need not be there.
            drop(fs::write(path.join("cgroup.procs"), pid.to_string()));
        }
    }
    Err(refused(
        "cgroup",
        format!("the payload makes processes faster than they can be put into {}", path.display()),
    ))
}

/// Every process of a cgroup and those below.
fn members(cgroup: &Path) -> BTreeSet<u32> {
    let list = fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
    let mut members: BTreeSet<u32> = list.lines().filter_map(|line| line.parse().ok()).collect();
    for entry in fs::read_dir(cgroup).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            members.extend(self::members(&entry.path()));
        }
    }
    members.remove(&0);
    members
}
