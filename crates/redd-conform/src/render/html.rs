//! One self-contained page: managers side by side, with the evidence behind each cell.
//!
//! No script: cells are `details` elements, whose content CSS shows as a sheet; filters are check boxes that CSS
//! looks at. The page forbids itself everything else, should an escape ever be missed.

use std::fmt::{self, Write as _};

use super::escape::markup;
use super::{
    Count, Figures, by_clause, by_family, family_title, host_line, manager_line, outcome, payload_line,
    strength_word,
};
use crate::registry::Check;
use crate::report::{Report, Verdict};

const STYLE: &str = include_str!("html.css");
const TITLE: &str = "The Container Interface, manager by manager";

/// The page.
#[must_use]
pub fn page(reports: &[Report], checks: &[Check]) -> String {
    let mut text = String::new();
    write(reports, checks, &mut text).unwrap_or_default();
    text
}

fn write(reports: &[Report], checks: &[Check], text: &mut String) -> fmt::Result {
    writeln!(
        text,
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>{TITLE}</title>
<style>
{STYLE}</style>
</head>
<body>
<header>
<h1>{TITLE}</h1>"#
    )?;
    write_grounds(reports, text)?;
    writeln!(text, "</header>\n<main>")?;
    write_figures(reports, checks, text)?;
    write_matrix(reports, checks, text)?;
    write_failures(reports, checks, text)?;
    writeln!(text, "</main>\n</body>\n</html>")
}

