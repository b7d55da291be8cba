//! Limits, as the files of both versions of control groups have them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use redd_plan::limits::{Standing, limits};
use redd_plan::{render, sample};
use redd_spec::parse;
use redd_spec::resources::Resources;

fn resources(settings: &[(&str, &str)]) -> Resources {
    let mut resources = Resources::default();
    for (option, value) in settings {
        parse::limit(&mut resources, option, Some(value)).unwrap();
    }
    resources
}

/// Each as `OPTION: VERSION 2 | VERSION 1`.
fn shown(settings: &[(&str, &str)]) -> Vec<String> {
    let devices = [("/dev/a".into(), (8, 0))].into();
    let all = limits(&resources(settings), 1000, &devices);
    let asked_for = all.into_iter().filter(|limit| limit.standing == Standing::AskedFor);
    let files = |attributes: &[redd_plan::limits::Attribute]| {
        let each = attributes.iter().map(|attribute| format!("{}={}", attribute.name, attribute.value));
        each.collect::<Vec<_>>().join(" ")
    };
    asked_for
        .map(|limit| format!("{}: {} | {}", limit.option, files(&limit.unified), files(&limit.legacy)))
        .collect()
}

#[test]
fn every_limit_has_words_in_the_versions_that_know_it() {
    let settings = [
        ("memory", "50%"),
        ("memory-high", "400"),
        ("swap", "0"),
        ("pids-max", "7"),
        ("cpus", "1.5"),
        ("cpu-weight", "10000"),
        ("io-weight", "10000"),
        ("io-read-bandwidth", "/dev/a 1K"),
        ("io-write-iops", "/dev/a 3"),
    ];
    let expected = [
        "memory: memory.max=500 | memory.limit_in_bytes=500",
        "memory-high: memory.high=400 | ",
        "swap: memory.swap.max=0 | memory.memsw.limit_in_bytes=500",
        "pids-max: pids.max=7 | pids.max=7",
        "cpus: cpu.max=150000 100000 | cpu.cfs_period_us=100000 cpu.cfs_quota_us=150000",
        "cpu-weight: cpu.weight=10000 | cpu.shares=102400",
        "io-weight: io.weight=default 10000 | blkio.bfq.weight=1000",
        "io-read-bandwidth: io.max=8:0 rbps=1024 | blkio.throttle.read_bps_device=8:0 1024",
        "io-write-iops: io.max=8:0 wiops=3 | blkio.throttle.write_iops_device=8:0 3",
    ];
    assert_eq!(shown(&settings), expected);
}

#[test]
fn swap_is_no_limit_of_version_1_where_memory_has_none() {
    assert_eq!(shown(&[("memory", "infinity"), ("swap", "5")]), ["swap: memory.swap.max=5 | "]);
}

#[test]
fn what_the_hosts_version_does_not_know_is_said_at_the_start() {
    let mut spec = sample::command();
    spec.resources = resources(&[("memory-high", "1G")]);
    let plan = redd_plan::plan(&spec, &sample::hybrid_host(), &sample::tree(), &sample::grants()).unwrap();
    assert!(plan.warnings.iter().any(|warning| warning.0.contains("--memory-high has no effect")));
    assert!(!render::to_text(&plan).contains("memory.high"));
}
