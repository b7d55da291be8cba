//! Limits as the files of control groups have them, in both versions: what a start writes, and what a change of a running
//! machine does.

use std::collections::BTreeMap;
use std::path::PathBuf;

use redd_spec::resources::{Limit, MemoryAmount, MilliCpus, Resources, Traffic, TrafficLimit, Weight};
use redd_spec::unit::{PropertyValue, UnitProperty};

use crate::cgroup::Controller;

/// As many processes as systemd's own template allows a container.
const DEFAULT_PIDS: u32 = 16_384;
/// What a payload may use of the host's memory, so that the host survives it.
const DEFAULT_MEMORY_PERCENT: u64 = 80;
/// The period that shares of processor time are counted in, in microseconds.
const CPU_PERIOD: u64 = 100_000;
/// What everybody has of version 1's processor time.
const DEFAULT_SHARES: u64 = 1024;

/// Block devices by their nodes, as major and minor numbers.
pub type BlockDevices = BTreeMap<PathBuf, (u32, u32)>;

/// Why a value holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The user asked for it.
    AskedFor,
    /// It is redd's default.
    Default,
    /// There is no limit; the kernel starts so.
    Lifted,
}

/// How the kernel tells a value that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As a number of bytes, in whole pages.
    Bytes,
    /// As it was written.
    Word,
    /// As one of several lines, each with a name before a space.
    Line,
}

/// A file of a cgroup, and what is to be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The file.
    pub name: &'static str,
    /// What is written.
    pub value: String,
    /// How it is read.
    pub form: Form,
}

/// One limit, in the words of both versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControllerLimit {
    /// Who keeps it.
    pub controller: Controller,
    /// The option without its dashes.
    pub option: &'static str,
    /// Why it holds.
    pub standing: Standing,
    /// In version 2.
    pub unified: Vec<Attribute>,
    /// In version 1; nothing where that has no such limit.
    pub legacy: Vec<Attribute>,
    /// As a property of a unit.
    pub properties: Vec<UnitProperty>,
}

/// Every limit there is, lifted ones too.
#[must_use]
pub fn limits(resources: &Resources, memory: u64, devices: &BlockDevices) -> Vec<ControllerLimit> {
    let mut limits = vec![
        of_memory(resources, memory),
        of_memory_high(resources, memory),
        of_swap(resources, memory),
        of_pids(resources),
        of_cpus(resources),
        of_cpu_weight(resources),
        of_io_weight(resources),
    ];
    limits.extend(resources.traffic.iter().filter_map(|limit| of_traffic(limit, devices)));
    limits
}

/// Whether the user said anything of what a unit's properties can say.
#[must_use]
pub fn are_asked_for(resources: &Resources) -> bool {
    let is_limited = |limit: &Limit<MemoryAmount>| *limit != Limit::Default;
    [resources.memory, resources.memory_high, resources.swap].iter().any(is_limited)
        || resources.pids != Limit::Default
        || resources.cpus != Limit::Default
        || resources.cpu_weight.or(resources.io_weight).is_some()
        || !resources.traffic.is_empty()
}

fn of_memory(resources: &Resources, memory: u64) -> ControllerLimit {
    let (bytes, standing) = memory_limit(resources, memory);
    ControllerLimit {
        controller: Controller::Memory,
        option: "memory",
        standing,
        unified: vec![bytes_or("memory.max", bytes, "max")],
        legacy: vec![bytes_or("memory.limit_in_bytes", bytes, "-1")],
        properties: property("MemoryMax", bytes),
    }
}

fn of_memory_high(resources: &Resources, memory: u64) -> ControllerLimit {
    let (bytes, standing) = amount(resources.memory_high, None, memory);
    ControllerLimit {
        controller: Controller::Memory,
        option: "memory-high",
        standing,
        unified: vec![bytes_or("memory.high", bytes, "max")],
        legacy: Vec::new(),
        properties: property("MemoryHigh", bytes),
    }
}

