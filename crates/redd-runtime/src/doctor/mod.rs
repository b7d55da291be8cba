//! What this host offers, and what each thing means for redd. Looking changes nothing.

mod inside;
mod kernel;
mod services;

use std::fmt::Write as _;

use serde::Serialize;

use crate::Error;

/// How good a thing is for redd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As redd wants it.
    Good,
    /// redd works, with less.
    Limited,
    /// Something does not work.
    Missing,
    /// Neither good nor bad.
    Neutral,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub name: String,
    /// How it is.
    pub value: String,
    /// Whether that is good.
    pub verdict: Verdict,
    /// What it means for redd.
    pub effect: String,
}

impl Finding {
    fn new(name: &str, verdict: Verdict, value: impl Into<String>, effect: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: value.into(), verdict, effect: effect.into() }
    }
}

/// Looks at everything.
///
/// # Errors
/// A fact of the host is there, and cannot be read.
pub fn examine() -> Result<Vec<Finding>, Error> {
    let host = crate::facts::host_facts(None)?;
    let mut findings = vec![kernel::version(&host), kernel::privileges(&host)];
    findings.extend(kernel::cgroups(&host));
    findings.extend([kernel::user_namespaces(), kernel::id_ranges(&host)]);
    findings.extend(kernel::idmapped_mounts());
    findings.extend([kernel::device_filter(&host), kernel::seccomp(), kernel::inotify()]);
    findings.extend(inside::all(&host));
    findings.extend(services::all());
    Ok(findings)
}

/// The findings for people.
#[must_use]
pub fn to_text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for finding in findings {
        let mark = match finding.verdict {
            Verdict::Good => "ok",
            Verdict::Limited => "!!",
            Verdict::Missing => "--",
            Verdict::Neutral => "  ",
        };
        // Writing to a String cannot fail.
        writeln!(text, "{mark} {:<width$}  {}", finding.name, finding.value).unwrap_or_default();
        writeln!(text, "   {:<width$}  {}", "", finding.effect).unwrap_or_default();
    }
    text
}
