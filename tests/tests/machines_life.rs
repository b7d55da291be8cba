//! Beginnings and ends of machines in the background.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_control::client::Client;
use redd_control::event::{Event, Phase};
use redd_control::machine::Description;
use redd_tests::small::MountNamespace;
use redd_tests::{Background, Leftovers, Need, Run, finish, needs, redd, run, tiny_tree, unique_name};

const QUICK: [&str; 2] = ["--read-only", "--network-veth=no"];

/// What its supervisor wrote down.
fn log(machine: &Background) -> String {
    fs::read_to_string(format!("/var/lib/redd/logs/{}/supervisor.log", machine.name)).unwrap_or_default()
}

fn start(machine: &Background, tree: &Path, options: &[&str], arguments: &[&str]) -> Run {
    let mut command = machine.starting(tree, &[&QUICK, options].concat());
    if !arguments.is_empty() {
        command.arg("--").args(arguments);
    }
    finish(command)
}

/// Until it can be asked.
fn await_supervisor(machine: &Background) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while machine.record().is_none() || Client::connect(&machine.name.parse().unwrap()).is_err() {
        assert!(Instant::now() < deadline, "{}", log(machine));
        sleep(Duration::from_millis(5));
    }
}

/// SIGUSR1 ends the small init with a status of its own.
fn crash(machine: &Background) {
    machine.does(&["kill", "--signal=USR1"], &[]);
}

fn leader(machine: &Background) -> i32 {
    machine.record().unwrap().leader
}

/// Crashes it; its PID 1 afterwards is another one.
fn crash_and_wait_for_the_next_boot(machine: &Background) {
    let has_ended = Cell::new(false);
    machine.wait_for(
        || crash(machine),
        |event| {
            has_ended.set(has_ended.get() || matches!(event, Event::Exited { .. }));
            has_ended.get() && *event == Event::Phase { phase: Phase::Running }
        },
    );
}

#[test]
fn a_start_is_over_when_the_machine_is_ready_and_nothing_of_the_caller_is_kept() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &QUICK);
    assert_eq!(machine.description().phase, Phase::Running);
    let supervisor = machine.record().unwrap().supervisor;
    let link = |what: &str| fs::read_link(format!("/proc/{supervisor}/{what}")).unwrap();
    assert_eq!(link("cwd"), Path::new("/"));
    for number in [0, 1] {
        assert_eq!(link(&format!("fd/{number}")), Path::new("/dev/null"));
    }
    let stat = fs::read_to_string(format!("/proc/{supervisor}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    assert_eq!(
        (fields[3], fields[4]),
        (supervisor.to_string().as_str(), "0"),
        "its session and terminal: {stat}"
    );
    machine.stop();
}

#[test]
fn a_taken_name_is_a_conflict_and_the_machine_goes_on() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start(tree.path(), &QUICK);
    let before = leader(&machine);
    let again = start(&machine, tree.path(), &[], &[]);
    assert_eq!(again.status, 6, "{again:?}");
    assert!(again.errors.contains("is running"), "{again:?}");
    assert_eq!(leader(&machine), before);
    machine.stop();
}

#[test]
fn a_start_that_fails_tells_why_and_leaves_nothing() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::named(&unique_name());
    for (options, arguments, status, why) in [
        (&["--bind=/nowhere:/mnt"][..], &[][..], 1, "/nowhere"),
        (&["--bind=/etc/passwd:/proc/nowhere/at/all"], &[], 1, "/proc/nowhere/at/all"),
        (&[], &["crash"], 1, "ended with status 70"),
        (&["--memory=much"], &[], 2, "--memory"),
    ] {
        let failed = start(&machine, tree.path(), options, arguments);
        assert_eq!(failed.status, status, "{failed:?}");
        assert!(failed.errors.contains(why), "{failed:?}");
        machine.assert_gone();
    }
    assert!(log(&machine).contains("ended with status 70"), "{}", log(&machine));
    assert_eq!(start(&machine, Path::new("/nowhere"), &[], &[]).status, 3);
}

#[test]
fn a_machine_that_is_not_ready_in_time_goes_on_starting() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::named(&unique_name());
    let late = start(&machine, tree.path(), &["--start-timeout=200ms"], &["unready"]);
    assert_eq!(late.status, 5, "{late:?}");
    assert!(late.errors.contains("goes on starting"), "{late:?}");
    await_supervisor(&machine);
    assert_eq!(machine.description().phase, Phase::Starting);
    machine.stop();
    let machine = Background::named(&unique_name());
    assert_eq!(start(&machine, tree.path(), &["--no-wait"], &["unready"]).status, 0);
    assert_eq!(machine.description().phase, Phase::Starting);
    machine.stop();
}

