//! redd under the name `systemd-nspawn` beside systemd's own: each option once with either, what the payload sees and
//! what comes out compared. What differs is in docs/differences.md, or is a mistake.
//!
//! `REDD_COMPARE` selects cases by a part of their names; `REDD_COMPARE_WITH=262` compares with that version alone;
//! `REDD_COMPARE_INSTEAD=262` puts that version in redd's place; `REDD_COMPARE_WRITE=FILE` writes down all that differs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod case;
mod cases;
mod differences;
mod reference;
mod refusals;
mod sight;
mod surroundings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use redd_tests::{Need, needs, redd};

use case::Case;
use differences::Found;
use reference::Reference;
use sight::Sight;
use surroundings::{Outcome, Scene, start};

/// More than the processors: half of a start is waiting for the kernel.
const AT_ONCE: usize = 6;
/// Seen by every payload that looks.
const PAYLOAD: &str = "namespace mnt";
/// Not compared: what was said on standard error.
const COMPLAINT: &str = "complaint";

/// What is compared with systemd's own program.
enum Persona {
    /// redd under that name.
    Redd(tempfile::TempDir),
    /// Another version, to see what changed.
    Instead(Reference),
}

impl Persona {
    fn new() -> Self {
        if let Some(reference) = wished_version("REDD_COMPARE_INSTEAD") {
            return Self::Instead(reference);
        }
        let directory = tempfile::tempdir().unwrap();
        let binary = std::fs::canonicalize(redd().get_program()).unwrap();
        std::os::unix::fs::symlink(binary, directory.path().join("systemd-nspawn")).unwrap();
        Self::Redd(directory)
    }

    fn command(&self) -> Command {
        match self {
            Self::Redd(directory) => Command::new(directory.path().join("systemd-nspawn")),
            Self::Instead(reference) => reference.command(),
        }
    }
}

fn wished_version(variable: &str) -> Option<Reference> {
    let version: u32 = std::env::var(variable).ok()?.parse().unwrap();
    Reference::all().into_iter().find(|reference| reference.version == version)
}

#[test]
fn the_persona_does_what_systemd_nspawn_does() {
    needs!(Need::Root, Need::Debian13, Need::Nspawn257);
    let references = references();
    let selected = std::env::var("REDD_COMPARE").unwrap_or_default();
    let cases: Vec<Case> =
        cases::all().into_iter().filter(|case| case.name.contains(selected.as_str())).collect();
    let (tree, persona) = (sight::small_tree(), Persona::new());
    let found = in_parallel(AT_ONCE, &cases, |case| compare(case, &references, &persona, tree.path()));
    let found: BTreeSet<Found> = found.into_iter().collect();
    let versions: Vec<u32> = references.iter().map(|reference| reference.version).collect();
    eprintln!("{} cases, {versions:?}, {} differences", cases.len(), found.len());
    let listed = differences::listed(include_str!("../../../docs/differences.md"));
    let (unlisted, dead) = differences::judge(&listed, &found, &versions);
    if let Some(path) = std::env::var_os("REDD_COMPARE_WRITE") {
        std::fs::write(path, found.iter().map(Found::line).collect::<String>()).unwrap();
    }
    assert!(unlisted.is_empty(), "not in docs/differences.md:\n{}", by_what(&unlisted));
    if selected.is_empty() {
        assert!(dead.is_empty(), "in docs/differences.md, and not seen:\n{}", dead.join("\n"));
    }
}

/// Does the same work for all, several at a time.
fn in_parallel<Item: Sync, Result: Send>(
    at_once: usize,
    items: &[Item],
    work: impl Fn(&Item) -> Vec<Result> + Sync,
) -> Vec<Result> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let take = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            let new = work(item);
            results.lock().unwrap_or_else(PoisonError::into_inner).extend(new);
        }
    };
    thread::scope(|scope| (0..at_once).for_each(|_| drop(scope.spawn(take))));
    results.into_inner().unwrap()
}

