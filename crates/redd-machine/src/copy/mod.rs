//! Files into machines, out of them, and between them, whether they run or not.
//!
//! Two processes do it: one reads, one writes, and a stream is between them. Each stands where its files are, a running
//! machine's in that machine's namespaces, and sees nothing of the other side: a path of a machine is resolved in the
//! machine, a path of the host on the host, and no link leads from one to the other.

mod attributes;
mod base;
mod report;
mod side;
mod source;
mod stream;
mod target;
mod worker;

use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use redd_spec::name::MachineName;
use redd_sys::Errno;
use rustix::stdio::{stdin, stdout};

use crate::MachineError;
use report::{Failure, FailureKind, Reporter};
use side::Side;
use source::Source;
use target::{Target, write_output};
use worker::Worker;

/// One end of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// A path of the host, as the caller would use it.
    Host(PathBuf),
    /// A path in a machine.
    Machine {
        /// The machine, or the tree of that name.
        name: MachineName,
        /// From its root on.
        path: PathBuf,
    },
    /// Standard input, or output.
    Stream,
}

/// Who owns what is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners {
    /// Root of the machine, or on the host whoever calls. Nothing lends rights there: no set-id bits, no capabilities, no
    /// access lists.
    There,
    /// The same ids as where it comes from, as they are seen in a machine, with everything that is about rights.
    Kept,
    /// Somebody else.
    Given {
        /// The user, as there.
        user: u32,
        /// The group, as there.
        group: u32,
    },
}

/// What happens to a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacing {
    /// It is kept, and the copy ends.
    Refused,
    /// It is replaced, unless it is a directory.
    Files,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is read.
    pub source: End,
    /// Where to.
    pub destination: End,
    /// Who owns it there.
    pub owners: Owners,
    /// What is replaced.
    pub replacing: Replacing,
}

/// What happens meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// So many bytes were read, of so many where that is known.
    Progress {
        /// Of contents.
        bytes: u64,
        /// Of a single file.
        total: Option<u64>,
    },
    /// Something was left out, or is not as it was.
    Left(String),
}

/// Whose ids are meant where something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Host,
    Machine,
}

/// Copies. `observe` hears what happens.
///
/// # Errors
/// A machine is not there, or a tree is in use; something is in the way; the kernel refuses.
pub fn copy(request: &Request, observe: impl FnMut(Event)) -> Result<(), MachineError> {
    let name = |end: &End| match end {
        End::Machine { name, .. } => Some(name.clone()),
        End::Host(_) | End::Stream => None,
    };
    let source = Side::open(&request.source, side::Use::Read)?;
    // One tree is locked once.
    let is_same = name(&request.source).is_some() && name(&request.source) == name(&request.destination);
    let other = if is_same { None } else { Some(Side::open(&request.destination, side::Use::Write)?) };
    let destination = other.as_ref().unwrap_or(&source);
    if is_same {
        source.check_use(side::Use::Write)?;
    }
    run(request, &source, destination, observe)
}

fn run(
    request: &Request,
    source: &Side,
    destination: &Side,
    observe: impl FnMut(Event),
) -> Result<(), MachineError> {
    let host = |what: &str| {
        let what = what.to_owned();
        move |cause: Errno| MachineError::Host { what, cause }
    };
    let (from, to) = UnixStream::pair()
        .map_err(|error| host("making a stream")(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    let reader = Worker::start(source, from, |stream, reporter| read(request, source, stream, reporter));
    let reader = reader.map_err(host("starting the process that reads"))?;
    let writer = Worker::start(destination, to, |stream, _reporter| write(request, destination, stream));
    let writer = writer.map_err(host("starting the process that writes"))?;
    worker::wait([reader, writer], observe).map_err(|failure| match failure.kind {
        FailureKind::Exists => MachineError::Exists { what: failure.what, hint: failure.hint },
        FailureKind::Other | FailureKind::PeerGone => match failure.errno {
            Some(errno) => MachineError::Host { what: failure.what, cause: Errno::from_raw_os_error(errno) },
            None => MachineError::Refused { what: failure.what, hint: failure.hint },
        },
    })
}

fn read(request: &Request, side: &Side, stream: UnixStream, reporter: &mut Reporter) -> Result<(), Failure> {
    let mut source = Source::new(stream, reporter, request.owners);
    match side.location(&request.source)? {
        Some(from) => source.send_path(&from),
        None => source.send_stream(stdin()),
    }
}

fn write(request: &Request, side: &Side, stream: UnixStream) -> Result<(), Failure> {
    let place = match &request.destination {
        End::Machine { .. } => Place::Machine,
        End::Host(_) | End::Stream => Place::Host,
    };
    match side.location(&request.destination)? {
        Some(to) => Target::new(stream, place, request.owners, request.replacing).write_path(&to),
        None => write_output(stream, stdout()),
    }
}

/// For what nothing depends on.
fn best_effort<T>(_result: Result<T, Errno>) {}
