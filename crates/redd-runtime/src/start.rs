//! A whole life: prepare, plan, launch, supervise, undo; and again, when the payload reboots.

use std::fmt;
use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};

use redd_control::record::Times;
use redd_plan::step::Plan;
use redd_spec::Spec;
use redd_spec::name::MachineName;
use redd_sys::{Errno, process};

use crate::background::Starter;
use crate::boots::{self, BootsState, Holdings, Remainder, boot_until_ended};
use crate::child::execute::{LISTEN_FDS_START, sockets_end};
use crate::credentials::{self, Reading};
use crate::facts::Tree;
use crate::handover::{Bytes, HandOver as _, Incoming, state};
use crate::ids::TakenIds;
use crate::prepare::{self, Inputs};
use crate::state::{self as directory, Purpose, Removal, StateDirectory};
use crate::supervise::{Listeners, Supervisor, Upstream};
use crate::template;
use crate::{Error, ending};

/// How a machine ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this exit status of the payload; 0 for a power-off.
    Exited(u8),
    /// Killed by this signal.
    Killed(i32),
    /// It asked to be started again, and somebody else is to do it (`--keep-unit`).
    RestartWanted,
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(0) => formatter.write_str("ended"),
            Self::Exited(status) => write!(formatter, "ended with status {status}"),
            Self::Killed(signal) => write!(formatter, "was ended by signal {signal}"),
            Self::RestartWanted => formatter.write_str("rebooted"),
        }
    }
}

/// What would happen, without doing anything of it.
///
/// # Errors
/// Whatever can be refused before anything is touched.
pub fn preview(spec: &Spec, terminal: Option<String>) -> Result<Plan, Error> {
    let original = template::as_if_made(spec);
    let spec = original.as_ref().unwrap_or(spec);
    let credentials = credentials::read(spec, Reading::WithoutPeers)?;
    plan(spec, &prepare::gather(spec, terminal, credentials)?)
}

/// A caller that promises sockets and has none would leave the payload with redd's own files under
/// their numbers: this comes before redd opens any.
fn refuse_missing_sockets(spec: &Spec) -> Result<(), Error> {
    for number in LISTEN_FDS_START..sockets_end(spec.sockets.count) {
        if !process::is_open(number) {
            return Err(Error::Host {
                what: format!("looking at socket {number} of LISTEN_FDS"),
                cause: Errno::BADF,
            });
        }
    }
    Ok(())
}

pub(crate) fn plan(spec: &Spec, inputs: &Inputs) -> Result<Plan, Error> {
    Ok(redd_plan::plan(spec, &inputs.host, &inputs.facts, &inputs.grants)?)
}

/// Microseconds of the clock that the payload's init counts by, too.
pub(crate) fn monotonic() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let (seconds, nanoseconds) = (now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs());
    seconds.saturating_mul(1_000_000) + nanoseconds / 1000
}

/// Runs a machine until it ends for good. `warn` is called with what the user should know, once.
///
/// # Errors
/// It could not be started; nothing is left behind.
///
/// `reminder` is given back to the front end of another redd that goes on with the machine.
pub fn start(
    spec: &Spec,
    terminal: Option<String>,
    reminder: String,
    warn: impl FnMut(&str),
) -> Result<Ending, Error> {
    start_attended(spec, terminal, Attendance::Caller { reminder }, warn)
}

/// Who waits for a start.
#[derive(Debug)]
pub(crate) enum Attendance<'a> {
    /// The caller, and whoever `$NOTIFY_SOCKET` names.
    Caller {
        /// What the front end wants to know again.
        reminder: String,
    },
    /// Another process, for a moment; the words are kept.
    Starter {
        /// Where it is told.
        starter: Starter,
        /// What it was told itself.
        words: &'a [u8],
    },
    /// The service manager whose unit redd is; the words are kept.
    Unit {
        /// What it was told itself.
        words: &'a [u8],
    },
}

impl Attendance<'_> {
    /// What a restart by a verb needs.
    const fn words(&self) -> Option<&[u8]> {
        match self {
            Self::Caller { .. } => None,
            Self::Starter { words, .. } | Self::Unit { words } => Some(words),
        }
    }
}

