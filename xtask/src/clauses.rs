//! Which steps and which tests keep each clause of the Container Interface, and which checks judge it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use redd_plan::{Clause, sample};

use crate::documents::{Mode, write_or_check};
use crate::{Failure, layering, root};

/// Where each check of `redd check` is broken once, a line each.
const BROKEN: &str = "crates/redd-conform/src/judge/tests/broken.rs";

/// Writes or checks docs/clauses.md; a clause without a step, a test, a check or a stated reason is a failure, and so
/// is a check that nothing in a test breaks.
pub(crate) fn generate(mode: Mode) -> Result<(), Failure> {
    let steps = steps();
    let tests = tests()?;
    let checks = checks();
    let mut text = String::from(
        "# The Container Interface, clause by clause\n\nMade by `cargo xtask clauses`. \
         Steps are those of `redd plan`; tests name the clause they cover; checks are those of `redd check`.\n\n\
         | clause | what it asks for | steps | tests | checks |\n|---|---|---|---|---|\n",
    );
    let mut breaches = Vec::new();
    for clause in Clause::ALL {
        let step = cell(*clause, "step", steps.get(clause.id()), clause.without_step(), &mut breaches);
        let test = cell(*clause, "test", tests.get(clause.id()), clause.without_test(), &mut breaches);
        let check = cell(*clause, "check", checks.get(clause.id()), clause.without_check(), &mut breaches);
        writeln!(text, "| {} | {} | {step} | {test} | {check} |", clause.id(), clause.title())?;
    }
    breaches.extend(never_broken()?);
    if !breaches.is_empty() {
        return Err(breaches.join("\n       ").into());
    }
    write_or_check(&root().join("docs/clauses.md"), &text, mode)
}

fn cell(
    clause: Clause,
    kind: &str,
    found: Option<&BTreeSet<String>>,
    reason: Option<&str>,
    breaches: &mut Vec<String>,
) -> String {
    match (found, reason) {
        (Some(found), None) => found.iter().cloned().collect::<Vec<_>>().join("<br>"),
        (None, Some(reason)) => format!("*{reason}*"),
        (Some(_), Some(_)) => {
            breaches.push(format!("{clause} has a {kind} and a reason for having none"));
            String::new()
        }
        (None, None) => {
            breaches.push(format!("{clause} ({}) has no {kind}, and no reason for that", clause.title()));
            String::new()
        }
    }
}

/// The kinds of steps that serve each clause.
fn steps() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut all: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for plan in sample::plans() {
        for step in &plan.steps {
            for clause in step.serves {
                let debug = format!("{:?}", step.action);
                let name = debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
                all.entry(clause.id()).or_default().insert(name);
            }
        }
    }
    all
}

/// The checks of each clause.
fn checks() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut all: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for check in redd_conform::registry::all() {
        all.entry(check.clause.id()).or_default().insert(check.id.to_owned());
    }
    all
}

/// Checks that no test breaks, and lines that break no check.
fn never_broken() -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(root().join(BROKEN))?;
    let broken: BTreeSet<&str> = text.lines().filter_map(broken_check).collect();
    let known: BTreeSet<&str> = redd_conform::registry::all().iter().map(|check| check.id).collect();
    let without = known.difference(&broken).map(|id| format!("{id} is broken by no test ({BROKEN})"));
    let unknown = broken.difference(&known).map(|id| format!("{id} is no check ({BROKEN})"));
    Ok(without.chain(unknown).collect())
}

/// `    ("EE1.1", |seen| …`
fn broken_check(line: &str) -> Option<&str> {
    line.trim().strip_prefix("(\"")?.split_once("\", |").map(|(id, _)| id)
}

/// The tests that name each clause in `covers!(…)`.
fn tests() -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in layering::sources()? {
        let text = fs::read_to_string(&file)?;
        let mut function = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("fn ").or_else(|| line.strip_prefix("pub fn ")) {
                function = rest.split(['(', '<']).next().unwrap_or_default().to_owned();
            }
            let Some(list) = line.strip_prefix("covers!(").and_then(|rest| rest.split(')').next()) else {
                continue;
            };
            for clause in list.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
                all.entry(clause.to_owned()).or_default().insert(function.clone());
            }
        }
    }
    Ok(all)
}