#[test]
fn whoever_starts_a_machine_may_be_killed_meanwhile() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::named(&unique_name());
    let mut command = machine.starting(tree.path(), &QUICK);
    let mut starter = command.args(["--", "unready"]).spawn().unwrap();
    await_supervisor(&machine);
    assert_eq!(starter.try_wait().unwrap(), None);
    starter.kill().unwrap();
    starter.wait().unwrap();
    assert_eq!(machine.description().phase, Phase::Starting);
    machine.stop();
}

#[test]
fn who_is_started_by_somebody_else_is_waited_for_too() {
    needs!(Need::Root, Need::Debian13);
    let tree = tiny_tree();
    let first = Background::start(&Need::Debian13.tree(), &["--ephemeral", "--no-wait"]);
    let second = Background::start(tree.path(), &[&QUICK[..], &["--after", &first.name]].concat());
    assert!(second.description().booted >= first.description().ready.unwrap());
    second.stop();
    first.stop();
}

#[test]
fn a_machine_that_fails_is_started_again_later_each_time_and_given_up() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::named(&unique_name());
    let policy = ["--restart=on-failure", "--restart-delay=10ms", "--restart-limit=2", "--no-wait"];
    assert_eq!(start(&machine, tree.path(), &policy, &["crash"]).status, 0);
    machine.does(&["wait", "--for=stopped"], &[]);
    machine.assert_gone();
    let log = log(&machine);
    let ends: Vec<&str> = log
        .lines()
        .filter_map(|line| line.split_once("ended with status 70: "))
        .map(|(_, end)| end)
        .collect();
    let expected = [
        "it is started again in 10ms",
        "it is started again in 20ms",
        "it was started again 2 times, and is not once more",
    ];
    assert_eq!(ends, expected, "{log}");
}

#[test]
fn a_machine_keeps_its_name_and_its_changes_over_restarts() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::named(&unique_name());
    let options =
        ["start", "-x", "--network-veth=no", "--restart=always", "--restart-delay=10ms", "-M", &machine.name];
    let started = run(options.iter().map(std::ffi::OsStr::new).chain([tree.path().as_os_str()]));
    assert_eq!(started.status, 0, "{started:?}");
    let first = machine.record().unwrap();
    machine.does(&["exec"], &["--", "/usr/bin/sh", "-c", "echo kept > /root/file"]);
    crash_and_wait_for_the_next_boot(&machine);
    let second = machine.record().unwrap();
    assert_ne!(first.leader, second.leader);
    assert_eq!((first.supervisor, first.ids, first.uuid), (second.supervisor, second.ids, second.uuid));
    assert_eq!(machine.does(&["exec"], &["--", "/usr/bin/cat", "/root/file"]), "kept");
    let Description { boots, restarts, .. } = machine.description();
    assert_eq!((boots, restarts), (2, 1));
    machine.stop();
}

#[test]
fn whoever_stops_a_machine_between_two_boots_or_at_any_other_time_wants_no_more_of_them() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let policy = [&QUICK[..], &["--restart=always", "--restart-delay=1h"]].concat();
    let machine = Background::start(tree.path(), &policy);
    machine.wait_for(|| crash(&machine), |event| *event == Event::Phase { phase: Phase::Waiting });
    let waiting = machine.description();
    assert_eq!((waiting.phase, waiting.leader, waiting.restarts), (Phase::Waiting, None, 1));
    assert_eq!(machine.verb(&["pause"], &[]).status, 1);
    assert_eq!(start(&machine, tree.path(), &[], &[]).status, 6);
    machine.stop();
    Background::start(tree.path(), &policy).stop();
    let machine = Background::start(tree.path(), &policy);
    machine.wait_for(|| crash(&machine), |event| *event == Event::Phase { phase: Phase::Waiting });
    machine.does(&["terminate"], &[]);
    machine.assert_gone();
}

