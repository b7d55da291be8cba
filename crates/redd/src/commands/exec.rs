//! `redd exec` and `redd shell`

use std::ffi::OsStr;
use std::io::{IsTerminal as _, stdin};

use redd_machine::MachineError;
use redd_machine::exec::{self, Ending, Request, Terminal};
use redd_machine::shell::{self, Login};
use redd_nspawn::Caller;
use redd_spec::parse;
use redd_spec::payload::EnvironmentVariable;
use redd_spec::text::ByteString;
use redd_spec::variables;
use redd_sys::Errno;

use crate::command_line::machines::{ExecArguments, How, ShellArguments};
use crate::exit_status::{self, ExitStatus};
use crate::{report, surroundings};

pub(super) fn exec(arguments: ExecArguments) -> ExitStatus {
    let wanted = format!("cannot run a command in {}", arguments.name);
    let words = match Words::read(arguments.command, &arguments.how) {
        Ok(words) => words,
        Err(error) => return refuse(&wanted, &*error),
    };
    let request = Request {
        arguments: &words.command,
        user: arguments.user.as_ref(),
        directory: arguments.how.workdir.as_ref(),
        variables: &words.variables,
        terminal_type: words.terminal_type.as_deref().filter(|_| arguments.tty),
        terminal: if arguments.tty { Terminal::Own } else { Terminal::None },
    };
    end(&wanted, exec::exec(&arguments.name, &request))
}

pub(super) fn shell(arguments: ShellArguments) -> ExitStatus {
    let name = &arguments.guest.machine;
    let wanted = format!("cannot log in to {name}");
    let words = match Words::read(arguments.command, &arguments.how) {
        Ok(words) => words,
        Err(error) => return refuse(&wanted, &*error),
    };
    let request = Request {
        arguments: &words.command,
        user: arguments.guest.user.as_ref(),
        directory: arguments.how.workdir.as_ref(),
        variables: &words.variables,
        terminal_type: words.terminal_type.as_deref().filter(|_| stdin().is_terminal()),
        terminal: if stdin().is_terminal() { Terminal::Own } else { Terminal::None },
    };
    let login = if arguments.plain { Login::Plain } else { Login::Session };
    end(&wanted, shell::shell(name, &request, login))
}

/// What of the words needs the caller's environment.
struct Words {
    command: Vec<ByteString>,
    variables: Vec<EnvironmentVariable>,
    terminal_type: Option<String>,
}

impl Words {
    fn read(command: Vec<std::ffi::OsString>, how: &How) -> Result<Self, Box<dyn std::error::Error>> {
        let caller = surroundings::caller()?;
        let variables = how.env.iter().map(|word| parse::environment_variable(word, &caller.environment));
        Ok(Self {
            command: command.into_iter().map(ByteString::try_from).collect::<Result<_, _>>()?,
            variables: variables.collect::<Result<_, _>>()?,
            terminal_type: terminal_type(&caller),
        })
    }
}

fn terminal_type(caller: &Caller) -> Option<String> {
    let known = caller.variable(variables::TERM).and_then(OsStr::to_str);
    known.filter(|text| text.chars().all(|character| character.is_ascii_graphic())).map(str::to_owned)
}

/// Words that cannot be used.
fn refuse(wanted: &str, error: &dyn std::error::Error) -> ExitStatus {
    report::failure(wanted, error, None);
    exit_status::FAILED
}

/// The command's own status; small numbers are the command's, so what redd fails with is not among them.
fn end(wanted: &str, result: Result<Ending, MachineError>) -> ExitStatus {
    match result {
        Ok(Ending::Exited(status)) => ExitStatus::of_payload(status),
        Ok(Ending::Killed(signal)) => ExitStatus::of_signal(signal),
        Err(error) => {
            report::failure(wanted, &error, error.hint().as_deref());
            match error {
                MachineError::Execute { cause: Errno::NOENT, .. } => exit_status::NOT_FOUND,
                MachineError::Execute { .. } => exit_status::NOT_EXECUTABLE,
                _ => exit_status::FAILED,
            }
        }
    }
}