/// Version 1 counts memory and swap together, and only where memory is limited too.
fn of_swap(resources: &Resources, memory: u64) -> ControllerLimit {
    let (bytes, standing) = amount(resources.swap, None, memory);
    let both = match (bytes, memory_limit(resources, memory).0) {
        (Some(swap), Some(memory)) => Some(memory.saturating_add(swap)),
        _ => None,
    };
    let legacy = bytes_or("memory.memsw.limit_in_bytes", both, "-1");
    ControllerLimit {
        controller: Controller::Memory,
        option: "swap",
        standing,
        unified: vec![bytes_or("memory.swap.max", bytes, "max")],
        legacy: if bytes.is_some() && both.is_none() { Vec::new() } else { vec![legacy] },
        properties: property("MemorySwapMax", bytes),
    }
}

fn of_pids(resources: &Resources) -> ControllerLimit {
    let (pids, standing) = chosen(resources.pids, Some(DEFAULT_PIDS));
    let value = pids.map_or_else(|| "max".to_owned(), |pids| pids.to_string());
    ControllerLimit {
        controller: Controller::Pids,
        option: "pids-max",
        standing,
        unified: vec![word("pids.max", value.clone())],
        legacy: vec![word("pids.max", value)],
        properties: property("TasksMax", pids.map(u64::from)),
    }
}

fn of_cpus(resources: &Resources) -> ControllerLimit {
    let (cpus, standing) = chosen(resources.cpus, None);
    let quota = cpus.map(|MilliCpus(share)| u64::from(share) * CPU_PERIOD / 1000);
    let or = |lifted: &str| quota.map_or_else(|| lifted.to_owned(), |quota| quota.to_string());
    ControllerLimit {
        controller: Controller::Cpu,
        option: "cpus",
        standing,
        unified: vec![word("cpu.max", format!("{} {CPU_PERIOD}", or("max")))],
        legacy: vec![word("cpu.cfs_period_us", CPU_PERIOD.to_string()), word("cpu.cfs_quota_us", or("-1"))],
        properties: quota_property(cpus),
    }
}

fn of_cpu_weight(resources: &Resources) -> ControllerLimit {
    let (weight, standing) = weight(resources.cpu_weight);
    let shares = u64::from(weight) * DEFAULT_SHARES / u64::from(Weight::DEFAULT.get());
    ControllerLimit {
        controller: Controller::Cpu,
        option: "cpu-weight",
        standing,
        unified: vec![word("cpu.weight", weight.to_string())],
        legacy: vec![word("cpu.shares", shares.to_string())],
        properties: property("CPUWeight", Some(weight.into())),
    }
}

/// Version 1 has weights from 1 to 1000, and everybody has 100 there too.
fn of_io_weight(resources: &Resources) -> ControllerLimit {
    let (weight, standing) = weight(resources.io_weight);
    let default = Weight::DEFAULT.get();
    let legacy = if weight <= default {
        weight
    } else {
        let above = u32::from(weight - default) * u32::from(1000 - default) / u32::from(10_000 - default);
        default + u16::try_from(above).unwrap_or(u16::MAX)
    };
    ControllerLimit {
        controller: Controller::Io,
        option: "io-weight",
        standing,
        unified: vec![Attribute { name: "io.weight", value: format!("default {weight}"), form: Form::Line }],
        legacy: vec![word("blkio.bfq.weight", legacy.to_string())],
        properties: property("IOWeight", Some(weight.into())),
    }
}