#[test]
fn a_supervisor_that_is_killed_leaves_nothing_in_the_way_of_the_next_start() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let policy = [&QUICK[..], &["--restart=always", "--restart-delay=1h"]].concat();
    let machine = Background::start(tree.path(), &policy);
    machine.kill_supervisor();
    assert_eq!(start(&machine, tree.path(), &["--restart=always", "--restart-delay=1h"], &[]).status, 0);
    // Now where nothing of the payload runs, and there is no guard.
    machine.wait_for(|| crash(&machine), |event| *event == Event::Phase { phase: Phase::Waiting });
    machine.kill_supervisor();
    assert_eq!(start(&machine, tree.path(), &[], &[]).status, 0);
    machine.stop();
}

#[test]
fn a_start_waits_for_the_machine_that_is_being_stopped() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start_with(tree.path(), &QUICK, &["deaf"]);
    let before = leader(&machine);
    let mut stopping = machine.command(&["stop", "--timeout=1"], &[]).spawn().unwrap();
    machine.wait_for_phase(Phase::Stopping);
    assert_eq!(start(&machine, tree.path(), &[], &[]).status, 0);
    assert!(stopping.wait().unwrap().success());
    assert_ne!(leader(&machine), before);
    for _ in 0..5 {
        machine.does(&["stop"], &[]);
        assert_eq!(start(&machine, tree.path(), &[], &[]).status, 0);
    }
    machine.stop();
}

#[test]
fn a_restart_has_the_words_of_the_start_and_reads_files_anew() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::start_with(tree.path(), &[&QUICK[..], &["--pids-max=500"]].concat(), &["deaf"]);
    let hostname = || {
        let leader = leader(&machine).to_string();
        let shown =
            Command::new("nsenter").args(["--uts", "--target", &leader, "hostname"]).output().unwrap();
        String::from_utf8_lossy(&shown.stdout).trim().to_owned()
    };
    let words = || fs::read(format!("/run/redd/machines/{}/words", machine.name)).unwrap();
    let (before, kept) = (leader(&machine), words());
    assert_eq!(hostname(), machine.name);
    fs::create_dir_all("/run/systemd/nspawn").unwrap();
    let file = PathBuf::from(format!("/run/systemd/nspawn/{}.nspawn", machine.name));
    fs::write(&file, "[Exec]\nHostname=another\n[X-Redd]\nStopTimeout=1\n").unwrap();
    machine.does(&["stop", "--now"], &[]);
    assert_eq!(machine.verb(&["restart"], &[]).status, 3, "there are no words of one that does not run");
    assert_eq!(start(&machine, tree.path(), &["--pids-max=500"], &["deaf"]).status, 0);
    machine.does(&["restart"], &[]);
    assert_ne!(leader(&machine), before);
    assert_eq!(hostname(), "another");
    assert!(words().ends_with(b"--\0deaf\0") && words().len() == kept.len(), "{:?}", words());
    // What cannot be started again is not stopped either.
    let before = leader(&machine);
    fs::write(&file, "[X-Redd]\nMemory=much\n").unwrap();
    let refused = machine.verb(&["restart"], &[]);
    fs::remove_file(&file).unwrap();
    assert_ne!(refused.status, 0);
    assert!(refused.errors.contains("Memory"), "{refused:?}");
    assert_eq!(leader(&machine), before);
    machine.does(&["terminate"], &[]);
    machine.assert_gone();
}

/// Trees of these names beside each other, as cheap as links.
fn trees(names: &[String]) -> tempfile::TempDir {
    let (place, tree) = (tempfile::tempdir().unwrap(), tiny_tree());
    for name in names {
        let copied = Command::new("cp").arg("-a").arg(tree.path()).arg(place.path().join(name)).status();
        assert!(copied.unwrap().success());
    }
    place
}

#[test]
fn machines_are_started_after_those_they_are_to_be_after() {
    needs!(Need::Root);
    let names: Vec<String> = (0..3).map(|_| unique_name()).collect();
    let place = trees(&names);
    let machines: Vec<Background> = names.iter().map(|name| Background::named(name)).collect();
    let start = |after: &str| {
        let mut command = redd();
        command.arg("start").args(QUICK).arg(format!("--after={after},elsewhere"));
        finish({
            command.args(names.iter().map(|name| place.path().join(name)));
            command
        })
    };
    let cycle = start(&format!("{},{}", names[0], names[1]));
    assert_eq!(cycle.status, 1, "{cycle:?}");
    assert!(names[..2].iter().all(|name| cycle.errors.contains(name)), "{cycle:?}");
    machines.iter().for_each(Background::assert_gone);
    let started = start(&names[2]);
    assert_eq!(started.status, 0, "{started:?}");
    let first = machines[2].description().ready.unwrap();
    assert!(machines[..2].iter().all(|machine| machine.description().booted >= first));
    machines.into_iter().for_each(Background::stop);
}

