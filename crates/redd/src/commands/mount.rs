//! `redd mount`

use std::path::Path;

use redd_machine::MachineError;
use redd_machine::mounts::{self, Mounted};
use redd_spec::text::escape_path;
use serde_json::json;

use super::machines::status_of;
use crate::command_line::machines::mount::{AddArguments, ListArguments};
use crate::command_line::machines::{MountVerb, Owner};
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn mount(verb: &MountVerb) -> ExitStatus {
    let (wanted, done) = match verb {
        MountVerb::Add(arguments) => (format!("cannot mount in {}", arguments.name), add(arguments)),
        MountVerb::Remove(arguments) => (
            format!("cannot take a mount of {} away", arguments.name),
            mounts::remove(&arguments.name, &arguments.destination),
        ),
        MountVerb::List(arguments) => (
            format!("cannot show mounts of {}", arguments.name),
            mounts::list(&arguments.name).map(|all| show(arguments, &all)),
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

fn add(arguments: &AddArguments) -> Result<(), MachineError> {
    let refused = |what: &str| MachineError::Refused { what: what.to_owned(), hint: None };
    let source =
        std::path::absolute(&arguments.source).map_err(|_no_path| refused("the source is no path"))?;
    let text = |path: &Path| path.to_str().map(str::to_owned).ok_or_else(|| refused("a path is no UTF-8"));
    let mut options = Vec::new();
    options.extend((arguments.owner != Owner::Unmapped).then(|| arguments.owner.word()));
    options.extend(arguments.no_submounts.then_some("norbind"));
    let mounted = Mounted::new(&text(&source)?, &text(&arguments.destination)?, &options);
    mounts::add(&arguments.name, &Mounted { read_only: arguments.ro, kept: arguments.keep, ..mounted })
}

fn show(arguments: &ListArguments, all: &[Mounted]) {
    let rows = all.iter().filter_map(|mounted| Some((mounted, mounts::ends(mounted)?)));
    if arguments.json {
        let rows = rows.map(|(mounted, (source, destination))| {
            json!({"source": source, "destination": destination, "readOnly": mounted.read_only, "kept": mounted.kept})
        });
        return report::print_result(&format!("{:#}\n", json!(rows.collect::<Vec<_>>())));
    }
    if !arguments.no_legend {
        report::print_result(&line("DESTINATION", "SOURCE", "ACCESS", "KEPT"));
    }
    for (mounted, (source, destination)) in rows {
        let access = if mounted.read_only { "ro" } else { "rw" };
        let kept = if mounted.kept { "yes" } else { "no" };
        report::print_result(&line(&escape_path(&destination), &escape_path(&source), access, kept));
    }
}

fn line(destination: &str, source: &str, access: &str, kept: &str) -> String {
    format!("{destination:<32} {source:<32} {access:<6} {kept}\n")
}
