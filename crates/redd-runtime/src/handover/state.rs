//! Everything a supervisor is, as it is written down.
//!
//! Whoever adds something to a supervisor that has to outlive its program adds it here: to [`Life`] what lasts over all boots, to
//! [`Boot`] what is of one. A field that another redd may not have written is an `Option` or has a default; whoever changes what a field means
//! counts [`VERSION`] up. A redd that does not know a field refuses the state (`unknown_part`), and the machine goes on with the redd it has.

use std::os::fd::RawFd;

use redd_control::record::Times;
use redd_plan::descriptor::FdName;
use redd_plan::step::Undo;
use redd_spec::Spec;
use redd_spec::name::MachineName;
use redd_spec::root::SubstituteKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bytes::Bytes;
use super::descriptors::{self, KEY};
use super::moment::Moment;
use super::{Number, ProcessState, Refusal};
use crate::ids::TakenIdsState;
use crate::restart::Restarts;
use crate::state::StateDirectoryState;
use crate::supervise::Brief;
use crate::supervise::state::{SessionState, SupervisorState};

/// What the fields mean.
pub(crate) const VERSION: u64 = 1;
/// This redd.
pub(crate) const REDD: &str = env!("CARGO_PKG_VERSION");
/// The longest state that is read, in bytes.
pub(super) const LENGTH_MAX: u64 = 64 * 1024 * 1024;

/// A whole supervisor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) version: u64,
    /// The redd that wrote it.
    pub(crate) redd: String,
    pub(crate) life: Life,
    pub(crate) boot: Boot,
}

/// What lasts over all boots of a machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Life {
    pub(crate) name: MachineName,
    pub(crate) attendance: Attendance,
    pub(crate) spec: Spec,
    /// What files have that are there instead of the tree's own; the Spec does not tell it to everybody.
    pub(crate) substitutes: Vec<Bytes>,
    pub(crate) terminal: Option<String>,
    pub(crate) credentials: Vec<(String, Bytes)>,
    /// The locks of the trees.
    pub(crate) trees: Vec<Number>,
    pub(crate) directory: StateDirectoryState,
    pub(crate) ids: Option<TakenIdsState>,
    pub(crate) restarts: Restarts,
    pub(crate) times: Times,
    pub(crate) supervisor: SupervisorState,
}

/// Who waits for the machine's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Attendance {
    /// Who called redd; and what the front end wants to know again.
    Caller {
        /// In the front end's own form.
        reminder: String,
    },
    /// The service manager whose unit redd is.
    Unit,
    /// Nobody.
    Nobody,
}

/// One boot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Boot {
    pub(crate) brief: Brief,
    /// What is undone when it ends, last thing first.
    pub(crate) journal: Vec<Undo>,
    pub(crate) began: Moment,
    pub(crate) cloned: u64,
    pub(crate) child: ProcessState,
    pub(crate) guard: ProcessState,
    pub(crate) descriptors: Vec<(FdName, Number)>,
    pub(crate) session: SessionState,
}

/// The Spec without what it hides, and that.
pub(crate) fn part_spec(spec: &Spec) -> (Spec, Vec<Bytes>) {
    // Their values were read when the machine was started.
    let spec = Spec { credentials: Vec::new(), ..spec.clone() };
    let contents = spec.root.substitutes.iter().filter_map(|substitute| match &substitute.what {
        SubstituteKind::File { contents, .. } => Some(Bytes(contents.clone())),
        SubstituteKind::Nothing | SubstituteKind::EmptyDirectory | SubstituteKind::Link(_) => None,
    });
    let contents = contents.collect();
    (spec, contents)
}

/// The Spec as it was.
pub(crate) fn join_spec(mut spec: Spec, contents: Vec<Bytes>) -> Spec {
    let files = spec.root.substitutes.iter_mut().filter_map(|substitute| match &mut substitute.what {
        SubstituteKind::File { contents, .. } => Some(contents),
        SubstituteKind::Nothing | SubstituteKind::EmptyDirectory | SubstituteKind::Link(_) => None,
    });
    files.zip(contents).for_each(|(file, Bytes(contents))| *file = contents);
    spec
}

impl State {
    /// As text.
    pub(crate) fn write(&self) -> Result<Vec<u8>, Refusal> {
        serde_json::to_vec(self).map_err(|cause| Refusal::Unwritable(cause.to_string()))
    }

    /// Reads a state, and checks all of it: afterwards nothing can be refused any more.
    ///
    /// `open` tells whether a descriptor is there.
    pub(crate) fn read(text: &[u8], open: impl Fn(RawFd) -> bool) -> Result<Self, Refusal> {
        let malformed = |cause: serde_json::Error| Refusal::Malformed(cause.to_string());
        let value: Value = serde_json::from_slice(text).map_err(malformed)?;
        let version = value.get("version").and_then(Value::as_u64);
        match version {
            Some(VERSION) => {}
            Some(found) => return Err(Refusal::Version { found }),
            None => return Err(Refusal::Malformed("it has no version".to_owned())),
        }
        let state = Self::deserialize(&value).map_err(malformed)?;
        let known = serde_json::to_value(&state).map_err(malformed)?;
        if let Some(path) = unknown_part(&value, &known) {
            return Err(Refusal::Unknown { path });
        }
        let mut numbers = Vec::new();
        find_numbers(&known, &mut numbers);
        descriptors::check(&numbers, open)?;
        state.check()?;
        Ok(state)
    }

    /// What belongs together has to fit together.
    fn check(&self) -> Result<(), Refusal> {
        let name = &self.life.name;
        let unfit = |what: &str| Err(Refusal::Malformed(format!("{what} is of another machine")));
        match () {
            () if self.life.spec.name != *name => unfit("the Spec"),
            () if !self.life.directory.is_of(name) => unfit("the directory"),
            () if self.boot.brief.name() != name => unfit("the boot"),
            () => Ok(()),
        }
    }
}

/// The first thing in a state that is not in what was understood of it.
fn unknown_part(found: &Value, known: &Value) -> Option<String> {
    match (found, known) {
        (Value::Object(found), Value::Object(known)) => found.iter().find_map(|(key, value)| {
            let inner = match known.get(key) {
                Some(known) => unknown_part(value, known)?,
                // What is not there and what is nothing are the same.
                None if value.is_null() => return None,
                None => String::new(),
            };
            Some(if inner.is_empty() { key.clone() } else { format!("{key}.{inner}") })
        }),
        (Value::Array(found), Value::Array(known)) if found.len() == known.len() => {
            found.iter().zip(known).find_map(|(found, known)| unknown_part(found, known))
        }
        (Value::Array(_), _) => Some(String::new()),
        _ => None,
    }
}

/// Every descriptor that something stands for.
fn find_numbers(value: &Value, numbers: &mut Vec<RawFd>) {
    match value {
        Value::Object(fields) => match (fields.len(), fields.get(KEY).and_then(Value::as_i64)) {
            (1, Some(number)) => numbers.push(RawFd::try_from(number).unwrap_or(-1)),
            _ => fields.values().for_each(|value| find_numbers(value, numbers)),
        },
        Value::Array(values) => values.iter().for_each(|value| find_numbers(value, numbers)),
        _ => {}
    }
}
