//! `redd serve`: what a machine's unit runs.

use redd_machine::service::{self, Words};
use redd_nspawn::kept::KeptWords;
use redd_spec::name::MachineName;

use super::life::read_again;
use super::machines::status_of;
use super::start;
use crate::exit_status::ExitStatus;
use crate::report;

pub(super) fn serve(name: &MachineName) -> ExitStatus {
    let kept = match service::words(name) {
        Ok(Words::Said(words) | Words::Enabled(words)) => words,
        Ok(Words::None) => KeptWords::of_name(name).to_bytes(),
        Err(error) => {
            report::failure(&format!("cannot boot {name}"), &error, error.hint().as_deref());
            return status_of(&error);
        }
    };
    let in_unit = KeptWords::from_bytes(&kept).map_or_else(Vec::new, |words| words.in_unit().to_bytes());
    let mut request = match read_again(&in_unit, name) {
        Ok(start) => start.start,
        Err(status) => return status,
    };
    request.warnings.extend(service::leave_to_unit(&mut request.spec.lifecycle.restart));
    start::warn_before(&request);
    let ending = redd_runtime::background::serve(&request.spec, &kept, report::warning);
    start::native_status(&request.spec, ending)
}
