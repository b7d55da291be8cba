//! `redd show`

use redd_machine::MachineError;
use redd_machine::show::details;

use super::look::{failure, print_json};
use crate::command_line::machines::look::Show;
use crate::exit_status::{self, ExitStatus};

/// One that is not there does not keep the others from being shown.
pub(super) fn show(request: &Show) -> ExitStatus {
    let (mut found, mut status) = (Vec::new(), exit_status::SUCCESS);
    for name in &request.names {
        match details(name) {
            Ok(Some(details)) => found.push(details),
            Ok(None) => {
                let error = MachineError::NotRunning { name: name.clone() };
                status = failure(&format!("cannot show {name}"), &error);
            }
            Err(error) => status = failure(&format!("cannot show {name}"), &error),
        }
    }
    let printed = match found.as_slice() {
        [] if !request.json => return status,
        [one] if !request.json && request.names.len() == 1 => print_json(one),
        several => print_json(&several),
    };
    if printed == exit_status::SUCCESS { status } else { printed }
}
