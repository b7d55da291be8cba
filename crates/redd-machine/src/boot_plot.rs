//! Which part of a boot costs what: redd's own steps and the start-up of the payload's systemd on one axis, as a picture (SVG).
//! Both count by `CLOCK_MONOTONIC`, which no payload can set.

use std::fmt::Write as _;

use redd_control::record::Times;
use redd_spec::name::MachineName;

use crate::MachineError;
use crate::look::{self, Startup};
use crate::registry;

/// Units of the picture.
const WIDTH: u64 = 1000;
const ROW: u64 = 18;
const MARGIN: u64 = 20;
const TOP: u64 = 60;
/// Room for the names of what comes late.
const NAMES: u64 = 360;
/// As many marks are on the axis, at least half of them.
const MARKS: u64 = 10;

/// What a bar stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Redd,
    Systemd,
    Unit,
}

impl Kind {
    const fn colour(self) -> &'static str {
        match self {
            Self::Redd => "#c0504d",
            Self::Systemd => "#4f81bd",
            Self::Unit => "#9bbb59",
        }
    }
}

/// A part of a boot, in microseconds since its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bar {
    name: String,
    kind: Kind,
    start: u64,
    end: u64,
}

/// Draws the last boot of a machine that runs.
///
/// # Errors
/// It does not run, or is not that far yet.
pub fn draw(name: &MachineName) -> Result<String, MachineError> {
    let not_running = || MachineError::NotRunning { name: name.clone() };
    let record = registry::registered_as(name.clone()).and_then(|machine| machine.record);
    let times = record.ok_or_else(not_running)?.times;
    if times.executed == 0 {
        let what = format!("{name} was started by a redd that did not look at the clock");
        return Err(MachineError::Refused { what, hint: None });
    }
    // A payload without systemd, or one that does not answer, leaves the half that redd knows.
    let startup = look::startup(name);
    Ok(svg(name, &bars(&times, startup.as_ref()), startup.is_some()))
}

fn bars(times: &Times, startup: Option<&Startup>) -> Vec<Bar> {
    let since = |moment: u64| moment.saturating_sub(times.begun);
    let bar = |name: &str, kind, start, end| Bar {
        name: name.to_owned(),
        kind,
        start: since(start),
        end: since(end).max(since(start)),
    };
    let mut bars = vec![
        bar("redd: looks at host and tree, plans", Kind::Redd, times.begun, times.planned),
        bar("redd: cgroups, staging, clone", Kind::Redd, times.planned, times.cloned),
        bar("redd: composes and confines", Kind::Redd, times.cloned, times.executed),
    ];
    let Some(startup) = startup else { return bars };
    // What came later was not part of it.
    let end = if startup.finish == 0 { u64::MAX } else { startup.finish };
    bars.push(bar(
        "systemd: before its first look at the clock",
        Kind::Systemd,
        times.executed,
        startup.userspace,
    ));
    let (load_start, load_end) = startup.units_load;
    if load_end > 0 {
        bars.push(bar("systemd: loads units", Kind::Systemd, load_start, load_end));
    }
    let whole = if startup.finish == 0 { "systemd: (not finished)" } else { "systemd: start-up" };
    let last = startup.units.iter().map(|unit| unit.active).max().unwrap_or_default();
    let finish = if startup.finish == 0 { last.max(startup.userspace) } else { startup.finish };
    bars.push(bar(whole, Kind::Systemd, startup.userspace, finish));
    let units = startup.units.iter().filter(|unit| unit.activating <= end && unit.activating >= times.begun);
    bars.extend(units.map(|unit| bar(&unit.name, Kind::Unit, unit.activating, unit.active.min(end))));
    bars
}

fn svg(name: &MachineName, bars: &[Bar], is_complete: bool) -> String {
    let total = bars.iter().map(|bar| bar.end).max().unwrap_or_default().max(1);
    let at = |moment: u64| MARGIN + moment.saturating_mul(WIDTH) / total;
    let rows = u64::try_from(bars.len()).unwrap_or(u64::MAX);
    let height = TOP + rows.saturating_mul(ROW) + MARGIN;
    let width = WIDTH + 2 * MARGIN + NAMES;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"22\" font-size=\"16\">{}: {} from the first step of redd on{}</text>\n",
        name,
        milliseconds(total),
        if is_complete { "" } else { "; its init was not heard" },
    );
    // Writing to a String cannot fail.
    for mark in marks(total) {
        let x = at(mark);
        writeln!(
            text,
            "<path d=\"M{x} {}V{}\" stroke=\"#ddd\"/><text x=\"{x}\" y=\"{}\" fill=\"#555\">{}</text>",
            TOP - 10,
            height - MARGIN,
            TOP - 14,
            milliseconds(mark)
        )
        .unwrap_or_default();
    }
    for (row, bar) in (0_u64..).zip(bars) {
        let (x, y) = (at(bar.start), TOP + row * ROW);
        let width = at(bar.end).saturating_sub(x).max(1);
        writeln!(
            text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{}\"/><text x=\"{}\" y=\"{}\">{} ({})</text>",
            ROW - 4,
            bar.kind.colour(),
            x + 4,
            y + ROW - 7,
            marked_up(&bar.name),
            milliseconds(bar.end - bar.start)
        )
        .unwrap_or_default();
    }
    text.push_str("</svg>\n");
    text
}

/// Round moments, up to the end.
fn marks(total: u64) -> impl Iterator<Item = u64> {
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.saturating_pow(power)));
    let step = steps.into_iter().find(|step| total / step <= MARKS).unwrap_or(u64::MAX);
    (0..=total / step).map(move |count| count * step)
}

fn milliseconds(microseconds: u64) -> String {
    format!("{}.{} ms", microseconds / 1000, microseconds % 1000 / 100)
}

/// Names of units come from the payload.
fn marked_up(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::UnitStart;

    const TIMES: Times = Times { begun: 1000, planned: 3000, cloned: 5000, executed: 21_000 };

    fn startup() -> Startup {
        let unit = |name: &str, activating, active| UnitStart { name: name.to_owned(), activating, active };
        Startup {
            userspace: 40_000,
            units_load: (41_000, 90_000),
            finish: 500_000,
            units: vec![unit("a<b&c.service", 100_000, 200_000), unit("late.service", 900_000, 900_001)],
        }
    }

    #[test]
    fn each_part_begins_where_the_one_before_ends_and_what_came_later_is_no_part() {
        let bars = bars(&TIMES, Some(&startup()));
        let ends: Vec<(u64, u64)> = bars[..4].iter().map(|bar| (bar.start, bar.end)).collect();
        assert_eq!(ends, [(0, 2000), (2000, 4000), (4000, 20_000), (20_000, 39_000)]);
        assert_eq!(bars.last().map(|bar| (bar.start, bar.end)), Some((99_000, 199_000)));
    }

    #[test]
    fn names_of_units_are_no_markup() {
        let picture = svg(&"web".parse().unwrap(), &bars(&TIMES, Some(&startup())), true);
        assert!(picture.contains("a&lt;b&amp;c.service") && !picture.contains("<b&c"));
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    }

    #[test]
    fn what_redd_knows_is_drawn_alone() {
        assert_eq!(bars(&TIMES, None).len(), 3);
        assert_eq!(
            marks(499_000).collect::<Vec<_>>(),
            [0, 50_000, 100_000, 150_000, 200_000, 250_000, 300_000, 350_000, 400_000, 450_000]
        );
    }
}
