//! Runs of commands, and what they cost.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use redd_sys::resource_usage::processor_time_of_children;

/// Rounds at the start that only warm caches.
const WARM_UP: usize = 3;

/// One way to do something.
pub(crate) struct Case<'a> {
    pub(crate) name: &'static str,
    /// The command of the n-th round.
    pub(crate) command: Box<dyn Fn(usize) -> Command + 'a>,
}

#[derive(Debug, Clone, Copy)]
struct Cost {
    wall: Duration,
    processor: Duration,
}

/// Runs all cases in each round, in turning order, so that what the machine does besides meets each alike.
/// Prints medians, and the ratio of each case to each other one, taken round by round.
pub(crate) fn compare(cases: &[Case<'_>], rounds: usize) {
    let mut costs: Vec<Vec<Cost>> = cases.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds + WARM_UP {
        for place in 0..cases.len() {
            let index = (place + round) % cases.len();
            let cost = run((cases[index].command)(round));
            if round >= WARM_UP {
                costs[index].push(cost);
            }
        }
    }
    let names: Vec<&str> = cases.iter().map(|case| case.name).collect();
    println!(
        "| | wall ms | CPU ms | {} |",
        names.iter().map(|name| format!("CPU to {name}")).collect::<Vec<_>>().join(" | ")
    );
    println!("|---|---|---|{}", "---|".repeat(names.len()));
    for (index, case) in cases.iter().enumerate() {
        let ratios: Vec<String> =
            (0..cases.len()).map(|other| format!("{:.2}", ratio(&costs[index], &costs[other]))).collect();
        println!(
            "| {} | {:.2} | {:.2} | {} |",
            case.name,
            median(costs[index].iter().map(|cost| millis(cost.wall))),
            median(costs[index].iter().map(|cost| millis(cost.processor))),
            ratios.join(" | ")
        );
    }
    println!();
}

fn ratio(one: &[Cost], other: &[Cost]) -> f64 {
    median(one.iter().zip(other).map(|(one, other)| millis(one.processor) / millis(other.processor)))
}

fn run(mut command: Command) -> Cost {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let before = processor_time_of_children().unwrap();
    let start = Instant::now();
    let status = command.status().unwrap();
    let wall = start.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    Cost { wall, processor: processor_time_of_children().unwrap().saturating_sub(before) }
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