#[test]
fn enabled_machines_are_started_together_and_one_that_fails_keeps_no_other_one() {
    needs!(Need::Root);
    let names: Vec<String> = (0..3).map(|_| unique_name()).collect();
    let place = trees(&names);
    let machines: Vec<Background> = names.iter().map(|name| Background::named(name)).collect();
    // What the host itself has enabled is nobody's business here.
    let host = MountNamespace::new();
    host.run("mount", &["-t", "tmpfs", "redd", "/var/lib/redd"]);
    let redd = |words: &[&str]| {
        let mut command = host.redd();
        command.args(words);
        finish(command)
    };
    let path = |index: usize| place.path().join(&names[index]).display().to_string();
    let enable = |words: &[&str]| {
        let enabled = redd(&[&["enable"], &QUICK[..], words].concat());
        assert_eq!(enabled.status, 0, "{enabled:?}");
    };
    enable(&[&format!("--after={}", names[2]), &path(0)]);
    enable(&[&path(1), "--", "crash"]);
    enable(&["--now", &path(2)]);
    assert_eq!(machines[2].description().phase, Phase::Running);
    let running = leader(&machines[2]);
    let started = redd(&["start", "--all-enabled"]);
    assert_eq!(started.status, 1, "{started:?}");
    assert!(started.errors.contains(&format!("cannot start {}", names[1])), "{started:?}");
    assert_eq!(leader(&machines[2]), running, "it ran already");
    assert_eq!(machines[0].description().phase, Phase::Running);
    assert_eq!(redd(&["start", "--all-enabled", "--memory=1G"]).status, 2);
    assert_eq!(redd(&["disable", "--now", &names[0], &names[1], &names[2]]).status, 0);
    assert_eq!(redd(&["start", "--all-enabled"]).status, 0);
    machines.iter().for_each(Background::assert_gone);
}

#[test]
fn a_wait_ends_when_the_machine_is_that_far_or_never_will_be() {
    needs!(Need::Root, Need::Debian13);
    let machine = Background::start(&Need::Debian13.tree(), &["--ephemeral", "--no-wait"]);
    let wait = |words: &[&str]| machine.verb(&["wait"], words);
    for reached in ["--for=ready", "--for=degraded", "--for=running", "--for=unit=dbus.service"] {
        let run = wait(&[reached]);
        assert_eq!(run.status, 0, "{reached}: {run:?}");
    }
    assert_eq!(wait(&["--for=unit=nothing-of-that-name.service"]).status, 1);
    for late in ["--for=unit=reboot.target", "--for=stopped"] {
        let run = wait(&[late, "--timeout=300ms"]);
        assert_eq!(run.status, 5, "{late}: {run:?}");
    }
    machine.does(&["exec"], &["--", "systemctl", "poweroff"]);
    assert_eq!(wait(&["--for=stopped"]).status, 0);
    machine.assert_gone();
    assert_eq!(wait(&["--for=stopped"]).status, 0);
    for never in ["--for=ready", "--for=running"] {
        assert_eq!(wait(&[never]).status, 3);
    }
    assert_eq!(wait(&["--for=tea"]).status, 2);
}

#[test]
fn a_unit_that_fails_is_waited_for_no_longer() {
    needs!(Need::Root, Need::Debian13);
    let unit =
        "--set-credential=systemd.extra-unit.broken.service:[Service]\nType=oneshot\nExecStart=false\n";
    let wants = "--set-credential=systemd.unit-dropin.multi-user.target:[Unit]\nWants=broken.service\n";
    let machine = Background::start(&Need::Debian13.tree(), &["--ephemeral", unit, wants]);
    assert_eq!(machine.verb(&["wait", "--for=degraded"], &[]).status, 0);
    for never in ["--for=running", "--for=unit=broken.service"] {
        let run = machine.verb(&["wait", never], &[]);
        assert_eq!(run.status, 1, "{run:?}");
        assert!(run.errors.contains("failed"), "{run:?}");
    }
    machine.stop();
}

/// A shell as PID 1.
fn shell(options: &[&str], script: &str) -> (Background, Run) {
    let machine = Background::named(&unique_name());
    let options = [&["--ephemeral", "--network-veth=no", "--init=/usr/bin/sh"], options].concat();
    let mut command = machine.starting(&Need::Debian13.tree(), &options);
    command.args(["--", "-c", script]);
    (machine, finish(command))
}

