//! Verdicts: each a pure function of what was seen.

mod access;
mod boots;
mod cgroups;
mod environment;
mod execution;
mod integration;
mod prohibited;
mod run_host;
#[cfg(test)]
mod tests;

use crate::observation::Observations;
use crate::registry;
use crate::report::{Judgement, Verdict};

pub use access::{Outcome, escape};

/// How a check comes to its verdict: early for what has none.
type Judge = fn(&Observations) -> Result<Outcome, Outcome>;

/// By subject, as the registry has them.
const GROUPS: [&[(&str, Judge)]; 7] = [
    execution::JUDGES,
    cgroups::JUDGES,
    environment::JUDGES,
    integration::JUDGES,
    run_host::JUDGES,
    prohibited::JUDGES,
    boots::JUDGES,
];

/// The verdict of one check; `None` for an id that no check has.
#[must_use]
pub fn judge(id: &str, observations: &Observations) -> Option<Judgement> {
    let (id, judge) = GROUPS.into_iter().flatten().find(|(known, _)| *known == id)?;
    let Outcome { verdict, evidence } = judge(observations).unwrap_or_else(|early| early);
    Some(Judgement { check: (*id).to_owned(), verdict, evidence: escape(&evidence) })
}

/// The verdicts of all checks, in the order of the registry.
#[must_use]
pub fn judge_all(observations: &Observations) -> Vec<Judgement> {
    let unknown = |id: &str| Judgement {
        check: id.to_owned(),
        verdict: Verdict::NotJudged,
        evidence: "nobody judges this yet".to_owned(),
    };
    registry::all()
        .iter()
        .map(|check| judge(check.id, observations).unwrap_or_else(|| unknown(check.id)))
        .collect()
}
