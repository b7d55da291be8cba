//! `redd plan`

use crate::command_line::{Format, StartRequest};
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn plan(request: StartRequest, format: Format) -> ExitStatus {
    request.warnings.iter().for_each(|warning| report::warning(warning));
    let StartRequest { spec, terminal, .. } = request;
    let plan = match redd_runtime::preview(&spec, terminal) {
        Ok(plan) => plan,
        Err(error) => {
            report::failure(&format!("cannot plan {}", spec.name), &error, error.hint().as_deref());
            return exit_status::FAILED;
        }
    };
    match format {
        Format::Text => report::print_result(&redd_plan::render::to_text(&plan)),
        Format::Json => match serde_json::to_string_pretty(&plan) {
            Ok(text) => report::print_result(&format!("{text}\n")),
            Err(error) => {
                report::failure("cannot print the plan", &error, None);
                return exit_status::FAILED;
            }
        },
    }
    exit_status::SUCCESS
}
