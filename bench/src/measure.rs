//! Runs of commands in interleaved rounds, what they cost, and tables of it.

use std::process::Command;
use std::time::Duration;

use crate::Paths;
use crate::trace::Calls;

/// Rounds at the start that only warm caches.
const WARM_UP: usize = 3;

/// One way to do something.
pub(crate) struct Case<'a> {
    pub(crate) name: &'static str,
    /// The command of the n-th round.
    pub(crate) command: Box<dyn Fn(usize) -> Command + 'a>,
}

/// What one run cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// User and system time of the command and of all it waited for.
    pub(crate) processor: Duration,
    pub(crate) peak_kib: f64,
}

/// All runs of one case.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) costs: Vec<Cost>,
}

/// A ratio that should not be exceeded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    pub(crate) of: &'static str,
    pub(crate) to: &'static str,
    /// `None` where it is only shown.
    pub(crate) most: Option<f64>,
}

/// Runs all cases in each round, in turning order, so that what the machine does besides meets each alike.
pub(crate) fn compare(paths: &Paths, cases: &[Case<'_>], rounds: usize) -> Vec<Series> {
    let mut all: Vec<Series> =
        cases.iter().map(|case| Series { name: case.name, costs: Vec::new() }).collect();
    for round in 0..rounds + WARM_UP {
        for index in turn(round, cases.len()) {
            let cost = run(paths, &(cases[index].command)(round));
            if round >= WARM_UP {
                all[index].costs.push(cost);
            }
        }
    }
    all
}

/// The order of a round: each begins with another case.
pub(crate) fn turn(round: usize, cases: usize) -> impl Iterator<Item = usize> {
    (0..cases).map(move |place| (place + round) % cases)
}

pub(crate) fn run(paths: &Paths, command: &Command) -> Cost {
    let mut launch = Command::new(paths.program("redd-launch"));
    launch.arg(command.get_program()).args(command.get_args());
    let output = launch.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<u64> = text.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
    let [nanoseconds, microseconds, kib] = figures[..] else {
        panic!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))
    };
    Cost {
        wall: Duration::from_nanos(nanoseconds),
        processor: Duration::from_micros(microseconds),
        peak_kib: f64::from(u32::try_from(kib).unwrap()),
    }
}

impl Series {
    pub(crate) fn median(&self, figure: fn(&Cost) -> f64) -> f64 {
        median(self.costs.iter().map(figure))
    }

    /// The median of the ratios to another case, taken round by round.
    pub(crate) fn ratio(&self, other: &Self, figure: fn(&Cost) -> f64) -> f64 {
        median(self.costs.iter().zip(&other.costs).map(|(one, other)| figure(one) / figure(other)))
    }
}

pub(crate) fn wall(cost: &Cost) -> f64 {
    millis(cost.wall)
}

pub(crate) fn processor(cost: &Cost) -> f64 {
    millis(cost.processor)
}

/// Medians, one case a line, with the number of system calls.
pub(crate) fn print_costs(all: &[Series], calls: &[Calls]) {
    println!("| | CPU ms | wall ms | system calls | peak RSS KiB |\n|---|---|---|---|---|");
    for (series, calls) in all.iter().zip(calls) {
        println!(
            "| {} | {:.2} | {:.2} | {} | {:.0} |",
            series.name,
            series.median(processor),
            series.median(wall),
            calls.all,
            series.median(|cost| cost.peak_kib)
        );
    }
    println!();
}

/// The ratios that matter, with what they should be.
pub(crate) fn print_goals(all: &[Series], goals: &[Goal]) {
    println!("| ratio, round by round | CPU | wall | goal |\n|---|---|---|---|");
    for goal in goals {
        let of = |name: &str| all.iter().find(|series| series.name == name).unwrap();
        let (one, other) = (of(goal.of), of(goal.to));
        println!(
            "| {} to {} | {:.2} | {:.2} | {} |",
            goal.of,
            goal.to,
            one.ratio(other, processor),
            one.ratio(other, wall),
            goal.most.map_or_else(String::new, |most| format!("≤ {most}"))
        );
    }
    println!();
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}
