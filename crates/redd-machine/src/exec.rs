//! A command in a machine that runs, which needs nothing of the payload's.

pub(crate) mod attend;

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use redd_control::client::Client;
use redd_control::machine::{Enter, method};
use redd_runtime::enter::command::{self, Command, Streams};
use redd_runtime::enter::{Leader, UserWords};
use redd_runtime::terminal::{self, Access, RawTerminal, Stream};
use redd_spec::name::MachineName;
use redd_spec::path::PathInRoot;
use redd_spec::payload::EnvironmentVariable;
use redd_spec::text::ByteString;
use redd_sys::Errno;
use redd_sys::signal::{self, SignalFd, SignalSet};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Pid;
use rustix::stdio::{stderr, stdin, stdout};
use rustix::termios::isatty;

use crate::MachineError;
use crate::flow::{End, Flow};
use attend::{Attendance, Process};

/// HUP INT QUIT USR1 USR2 TERM CONT WINCH
const SIGNALS: [i32; 8] = [1, 2, 3, 10, 12, 15, 18, attend::SIGWINCH];

/// What is to run.
#[derive(Debug)]
pub struct Request<'a> {
    /// The program and its arguments; a login shell where there is none.
    pub arguments: &'a [ByteString],
    /// Root where nobody is named.
    pub user: Option<&'a UserWords>,
    /// Where it starts; in the user's home otherwise.
    pub directory: Option<&'a PathInRoot>,
    /// What is added to its environment.
    pub variables: &'a [EnvironmentVariable],
    /// `$TERM`.
    pub terminal_type: Option<&'a str>,
    /// Whether it gets a terminal of its own.
    pub terminal: Terminal,
}

/// Whether a command gets a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// One of the payload's, with the caller at its other end.
    Own,
    /// None: it reads and writes the caller's streams.
    None,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this exit status.
    Exited(u8),
    /// By this signal.
    Killed(i32),
}

/// Runs a command inside until it ends.
///
/// # Errors
/// It cannot be started.
pub fn exec(name: &MachineName, request: &Request<'_>) -> Result<Ending, MachineError> {
    let failed = |cause| MachineError::Host { what: "preparing its streams".to_owned(), cause };
    // From here on they are the command's, which may not be there yet.
    let signals = listen().map_err(failed)?;
    let (leader, entry) = ask(name)?;
    let (streams, mut flows) = match request.terminal {
        Terminal::Own => (None, Vec::new()),
        Terminal::None => {
            replace_terminals().map(|(streams, flows)| (Some(streams), flows)).map_err(failed)?
        }
    };
    let given = match &streams {
        Some(streams) => Streams::Given(streams.each_ref().map(Given::as_fd)),
        None => Streams::Terminal(terminal::size()),
    };
    let command = Command {
        arguments: request.arguments,
        user: request.user,
        directory: request.directory,
        variables: request.variables,
        terminal_type: request.terminal_type,
        streams: given,
    };
    let started =
        command::start(&leader, &entry, &command).map_err(|cause| MachineError::of_entrance(name, cause))?;
    // The command's ends are its own now: where they stay open here, an end is never seen.
    drop(streams);
    let mut raw = None;
    if let Some(manager) = &started.terminal {
        flows = terminal_flows(manager).map_err(failed)?;
        raw = RawTerminal::enter();
    }
    let process = Process { child: started.process, _life_line: started.life_line };
    let ending = Attendance::new(process, started.terminal, flows, signals, raw.as_ref()).attend();
    drop(raw);
    ending.map_err(|cause| MachineError::Host { what: "waiting for the command".to_owned(), cause })
}

pub(crate) fn listen() -> Result<SignalFd, Errno> {
    let set = SignalSet::of(&SIGNALS);
    signal::block(set)?;
    SignalFd::new(set)
}

/// How the payload is confined, by who confined it.
fn ask(name: &MachineName) -> Result<(Leader, redd_control::entry::Entry), MachineError> {
    let ask = || Client::connect(name)?.call_with_descriptors::<Enter>(method::ENTER, &serde_json::json!({}));
    let (enter, descriptors) = ask().map_err(|cause| MachineError::of_client(name, cause))?;
    let leader = Pid::from_raw(enter.leader).zip(descriptors.into_iter().next());
    let (pid, pidfd) = leader.ok_or_else(|| MachineError::NotRunning { name: name.clone() })?;
    Ok((Leader::new(pid, pidfd), enter.entry))
}

/// A stream of a command's.
#[derive(Debug)]
enum Given {
    /// The caller's, as it is.
    Passed(BorrowedFd<'static>),
    /// One end of a pipe.
    Piped(OwnedFd),
}

impl Given {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Passed(stream) => *stream,
            Self::Piped(end) => end.as_fd(),
        }
    }
}

/// The caller's terminal is never given to a payload, which could read there what is typed later, or type itself (R26).
fn replace_terminals() -> Result<([Given; 3], Vec<Flow>), Errno> {
    let mut flows = Vec::new();
    let input = if isatty(stdin()) {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
        fcntl_setfl(&writer, OFlags::NONBLOCK)?;
        let from = Stream::open(stdin(), Access::Read);
        flows.extend(from.map(|from| Flow::new(End::Stream(from), End::Pipe(writer))));
        Given::Piped(reader)
    } else {
        Given::Passed(stdin())
    };
    let mut outward = |stream: BorrowedFd<'static>| {
        if !isatty(stream) {
            return Ok(Given::Passed(stream));
        }
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
        fcntl_setfl(&reader, OFlags::NONBLOCK)?;
        let to = Stream::open(stream, Access::Write);
        flows.extend(to.map(|to| Flow::new(End::Pipe(reader), End::Stream(to))));
        Ok(Given::Piped(writer))
    };
    Ok(([input, outward(stdout())?, outward(stderr())?], flows))
}

pub(crate) fn terminal_flows(manager: &OwnedFd) -> Result<Vec<Flow>, Errno> {
    fcntl_setfl(manager, OFlags::NONBLOCK)?;
    let copy = || rustix::io::fcntl_dupfd_cloexec(manager, 3).map(End::Terminal);
    let mut flows = Vec::new();
    if let Some(from) = Stream::open(stdin(), Access::Read) {
        flows.push(Flow::new(End::Stream(from), copy()?));
    }
    if let Some(to) = Stream::open(stdout(), Access::Write) {
        flows.push(Flow::new(copy()?, End::Stream(to)));
    }
    Ok(flows)
}
