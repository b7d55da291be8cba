//! Every check passes on a container that keeps everything, and fails on one that breaks what it is about.

mod broken;
mod good;

use std::collections::BTreeSet;

use super::{judge, judge_all};
use crate::observation::Observations;
use crate::registry;
use crate::report::Verdict;
use broken::BROKEN;
use good::{good, good_with_users};

#[test]
fn each_check_passes_where_everything_is_kept() {
    for (plain, with_users) in judge_all(&good()).into_iter().zip(judge_all(&good_with_users())) {
        let verdicts = [plain.verdict, with_users.verdict];
        // Devices are made without a user namespace, ids are mapped with one.
        let evidence = format!("{}: {}; {}", plain.check, plain.evidence, with_users.evidence);
        assert!(verdicts.contains(&Verdict::Pass), "{evidence}");
        assert!(
            verdicts.iter().all(|verdict| matches!(verdict, Verdict::Pass | Verdict::NotApplicable)),
            "{evidence}"
        );
        assert!(!plain.evidence.is_empty(), "{}", plain.check);
    }
}

#[test]
fn each_check_fails_where_its_own_thing_is_broken() {
    for (id, break_it) in BROKEN {
        let mut seen = good();
        break_it(&mut seen);
        let judgement = judge(id, &seen).unwrap_or_else(|| panic!("{id} is no check"));
        assert_eq!(judgement.verdict, Verdict::Fail, "{id}: {}", judgement.evidence);
    }
}

#[test]
fn no_check_is_without_a_way_to_fail() {
    let broken: BTreeSet<_> = BROKEN.iter().map(|(id, _)| *id).collect();
    let all: BTreeSet<_> = registry::all().iter().map(|check| check.id).collect();
    assert_eq!(broken, all);
}

#[test]
fn what_was_not_looked_at_is_not_judged() {
    for judgement in judge_all(&Observations::default()) {
        let verdict = judgement.verdict;
        assert!(
            matches!(verdict, Verdict::NotJudged | Verdict::NotApplicable),
            "{}: {verdict:?}",
            judgement.check
        );
        assert!(!judgement.evidence.is_empty(), "{}", judgement.check);
    }
}

/// Where a host or a configuration has no place for something, nobody is marked down for it.
#[test]
fn what_cannot_hold_here_is_not_applicable() {
    type Change = fn(&mut Observations);
    let cases: [(&str, Change); 12] = [
        ("EE2.8", |seen| seen.host.has_selinux = false),
        ("EE3.14", |seen| good::private(seen, "user")),
        ("EE3.17", |seen| seen.host.root_device = None),
        ("EE3.20", |seen| good::private(seen, "user")),
        ("EE6.7", |seen| seen.host.controllers.clear()),
        ("EE7.2", |seen| seen.host.has_systemd = false),
        ("EV4.3", |seen| seen.host.os_release = "ID=debian\n".to_owned()),
        ("AI2.1", |seen| seen.host.has_journal = false),
        ("NET2.1", |seen| seen.before.as_mut().unwrap().network.clear()),
        ("EV3.1", |seen| drop(seen.before.as_mut().unwrap().environment.remove("container_ttys"))),
        ("UP.1", |_without_users| ()),
        ("NO2.14", |seen| {
            let refused = Some("Cannot set property SetCredential, or unknown property.".to_owned());
            seen.units.as_mut().unwrap().get_mut("SetCredential").unwrap().refused = refused;
        }),
    ];
    for (id, change) in cases {
        let mut seen = good();
        change(&mut seen);
        assert_eq!(judge(id, &seen).unwrap().verdict, Verdict::NotApplicable, "{id}");
    }
}

#[test]
fn a_payload_that_floods_its_evidence_gets_a_short_line() {
    let mut seen = good();
    let first = seen.before.as_mut().unwrap();
    first.environment.insert("container".to_owned(), "\u{1b}]0;x\u{7}".repeat(100_000));
    let judgement = judge("EV1.2", &seen).unwrap();
    assert_eq!(judgement.verdict, Verdict::Fail);
    assert!(judgement.evidence.chars().count() <= 401 && !judgement.evidence.contains('\u{1b}'));
}
