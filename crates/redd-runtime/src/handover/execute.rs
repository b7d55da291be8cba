//! Becoming the other program.

use std::ffi::CString;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use redd_spec::name::MachineName;
use redd_sys::inherit::{self, Fate};
use redd_sys::memory_file;
use redd_sys::process::{self, ExecVectors};
use rustix::fs::{CWD, Mode, OFlags, openat};

use super::{Refusal, VERB};
use crate::error::best_effort;

/// The program: what is asked is what is executed, whatever becomes of the path meanwhile.
pub(crate) fn open(program: &Path) -> Result<OwnedFd, Refusal> {
    let failed = |cause| Refusal::Other(format!("{}: {cause}", program.display()));
    openat(CWD, program, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).map_err(failed)
}

/// What the program is called with.
pub(super) fn words(name: &MachineName, state: RawFd, check: Option<&str>) -> Vec<CString> {
    let (state, name) = (state.to_string(), name.as_str());
    let words = ["redd", VERB].into_iter().chain(check).chain([name, &state]);
    // Neither names nor numbers have a NUL byte.
    words.filter_map(|word| CString::new(word).ok()).collect()
}

/// This program's own environment, as it came.
pub(super) fn environment() -> Vec<CString> {
    let variable = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        let mut text = name.into_vec();
        text.push(b'=');
        text.extend_from_slice(value.as_bytes());
        CString::new(text).ok()
    };
    std::env::vars_os().filter_map(variable).collect()
}

/// Becomes the program; returns only where that failed, and then everything is as it was.
pub(crate) fn execute(
    program: BorrowedFd<'_>,
    name: &MachineName,
    state: &[u8],
    numbers: &[RawFd],
) -> Refusal {
    let state = match memory_file::sealed(c"redd-state", state) {
        Ok(state) => state,
        Err(cause) => return Refusal::Host { what: "writing the state down", cause },
    };
    let (words, environment) = (words(name, state.as_raw_fd(), None), environment());
    let mut kept = numbers.to_vec();
    kept.push(state.as_raw_fd());
    let cause = match inherit::decide(&kept, Fate::Inherited) {
        Ok(()) => process::execute_file(program, &vectors(&words, &environment)),
        Err(cause) => cause,
    };
    best_effort(inherit::decide(&kept, Fate::Closed));
    Refusal::Host { what: "executing that program", cause }
}

pub(super) fn vectors<'a>(words: &'a [CString], environment: &'a [CString]) -> ExecVectors<'a> {
    ExecVectors::new(words.iter().map(CString::as_c_str), environment.iter().map(CString::as_c_str))
}