pub(crate) fn start_attended(
    spec: &Spec,
    terminal: Option<String>,
    attendance: Attendance<'_>,
    mut warn: impl FnMut(&str),
) -> Result<Ending, Error> {
    let begun = monotonic();
    // What is written into a tree is not for the caller's eyes alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    refuse_missing_sockets(spec)?;
    let made = template::make_missing(spec, |original| {
        plan(original, &prepare::gather(original, terminal.clone(), Vec::new())?).map(drop)
    })?;
    let (trees, inputs, expected) = match look(spec, terminal.clone()) {
        Ok(seen) => seen,
        Err(error) => {
            made.as_ref().map(StateDirectory::remove);
            return Err(error);
        }
    };
    let times = Times { begun, planned: monotonic(), ..Times::default() };
    expected.warnings.iter().for_each(|warning| warn(&warning.0));
    let directory = match made {
        Some(directory) => directory,
        None => StateDirectory::take(&spec.name, Purpose::Start)?,
    };
    if let Some(Err(error)) = attendance.words().map(|words| directory.write_words(words)) {
        directory.remove();
        return Err(error);
    }
    let (upstream, attendance) = match attendance {
        Attendance::Caller { reminder } => {
            (Upstream::from_environment(), state::Attendance::Caller { reminder })
        }
        Attendance::Unit { .. } => (Upstream::from_environment(), state::Attendance::Unit),
        Attendance::Starter { starter, .. } => (Upstream::to_starter(starter), state::Attendance::Nobody),
    };
    let listeners = Listeners { upstream, warn: &mut warn };
    let inputs = (inputs, expected, times);
    let holdings = Holdings {
        attendance: &attendance,
        trees: trees.iter().map(|tree| tree.as_fd()).collect(),
        state: &directory,
    };
    let ended = boot_until_ended(spec.clone(), terminal, inputs, holdings, listeners);
    conclude(&spec.name, ended, &attendance, &directory)
}

/// Goes on with a machine that another program has started.
pub(crate) fn go_on(
    state: state::State,
    mut incoming: Incoming,
    warn: &mut dyn FnMut(&str),
) -> Result<Ending, Error> {
    let state::State { life, boot, .. } = state;
    let incoming = &mut incoming;
    let trees: Vec<OwnedFd> =
        life.trees.into_iter().map(|tree| incoming.take(tree)).collect::<Result<_, _>>()?;
    let directory = StateDirectory::take_over(life.directory, incoming)?;
    let ids = life.ids.map(|ids| TakenIds::take_over(ids, incoming)).transpose()?;
    let supervisor = Supervisor::take_over(life.supervisor, warn, incoming)?;
    let credentials = life.credentials.into_iter().map(|(name, Bytes(value))| (name, value)).collect();
    let (spec, terminal, restarts, times) = (life.spec, life.terminal, life.restarts, life.times);
    let boots = BootsState { spec, terminal, credentials, restarts, times };
    let holdings = Holdings {
        attendance: &life.attendance,
        trees: trees.iter().map(|tree| tree.as_fd()).collect(),
        state: &directory,
    };
    let ended = boots::go_on(boots, boot, holdings, ids.as_ref(), supervisor, incoming);
    conclude(&life.name, ended, &life.attendance, &directory)
}

/// What is left to do.
fn conclude(
    name: &MachineName,
    ended: Result<(Ending, Remainder), Error>,
    attendance: &state::Attendance,
    state: &StateDirectory,
) -> Result<Ending, Error> {
    if let (Ok((ending, _)), state::Attendance::Nobody | state::Attendance::Unit) = (&ended, attendance) {
        ending::remember(name, *ending, state.circumstances.get());
    }
    match ended {
        Ok((ending, Remainder::Guard)) => Ok(ending),
        result => {
            state.remove();
            result.map(|(ending, _nothing)| ending)
        }
    }
}

/// Locks the tree, and looks at everything: what cannot be planned is refused before anything is touched.
fn look(spec: &Spec, terminal: Option<String>) -> Result<(Vec<File>, Inputs, Plan), Error> {
    let tree = Tree::open(&spec.root)?;
    let trees = prepare::lock_tree(spec, &tree)?;
    if let Some(template) = &tree.template {
        template.remember()?;
    }
    let inputs = prepare::gather(spec, terminal, credentials::read(spec, Reading::Everything)?)?;
    let expected = plan(spec, &inputs)?;
    Ok((trees, inputs, expected))
}

/// Undoes what a killed redd left behind of one machine.
///
/// # Errors
/// It runs, or something cannot be undone.
pub fn clean_up(name: &MachineName) -> Result<(), Error> {
    match directory::clean_up(name)? {
        Removal::Done => Ok(()),
        Removal::JournalKept => Err(Error::Host {
            what: format!("undoing what is left of {}", name.as_str()),
            cause: Errno::BUSY,
        }),
    }
}

/// Undoes what killed redds left behind; the machines it was done for.
///
/// # Errors
/// The state directory cannot be read.
pub fn collect_garbage() -> Result<Vec<MachineName>, Error> {
    directory::collect_garbage().map_err(|error| Error::Host {
        what: format!("reading {}", directory::MACHINES),
        cause: redd_sys::Errno::from_io_error(&error).unwrap_or(redd_sys::Errno::IO),
    })
}
