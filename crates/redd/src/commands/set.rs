//! `redd set`

use redd_machine::limits::{self, Holding, Known, Lasting};
use serde_json::json;

use super::machines::status_of;
use crate::command_line::machines::{SetArguments, settings_key};
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn set(arguments: &SetArguments) -> ExitStatus {
    let lasting = if arguments.runtime { Lasting::UntilItEnds } else { Lasting::ForGood };
    let done = match &arguments.settings[..] {
        [] => limits::holding(&arguments.name, settings_key).map(|holdings| {
            show(arguments, &holdings);
            Known::Everywhere
        }),
        settings => limits::set(&arguments.name, settings, lasting),
    };
    match done {
        Ok(Known::Everywhere) => exit_status::SUCCESS,
        Ok(Known::BesideSystemd(why)) => {
            report::warning(&format!(
                "systemd was not told ({why}): the limit holds until it sets the unit's anew"
            ));
            exit_status::SUCCESS
        }
        Err(error) => {
            let wanted = format!("cannot change {}", arguments.name);
            report::failure(&wanted, &error, error.hint().as_deref());
            status_of(&error)
        }
    }
}

fn show(arguments: &SetArguments, holdings: &[Holding]) {
    if arguments.json {
        let all = holdings
            .iter()
            .map(|Holding { option, now, kept }| json!({"option": option, "now": now, "kept": kept}));
        return report::print_result(&format!("{:#}\n", json!(all.collect::<Vec<_>>())));
    }
    if !arguments.no_legend {
        report::print_result(&line("OPTION", "NOW", "KEPT"));
    }
    for holding in holdings {
        let now: Vec<String> = holding.now.iter().map(|value| shown(holding.option, value)).collect();
        report::print_result(&line(holding.option, &list(&now), &list(&holding.kept)));
    }
}

fn line(option: &str, now: &str, kept: &str) -> String {
    format!("{option:<20} {now:<20} {kept}\n")
}

fn list(values: &[String]) -> String {
    if values.is_empty() { "-".to_owned() } else { values.join(", ") }
}

/// Bytes as people write them, where that says the same.
fn shown(option: &str, value: &str) -> String {
    const UNITS: [&str; 5] = ["", "K", "M", "G", "T"];
    let is_amount = matches!(option, "memory" | "memory-high" | "swap");
    let Some(mut amount) = value.parse::<u64>().ok().filter(|_| is_amount) else { return value.to_owned() };
    let mut unit = 0;
    while amount >= 1024 && amount.is_multiple_of(1024) && unit + 1 < UNITS.len() {
        amount /= 1024;
        unit += 1;
    }
    format!("{amount}{}", UNITS[unit])
}
