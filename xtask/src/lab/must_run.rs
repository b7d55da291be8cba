//! The tests that have to run in a virtual machine, and not only where they can: a list of them is in the checkout.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::machines::{self, Machine};
use crate::{Failure, root, shell};

/// How long all tests of a list may take.
const LIMIT: Duration = Duration::from_secs(15 * 60);
/// Runs the tests of each program, all programs whatever happens; two at once have a processor each.
const SCRIPT: &str = "failed=0; while read -r program tests; do echo \"== $program\"; \
     \"/lab/$program\" --exact --test-threads=\"$LAB_THREADS\" $tests || failed=1; done < /lab/list; exit $failed";

/// Tests by the program they are in.
type Tests = BTreeMap<String, Vec<String>>;

/// Runs those of a list that a filter selects.
pub(super) fn run(machine: &Machine, list: &str, filter: Option<&str>) -> Result<(), Failure> {
    let path = root().join("lab").join(list);
    let tests = parse(&fs::read_to_string(&path)?, filter)?;
    if tests.is_empty() {
        return Err(format!("no test of {} is meant", path.display()).into());
    }
    let programs = build(tests.keys())?;
    let threads = if matches!(machine, Machine::Vm(_)) { "2" } else { "1" };
    let mut job = machine.job(&["bash", "-c", SCRIPT], LIMIT)?;
    job =
        job.variable("LAB_THREADS", threads).variable("REDD_REQUIRE", "all").variable("RUST_BACKTRACE", "0");
    let mut lines = String::new();
    for (name, tests) in &tests {
        let program = programs.get(name).ok_or_else(|| format!("{list}: there are no tests {name}"))?;
        assert_there(program, name, tests)?;
        job = machines::add_stripped(job, program, name)?;
        lines.push_str(&format!("{name} {}\n", tests.join(" ")));
    }
    fs::write(job.place("list"), lines)?;
    let outcome = machine.run(&job)?;
    if outcome.status == 0 { Ok(()) } else { Err(format!("tests of {list} failed").into()) }
}

/// Each line names a program and a test of it.
fn parse(text: &str, filter: Option<&str>) -> Result<Tests, Failure> {
    let mut tests = Tests::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (program, test) =
            line.split_once(' ').ok_or_else(|| format!("not a program and a test: {line}"))?;
        if filter.is_none_or(|filter| line.contains(filter)) {
            tests.entry(program.to_owned()).or_default().push(test.trim().to_owned());
        }
    }
    Ok(tests)
}

/// A test that was given another name would be passed over.
fn assert_there(program: &PathBuf, name: &str, tests: &[String]) -> Result<(), Failure> {
    let listed = shell::output(Command::new(program).args(["--list", "--format=terse"]))?;
    for test in tests {
        if !listed.lines().any(|line| line.strip_suffix(": test") == Some(test)) {
            return Err(format!("{name} has no test {test}").into());
        }
    }
    Ok(())
}

/// Builds programs of tests; where they are.
fn build<'a>(names: impl Iterator<Item = &'a String>) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()).args([
        "test",
        "--no-run",
        "--quiet",
        "--message-format=json",
        "--package",
        "redd-tests",
    ]);
    for name in names {
        cargo.args(["--test", name]);
    }
    let messages = shell::output(&mut cargo)?;
    let programs = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let executable = PathBuf::from(message["executable"].as_str()?);
        Some((message["target"]["name"].as_str()?.to_owned(), executable))
    });
    Ok(programs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_programs_and_tests_and_a_filter_selects_lines() {
        let list = "# why\n\nlimits one\nlimits two\nbounds  deep::three\n";
        let all = parse(list, None).unwrap();
        assert_eq!(all["limits"], ["one", "two"]);
        assert_eq!(all["bounds"], ["deep::three"]);
        assert_eq!(parse(list, Some("limits t")).unwrap()["limits"], ["two"]);
        assert!(parse("limits\n", None).is_err());
    }
}
