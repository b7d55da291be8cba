//! `redd login`

use std::io::{IsTerminal as _, stdin};

use redd_machine::{MachineError, login};
use redd_spec::name::MachineName;

use super::console::say_good_bye;
use super::machines::status_of;
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn login(name: &MachineName) -> ExitStatus {
    match visit(name) {
        Ok(()) => exit_status::SUCCESS,
        Err(error) => {
            report::failure(&format!("cannot log in to {name}"), &error, error.hint().as_deref());
            status_of(&error)
        }
    }
}

fn visit(name: &MachineName) -> Result<(), MachineError> {
    let prompt = login::open(name)?;
    let is_terminal = stdin().is_terminal();
    if is_terminal {
        report::notice(&format!("a prompt of {name}; ^]^]d within a second leaves it"));
    }
    let left = login::attend(prompt)?;
    if is_terminal {
        say_good_bye(name, left);
    }
    Ok(())
}
