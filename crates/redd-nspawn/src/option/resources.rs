//! Limits.

use redd_spec::parse::{self, ParseError};
use redd_spec::resources::{RLIMIT_NAMES, Traffic};

use super::{Definition, Heading, Mask, SetText, value};
use crate::settings::Settings;

/// One for each device.
const fn traffic(name: &'static str, help: &'static str, set: SetText) -> Definition {
    value(name, "DEVICE AMOUNT", RESOURCES, help, set).list().native()
}

fn limit_traffic(settings: &mut Settings, traffic: Traffic, text: &str) -> Result<(), ParseError> {
    parse::add_traffic(&mut settings.resources.traffic, parse::traffic(traffic, text)?);
    Ok(())
}

const RESOURCES: Heading = Heading::Resources;

pub(super) static OPTIONS: [Definition; 14] = [
    value(
        "memory",
        "AMOUNT",
        RESOURCES,
        "Memory: bytes, per cent of the host's, or infinity [default: 80%]",
        |settings, text| {
            settings.resources.memory = Some(parse::memory(text)?);
            Ok(())
        },
    )
    .native(),
    value("pids-max", "N", RESOURCES, "Processes, or infinity [default: 16384]", |settings, text| {
        settings.resources.pids_max = Some(parse::pids(text)?);
        Ok(())
    })
    .native(),
    value("cpus", "N", RESOURCES, "Processors, e.g. 1.5", |settings, text| {
        settings.resources.cpus = Some(parse::cpus(text)?);
        Ok(())
    })
    .native(),
    value(
        "memory-high",
        "AMOUNT",
        RESOURCES,
        "Memory above which the payload is slowed down, as --memory=",
        |settings, text| {
            settings.resources.memory_high = Some(parse::memory(text)?);
            Ok(())
        },
    )
    .native(),
    value("swap", "AMOUNT", RESOURCES, "Swap: as --memory=, or 0 for none", |settings, text| {
        settings.resources.swap = Some(parse::swap(text)?);
        Ok(())
    })
    .native(),
    value(
        "cpu-weight",
        "N",
        RESOURCES,
        "Share of processor time against others, 1 to 10000 [default: 100]",
        |settings, text| {
            settings.resources.cpu_weight = Some(parse::weight(text)?);
            Ok(())
        },
    )
    .native(),
    value(
        "io-weight",
        "N",
        RESOURCES,
        "Share of block devices' time against others, 1 to 10000 [default: 100]",
        |settings, text| {
            settings.resources.io_weight = Some(parse::weight(text)?);
            Ok(())
        },
    )
    .native(),
    traffic(
        "io-read-bandwidth",
        "Bytes read of a block device in a second, e.g. \"/dev/sda 10M\"",
        |settings, text| limit_traffic(settings, Traffic::ReadBandwidth, text),
    ),
    traffic("io-write-bandwidth", "Bytes written to a block device in a second", |settings, text| {
        limit_traffic(settings, Traffic::WriteBandwidth, text)
    }),
    traffic(
        "io-read-iops",
        "Reads of a block device in a second, e.g. \"/dev/sda 1000\"",
        |settings, text| limit_traffic(settings, Traffic::ReadOperations, text),
    ),
    traffic("io-write-iops", "Writes to a block device in a second", |settings, text| {
        limit_traffic(settings, Traffic::WriteOperations, text)
    }),
    value("rlimit", "NAME=SOFT[:HARD]", RESOURCES, "A limit of setrlimit(2)", |settings, text| {
        let limit = parse::resource_limit(text)?;
        settings.resources.rlimits.retain(|known| known.resource != limit.resource);
        settings.resources.rlimits.push(limit);
        Ok(())
    })
    .list()
    .mask(Mask::Rlimit)
    .values(|| RLIMIT_NAMES.map(|(name, _)| name.to_owned()).into()),
    value("oom-score-adjust", "N", RESOURCES, "Score for the OOM killer, -1000 to 1000", |settings, text| {
        settings.resources.oom_score_adjust = Some(parse::oom_score_adjust(text)?);
        Ok(())
    })
    .mask(Mask::OomScoreAdjust),
    value("cpu-affinity", "LIST", RESOURCES, "Processors to run on, e.g. 0-3,6", |settings, text| {
        settings.resources.cpu_affinity = Some(parse::cpu_affinity(text)?);
        Ok(())
    })
    .mask(Mask::CpuAffinity),
];
