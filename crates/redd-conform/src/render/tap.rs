//! The Test Anything Protocol, version 14.

use std::fmt::{self, Write as _};

use super::{escape, manager_line, outcome, strength_word};
use crate::registry::Check;
use crate::report::{Report, Verdict};

/// One test point for each check, with strength and evidence in its YAML block.
#[must_use]
pub fn stream(report: &Report, checks: &[Check]) -> String {
    let mut text = String::new();
    write(report, checks, &mut text).unwrap_or_default();
    text
}

fn write(report: &Report, checks: &[Check], text: &mut String) -> fmt::Result {
    writeln!(text, "TAP version 14\n# {}\n1..{}", manager_line(&report.manager), checks.len())?;
    for (index, check) in checks.iter().enumerate() {
        let (verdict, evidence) = outcome(report, check);
        let result = if verdict == Verdict::Fail { "not ok" } else { "ok" };
        let directive = match verdict {
            Verdict::Pass | Verdict::Fail => String::new(),
            Verdict::NotApplicable => format!(" # SKIP not applicable: {}", escape::tap(evidence)),
            Verdict::NotJudged => format!(" # SKIP not judged: {}", escape::tap(evidence)),
        };
        writeln!(text, "{result} {} - {} {}{directive}", index + 1, check.id, escape::tap(check.title))?;
        writeln!(text, "  ---\n  clause: {}\n  strength: {}", check.clause, strength_word(check.strength))?;
        // A string of JSON is one of YAML.
        let quoted = serde_json::to_string(&escape::printable(evidence)).unwrap_or_default();
        writeln!(text, "  evidence: {quoted}\n  ...")?;
    }
    Ok(())
}
