//! The verbs that look at machines.

use redd_machine::MachineError;
use redd_machine::look::State;
use serde::Serialize;

use super::machines::status_of;
use super::{boot_plot, events, list, logs, show, status, top};
use crate::command_line::machines::look::Look;
use crate::exit_status::{self, ExitStatus};
use crate::report;
use crate::surroundings::Colours;

pub(super) fn look(request: &Look) -> ExitStatus {
    match request {
        Look::List(request) => list::list(request),
        Look::Status(request) => status::status(request),
        Look::Show(request) => show::show(request),
        Look::Events(request) => events::events(request),
        Look::Top(request) => top::top(request),
        Look::Logs(request) => logs::logs(request),
        Look::BootPlot(request) => boot_plot::boot_plot(request),
    }
}

/// Prints why machines cannot be looked at.
pub(super) fn failure(wanted: &str, error: &MachineError) -> ExitStatus {
    report::failure(wanted, error, error.hint().as_deref());
    status_of(error)
}

/// Prints JSON.
pub(super) fn print_json(something: &impl Serialize) -> ExitStatus {
    match serde_json::to_string_pretty(something) {
        Ok(text) => {
            report::print_result(&format!("{text}\n"));
            exit_status::SUCCESS
        }
        Err(error) => {
            report::failure("cannot print JSON", &error, None);
            exit_status::VERB_FAILED
        }
    }
}

/// A text, in the colour of a state where colours are shown.
pub(super) fn painted(colours: Colours, state: State, text: &str) -> String {
    let code = match state {
        State::Running => "32",
        State::Starting | State::Stopping | State::Rebooting | State::Waiting | State::Paused => "33",
        State::Unresponsive | State::Leftover => "31",
        State::Stopped => "2",
    };
    match colours {
        Colours::Shown => format!("\x1b[{code}m{text}\x1b[0m"),
        Colours::Hidden => text.to_owned(),
    }
}
