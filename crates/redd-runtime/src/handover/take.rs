//! The other side: this program goes on with a machine that another one has supervised.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::RawFd;

use redd_spec::Spec;
use redd_sys::inherit::Inheritance;

use super::check::{CONSENT, REFUSAL};
use super::state::{Attendance, LENGTH_MAX, REDD, State, join_spec};
use super::{Incoming, Refusal};
use crate::start::go_on;
use crate::{Ending, Error, background};

/// A machine that was handed over to this program.
#[derive(Debug)]
pub struct TakenOver {
    state: State,
    incoming: Incoming,
}

/// Takes over what is written down in the file of this number. Called before anything else is opened.
///
/// # Errors
/// It is not there, is not understood, or something that belongs to it is missing.
pub fn take_over(state: RawFd) -> Result<TakenOver, Refusal> {
    let mut inheritance = Inheritance::claim().map_err(Refusal::host("looking at what is open"))?;
    let file = File::from(inheritance.take(state).map_err(|_errno| Refusal::Descriptor(state))?);
    let mut text = Vec::new();
    let failed = |cause: std::io::Error| Refusal::Malformed(cause.to_string());
    let mut rest = file.take(LENGTH_MAX);
    std::io::Seek::rewind(rest.get_mut()).and_then(|()| rest.read_to_end(&mut text)).map_err(failed)?;
    let state = State::read(&text, |number| inheritance.has(number))?;
    Ok(TakenOver { state, incoming: Incoming::new(inheritance) })
}

/// What this program says where it is only asked.
#[must_use]
pub fn answer(state: RawFd) -> String {
    match take_over(state) {
        Ok(_) => format!("{CONSENT}{REDD}"),
        Err(refusal) => format!("{REFUSAL}{refusal}"),
    }
}

impl TakenOver {
    /// What the front end wanted to know again; nothing where nobody waits for the end.
    #[must_use]
    pub fn reminder(&self) -> Option<&str> {
        match &self.state.life.attendance {
            Attendance::Caller { reminder } => Some(reminder),
            Attendance::Unit | Attendance::Nobody => None,
        }
    }

    /// What runs.
    #[must_use]
    pub const fn spec(&self) -> &Spec {
        &self.state.life.spec
    }

    /// Stays with it until it ends for good.
    ///
    /// # Errors
    /// As those of a start.
    pub fn go_on(self, mut warn: impl FnMut(&str)) -> Result<Ending, Error> {
        let Self { state, incoming } = self;
        match state.life.attendance {
            Attendance::Caller { .. } => go_on(joined(state), incoming, &mut warn),
            Attendance::Unit => background::go_on_serving(joined(state), incoming, warn),
            Attendance::Nobody => background::go_on(joined(state), incoming),
        }
    }
}

fn joined(mut state: State) -> State {
    let contents = std::mem::take(&mut state.life.substitutes);
    state.life.spec = join_spec(state.life.spec, contents);
    state
}
