//! What comes out for people and programs, and that nothing hostile gets through.

use redd_plan::Clause;
use rstest::rstest;

use super::*;
use crate::registry::Place;
use crate::report::{Judgement, SCHEMA};

const fn check(id: &'static str, clause: Clause, strength: Strength, title: &'static str) -> Check {
    Check {
        id,
        clause,
        strength,
        place: Place::Behaviour,
        title,
        method: "mknod c 1 1 outside /dev",
        passes_when: "creation is refused",
        advice: "attach a device program to the container's cgroup",
    }
}

const CHECKS: [Check; 5] = [
    check("EE3.1", Clause::EE3, Strength::Must, "/dev is a tmpfs of its own"),
    check("EE3.15", Clause::EE3, Strength::Should, "a node of the memory device cannot be made & <kept>"),
    check("EV4.1", Clause::EV4, Strength::Extension, "$container_host_id is the host's"),
    check(
        "RH8.2",
        Clause::RH8,
        Strength::Extension,
        "sockets in unix-export are seen outside, read-only, and a program there can connect to them",
    ),
    check("NO8.1", Clause::NO8, Strength::Must, "CAP_AUDIT_CONTROL is absent"),
];

fn report(mode: &str, verdicts: [(Verdict, &str); 4]) -> Report {
    let judgements = CHECKS.iter().zip(verdicts).map(|(check, (verdict, evidence))| Judgement {
        check: check.id.to_owned(),
        verdict,
        evidence: evidence.to_owned(),
    });
    Report {
        schema: SCHEMA,
        manager: Manager {
            name: "systemd-nspawn".to_owned(),
            version: Some("252".to_owned()),
            mode: mode.to_owned(),
        },
        host: Host { kernel: "6.18.0".to_owned(), cgroups: "v2".to_owned(), service_manager: None },
        payload: Payload {
            os: Some("Debian GNU/Linux 13 (trixie)".to_owned()),
            init: Some("systemd 257".to_owned()),
        },
        judgements: judgements.collect(),
    }
}

fn ordinary() -> Report {
    report(
        "default",
        [
            (
                Verdict::Pass,
                "32 25 0:28 / /dev rw,nosuid,noexec - tmpfs tmpfs rw,size=4096k,nr_inodes=1048576,mode=755",
            ),
            (Verdict::Fail, "mknod c 1 1: done"),
            (Verdict::Pass, "container_host_id=debian"),
            (Verdict::NotApplicable, "the manager has no such directory before version 256"),
        ],
    )
}

fn other() -> Report {
    report(
        "user namespace and veth",
        [
            (Verdict::Fail, "no mount at /dev"),
            (Verdict::Pass, "mknod c 1 1: EPERM"),
            (Verdict::NotJudged, "needs --active"),
            (Verdict::Pass, "connected"),
        ],
    )
}

const PAYLOAD: &str = "</pre></td><script>alert(1)</script><img src=x onerror=alert(1)>\" onclick='x' \x1b]0;t\x07\x1b[2J\n1..0 # SKIP\n]]>|<!--\u{202e}\u{9b}5m&amp;";

/// Everything that comes from outside says something that tries to get out.
fn hostile() -> Report {
    let mut report = report(
        PAYLOAD,
        [
            (Verdict::Pass, PAYLOAD),
            (Verdict::Fail, PAYLOAD),
            (Verdict::NotApplicable, PAYLOAD),
            (Verdict::NotJudged, PAYLOAD),
        ],
    );
    report.manager.name = PAYLOAD.to_owned();
    report.manager.version = Some(PAYLOAD.to_owned());
    report.host =
        Host { kernel: PAYLOAD.into(), cgroups: PAYLOAD.into(), service_manager: Some(PAYLOAD.into()) };
    report.payload = Payload { os: Some(PAYLOAD.to_owned()), init: Some(PAYLOAD.to_owned()) };
    report
}

