//! Becoming the payload.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd as _, OwnedFd, RawFd};

use redd_plan::action::{Execution, ExecutionInit};
use redd_spec::text::ByteString;
use redd_sys::process::{self, ExecVectors};
use redd_sys::stub_init::{self, ORDERS_FD, Role};
use redd_sys::{Errno, memory_file};
use rustix::fs::{Access, AtFlags, CWD, SeekFrom, accessat, seek};

use crate::StepError;
use crate::launch::Handshake;

/// Where passed sockets start, see sd_listen_fds(3).
pub(crate) const LISTEN_FDS_START: RawFd = 3;
/// Descriptors from here on are in nobody's way.
pub(crate) const OUT_OF_THE_WAY: i32 = 16;

/// Becomes the payload, or says why that is not possible.
pub(super) fn execute(
    handshake: &Handshake,
    sockets: &[OwnedFd],
    index: usize,
    execution: &Execution,
) -> Result<(), StepError> {
    let program = find(&execution.candidates)?;
    match &execution.init {
        ExecutionInit::Payload => {
            let (arguments, environment) =
                (c_strings(&execution.arguments)?, c_strings(&execution.environment)?);
            let path = c_string(program)?;
            for (number, socket) in (LISTEN_FDS_START..).zip(sockets) {
                process::inherit_as(socket.as_fd(), number)?;
            }
            process::close_on_exec_from(sockets_end(execution.sockets))?;
            handshake.send_executing(index)?;
            Err(process::execute(&path, &vectors(&arguments, &environment)).into())
        }
        ExecutionInit::Stub { environment } => {
            execute_stub(handshake, index, program, execution, environment)
        }
    }
}

/// The first descriptor after those that redd was given for the payload, see sd_listen_fds(3).
pub(crate) fn sockets_end(count: u32) -> RawFd {
    LISTEN_FDS_START.saturating_add(RawFd::try_from(count).unwrap_or(RawFd::MAX))
}

/// The stub is executed from memory, and told what to run through a descriptor, not by its arguments.
fn execute_stub(
    handshake: &Handshake,
    index: usize,
    program: &ByteString,
    execution: &Execution,
    environment: &[ByteString],
) -> Result<(), StepError> {
    let orders = stub_init::orders(
        Role::Init,
        program.as_bytes(),
        execution.arguments.iter().map(ByteString::as_bytes),
        execution.environment.iter().map(ByteString::as_bytes),
    );
    let orders = memory_file::sealed(c"redd-orders", &orders)?;
    seek(&orders, SeekFrom::Start(0))?;
    let image = memory_file::sealed(c"redd-init", stub_init::IMAGE)?;
    let image = rustix::io::fcntl_dupfd_cloexec(&image, OUT_OF_THE_WAY)?;
    let (title, own_environment) = ([c"(stub-init)".to_owned()], c_strings(environment)?);
    process::close_on_exec_from(3)?;
    handshake.send_executing(index)?;
    process::inherit_as(orders.as_fd(), ORDERS_FD)?;
    Err(process::execute_file(image.as_fd(), &vectors(&title, &own_environment)).into())
}

/// The first candidate that can be executed; else why the most promising one cannot.
pub(crate) fn find(candidates: &[ByteString]) -> Result<&ByteString, StepError> {
    let mut failure = Errno::NOENT;
    for candidate in candidates {
        let path = c_string(candidate)?;
        match accessat(CWD, path.as_c_str(), Access::EXEC_OK, AtFlags::EACCESS) {
            Ok(()) if is_directory(&path) => failure = Errno::ACCESS,
            Ok(()) => return Ok(candidate),
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(errno) => failure = errno,
        }
    }
    Err(failure.into())
}

fn is_directory(path: &CStr) -> bool {
    let status = rustix::fs::stat(path);
    status.is_ok_and(|status| redd_sys::root_dir::file_type(&status) == rustix::fs::FileType::Directory)
}

fn c_string(text: &ByteString) -> Result<CString, StepError> {
    CString::new(text.as_bytes()).map_err(|_nul| Errno::INVAL.into())
}

fn c_strings(texts: &[ByteString]) -> Result<Vec<CString>, StepError> {
    texts.iter().map(c_string).collect()
}

fn vectors<'a>(arguments: &'a [CString], environment: &'a [CString]) -> ExecVectors<'a> {
    ExecVectors::new(arguments.iter().map(CString::as_c_str), environment.iter().map(CString::as_c_str))
}
