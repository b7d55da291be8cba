//! Limits.

use redd_spec::parse;
use redd_spec::resources::RLIMIT_NAMES;

use super::{Definition, Heading, Mask, value};

const RESOURCES: Heading = Heading::Resources;

pub(super) static OPTIONS: [Definition; 6] = [
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
