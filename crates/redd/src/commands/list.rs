//! `redd list`

use std::time::{Duration, SystemTime};

use redd_machine::enable::is_enabled;
use redd_machine::look::{self, Network, Scope, Sight, State, is_link_local};
use redd_machine::show::Summary;

use super::look::{failure, painted, print_json};
use crate::command_line::Format;
use crate::command_line::machines::look::List;
use crate::exit_status::{self, ExitStatus};
use crate::report;
use crate::surroundings::{self, Colours};
use crate::table::{self, Table};

const COLUMNS: [&str; 9] = ["NAME", "STATE", "BOOT", "OS", "UPTIME", "ADDRESSES", "CPU", "MEMORY", "UNIT"];

pub(super) fn list(request: &List) -> ExitStatus {
    let scope = if request.running { Scope::Running } else { Scope::All };
    let mut survey = match look::survey(scope) {
        Ok(survey) => survey,
        Err(error) => return failure("cannot list machines", &error),
    };
    survey.warnings.iter().for_each(|warning| report::warning(warning));
    survey.machines.retain(|machine| request.all || machine.state != State::Leftover);
    match request.format() {
        Format::Json => print_json(&survey.machines.iter().map(Summary::of).collect::<Vec<_>>()),
        Format::Text if request.quiet => {
            let names = survey.machines.iter().map(|machine| format!("{}\n", machine.name));
            report::print_result(&names.collect::<String>());
            exit_status::SUCCESS
        }
        Format::Text => {
            report::print_result(&rows(&survey.machines, request, surroundings::colours()));
            exit_status::SUCCESS
        }
    }
}

/// The table, where there is a machine. Who may not know of any is nobody to tell so.
pub(super) fn list_if_any() -> Option<ExitStatus> {
    let survey = look::survey(Scope::All).ok()?;
    let machines: Vec<Sight> =
        survey.machines.into_iter().filter(|machine| machine.state != State::Leftover).collect();
    (!machines.is_empty()).then(|| {
        report::print_result(&rows(&machines, &List::default(), surroundings::colours()));
        exit_status::SUCCESS
    })
}

fn rows(machines: &[Sight], request: &List, colours: Colours) -> String {
    let mut table = Table::new(&COLUMNS, request.legend());
    for machine in machines {
        let usage = &machine.usage;
        table.row([
            machine.name.to_string(),
            machine.state.text().to_owned(),
            if is_enabled(&machine.name) { "enabled".to_owned() } else { String::new() },
            machine.os.clone().unwrap_or_default(),
            machine.booted.map(since).map(table::span).unwrap_or_default(),
            addresses(&machine.network, request.all),
            usage.cpu.map(Duration::from_micros).map(table::span).unwrap_or_default(),
            usage.memory.map(table::bytes).unwrap_or_default(),
            machine.unit.as_ref().map(|unit| unit.name().to_owned()).unwrap_or_default(),
        ]);
    }
    table.render(|row, line| {
        machines.get(row).map_or_else(|| line.clone(), |machine| painted(colours, machine.state, &line))
    })
}

/// How long ago a moment was, in microseconds since 1970.
pub(super) fn since(moment: u64) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_micros(moment))
}

/// Those that others reach, unless all of them are wanted.
fn addresses(network: &Network, all: bool) -> String {
    const SHOWN: usize = 2;
    if *network == Network::Host {
        return "host's".to_owned();
    }
    let (shown, more): (Vec<_>, &str) = match network.addresses() {
        addresses if all => (addresses.iter().collect(), ""),
        addresses => {
            let reached: Vec<_> = addresses.iter().filter(|address| !is_link_local(**address)).collect();
            let more = if reached.len() > SHOWN { ",…" } else { "" };
            (reached.into_iter().take(SHOWN).collect(), more)
        }
    };
    let shown: Vec<String> = shown.into_iter().map(ToString::to_string).collect();
    format!("{}{more}", shown.join(","))
}