#[test]
fn the_table_shows_each_verdict_with_its_evidence_within_80_columns() {
    let text = table(&ordinary(), &CHECKS);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_comparison_fits_80_columns_with_two_reports_and_with_fourteen() {
    let reports = [ordinary(), other()];
    insta::assert_snapshot!(side_by_side(&reports, &CHECKS));
    let many = vec![ordinary(); 14];
    let text = side_by_side(&many, &CHECKS);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn tap_has_a_test_point_for_each_check() {
    insta::assert_snapshot!(tap(&ordinary(), &CHECKS));
}

#[test]
fn junit_has_a_case_for_each_check() {
    insta::assert_snapshot!(junit(&ordinary(), &CHECKS));
}

#[test]
fn markdown_has_figures_matrix_and_failures() {
    insta::assert_snapshot!(markdown(&[ordinary(), other()], &CHECKS));
}

#[test]
fn the_page_has_a_cell_with_evidence_for_each_manager_and_check() {
    let page = html(&[ordinary(), other()], &CHECKS);
    assert_eq!(page.matches("<summary class=\"cell ").count(), 2 * CHECKS.len());
    for evidence in ["mknod c 1 1: done", "no mount at /dev", "needs --active", "not part of this run"] {
        assert!(page.contains(evidence), "{evidence}");
    }
    let (_, body) = page.split_once("</style>").unwrap();
    insta::assert_snapshot!(body);
}

#[test]
fn an_explanation_names_method_pass_rule_and_advice() {
    insta::assert_snapshot!(explain("ee3.15", &CHECKS).unwrap());
    assert_eq!(explain("EE3", &CHECKS).unwrap().matches("passes when").count(), 2);
}

#[rstest]
#[case("EE3.99", "no check and no clause is called \"EE3.99\"; those of EE3 are EE3.1 to EE3.15")]
#[case("NO8.7", "no check and no clause is called \"NO8.7\"; there is NO8.1")]
#[case("what", "no check and no clause is called \"what\"; an id looks like EE3.15, a clause like EE3")]
fn an_explanation_of_nothing_names_what_there_is(#[case] asked: &str, #[case] error: &str) {
    assert_eq!(explain(asked, &CHECKS).unwrap_err().to_string(), error);
}

#[test]
fn figures_count_what_is_applicable() {
    let figures = Figures::of(&ordinary(), &CHECKS);
    assert_eq!(figures.must, Count { passed: 1, not_judged: 1, ..Count::default() });
    assert_eq!(figures.all, Count { passed: 2, failed: 1, not_applicable: 1, not_judged: 1 });
    assert_eq!(figures.all.percent(), Some(66));
    assert_eq!(Count::default().percent(), None);
}

#[test]
fn nothing_hostile_reaches_a_terminal_or_a_program() {
    let report = hostile();
    let reports = [report.clone(), ordinary()];
    for text in [
        table(&report, &CHECKS),
        side_by_side(&reports, &CHECKS),
        tap(&report, &CHECKS),
        junit(&report, &CHECKS),
        json(&report, &CHECKS),
        markdown(&reports, &CHECKS),
        html(&reports, &CHECKS),
    ] {
        let bad =
            |character: &char| (character.is_control() && *character != '\n') || *character == '\u{202e}';
        assert_eq!(text.chars().find(bad), None, "{text}");
    }
    // A line that a payload began would be a test point, or a plan, of its own.
    let stream = tap(&report, &CHECKS);
    assert_eq!(stream.lines().filter(|line| line.starts_with("1..")).count(), 1);
    assert_eq!(stream.lines().filter(|line| line.contains("ok ")).count(), CHECKS.len());
}

#[test]
fn nothing_hostile_becomes_markup() {
    let reports = [hostile(), ordinary()];
    // The same elements as of a harmless report: nothing was opened, closed or given an attribute.
    let mut harmless = [
        report(
            "mode",
            [
                (Verdict::Pass, ""),
                (Verdict::Fail, ""),
                (Verdict::NotApplicable, ""),
                (Verdict::NotJudged, ""),
            ],
        ),
        ordinary(),
    ];
    harmless[0].host.kernel = "another".to_owned();
    harmless[0].payload.os = None;
    assert!(tags(&html(&reports, &CHECKS)) == tags(&html(&harmless, &CHECKS)));
    assert_eq!(tags(&junit(&reports[0], &CHECKS)), tags(&junit(&harmless[0], &CHECKS)));
    assert!(!html(&reports, &CHECKS).contains("<script"));
    assert!(!markdown(&reports, &CHECKS).contains('<'));
}

/// Every tag with the names of its attributes.
fn tags(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in text.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("a tag is closed before the next one opens");
        // What stands between quotes is a value.
        let names: Vec<&str> = tag.split('"').step_by(2).collect();
        found.push(names.join("\"\""));
    }
    found
}

#[test]
fn a_saved_report_is_read_back() {
    for report in [ordinary(), other()] {
        assert_eq!(read_json(&json(&report, &CHECKS), &CHECKS).unwrap(), report);
    }
}

#[rstest]
#[case("", "it is not a report of `redd check --json`: EOF while parsing a value at line 1 column 0")]
#[case("{}", "it is not a report of `redd check --json`: missing field `schema` at line 1 column 2")]
#[case(
    r#"{"schema": 9, "more": 1}"#,
    "its schema is 9, this redd reads 1; use the redd that wrote it, or run the check again"
)]
#[case(
    r#"{"schema": 1}"#,
    "it is not a report of `redd check --json`: missing field `manager` at line 1 column 13"
)]
fn what_is_no_report_is_refused_by_name(#[case] text: &str, #[case] error: &str) {
    assert_eq!(read_json(text, &CHECKS).unwrap_err().to_string(), error);
}

