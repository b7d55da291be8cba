//! `redd device`

use redd_machine::devices::{self, Added};
use redd_spec::text::escape;
use serde_json::json;

use super::machines::status_of;
use crate::command_line::machines::device::DeviceVerb;
use crate::command_line::machines::mount::ListArguments;
use crate::exit_status::{self, ExitStatus};
use crate::report;

/// The longest path that is printed.
const PATH_MAX: usize = 400;

pub(super) fn device(verb: &DeviceVerb) -> ExitStatus {
    let (wanted, done) = match verb {
        DeviceVerb::Add(arguments) => {
            let added = Added { path: arguments.path.clone(), kept: arguments.keep };
            (format!("cannot add a device to {}", arguments.name), devices::add(&arguments.name, &added))
        }
        DeviceVerb::Remove(arguments) => (
            format!("cannot take a device of {} away", arguments.name),
            devices::remove(&arguments.name, &arguments.path)
                .map(|()| report::notice("what has the device open keeps it until it closes it")),
        ),
        DeviceVerb::List(arguments) => (
            format!("cannot show devices of {}", arguments.name),
            devices::list(&arguments.name).map(|all| show(arguments, &all)),
        ),
    };
    match done {
        Ok(()) => exit_status::SUCCESS,
        Err(error) => {
            report::failure(&wanted, &error, error.hint().as_deref());
            status_of(&error)
        }
    }
}

fn show(arguments: &ListArguments, all: &[Added]) {
    if arguments.json {
        let rows = all.iter().map(|added| json!({"path": added.path, "kept": added.kept}));
        return report::print_result(&format!("{:#}\n", json!(rows.collect::<Vec<_>>())));
    }
    if !arguments.no_legend {
        report::print_result(&line("DEVICE", "KEPT"));
    }
    for Added { path, kept } in all {
        report::print_result(&line(&escape(path.as_bytes(), PATH_MAX), if *kept { "yes" } else { "no" }));
    }
}

fn line(device: &str, kept: &str) -> String {
    format!("{device:<32} {kept}\n")
}
