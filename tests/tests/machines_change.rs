//! Limits, mounts, devices and links of machines that run.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::{Machine, Need, Run, finish, needs, redd, run, unique_name};

/// How long the kernel may take to count something.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What is kept of a machine goes with its test.
struct Kept(String);

impl Drop for Kept {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(format!("/etc/systemd/nspawn/{}.nspawn.d", self.0)));
    }
}

fn boot(options: &[&str]) -> (Machine, Kept) {
    let machine = Machine::boot(&Need::Debian13.tree(), options);
    let kept = Kept(machine.name.clone());
    (machine, kept)
}

fn set(name: &str, words: &[&str]) -> Run {
    run([&["set", name], words].concat())
}

fn assert_set(name: &str, words: &[&str]) {
    assert_eq!(set(name, words), Run { status: 0, output: String::new(), errors: String::new() });
}

/// What holds now, and what is kept.
fn holds(name: &str, option: &str) -> (Vec<String>, Vec<String>) {
    let shown = run(["set", "--json", name]);
    assert_eq!((shown.status, shown.errors.as_str()), (0, ""));
    let all: serde_json::Value = serde_json::from_str(&shown.output).unwrap();
    let all = all.as_array().unwrap();
    let found = all.iter().find(|holding| holding["option"] == option).unwrap();
    let list = |name: &str| serde_json::from_value(found[name].clone()).unwrap();
    (list("now"), list("kept"))
}

fn now(name: &str, option: &str) -> String {
    holds(name, option).0.join(", ")
}

