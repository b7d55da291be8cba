//! The saved form: docs/check-report.md describes it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Figures, escape};
use crate::registry::{Check, Strength};
use crate::report::{Host, Manager, Payload, Report, SCHEMA, Verdict};

/// Why a saved report cannot be used.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It is not JSON, or a field is missing or of another type.
    #[error("it is not a report of `redd check --json`: {0}")]
    Form(#[from] serde_json::Error),
    /// A later redd wrote it.
    #[error(
        "its schema is {found}, this redd reads {SCHEMA}; use the redd that wrote it, or run the check again"
    )]
    Schema {
        /// What it says.
        found: u32,
    },
    /// It judges what this redd does not know.
    #[error("it judges a check {name:?}, which this redd does not know")]
    Unknown {
        /// The check's id.
        name: String,
    },
    /// Two verdicts on one check.
    #[error("it judges {name} twice")]
    Twice {
        /// The check's id.
        name: String,
    },
}

/// A report, and for programs without a registry what they would look up there.
#[derive(Serialize)]
struct Written<'a> {
    schema: u32,
    manager: Manager,
    host: Host,
    payload: Payload,
    figures: Figures,
    judgements: Vec<WrittenJudgement<'a>>,
}

#[derive(Serialize)]
struct WrittenJudgement<'a> {
    check: &'a str,
    clause: &'static str,
    strength: Strength,
    title: &'static str,
    verdict: Verdict,
    evidence: String,
}

/// A report as JSON.
#[must_use]
pub fn write(report: &Report, checks: &[Check]) -> String {
    let judgements = report.judgements.iter().filter_map(|judgement| {
        let check = checks.iter().find(|check| check.id == judgement.check)?;
        Some(WrittenJudgement {
            check: check.id,
            clause: check.clause.id(),
            strength: check.strength,
            title: check.title,
            verdict: judgement.verdict,
            evidence: escape::printable(&judgement.evidence),
        })
    });
    let written = Written {
        schema: report.schema,
        manager: Manager {
            name: escape::printable(&report.manager.name),
            version: printable(report.manager.version.as_ref()),
            mode: escape::printable(&report.manager.mode),
        },
        host: Host {
            kernel: escape::printable(&report.host.kernel),
            cgroups: escape::printable(&report.host.cgroups),
            service_manager: printable(report.host.service_manager.as_ref()),
        },
        payload: Payload {
            os: printable(report.payload.os.as_ref()),
            init: printable(report.payload.init.as_ref()),
        },
        figures: Figures::of(report, checks),
        judgements: judgements.collect(),
    };
    let mut text = serde_json::to_string_pretty(&written).unwrap_or_default();
    text.push('\n');
    text
}

fn printable(text: Option<&String>) -> Option<String> {
    text.map(|text| escape::printable(text))
}

#[derive(Deserialize)]
struct Version {
    schema: u32,
}

/// A saved report.
///
/// # Errors
/// It is of another form or version, or does not fit the checks.
pub fn read(text: &str, checks: &[Check]) -> Result<Report, ReadError> {
    // Before the rest, so that a later form is named as such.
    let Version { schema } = serde_json::from_str(text)?;
    if schema != SCHEMA {
        return Err(ReadError::Schema { found: schema });
    }
    let report: Report = serde_json::from_str(text)?;
    let known: BTreeSet<&str> = checks.iter().map(|check| check.id).collect();
    let mut seen = BTreeSet::new();
    for judgement in &report.judgements {
        let name = escape::printable(&judgement.check);
        if !known.contains(judgement.check.as_str()) {
            return Err(ReadError::Unknown { name });
        }
        if !seen.insert(judgement.check.as_str()) {
            return Err(ReadError::Twice { name });
        }
    }
    Ok(report)
}
