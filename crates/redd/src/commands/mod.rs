//! What is done about a request.

mod background;
mod boot_plot;
mod check;
mod config;
mod console;
mod copy;
mod device;
mod doctor;
mod events;
mod exec;
mod first;
mod gc;
mod install;
mod life;
mod list;
mod login;
mod logs;
mod look;
mod machines;
mod mount;
mod network;
mod plan;
mod serve;
mod set;
mod show;
mod start;
mod status;
mod top;
mod upgrade;

use crate::command_line::Request;
use crate::exit_status::ExitStatus;

/// Does what was asked for.
#[must_use]
pub fn dispatch(request: Request) -> ExitStatus {
    match request {
        Request::Start(request) => start::start(*request),
        Request::Plan { start, format } => plan::plan(*start, format),
        Request::Doctor { format } => doctor::doctor(format),
        Request::CollectGarbage(names) => gc::collect_garbage(&names),
        Request::Serve { name } => serve::serve(&name),
        Request::Install(request) => install::install(&request),
        Request::CleanUp { name } => gc::clean_up(&name),
        Request::ShowConfig { settings, warnings, origins, format } => {
            warnings.iter().for_each(|warning| crate::report::warning(warning));
            config::show(&settings, origins, format)
        }
        Request::CheckConfig { files } => config::check(&files),
        Request::Check(request) => check::check(&request),
        Request::Enable(request) => life::enable(*request),
        Request::StartInBackground(request) => background::start(*request),
        Request::Machine(verb) => machines::dispatch(*verb),
        Request::Copy(request) => copy::copy(&request),
        Request::TakeOver { state, earnest } => upgrade::take_over(state, earnest),
        Request::First => first::first(),
    }
}