/// On what it was judged: once where it is the same for all.
fn write_grounds(reports: &[Report], text: &mut String) -> fmt::Result {
    let mut grounds: Vec<(&str, String)> = Vec::new();
    let hosts = reports.iter().map(|report| ("Host", host_line(&report.host)));
    for ground in hosts.chain(reports.iter().map(|report| ("Payload", payload_line(&report.payload)))) {
        if !grounds.contains(&ground) {
            grounds.push(ground);
        }
    }
    writeln!(text, r#"<dl class="grounds">"#)?;
    for (name, words) in grounds {
        writeln!(text, "<div><dt>{name}</dt><dd>{}</dd></div>", markup(&words))?;
    }
    writeln!(text, "</dl>")
}

fn write_figures(reports: &[Report], checks: &[Check], text: &mut String) -> fmt::Result {
    writeln!(
        text,
        r#"<section aria-labelledby="figures">
<h2 id="figures">Figures</h2>
<p>Passed of those that could pass or fail. Not applicable and not judged checks do not count.</p>
<table class="figures">
<thead><tr><th scope="col">manager</th><th scope="col">must</th><th scope="col">should</th><th scope="col"><abbr title="extension">ext.</abbr></th><th scope="col">all</th></tr></thead>
<tbody>"#
    )?;
    for (index, report) in reports.iter().enumerate() {
        let manager = &report.manager;
        let version = manager.version.as_deref().unwrap_or_default();
        write!(
            text,
            r##"<tr><th scope="row"><a href="#failed-{index}">{}</a> <span class="version">{}</span><span class="mode">{}</span></th>"##,
            markup(&manager.name),
            markup(version),
            markup(&manager.mode)
        )?;
        for (name, count) in Figures::of(report, checks).named() {
            write_share(name, count, text)?;
        }
        writeln!(text, "</tr>")?;
    }
    writeln!(text, "</tbody>\n</table>\n</section>")
}

fn write_share(name: &str, count: Count, text: &mut String) -> fmt::Result {
    let Some(percent) = count.percent() else {
        return write!(text, r#"<td class="{name}">–</td>"#);
    };
    let whole = if count.failed == 0 { " whole" } else { "" };
    write!(
        text,
        r#"<td class="{name}{whole}"><span class="share">{}<i>/</i>{}</span><span class="bar" style="--share:{percent}%"></span><span class="percent">{percent}&#8201;%</span></td>"#,
        count.passed,
        count.applicable()
    )
}

fn write_matrix(reports: &[Report], checks: &[Check], text: &mut String) -> fmt::Result {
    writeln!(
        text,
        r#"<section aria-labelledby="checks">
<h2 id="checks">Check by check</h2>
<p>Open a cell for its evidence, a check for how it is made.</p>
<ul class="legend">
<li><span class="cell pass">✓</span> passes</li>
<li><span class="cell fail must">✗</span> fails a must</li>
<li><span class="cell fail should">✗</span> fails a should</li>
<li><span class="cell fail extension">✗</span> fails an extension</li>
<li><span class="cell not-applicable">–</span> not applicable</li>
<li><span class="cell not-judged">·</span> not judged</li>
</ul>
<div class="filters">
<label><input type="checkbox" id="musts"> musts only</label>
<label><input type="checkbox" id="failing"> where one fails</label>
<label><input type="checkbox" id="differing"> where they differ</label>
</div>
<div class="matrix" tabindex="0" role="region" aria-labelledby="checks">
<table>"#
    )?;
    write_heads(reports, text)?;
    for (name, relatives) in by_family(checks) {
        write_family(reports, name, &relatives, text)?;
    }
    writeln!(text, "</table>\n</div>\n</section>")
}

fn write_heads(reports: &[Report], text: &mut String) -> fmt::Result {
    writeln!(
        text,
        r#"<thead>
<tr><th scope="col" class="corner">check</th>"#
    )?;
    for report in reports {
        let Manager { name, version, mode } = Manager::of(report);
        writeln!(text, r#"<th scope="col" class="head"><div><b>{name}</b> {version}<br>{mode}</div></th>"#)?;
    }
    writeln!(text, "</tr>\n</thead>")
}

/// A manager's strings, escaped.
struct Manager {
    name: String,
    version: String,
    mode: String,
}

impl Manager {
    fn of(report: &Report) -> Self {
        let manager = &report.manager;
        Self {
            name: markup(&manager.name),
            version: markup(manager.version.as_deref().unwrap_or_default()),
            mode: markup(&manager.mode),
        }
    }
}

fn write_family(reports: &[Report], name: &str, checks: &[Check], text: &mut String) -> fmt::Result {
    write!(
        text,
        r#"<tbody class="family" id="{name}"><tr><th scope="rowgroup">{name} <span>{}</span></th>"#,
        family_title(name)
    )?;
    for report in reports {
        let count = Figures::of(report, checks).all;
        write!(text, "<td>{}<i>/</i>{}</td>", count.passed, count.applicable())?;
    }
    writeln!(text, "</tr></tbody>")?;
    for clause in by_clause(checks) {
        write_clause(reports, &clause, text)?;
    }
    Ok(())
}

fn write_clause(reports: &[Report], checks: &[Check], text: &mut String) -> fmt::Result {
    let Some(first) = checks.first() else { return Ok(()) };
    let title = markup(first.clause.title());
    writeln!(
        text,
        r#"<tbody class="clause"><tr class="about"><th scope="rowgroup"><span>{} {title}</span></th><td colspan="{}"></td></tr>"#,
        first.clause.id(),
        reports.len()
    )?;
    checks.iter().try_for_each(|check| write_check(reports, check, text))?;
    writeln!(text, "</tbody>")
}

fn write_check(reports: &[Report], check: &Check, text: &mut String) -> fmt::Result {
    let verdicts: Vec<Verdict> = reports.iter().map(|report| outcome(report, check).0).collect();
    let mut classes = vec!["check", strength_word(check.strength)];
    if verdicts.contains(&Verdict::Fail) {
        classes.push("failing");
    }
    if verdicts.contains(&Verdict::Fail) && verdicts.contains(&Verdict::Pass) {
        classes.push("differing");
    }
    let strength = strength_word(check.strength);
    writeln!(
        text,
        r#"<tr class="{}" id="{}"><th scope="row"><details name="sheet"><summary><b>{}</b> <em class="{strength}">{strength}</em><span>{}</span></summary><div class="sheet"><h3>{} {}</h3><dl><dt>How</dt><dd>{}</dd><dt>Passes when</dt><dd>{}</dd><dt>If it fails</dt><dd>{}</dd></dl></div></details></th>"#,
        classes.join(" "),
        check.id,
        check.id,
        markup(check.title),
        check.id,
        markup(check.title),
        markup(check.method),
        markup(check.passes_when),
        markup(check.advice),
    )?;
    reports.iter().try_for_each(|report| write_cell(report, check, text))?;
    writeln!(text, "</tr>")
}

fn write_cell(report: &Report, check: &Check, text: &mut String) -> fmt::Result {
    let (verdict, evidence) = outcome(report, check);
    let (symbol, class, words) = appearance(verdict);
    let manager = markup(&manager_line(&report.manager));
    let strength = strength_word(check.strength);
    let id = check.id;
    writeln!(
        text,
        r#"<td><details name="sheet"><summary class="cell {class} {strength}" aria-label="{id}, {manager}: {words}">{symbol}</summary><div class="sheet"><h3>{id} {words}</h3><p>{manager}</p><pre>{}</pre></div></details></td>"#,
        markup(evidence)
    )
}

const fn appearance(verdict: Verdict) -> (&'static str, &'static str, &'static str) {
    match verdict {
        Verdict::Pass => ("✓", "pass", "passes"),
        Verdict::Fail => ("✗", "fail", "fails"),
        Verdict::NotApplicable => ("–", "not-applicable", "not applicable"),
        Verdict::NotJudged => ("·", "not-judged", "not judged"),
    }
}

/// The failures once more as lists: to read one manager's, and for paper, which cannot be opened.
fn write_failures(reports: &[Report], checks: &[Check], text: &mut String) -> fmt::Result {
    writeln!(
        text,
        r#"<section class="failures" aria-labelledby="failed">
<h2 id="failed">What failed, manager by manager</h2>"#
    )?;
    for (index, report) in reports.iter().enumerate() {
        let failed = Figures::of(report, checks).all.failed;
        let manager = markup(&manager_line(&report.manager));
        writeln!(text, r#"<details id="failed-{index}"><summary>{manager} <span>{failed}</span></summary>"#)?;
        if failed == 0 {
            writeln!(text, "<p>Nothing.</p>\n</details>")?;
            continue;
        }
        writeln!(text, "<dl>")?;
        for check in checks {
            let (verdict, evidence) = outcome(report, check);
            if verdict == Verdict::Fail {
                let strength = strength_word(check.strength);
                let title = markup(check.title);
                let evidence = markup(evidence);
                writeln!(
                    text,
                    r#"<div><dt><b>{}</b> <em class="{strength}">{strength}</em> {title}</dt><dd><code>{evidence}</code></dd></div>"#,
                    check.id
                )?;
            }
        }
        writeln!(text, "</dl>\n</details>")?;
    }
    writeln!(text, "</section>")
}
