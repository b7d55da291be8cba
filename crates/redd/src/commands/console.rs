//! `redd console`

use std::io::{IsTerminal as _, stdin};

use redd_control::machine::Attach;
use redd_machine::MachineError;
use redd_machine::console::{Left, Notice, attach, converse};
use redd_spec::name::MachineName;

use super::machines::status_of;
use crate::command_line::machines::ConsoleArguments;
use crate::exit_status::{self, ExitStatus};
use crate::report;

pub(super) fn console(arguments: &ConsoleArguments) -> ExitStatus {
    let ConsoleArguments { name, .. } = arguments;
    let mode = match (arguments.watch, arguments.force) {
        (true, _) => Attach::Watch,
        (false, true) => Attach::TakeOver,
        (false, false) => Attach::Drive,
    };
    match visit(name, mode) {
        Ok(()) => exit_status::SUCCESS,
        Err(error) => {
            let wanted = format!("cannot open the console of {name}");
            report::failure(&wanted, &error, error.hint().as_deref());
            status_of(&error)
        }
    }
}

fn visit(name: &MachineName, mode: Attach) -> Result<(), MachineError> {
    let place = attach(name, mode)?;
    let is_terminal = stdin().is_terminal();
    if is_terminal {
        report::notice(&format!("at the console of {name}; {}", keys(mode)));
    }
    let left = converse(place, &mut |notice| tell(&notice))?;
    if is_terminal {
        say_good_bye(name, left);
    }
    Ok(())
}

/// Whatever stood in the last line, and in whatever colour.
pub(super) fn say_good_bye(name: &MachineName, left: Left) {
    report::reset_terminal();
    report::notice(&match left {
        Left::Detached => format!("left {name}"),
        Left::Ended => format!("{name} ended"),
    });
}

/// What somebody at a terminal has to know.
const fn keys(mode: Attach) -> &'static str {
    match mode {
        Attach::Watch => "^C leaves it",
        Attach::Drive | Attach::TakeOver => {
            "keys, within a second: ^]^]d leaves it, ^]^]p powers off, ^]^]r reboots"
        }
    }
}

fn tell(notice: &Notice) {
    match notice {
        Notice::Demoted => report::notice("somebody else drives this console from now on; ^C leaves it\r"),
        Notice::Lost => report::notice("some of the output came too fast, and is missing here\r"),
        Notice::Refused(error) => report::failure("cannot do that", error, error.hint().as_deref()),
    }
}
