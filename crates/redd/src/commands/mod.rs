//! What is done about a request.

mod check;
mod doctor;
mod gc;
mod plan;
mod start;

use crate::command_line::Request;
use crate::exit_status::ExitStatus;

/// Does what was asked for.
#[must_use]
pub fn dispatch(request: Request) -> ExitStatus {
    match request {
        Request::Start { spec, terminal } => start::start(&spec, terminal),
        Request::Plan { spec, terminal, format } => plan::plan(&spec, terminal, format),
        Request::Doctor { format } => doctor::doctor(format),
        Request::CollectGarbage => gc::collect_garbage(),
        Request::Check(request) => check::check(&request),
    }
}
