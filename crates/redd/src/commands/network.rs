//! `redd network`

use redd_machine::links::{self, Attached, DefaultRoute, Shown};
use serde_json::json;

use super::machines::status_of;
use crate::command_line::machines::mount::ListArguments;
use crate::command_line::machines::network::NetworkVerb;
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn network(verb: &NetworkVerb) -> ExitStatus {
    let (wanted, done) = match verb {
        NetworkVerb::Attach(arguments) => {
            let attached = Attached { value: arguments.link.clone(), kept: arguments.keep };
            let route = if arguments.force { DefaultRoute::Given } else { DefaultRoute::Spared };
            let wanted = format!("cannot attach a link to {}", arguments.name);
            (wanted, links::attach(&arguments.name, &attached, route))
        }
        NetworkVerb::Detach(arguments) => (
            format!("cannot detach a link from {}", arguments.name),
            links::detach(&arguments.name, &arguments.link),
        ),
        NetworkVerb::List(arguments) => (
            format!("cannot show links of {}", arguments.name),
            links::list(&arguments.name).map(|all| show(arguments, &all)),
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

fn show(arguments: &ListArguments, all: &[Shown]) {
    if arguments.json {
        let row = |shown: &Shown| json!({"link": shown.link, "inside": shown.inside, "kept": shown.kept});
        return report::print_result(&format!("{:#}\n", json!(all.iter().map(row).collect::<Vec<_>>())));
    }
    if !arguments.no_legend {
        report::print_result(&line("LINK", "INSIDE", "KEPT"));
    }
    for Shown { link, inside, kept } in all {
        report::print_result(&line(link, inside, if *kept { "yes" } else { "no" }));
    }
}

fn line(link: &str, inside: &str, kept: &str) -> String {
    format!("{link:<16} {inside:<16} {kept}\n")
}
