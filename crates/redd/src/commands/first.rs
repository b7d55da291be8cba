//! `redd` alone: the machines, or what somebody can begin with.

use super::list;
use crate::exit_status::{self, ExitStatus};
use crate::report;

const BEGINNING: &str = "\
There are no machines yet. To begin with:

  redd try                    boots a copy of this host's own system, and throws it away
  redd start /path/to/tree    boots the operating system in a directory, in the background
  redd doctor                 shows what this host can do

redd help shows all verbs.
";

pub(super) fn first() -> ExitStatus {
    match list::list_if_any() {
        Some(status) => status,
        None => {
            report::print_result(BEGINNING);
            exit_status::SUCCESS
        }
    }
}