fn references() -> Vec<Reference> {
    wished_version("REDD_COMPARE_WITH").map_or_else(Reference::all, |reference| vec![reference])
}

/// Runs a case with redd and with every version that knows its options.
fn compare(case: &Case, references: &[Reference], persona: &Persona, tree: &Path) -> Vec<Found> {
    let scene = Scene { tree, prepare: case.prepare, after: case.after, signal: case.signal };
    let start_one = |mut program: Command| {
        program.args(case.words()).envs(case.environment.iter().copied());
        seen(start(&program, scene))
    };
    let ours = start_one(persona.command());
    let knowing = references.iter().filter(|reference| reference.version >= case.since);
    knowing
        .flat_map(|reference| differences(case, reference, &start_one(reference.command()), &ours))
        .collect()
}

fn differences(case: &Case, reference: &Reference, theirs: &Sight, ours: &Sight) -> Vec<Found> {
    if theirs.contains_key(PAYLOAD) != ours.contains_key(PAYLOAD) {
        return what_happened(case, reference, theirs, ours);
    }
    let all = theirs.keys().chain(ours.keys()).filter(|what| *what != COMPLAINT);
    let all: BTreeSet<&String> = all.collect();
    let value = |sight: &Sight, what: &str| sight.get(what).map_or("none", String::as_str).to_owned();
    let pairs = all.into_iter().map(|what| (what, value(theirs, what), value(ours, what)));
    pairs
        .filter(|(_, theirs, ours)| theirs != ours)
        .map(|(what, theirs, ours)| Found {
            case: case.name.to_owned(),
            version: reference.version,
            what: what.clone(),
            theirs,
            ours,
            note: String::new(),
        })
        .collect()
}

/// Where one of the two ran nothing, a line says so instead of one for everything that the other's payload saw.
fn what_happened(case: &Case, reference: &Reference, theirs: &Sight, ours: &Sight) -> Vec<Found> {
    let describe = |sight: &Sight| {
        let what = if sight.contains_key(PAYLOAD) { "runs" } else { "does not run" };
        format!("{what}, exit status {}", sight["exit status"])
    };
    vec![Found {
        case: case.name.to_owned(),
        version: reference.version,
        what: "the payload".to_owned(),
        theirs: describe(theirs),
        ours: describe(ours),
        note: ours.get(COMPLAINT).cloned().unwrap_or_default(),
    }]
}

/// Everything about a start that is compared.
fn seen(outcome: Outcome) -> Sight {
    const LINE: &str = "to standard error";
    let mut sight = outcome.sight;
    sight.insert("exit status".to_owned(), outcome.status.to_string());
    let place = match (outcome.output.contains(LINE), outcome.errors.contains(LINE)) {
        (true, _) => "standard output",
        (false, true) => "standard error",
        (false, false) => "nowhere",
    };
    sight.insert("standard error goes to".to_owned(), place.to_owned());
    let complaint = outcome.errors.trim_end().lines().last().unwrap_or_default();
    sight.insert(COMPLAINT.to_owned(), complaint.to_owned());
    sight.insert("output".to_owned(), outcome.output.trim_end().replace('\n', "\\n"));
    sight
}

/// The differences with some of the cases that show them.
fn by_what(unlisted: &[Found]) -> String {
    const SHOWN: usize = 6;
    let mut groups: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
    for found in unlisted {
        let case = format!("{} ({})", found.case, found.version);
        groups.entry((&found.what, &found.theirs, &found.ours)).or_default().push(case);
    }
    let cut = |text: &str| text.chars().take(400).collect::<String>();
    let line = |((what, theirs, ours), cases): (&(&str, &str, &str), &Vec<String>)| {
        let shown = cases[..cases.len().min(SHOWN)].join("; ");
        let (theirs, ours) = (cut(theirs), cut(ours));
        format!("{what}\n    nspawn: {theirs}\n    redd:   {ours}\n    {} cases: {shown}\n", cases.len())
    };
    groups.iter().map(line).collect()
}