/// Runs a script as a unit of the payload's systemd, and so in the machine's cgroup; how it went.
fn as_unit(machine: &Machine, script: &str) -> (bool, String) {
    let words = ["systemd-run", "--wait", "--pipe", "--quiet", "sh", "-c", script];
    let output = machine.inside(&words);
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// A file of the cgroup with the machine's limits, in either version.
fn cgroup_file(machine: &Machine, controller: &str, file: &str) -> PathBuf {
    let memberships = fs::read_to_string(format!("/proc/{}/cgroup", machine.leader())).unwrap();
    let line = memberships.lines().find(|line| line.split(':').nth(1) == Some(controller));
    let (place, line) = match line {
        Some(line) => (PathBuf::from("/sys/fs/cgroup").join(controller), line),
        None => ("/sys/fs/cgroup".into(), memberships.lines().find(|line| line.starts_with("0::")).unwrap()),
    };
    let own = line.rsplit(':').next().unwrap().trim_start_matches('/');
    let above = format!("redd-{}", machine.name);
    let path = own.split_once(&above).map_or(above.clone(), |(before, _)| format!("{before}{above}"));
    place.join(path).join(file)
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn limits_that_are_set_are_those_that_programs_inside_meet() {
    needs!(Need::Root, Need::Debian13);
    meets_limits(&[]);
}

#[test]
fn limits_hold_without_a_user_namespace_too() {
    needs!(Need::Root, Need::Debian13);
    meets_limits(&["--private-users=no"]);
}

fn meets_limits(options: &[&str]) {
    let (machine, _kept) = boot(options);
    assert!(as_unit(&machine, "head -c 300M /dev/zero | tail -c 290M | wc -c").0);
    assert_set(&machine.name, &["memory=200M", "swap=0", "pids=150", "cpus=0.2"]);
    assert_eq!(now(&machine.name, "memory"), (200 << 20).to_string());

    let (succeeded, told) = as_unit(&machine, "exec tail /dev/zero");
    assert!(!succeeded, "memory is not limited: {told}");

    let (succeeded, told) = as_unit(&machine, "for i in $(seq 300); do sleep 60 & done; wait");
    assert!(!succeeded && told.to_lowercase().contains("fork"), "processes are not limited: {told}");
    let most = fs::read_to_string(cgroup_file(&machine, "pids", "pids.events")).unwrap();
    assert!(most.lines().any(|line| line.starts_with("max ") && line != "max 0"), "{most}");

    let busy = machine.inside(&["systemd-run", "--quiet", "--unit=busy", "sh", "-c", "while :; do :; done"]);
    assert!(busy.status.success());
    wait_until("processor time is not limited", || {
        let told = fs::read_to_string(cgroup_file(&machine, "cpu", "cpu.stat")).unwrap();
        told.lines().any(|line| line.starts_with("nr_throttled ") && line != "nr_throttled 0")
    });
}

#[test]
fn limits_hold_after_a_reboot_and_for_the_next_start() {
    needs!(Need::Root, Need::Debian13);
    let (machine, _kept) = boot(&[]);
    let name = machine.name.clone();
    assert_set(&name, &["memory=512M", "cpus=1.5", "cpu-weight=50"]);
    assert_set(&name, &["--runtime", "pids=900"]);
    let before = machine.leader();
    assert!(machine.inside(&["systemctl", "reboot"]).status.success());
    machine.wait_for_message("READY=1");
    assert_ne!(machine.leader(), before);
    let expected = [("memory", "536870912"), ("cpus", "1.5"), ("cpu-weight", "50"), ("pids-max", "900")];
    for (option, value) in expected {
        assert_eq!(now(&name, option), value, "{option}");
    }
    assert_eq!(holds(&name, "pids-max").1, [""; 0], "--runtime is not kept");
    assert_eq!(holds(&name, "memory").1, ["512M"]);
    let plan = run(["plan", "boot", "-x", "-M", &name, Need::Debian13.tree().to_str().unwrap()]);
    assert!(plan.output.contains("536870912") && !plan.output.contains(" 900"), "{}", plan.output);

    assert_set(&name, &["memory=", "cpus=", "cpu-weight="]);
    assert_eq!(now(&name, "cpus"), "infinity");
    assert!(!PathBuf::from(format!("/etc/systemd/nspawn/{name}.nspawn.d")).exists());
}

#[test]
fn a_machine_that_does_not_run_is_set_for_its_next_start() {
    needs!(Need::Root);
    let name = unique_name();
    assert_eq!(set(&name, &["memory=1G"]).status, 3, "there is no such machine");
    let tree = PathBuf::from("/var/lib/machines").join(&name);
    fs::create_dir_all(&tree).unwrap();
    let kept = Kept(name.clone());
    assert_set(&name, &["memory=1G", "cpus=2"]);
    assert_set(&name, &["memory=2G", "cpus="]);
    assert_eq!(set(&name, &["--runtime", "memory=3G"]).status, 3);
    let shown = holds(&name, "memory");
    fs::remove_dir(&tree).unwrap();
    assert_eq!(shown, (Vec::new(), vec!["2G".to_owned()]));
    drop(kept);
}

#[test]
fn what_cannot_be_set_is_refused_by_name_and_nothing_is_changed() {
    needs!(Need::Root, Need::Debian13);
    let (machine, _kept) = boot(&[]);
    let before = run(["set", "--json", &machine.name]);
    for (words, status, told) in [
        (&["memory=much"][..], 2, "memory"),
        (&["memory=1G", "cpus=none"], 2, "cpus"),
        (&["speed=9"], 2, "speed"),
        (&["memory"], 2, "KEY=VALUE"),
        (&["private-users=no"], 2, "private-users"),
        (&["io-read-iops=/dev/null 5"], 1, "/dev/null"),
        (&["io-read-iops=/dev/missing 5"], 1, "/dev/missing"),
        (&["pids=700", "memory=4K"], 1, "bytes are used"),
        (&["cpus=1", "io-read-iops=/dev/null 5"], 1, "io-read-iops"),
    ] {
        let refused = set(&machine.name, words);
        assert_eq!(refused.status, status, "{words:?}: {}", refused.errors);
        assert!(refused.errors.contains(told), "{words:?}: {}", refused.errors);
        assert_eq!(run(["set", "--json", &machine.name]).output, before.output, "{words:?}");
    }
    assert_eq!(set("not-there", &["memory=1G"]).status, 3);
}

#[test]
fn verbs_that_change_a_machine_at_once_take_turns() {
    needs!(Need::Root, Need::Debian13);
    let (machine, _kept) = boot(&[]);
    let verbs: Vec<_> = (0..8)
        .map(|number| {
            let words = [format!("pids={}", 1000 + number), format!("cpu-weight={}", 100 + number)];
            redd().args(["set", &machine.name]).args(words).spawn().unwrap()
        })
        .collect();
    for mut verb in verbs {
        assert!(verb.wait().unwrap().success());
    }
    let (pids, kept) = holds(&machine.name, "pids-max");
    assert_eq!(pids, kept);
    let last: u32 = pids[0].parse().unwrap();
    assert_eq!(now(&machine.name, "cpu-weight"), (last - 900).to_string());
}

/// The third file that is renamed would be the addition to the settings: the kernel has the new value by then.
#[test]
fn what_a_killed_verb_had_begun_is_finished_by_the_next_one() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    let (machine, _kept) = boot(&[]);
    let redd = redd().get_program().to_owned();
    let mut command = Command::new("strace");
    let inject = "inject=rename,renameat,renameat2:signal=SIGKILL:when=2";
    command.args(["-o", "/dev/null", "-e", "trace=rename,renameat,renameat2", "-e", inject]);
    command.arg(redd).args(["set", &machine.name, "pids=800"]);
    assert_ne!(finish(command).status, 0);
    let begun = PathBuf::from(format!("/run/redd/machines/{}/change", machine.name));
    assert!(begun.exists());
    assert_eq!(holds(&machine.name, "pids-max"), (vec!["800".to_owned()], Vec::new()));

    let mended = run(["gc"]);
    assert!(mended.output.contains(&machine.name), "{mended:?}");
    assert!(!begun.exists());
    assert_eq!(holds(&machine.name, "pids-max"), (vec!["800".to_owned()], vec!["800".to_owned()]));
    assert!(machine.inside(&["systemctl", "reboot"]).status.success());
    machine.wait_for_message("READY=1");
    assert_eq!(now(&machine.name, "pids-max"), "800");
}
