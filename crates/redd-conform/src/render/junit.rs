//! JUnit's XML, which continuous integration shows.

use std::fmt::{self, Write as _};

use super::{Count, Figures, by_clause, escape, manager_line, outcome, strength_word};
use crate::registry::Check;
use crate::report::{Report, Verdict};

/// One suite for each clause, one case for each check.
#[must_use]
pub fn document(report: &Report, checks: &[Check]) -> String {
    let mut text = String::new();
    write(report, checks, &mut text).unwrap_or_default();
    text
}

fn write(report: &Report, checks: &[Check], text: &mut String) -> fmt::Result {
    let manager = escape::markup(&manager_line(&report.manager));
    writeln!(text, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(text, r#"<testsuites name="{manager}" {}>"#, counts(Figures::of(report, checks).all))?;
    for clause in by_clause(checks) {
        let Some(first) = clause.first() else { continue };
        let name = escape::markup(&format!("{} {}", first.clause.id(), first.clause.title()));
        writeln!(text, r#"  <testsuite name="{name}" {}>"#, counts(Figures::of(report, &clause).all))?;
        for check in &clause {
            write_case(report, check, text)?;
        }
        writeln!(text, "  </testsuite>")?;
    }
    writeln!(text, "</testsuites>")
}

fn counts(count: Count) -> String {
    let skipped = count.not_applicable + count.not_judged;
    let tests = count.applicable() + skipped;
    format!(r#"tests="{tests}" failures="{}" errors="0" skipped="{skipped}""#, count.failed)
}

fn write_case(report: &Report, check: &Check, text: &mut String) -> fmt::Result {
    let (verdict, evidence) = outcome(report, check);
    let evidence = escape::markup(evidence);
    let strength = strength_word(check.strength);
    let name = escape::markup(&format!("{} {}", check.id, check.title));
    writeln!(text, r#"    <testcase classname="{}.{strength}" name="{name}">"#, check.clause)?;
    match verdict {
        Verdict::Pass => writeln!(text, "      <system-out>{evidence}</system-out>")?,
        Verdict::Fail => {
            let advice = escape::markup(check.advice);
            writeln!(text, r#"      <failure type="{strength}" message="{evidence}">{advice}</failure>"#)?;
        }
        Verdict::NotApplicable => writeln!(text, r#"      <skipped message="not applicable: {evidence}"/>"#)?,
        Verdict::NotJudged => writeln!(text, r#"      <skipped message="not judged: {evidence}"/>"#)?,
    }
    writeln!(text, "    </testcase>")
}
