//! `redd exec`

use std::ffi::OsStr;

use redd_machine::MachineError;
use redd_machine::exec::{self, Ending, Request, Terminal};
use redd_nspawn::Caller;
use redd_spec::parse;
use redd_spec::payload::EnvironmentVariable;
use redd_spec::text::ByteString;
use redd_spec::variables;
use redd_sys::Errno;

use crate::command_line::machines::{ExecArguments, How};
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

/// What of the words needs the caller's environment.
pub(super) struct Words {
    pub(super) command: Vec<ByteString>,
    pub(super) variables: Vec<EnvironmentVariable>,
    pub(super) terminal_type: Option<String>,
}

impl Words {
    pub(super) fn read(
        command: Vec<std::ffi::OsString>,
        how: &How,
    ) -> Result<Self, Box<dyn std::error::Error>> {
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
pub(super) fn refuse(wanted: &str, error: &dyn std::error::Error) -> ExitStatus {
    report::failure(wanted, error, None);
    exit_status::FAILED
}

/// The command's own status; small numbers are the command's, so what redd fails with is not among them.
pub(super) fn end(wanted: &str, result: Result<Ending, MachineError>) -> ExitStatus {
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
