//! What `redd check` says of redd where systemd runs the host.

use redd_conform::registry;
use redd_conform::render;
use redd_conform::report::Verdict;
use redd_tests::{Need, boot_host, covers, needs};

/// What can be shown on no other host.
const SHOWN_HERE: [&str; 10] =
    ["EE7.1", "EE7.2", "EE7.3", "AI2.1", "AI4.1", "AI4.2", "AI4.3", "AI5.1", "AI6.1", "AI6.2"];

#[test]
fn redd_keeps_what_the_interface_asks_of_a_manager_on_such_a_host() {
    covers!(EE7, AI2, AI4, AI5, AI6);
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    let check = "redd check --manager redd --mode=linked-journal --image /trees/debian-13 --json";
    let run = host.shell(check);
    let report = render::read_json(&run.stdout, registry::all());
    let report = report.unwrap_or_else(|error| panic!("{error}: {run:?}"));
    for id in SHOWN_HERE {
        let found = report.judgements.iter().find(|judgement| judgement.check == id).unwrap();
        assert_eq!(found.verdict, Verdict::Pass, "{id}: {}", found.evidence);
    }
    let failed = report.judgements.iter().filter(|judgement| judgement.verdict == Verdict::Fail);
    let failed: Vec<_> = failed.map(|found| found.check.as_str()).collect();
    // Not of such hosts: what redd cannot do anywhere, or what its adapter has no words for.
    assert_eq!(failed, ["RH1.2", "UP.3"]);
}
