//! Limits of control groups, by the names of their options: what a start is told, and what a running machine is.

use std::path::{Component, Path};

use super::ParseError;
use super::amounts::{INFINITY, cpus, memory, number, pids, size};
use crate::resources::{Limit, MemoryAmount, Resources, Traffic, TrafficLimit, Weight};

/// The options that limit control groups, without their dashes.
pub const LIMITS: [&str; 11] = [
    "memory",
    "memory-high",
    "swap",
    "pids-max",
    "cpus",
    "cpu-weight",
    "io-weight",
    "io-read-bandwidth",
    "io-write-bandwidth",
    "io-read-iops",
    "io-write-iops",
];

/// `--swap=`: as memory, and none at all is an amount.
///
/// # Errors
/// Anything else.
pub fn swap(value: &str) -> Result<Limit<MemoryAmount>, ParseError> {
    if value == "0" { Ok(Limit::At(MemoryAmount::Bytes(0))) } else { memory(value) }
}

/// `--cpu-weight=`, `--io-weight=`
///
/// # Errors
/// Anything that is no number from 1 to 10000.
pub fn weight(value: &str) -> Result<Weight, ParseError> {
    let weight = number(value).and_then(|number| u16::try_from(number).ok()).and_then(Weight::new);
    weight.ok_or_else(|| ParseError::new(value, "write a number from 1 to 10000; everybody has 100"))
}

/// `--io-read-bandwidth=DEVICE AMOUNT` and its like.
///
/// # Errors
/// A device that is no absolute path, and an amount that is none, or zero.
pub fn traffic(traffic: Traffic, value: &str) -> Result<TrafficLimit, ParseError> {
    let refuse = || ParseError::new(value, "write a device and an amount for each second, as /dev/sda 10M");
    let (device, amount) = value.trim().rsplit_once([' ', '\t']).ok_or_else(refuse)?;
    let device = Path::new(device.trim_end());
    let is_normal = |part: Component<'_>| matches!(part, Component::RootDir | Component::Normal(_));
    if !device.is_absolute() || !device.components().all(is_normal) {
        return Err(refuse());
    }
    let per_second = match amount {
        INFINITY => None,
        amount => Some(size(amount).filter(|amount| *amount > 0).ok_or_else(refuse)?),
    };
    Ok(TrafficLimit { device: device.components().collect(), traffic, per_second })
}

/// Sets one of [`LIMITS`] as if the machine had been started so; without a value it is what it is where nobody says anything.
///
/// # Errors
/// There is no such limit, or no such value.
pub fn limit(resources: &mut Resources, option: &str, value: Option<&str>) -> Result<(), ParseError> {
    if let Some(kind) = Traffic::ALL.into_iter().find(|kind| kind.option() == option) {
        return set_traffic(resources, kind, value);
    }
    match option {
        "memory" => resources.memory = or_default(value, memory)?,
        "memory-high" => resources.memory_high = or_default(value, memory)?,
        "swap" => resources.swap = or_default(value, swap)?,
        "pids-max" => resources.pids = or_default(value, pids)?,
        "cpus" => resources.cpus = or_default(value, cpus)?,
        "cpu-weight" => resources.cpu_weight = value.map(weight).transpose()?,
        "io-weight" => resources.io_weight = value.map(weight).transpose()?,
        _ => return Err(ParseError::new(option, "there is no such limit")),
    }
    Ok(())
}

/// A later limit of the same traffic with the same device replaces an earlier one.
pub fn add_traffic(limits: &mut Vec<TrafficLimit>, limit: TrafficLimit) {
    limits.retain(|known| (&known.device, known.traffic) != (&limit.device, limit.traffic));
    limits.push(limit);
}

fn set_traffic(resources: &mut Resources, kind: Traffic, value: Option<&str>) -> Result<(), ParseError> {
    match value {
        Some(value) => add_traffic(&mut resources.traffic, traffic(kind, value)?),
        None => resources.traffic.retain(|known| known.traffic != kind),
    }
    Ok(())
}

type Parse<T> = fn(&str) -> Result<Limit<T>, ParseError>;

fn or_default<T>(value: Option<&str>, parse: Parse<T>) -> Result<Limit<T>, ParseError> {
    value.map_or_else(|| Ok(Limit::Default), parse)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[test]
    fn every_limit_is_set_and_taken_back() {
        let values =
            ["1G", "1G", "0", "5", "1.5", "200", "50", "/dev/a 1M", "/dev/a 1M", "/dev/a 5", "/dev/a 5"];
        let mut resources = Resources::default();
        for (option, value) in LIMITS.into_iter().zip(values) {
            let before = resources.clone();
            limit(&mut resources, option, Some(value)).unwrap();
            assert_ne!(resources, before, "{option}");
        }
        for option in LIMITS {
            limit(&mut resources, option, None).unwrap();
        }
        assert_eq!(resources, Resources::default());
    }

    #[test]
    fn a_later_limit_of_a_device_replaces_an_earlier_one() {
        let mut resources = Resources::default();
        for value in ["/dev/a 1M", "/dev/b 2M", "/dev/a infinity"] {
            limit(&mut resources, "io-read-bandwidth", Some(value)).unwrap();
        }
        let limits: Vec<_> = resources.traffic.iter().map(|limit| limit.per_second).collect();
        assert_eq!(limits, [Some(2 << 20), None]);
    }

    #[rstest]
    #[case("memory", "0")]
    #[case("cpu-weight", "0")]
    #[case("cpu-weight", "10001")]
    #[case("io-weight", "+5")]
    #[case("swap", "-1")]
    #[case("io-read-iops", "/dev/a")]
    #[case("io-read-iops", "dev/a 5")]
    #[case("io-read-iops", "/dev/../a 5")]
    #[case("io-read-iops", "/dev/a 0")]
    #[case("io-read-iops", "/dev/a x")]
    #[case("stop", "now")]
    fn what_is_no_limit_is_refused(#[case] option: &str, #[case] value: &str) {
        let mut resources = Resources::default();
        assert!(limit(&mut resources, option, Some(value)).is_err());
        assert_eq!(resources, Resources::default());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(option in 0..LIMITS.len(), value in ".{0,30}") {
            drop(limit(&mut Resources::default(), LIMITS[option], Some(&value)));
        }
    }
}
