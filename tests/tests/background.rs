//! Machines in the background: ended, sent signals, frozen, and always gone in the end.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use redd_control::event::{Event, Phase};
use redd_tests::{Background, Need, finish, finish_within, needs, tiny_tree};

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

/// docs/machines.md has the table.
#[test]
fn each_reason_has_an_exit_status_of_its_own() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &["--read-only"]);
    assert_eq!(redd_tests::run(["stop"]).status, 2, "words that cannot be used");
    assert_eq!(redd_tests::run(["stop", "../x"]).status, 2, "a name that is none");
    let taken = finish(machine.starting(tree.path(), &["--read-only"]));
    assert_eq!(taken.status, 6, "{taken:?}");
    let late = machine.verb(&["wait"], &["--for=stopped", "--timeout=1s"]);
    assert_eq!(late.status, 5, "{late:?}");
    for (words, status) in [
        (&["true"][..], 0),
        (&["sh", "-c", "exit 7"], 7),
        (&["sh", "-c", "kill -KILL $$"], 137),
        (&["/etc/os-release"], 126),
        (&["no-such-command"], 127),
    ] {
        let run = machine.verb(&["exec"], words);
        assert_eq!(run.status, status, "{words:?}: {run:?}");
    }
    let gone = Background::named("nothing-of-that-name").verb(&["exec"], &["true"]);
    assert_eq!(gone.status, 125, "{gone:?}");
    machine.stop();
}

#[test]
fn who_may_not_do_it_is_told_so() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &["--read-only"]);
    // Somebody else may not reach where redd was built.
    let place = redd_tests::small::Place::new();
    let directory = place.directory("somewhere", 0, 0o755);
    let copied = format!("{directory}/redd");
    fs::copy(redd_tests::redd().get_program(), &copied).unwrap();
    fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    for verb in [&["stop"][..], &["pause"], &["kill"], &["set"]] {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", &copied]).args(verb);
        command.arg(&machine.name).args((verb == ["set"]).then_some("pids=100"));
        let run = finish(command);
        assert_eq!(run.status, 4, "{verb:?}: {run:?}");
    }
    machine.stop();
}
