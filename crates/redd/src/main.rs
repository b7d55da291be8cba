//! redd runs a whole operating system, with its own systemd as PID 1, in a container.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use redd::command_line::{handed_over, parse};
use redd::surroundings::{self, Host};
use redd::{commands, exit_status, report};
use redd_sys::arena::Arena;

/// The process ends with its work: memory is given out fast, and given back late.
#[global_allocator]
static ARENA: Arena = Arena::new();

fn main() -> ExitCode {
    if let Some(status) = redd_conform::probe::persona::of_this_process() {
        return status.into();
    }
    redd_runtime::restore_at_panic();
    // Whoever goes on with a machine needs nothing of its surroundings, and must not fail for want of them.
    if let Some(request) = handed_over(std::env::args_os()) {
        return commands::dispatch(request).into();
    }
    let caller = match surroundings::caller() {
        Ok(caller) => caller,
        Err(error) => {
            report::failure("looking around", &error, None);
            return exit_status::FAILED.into();
        }
    };
    match parse(std::env::args_os(), &caller, &Host) {
        Ok(request) => commands::dispatch(request).into(),
        Err(answer) => report::usage(&answer).into(),
    }
}
