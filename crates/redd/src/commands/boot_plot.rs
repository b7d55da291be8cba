//! `redd boot-plot`

use redd_machine::boot_plot;

use super::look::failure;
use crate::command_line::machines::look::BootPlot;
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn boot_plot(request: &BootPlot) -> ExitStatus {
    match boot_plot::draw(&request.name) {
        Ok(picture) => {
            report::print_result(&picture);
            exit_status::SUCCESS
        }
        Err(error) => failure(&format!("cannot draw the boot of {}", request.name), &error),
    }
}
