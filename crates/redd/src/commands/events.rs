//! `redd events`

use std::io::{self, Write as _};

use redd_machine::events::{Listener, to_json};

use super::look::failure;
use crate::command_line::machines::look::Events;
use crate::exit_status::{self, ExitStatus};

/// Until it is interrupted, or nobody reads any more.
pub(super) fn events(request: &Events) -> ExitStatus {
    let mut listener = match Listener::begin(&request.names) {
        Ok(listener) => listener,
        Err(error) => return failure("cannot listen to machines", &error),
    };
    loop {
        match listener.next_occurrences() {
            Ok(found) => {
                let lines: String =
                    found.iter().map(|occurrence| format!("{}\n", to_json(occurrence))).collect();
                let mut output = io::stdout().lock();
                if output.write_all(lines.as_bytes()).and_then(|()| output.flush()).is_err() {
                    return exit_status::SUCCESS;
                }
            }
            Err(error) => return failure("cannot listen to machines", &error),
        }
    }
}