#[test]
fn a_report_that_does_not_fit_the_checks_is_refused() {
    let text = json(&ordinary(), &CHECKS);
    let unknown = text.replace("\"EV4.1\"", "\"EV4.77\\u001b\"");
    let error = read_json(&unknown, &CHECKS).unwrap_err().to_string();
    assert_eq!(error, "it judges a check \"EV4.77\\\\u{1b}\", which this redd does not know");
    let twice = text.replace("\"EV4.1\"", "\"EE3.1\"");
    assert_eq!(read_json(&twice, &CHECKS).unwrap_err().to_string(), "it judges EE3.1 twice");
}

/// docs/check-report.md lists every field with its type, and no other.
#[test]
fn the_document_describes_the_saved_form() {
    let document = include_str!("../../../../docs/check-report.md");
    let rows = document.lines().filter_map(|line| {
        let mut cells =
            line.strip_prefix("| `")?.split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
        Some((cells.next()?, cells.next()?))
    });
    let described: std::collections::BTreeSet<(String, String)> = rows.collect();
    let mut written = std::collections::BTreeSet::new();
    let mut report = ordinary();
    report.host.service_manager = Some("systemd 252".to_owned());
    collect_fields("", &serde_json::from_str(&json(&report, &CHECKS)).unwrap(), &mut written);
    assert_eq!(described, written);
}

fn collect_fields(
    path: &str,
    value: &serde_json::Value,
    fields: &mut std::collections::BTreeSet<(String, String)>,
) {
    use serde_json::Value;
    let kind = match value {
        Value::Object(entries) => {
            for (name, value) in entries {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect_fields(&path, value, fields);
            }
            return;
        }
        Value::Array(elements) => {
            elements.iter().for_each(|element| collect_fields(&format!("{path}[]"), element, fields));
            return;
        }
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Null | Value::Bool(_) => panic!("{path} is of no described type"),
    };
    // What may be absent is null then.
    let optional = ["manager.version", "host.service_manager", "payload.os", "payload.init"].contains(&path);
    fields.insert((path.to_owned(), if optional { format!("{kind} or null") } else { kind.to_owned() }));
}
