//! `redd doctor`

use crate::command_line::Format;
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn doctor(format: Format) -> ExitStatus {
    let findings = match redd_runtime::doctor::examine() {
        Ok(findings) => findings,
        Err(error) => {
            report::failure("cannot look at this host", &error, error.hint().as_deref());
            return exit_status::FAILED;
        }
    };
    let text = match format {
        Format::Text => redd_runtime::doctor::to_text(&findings),
        Format::Json => match serde_json::to_string_pretty(&findings) {
            Ok(text) => format!("{text}\n"),
            Err(error) => {
                report::failure("cannot print the findings", &error, None);
                return exit_status::FAILED;
            }
        },
    };
    report::print_result(&text);
    exit_status::SUCCESS
}
