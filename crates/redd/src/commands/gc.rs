//! `redd gc`, and `systemd-nspawn --cleanup`

use redd_spec::name::MachineName;

use super::machines::first_failure;
use crate::exit_status::{self, ExitStatus};
use crate::report;

/// Everything, or what is left of these alone.
pub(super) fn collect_garbage(names: &[MachineName]) -> ExitStatus {
    if !names.is_empty() {
        return names.iter().map(clean_up_one).fold(exit_status::SUCCESS, first_failure);
    }
    for name in redd_machine::mend() {
        report::print_result(&format!("finished what was begun with {name}\n"));
    }
    match redd_runtime::collect_garbage() {
        Ok(machines) => {
            for name in machines {
                report::print_result(&format!("cleaned up after {name}\n"));
            }
            exit_status::SUCCESS
        }
        Err(error) => {
            report::failure("cannot clean up", &error, error.hint().as_deref());
            exit_status::FAILED
        }
    }
}

fn clean_up_one(name: &MachineName) -> ExitStatus {
    match redd_runtime::clean_up(name) {
        Ok(()) => exit_status::SUCCESS,
        Err(error) => {
            report::failure(&format!("cannot clean up after {name}"), &error, error.hint().as_deref());
            exit_status::FAILED
        }
    }
}

pub(super) fn clean_up(name: &MachineName) -> ExitStatus {
    match redd_runtime::clean_up(name) {
        Ok(()) => exit_status::SUCCESS,
        Err(error) => {
            report::failure(&format!("cannot clean up after {name}"), &error, error.hint().as_deref());
            exit_status::NSPAWN_FAILED
        }
    }
}
