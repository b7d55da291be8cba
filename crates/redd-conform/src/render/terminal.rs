//! Plain text, readable at 80 columns.

use std::fmt::{self, Write as _};

use super::{
    Figures, by_clause, by_family, escape, host_line, manager_line, outcome, payload_line, strength_word,
};
use crate::registry::Check;
use crate::report::{Report, Verdict};

const COLUMNS: usize = 80;
/// Where evidence stands in the table of one report.
const EVIDENCE_INDENT: usize = 10;

/// One report, clause by clause, with the evidence of each verdict; the figures last.
#[must_use]
pub fn table(report: &Report, checks: &[Check]) -> String {
    let mut text = String::new();
    write_table(report, checks, &mut text).unwrap_or_default();
    text
}

fn write_table(report: &Report, checks: &[Check], text: &mut String) -> fmt::Result {
    write_wrapped(text, "", &manager_line(&report.manager))?;
    write_wrapped(text, "on      ", &host_line(&report.host))?;
    write_wrapped(text, "inside  ", &payload_line(&report.payload))?;
    for clause in by_clause(checks) {
        let Some(first) = clause.first() else { continue };
        writeln!(text)?;
        write_wrapped(text, &format!("{:<6}", first.clause.id()), first.clause.title())?;
        for check in &clause {
            let (verdict, evidence) = outcome(report, check);
            let lead =
                format!("  {:<4}  {:<7} {:<9}  ", word(verdict), check.id, strength_word(check.strength));
            write_wrapped(text, &lead, check.title)?;
            if !evidence.is_empty() {
                write_wrapped(text, &" ".repeat(EVIDENCE_INDENT), &escape::printable(evidence))?;
            }
        }
    }
    writeln!(
        text,
        "\n{:<12}{:>13}{:>10}{:>17}{:>13}",
        "", "passed", "failed", "not applicable", "not judged"
    )?;
    for (name, count) in Figures::of(report, checks).named() {
        let passed = format!("{}/{}", count.passed, count.applicable());
        let percent = count.percent().map(|percent| format!("{percent:>4} %")).unwrap_or_default();
        let counts = format!("{:>10}{:>17}{:>13}", count.failed, count.not_applicable, count.not_judged);
        writeln!(text, "{name:<12}{passed:>7}{percent:>6}{counts}")?;
    }
    Ok(())
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::NotApplicable => "n/a",
        Verdict::NotJudged => "-",
    }
}

/// Several reports, one column each; without evidence.
#[must_use]
pub fn side_by_side(reports: &[Report], checks: &[Check]) -> String {
    let mut text = String::new();
    write_side_by_side(reports, checks, &mut text).unwrap_or_default();
    text
}

fn write_side_by_side(reports: &[Report], checks: &[Check], text: &mut String) -> fmt::Result {
    write_legend(reports, checks, text)?;
    let title_width = COLUMNS.saturating_sub(13 + 3 * reports.len()).max(12);
    for (family, relatives) in by_family(checks) {
        let numbers: String = (1..=reports.len()).map(|number| format!("{number:>3}")).collect();
        let heading = cut(super::family_title(family), title_width + 8);
        writeln!(text, "\n{heading:<width$}{numbers}", width = title_width + 13)?;
        for check in &relatives {
            let verdicts: String =
                reports.iter().map(|report| format!("{:>3}", letter(outcome(report, check).0))).collect();
            let initial = strength_word(check.strength).chars().next().unwrap_or(' ');
            let title = cut(check.title, title_width);
            writeln!(text, "{:<8} {initial}  {title:<title_width$} {verdicts}", check.id)?;
        }
    }
    writeln!(text, "\nP pass, F fail, - not applicable, . not judged; m must, s should, e extension")
}

fn write_legend(reports: &[Report], checks: &[Check], text: &mut String) -> fmt::Result {
    writeln!(text, "{:<43}{:>9}{:>9}{:>10}{:>9}", "", "must", "should", "extension", "all")?;
    for (index, report) in reports.iter().enumerate() {
        let name = cut(&manager_line(&report.manager), 38);
        write!(text, "{:>3}  {name:<38}", index + 1)?;
        for (column, (_, count)) in Figures::of(report, checks).named().into_iter().enumerate() {
            let width = if column == 2 { 10 } else { 9 };
            write!(text, "{:>width$}", format!("{}/{}", count.passed, count.applicable()))?;
        }
        writeln!(text)?;
    }
    Ok(())
}

const fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Pass => 'P',
        Verdict::Fail => 'F',
        Verdict::NotApplicable => '-',
        Verdict::NotJudged => '.',
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Words within the columns, the first line behind `lead`, the others below its text.
pub(super) fn write_wrapped(text: &mut String, lead: &str, words: &str) -> fmt::Result {
    let indent = lead.chars().count();
    let mut prefix = lead.to_owned();
    for line in wrap(words, COLUMNS.saturating_sub(indent)) {
        writeln!(text, "{}", format!("{prefix}{line}").trim_end())?;
        prefix = " ".repeat(indent);
    }
    Ok(())
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        } else if used > 0 {
            push(&mut lines, ' ');
            used += 1;
        }
        for character in word.chars() {
            if used == width {
                lines.push(String::new());
                used = 0;
            }
            push(&mut lines, character);
            used += 1;
        }
    }
    lines
}

fn push(lines: &mut [String], character: char) {
    if let Some(line) = lines.last_mut() {
        line.push(character);
    }
}