#[test]
fn a_first_process_that_gives_no_sign_of_life_any_more_is_killed() {
    needs!(Need::Root, Need::Debian13);
    // What speaks becomes the next program: it is PID 1 that speaks.
    let script = r"test $WATCHDOG_USEC = 500000 || exit 7
        exec systemd-notify --ready --exec WATCHDOG=1 \; sleep 1000";
    let (machine, started) = shell(&["--watchdog=500ms"], script);
    assert_eq!(started.status, 0, "{started:?}");
    machine.does(&["wait", "--for=stopped"], &[]);
    machine.assert_gone();
    assert!(log(&machine).contains("PID 1 has not sent WATCHDOG=1 for 500ms"), "{}", log(&machine));
}

#[test]
fn a_first_process_that_never_gives_signs_of_life_is_not_asked_for_any() {
    needs!(Need::Root, Need::Debian13);
    let machine =
        Background::start(&Need::Debian13.tree(), &["--ephemeral", "--watchdog=1ms", "--ready-timeout=1min"]);
    assert_eq!(machine.verb(&["wait", "--for=running"], &[]).status, 0);
    assert_eq!(machine.verb(&["wait", "--for=stopped", "--timeout=500ms"], &[]).status, 5);
    machine.stop();
}

#[test]
fn a_boot_that_is_not_ready_in_time_has_failed() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::named(&unique_name());
    let options =
        ["--ready-timeout=200ms", "--restart=on-failure", "--restart-delay=1ms", "--restart-limit=1"];
    let failed = start(&machine, tree.path(), &options, &["unready"]);
    assert_eq!(failed.status, 1, "{failed:?}");
    machine.assert_gone();
    let log = log(&machine);
    assert_eq!(log.matches("PID 1 was not ready within 200ms").count(), 2, "{log}");
}

#[test]
fn a_limit_of_the_host_that_is_too_low_is_named_before_anything_is_touched() {
    needs!(Need::Root);
    let tree = tiny_tree();
    let machine = Background::named(&unique_name());
    let host = MountNamespace::new();
    let low = tempfile::NamedTempFile::new().unwrap();
    fs::write(low.path(), "4\n").unwrap();
    let refused = |sysctl: &str, options: &[&str]| {
        let path = format!("/proc/sys/{}", sysctl.replace('.', "/"));
        host.run("mount", &["--bind", low.path().to_str().unwrap(), &path]);
        let mut command = host.redd();
        command.args(["start", "-M", &machine.name]).args(QUICK).args(options).arg(tree.path());
        let refused = finish(command);
        host.run("umount", &[&path]);
        assert_eq!(refused.status, 1, "{refused:?}");
        assert!(refused.errors.contains(&format!("hint: sysctl {sysctl}=")), "{refused:?}");
        machine.assert_gone();
        assert_eq!(log(&machine), "", "it was not even begun");
    };
    refused("kernel.pid_max", &[]);
    refused("kernel.threads-max", &[]);
    refused("kernel.pty.max", &["--ttys=8"]);
    refused("fs.inotify.max_user_instances", &["--private-users=no"]);
}

#[test]
fn fifty_machines_run_at_once_and_nothing_of_them_is_left() {
    needs!(Need::Root);
    let base = unique_name();
    let names: Vec<String> = (0..50).map(|index| format!("{base}n{index}")).collect();
    let place = trees(&names);
    let leftovers = Leftovers::before(&base);
    let mut command = redd();
    command.arg("start").arg("--read-only").args(names.iter().map(|name| place.path().join(name)));
    let machines: Vec<Background> = names.iter().map(|name| Background::named(name)).collect();
    let started = finish(command);
    assert_eq!(started.status, 0, "{started:?}");
    let phases: BTreeSet<&str> = machines.iter().map(|machine| machine.description().phase.text()).collect();
    assert_eq!(phases, BTreeSet::from(["running"]));
    let ids: BTreeSet<Option<String>> =
        machines.iter().map(|machine| machine.record().unwrap().ids).collect();
    assert_eq!(ids.len(), 50, "{ids:?}");
    let mut command = redd();
    command.arg("stop").args(&names);
    let stopped = finish(command);
    assert_eq!(stopped.status, 0, "{stopped:?}");
    leftovers.assert_none();
    machines.iter().for_each(Background::assert_gone);
}
