//! `redd upgrade`, and what goes on in place of another redd

use std::os::fd::RawFd;
use std::path::PathBuf;

use redd_machine::{MachineError, upgrade};
use redd_runtime::handover;
use redd_spec::name::MachineName;

use super::machines::{each, status_of};
use crate::command_line::Earnest;
use crate::command_line::machines::life::UpgradeArguments;
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn upgrade(arguments: &UpgradeArguments) -> ExitStatus {
    let program = match program(arguments) {
        Ok(program) => program,
        Err(error) => {
            report::failure("cannot upgrade", &error, error.hint().as_deref());
            return status_of(&error);
        }
    };
    if !arguments.all {
        return each(&arguments.names, "upgrade", |name| upgrade::upgrade(name, &program).map(drop));
    }
    match upgrade::running() {
        // One that ended meanwhile needs no other redd.
        Ok(names) => each(&names, "upgrade", |name: &MachineName| match upgrade::upgrade(name, &program) {
            Err(MachineError::NotRunning { .. }) => Ok(()),
            result => result.map(drop),
        }),
        Err(error) => {
            report::failure("cannot upgrade them", &error, error.hint().as_deref());
            status_of(&error)
        }
    }
}

fn program(arguments: &UpgradeArguments) -> Result<PathBuf, MachineError> {
    arguments.binary.as_deref().map_or_else(upgrade::this_program, upgrade::named_program)
}

pub(super) fn take_over(state: RawFd, earnest: Earnest) -> ExitStatus {
    if earnest == Earnest::Asked {
        report::print_result(&format!("{}\n", handover::answer(state)));
        return exit_status::SUCCESS;
    }
    match handover::take_over(state) {
        Ok(machine) => super::start::go_on(machine),
        Err(error) => {
            report::failure("cannot take the machine over", &error, None);
            exit_status::FAILED
        }
    }
}
