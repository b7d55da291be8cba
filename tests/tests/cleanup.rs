//! `systemd-nspawn --cleanup`: what a killed start left of one machine.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use redd_tests::{Leftovers, Need, minimal_tree, needs, redd, unique_name};

/// redd, called as systemd-nspawn.
fn nspawn(words: &[&str]) -> (i32, String) {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("systemd-nspawn");
    std::os::unix::fs::symlink(fs::canonicalize(redd().get_program()).unwrap(), &program).unwrap();
    let output = Command::new(program).args(words).stdin(Stdio::null()).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What a machine would have left whose redd and guard were killed.
fn leave(name: &str) -> tempfile::TempDir {
    let left = tempfile::tempdir().unwrap();
    fs::write(left.path().join("file"), "").unwrap();
    let state = Path::new("/run/redd/machines").join(name);
    fs::create_dir_all(&state).unwrap();
    let journal = serde_json::json!([{ "undo": "remove-directory", "path": left.path() }]);
    fs::write(state.join("journal"), journal.to_string()).unwrap();
    left
}

#[test]
fn what_is_left_of_one_machine_is_removed_and_of_no_other() {
    needs!(Need::Root);
    let (name, other) = (unique_name(), unique_name());
    let (left, others) = (leave(&name), leave(&other));
    assert_eq!(nspawn(&["--cleanup", "-M", &name]), (0, String::new()));
    Leftovers::before(&name).assert_none();
    assert!(!left.path().exists() && others.path().exists());
    // Where there is nothing, nothing is done.
    assert_eq!(nspawn(&["--cleanup", "-M", &name]), (0, String::new()));
    assert_eq!(nspawn(&["--cleanup", "-D", &format!("/no/such/{other}")]), (0, String::new()));
    assert!(!others.path().exists(), "a tree's name is the machine's");
    let (status, errors) = nspawn(&["--cleanup", "-x", "-M", &name]);
    assert!(status == 1 && errors.contains("--ephemeral"), "{errors}");
}

#[test]
fn a_machine_that_runs_is_not_cleaned_up_after() {
    needs!(Need::Root);
    let (name, tree) = (unique_name(), minimal_tree());
    let mut running = redd();
    running.args(["run", "-M", &name, "--network-veth=no"]).arg(tree.path());
    running.args(["/usr/bin/busybox", "cat"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut running = running.spawn().unwrap();
    let state = format!("/run/redd/machines/{name}/state.json");
    while !Path::new(&state).exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let (status, errors) = nspawn(&["--cleanup", "-M", &name]);
    assert!(status == 1 && errors.contains("is running"), "{errors}");
    assert!(Path::new(&state).exists());
    drop(running.stdin.take());
    assert!(running.wait().unwrap().success());
}
