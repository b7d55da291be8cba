//! `redd check --manager`: another manager, judged as a whole.

use redd_conform::registry;
use redd_conform::render;
use redd_conform::report::Verdict;
use redd_tests::{CgroupView, Need, in_view, needs, redd};

/// What is known of systemd-nspawn without options, from its sources and from other measurements.
const KNOWN: [(&str, Verdict); 6] = [
    ("EE2.3", Verdict::Pass),
    ("RH5.1", Verdict::Pass),
    ("EV5.1", Verdict::Pass),
    ("AI3.3", Verdict::Pass),
    ("NO8.1", Verdict::Fail),
    ("NET1.1", Verdict::NotApplicable),
];

#[test]
fn systemd_nspawn_is_judged_with_evidence_for_every_check() {
    needs!(Need::Root, Need::Nspawn, Need::Debian13);
    let mut command = in_view(CgroupView::PureV2, redd());
    command.args(["check", "--manager", "systemd-nspawn", "--mode=default", "--json", "--image"]);
    let output = command.arg(Need::Debian13.tree()).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    let report = render::read_json(&String::from_utf8_lossy(&output.stdout), registry::all());
    let report = report.unwrap_or_else(|error| panic!("{error}: {complaint}"));
    assert_eq!(output.status.code(), Some(1), "some musts fail: {complaint}");
    assert_eq!(report.judgements.len(), registry::all().len());
    for judgement in &report.judgements {
        assert!(!judgement.evidence.is_empty(), "{} has no evidence", judgement.check);
    }
    for (id, verdict) in KNOWN {
        let found = report.judgements.iter().find(|judgement| judgement.check == id).unwrap();
        assert_eq!(found.verdict, verdict, "{id}: {}", found.evidence);
    }
}