/// A device that is not there was refused before.
fn of_traffic(limit: &TrafficLimit, devices: &BlockDevices) -> Option<ControllerLimit> {
    let (major, minor) = devices.get(&limit.device)?;
    let number = format!("{major}:{minor}");
    let (unified, legacy, property) = match limit.traffic {
        Traffic::ReadBandwidth => ("rbps", "blkio.throttle.read_bps_device", "IOReadBandwidthMax"),
        Traffic::WriteBandwidth => ("wbps", "blkio.throttle.write_bps_device", "IOWriteBandwidthMax"),
        Traffic::ReadOperations => ("riops", "blkio.throttle.read_iops_device", "IOReadIOPSMax"),
        Traffic::WriteOperations => ("wiops", "blkio.throttle.write_iops_device", "IOWriteIOPSMax"),
    };
    let or = |lifted: &str| limit.per_second.map_or_else(|| lifted.to_owned(), |amount| amount.to_string());
    Some(ControllerLimit {
        controller: Controller::Io,
        option: limit.traffic.option(),
        standing: if limit.per_second.is_some() { Standing::AskedFor } else { Standing::Lifted },
        unified: vec![Attribute {
            name: "io.max",
            value: format!("{number} {unified}={}", or("max")),
            form: Form::Line,
        }],
        legacy: vec![Attribute { name: legacy, value: format!("{number} {}", or("0")), form: Form::Line }],
        properties: vec![traffic_property(property, limit)],
    })
}

fn memory_limit(resources: &Resources, memory: u64) -> (Option<u64>, Standing) {
    amount(resources.memory, Some(MemoryAmount::Bytes(memory / 100 * DEFAULT_MEMORY_PERCENT)), memory)
}

fn amount(limit: Limit<MemoryAmount>, default: Option<MemoryAmount>, memory: u64) -> (Option<u64>, Standing) {
    let (amount, standing) = chosen(limit, default);
    let bytes = amount.map(|amount| match amount {
        MemoryAmount::Bytes(bytes) => bytes,
        MemoryAmount::Percent(share) => memory / 100 * u64::from(share),
    });
    (bytes, standing)
}

/// The value in force, and why it is.
fn chosen<T>(limit: Limit<T>, default: Option<T>) -> (Option<T>, Standing) {
    match (limit, default) {
        (Limit::At(value), _) => (Some(value), Standing::AskedFor),
        (Limit::Default, Some(value)) => (Some(value), Standing::Default),
        (Limit::Default | Limit::Unlimited, _) => (None, Standing::Lifted),
    }
}

fn weight(weight: Option<Weight>) -> (u16, Standing) {
    let standing = if weight.is_some() { Standing::AskedFor } else { Standing::Lifted };
    (weight.unwrap_or(Weight::DEFAULT).get(), standing)
}

/// systemd writes no limit as the highest number.
fn property(name: &str, amount: Option<u64>) -> Vec<UnitProperty> {
    let text = amount.map_or_else(|| "infinity".to_owned(), |amount| amount.to_string());
    let value = PropertyValue::U64(amount.unwrap_or(u64::MAX));
    vec![UnitProperty { name: name.to_owned(), value, text: format!("{name}={text}") }]
}

/// In microseconds of each second.
fn quota_property(cpus: Option<MilliCpus>) -> Vec<UnitProperty> {
    let per_second = cpus.map(|MilliCpus(share)| u64::from(share) * 1000);
    let text = cpus.map_or_else(String::new, |MilliCpus(share)| format!("{}.{}%", share / 10, share % 10));
    let value = PropertyValue::U64(per_second.unwrap_or(u64::MAX));
    vec![UnitProperty { name: "CPUQuotaPerSecUSec".to_owned(), value, text: format!("CPUQuota={text}") }]
}

fn traffic_property(name: &str, limit: &TrafficLimit) -> UnitProperty {
    let device = limit.device.display().to_string();
    let text = limit.per_second.map_or_else(|| "infinity".to_owned(), |amount| amount.to_string());
    UnitProperty {
        name: name.to_owned(),
        text: format!("{name}={device} {text}"),
        value: PropertyValue::Amounts(vec![(device, limit.per_second.unwrap_or(u64::MAX))]),
    }
}

fn word(name: &'static str, value: String) -> Attribute {
    Attribute { name, value, form: Form::Word }
}

fn bytes_or(name: &'static str, bytes: Option<u64>, lifted: &str) -> Attribute {
    let value = bytes.map_or_else(|| lifted.to_owned(), |bytes| bytes.to_string());
    Attribute { name, value, form: Form::Bytes }
}
