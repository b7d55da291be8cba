//! Which steps and which tests keep each clause of the Container Interface.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use redd_plan::{Clause, sample};

use crate::documents::{Mode, write_or_check};
use crate::{Failure, layering, root};

/// Writes or checks docs/clauses.md; a clause without a step, a test or a stated reason is a failure.
pub(crate) fn generate(mode: Mode) -> Result<(), Failure> {
    let steps = steps();
    let tests = tests()?;
    let mut text = String::from(
        "# The Container Interface, clause by clause\n\nMade by `cargo xtask clauses`. \
         Steps are those of `redd plan`; tests name the clause they cover.\n\n\
         | clause | what it asks for | steps | tests |\n|---|---|---|---|\n",
    );
    let mut breaches = Vec::new();
    for clause in Clause::ALL {
        let step = cell(*clause, "step", steps.get(clause.id()), clause.without_step(), &mut breaches);
        let test = cell(*clause, "test", tests.get(clause.id()), clause.without_test(), &mut breaches);
        writeln!(text, "| {} | {} | {step} | {test} |", clause.id(), clause.title())?;
    }
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
