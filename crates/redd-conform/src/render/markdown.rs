//! The page of a comparison in Markdown, which is docs/conformance.md.

use std::fmt::{self, Write as _};

use super::{
    Figures, by_family, escape, family_title, host_line, manager_line, outcome, payload_line, strength_word,
};
use crate::registry::Check;
use crate::report::{Report, Verdict};

/// Figures of each report, then every check in a column for each, then what failed with its evidence.
#[must_use]
pub fn page(reports: &[Report], checks: &[Check]) -> String {
    let mut text = String::new();
    write(reports, checks, &mut text).unwrap_or_default();
    text
}

fn write(reports: &[Report], checks: &[Check], text: &mut String) -> fmt::Result {
    write_figures(reports, checks, text)?;
    for (family, relatives) in by_family(checks) {
        writeln!(text, "\n## {family}: {}\n", family_title(family))?;
        write_matrix(reports, &relatives, text)?;
    }
    writeln!(text, "\n## What failed\n")?;
    reports.iter().try_for_each(|report| write_failures(report, checks, text))
}

fn write_figures(reports: &[Report], checks: &[Check], text: &mut String) -> fmt::Result {
    writeln!(text, "| # | manager | must | should | extension | all |\n|--:|---|--:|--:|--:|--:|")?;
    for (index, report) in reports.iter().enumerate() {
        write!(text, "| {} | {} ", index + 1, escape::markdown(&manager_line(&report.manager)))?;
        for (_, count) in Figures::of(report, checks).named() {
            write!(text, "| {}/{} ", count.passed, count.applicable())?;
            if let Some(percent) = count.percent() {
                write!(text, "({percent} %) ")?;
            }
        }
        writeln!(text, "|")?;
    }
    let mut grounds: Vec<String> = Vec::new();
    for report in reports {
        let ground = format!("{}; inside {}", host_line(&report.host), payload_line(&report.payload));
        if !grounds.contains(&ground) {
            grounds.push(ground);
        }
    }
    grounds.iter().try_for_each(|ground| writeln!(text, "\nJudged on {}.", escape::markdown(ground)))
}

fn write_matrix(reports: &[Report], checks: &[Check], text: &mut String) -> fmt::Result {
    let numbers: String = (1..=reports.len()).map(|number| format!(" {number} |")).collect();
    writeln!(
        text,
        "| check | | what is asked for |{numbers}\n|---|---|---|{}",
        ":-:|".repeat(reports.len())
    )?;
    for check in checks {
        let symbols: String =
            reports.iter().map(|report| format!(" {} |", symbol(outcome(report, check).0))).collect();
        let title = escape::markdown(check.title);
        writeln!(text, "| {} | {} | {title} |{symbols}", check.id, strength_word(check.strength))?;
    }
    Ok(())
}

const fn symbol(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "**✗**",
        Verdict::NotApplicable => "–",
        Verdict::NotJudged => "·",
    }
}

fn write_failures(report: &Report, checks: &[Check], text: &mut String) -> fmt::Result {
    writeln!(text, "### {}\n", escape::markdown(&manager_line(&report.manager)))?;
    let failures: Vec<_> = checks
        .iter()
        .map(|check| (check, outcome(report, check)))
        .filter(|(_, (verdict, _))| *verdict == Verdict::Fail)
        .collect();
    if failures.is_empty() {
        return writeln!(text, "Nothing.\n");
    }
    writeln!(text, "| check | | evidence |\n|---|---|---|")?;
    for (check, (_, evidence)) in failures {
        let evidence = escape::markdown(evidence);
        writeln!(text, "| {} | {} | {evidence} |", check.id, strength_word(check.strength))?;
    }
    writeln!(text)
}
