//! Machines in the background: ended, sent signals, frozen, and always gone in the end.

use std::time::Duration;

use redd_control::event::{Event, Phase};
use redd_tests::{Background, Need, finish_within, needs, tiny_tree};

/// Far more than a verb takes; that it ends at all is what counts.
const BOUND: Duration = Duration::from_secs(30);

#[test]
fn a_stop_is_orderly_and_tells_when_it_is_over() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &["--read-only"]);
    assert_eq!(machine.description().phase, Phase::Running);
    machine.stop();
}

#[test]
fn a_machine_that_hears_nothing_is_ended_when_its_time_is_over() {
    needs!(Need::Root);
    let tree = tiny_tree();
    for ending in [&["stop", "--timeout=1"][..], &["stop", "--now"], &["terminate"]] {
        let machine = Background::start_with(tree.path(), &["--read-only"], &["deaf"]);
        machine.does(ending, &[]);
        machine.assert_gone();
    }
}

#[test]
fn a_frozen_machine_is_ended_by_each_verb_that_ends() {
    needs!(Need::Root);
    let tree = tiny_tree();
    for ending in [&["stop"][..], &["stop", "--now"], &["terminate"], &["kill", "--signal=KILL"]] {
        let machine = Background::start(tree.path(), &["--read-only"]);
        machine.does(&["pause"], &[]);
        assert!(machine.description().paused);
        let run = finish_within(machine.command(ending, &[]), BOUND);
        assert_eq!(run.status, 0, "{ending:?}: {run:?}");
        machine.assert_gone();
    }
}

#[test]
fn a_signal_reaches_the_init_alone_or_everybody() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &["--read-only"]);
    machine.wait_for(
        || drop(machine.does(&["kill", "--signal=HUP"], &[])),
        |event| *event == Event::Status { text: "looks around".to_owned() },
    );
    machine.does(&["kill", "--whom=all", "--signal=USR1"], &[]);
    machine.assert_gone();
}

#[test]
fn a_machine_that_does_not_run_is_told_by_the_exit_status() {
    needs!(Need::Root);
    for verb in ["stop", "kill", "terminate", "pause", "resume"] {
        let run = Background::named("nothing-of-that-name").verb(&[verb], &[]);
        assert_eq!((run.status, run.output.as_str()), (3, ""), "{verb}: {run:?}");
        assert!(run.errors.contains("nothing-of-that-name does not run"), "{verb}: {run:?}");
    }
}
