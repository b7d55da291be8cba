//! What the hot paths may cost, in counts that do not depend on how busy a machine is.
//!
//! `tests/budget.txt` has the counts. More than one in twenty above them fails; a change that needs more says why
//! in its commit and writes the new count down.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::process::Command;

use redd_tests::sweep::{Scope, points};
use redd_tests::{Need, needs, redd, unique_name};

fn assert_within_budget(name: &str, count: usize) {
    let budget = include_str!("../budget.txt");
    let line = budget.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let allowed: usize = line.unwrap_or_else(|| panic!("no budget for {name}")).trim().parse().unwrap();
    assert!(count * 20 <= allowed * 21, "{name}: {count}, and {allowed} are in the budget");
}

/// Instructions of a command, of the same binary and environment always the same.
fn instructions(words: &[&str]) -> usize {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(redd().get_program())
        .args(words);
    let output = command.env_clear().env("PATH", "/usr/bin:/bin").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let count =
        text.lines().find_map(|line| line.split_once("Collected :")).unwrap_or_else(|| panic!("{text}")).1;
    count.trim().parse().unwrap()
}

fn system_calls(options: &[&str]) -> usize {
    let mut command = redd();
    command.args(["run", "-M", &unique_name(), "-P", "--read-only"]).args(options);
    command.arg(Need::Debian13.tree()).args(["--", "/bin/true"]);
    points(&command, Scope::Supervisor, |_process| {}).len()
}

#[test]
fn small_commands_stay_within_their_budget_of_instructions() {
    needs!(Need::Valgrind);
    assert_within_budget("instructions-version", instructions(&["--version"]));
}

/// About four instructions are a nanosecond here: 0.3 ms are a million.
#[test]
fn a_hundred_options_stay_within_their_budget_of_instructions() {
    needs!(Need::Valgrind);
    let variables: Vec<String> = (0..50).map(|number| format!("--setenv=NAME{number}=value")).collect();
    let binds: Vec<String> =
        (0..50).map(|number| format!("--bind=/source{number}:/target{number}:norbind")).collect();
    // What is refused last has read everything.
    let words =
        ["run", "--settings=no"].into_iter().chain(variables.iter().chain(&binds).map(String::as_str));
    let words: Vec<&str> = words.chain(["/tree", "--hostname=h", "--nothing"]).collect();
    assert_within_budget("instructions-hundred-options", instructions(&words));
}

#[test]
fn a_plan_stays_within_its_budget_of_instructions() {
    needs!(Need::Valgrind, Need::Debian13);
    let tree = Need::Debian13.tree();
    let words =
        ["plan", "run", "-M", "budget", "--private-users=no", tree.to_str().unwrap(), "--", "/bin/true"];
    assert_within_budget("instructions-plan", instructions(&words));
}

#[test]
fn a_start_stays_within_its_budget_of_system_calls() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    assert_within_budget("system-calls-run", system_calls(&["--private-users=no", "--network-veth=no"]));
    assert_within_budget("system-calls-run-users-veth", system_calls(&[]));
}
