//! `redd gc`

use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn collect_garbage() -> ExitStatus {
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
