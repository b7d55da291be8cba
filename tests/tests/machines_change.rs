//! Limits, mounts, devices and links of machines that run.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::{Machine, Need, Run, finish, needs, redd, run, time_limit, unique_name};

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
    // A unit's own, or what redd made.
    if let Some((unit, _)) = own.split_once("/payload").filter(|(above, _)| above.ends_with(".scope")) {
        return place.join(unit).join(file);
    }
    let above = format!("redd-{}", machine.name);
    let path = own.split_once(&above).map_or(above.clone(), |(before, _)| format!("{before}{above}"));
    place.join(path).join(file)
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + time_limit(TIMEOUT);
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

/// A directory of the host with a file in it that user 1000 owns, and a file system of its own below.
fn source() -> tempfile::TempDir {
    let directory = tempfile::tempdir_in("/run").unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "hello").unwrap();
    std::os::unix::fs::chown(&file, Some(1000), Some(1000)).unwrap();
    directory
}

fn mount(words: &[&str]) -> Run {
    run([&["mount"], words].concat())
}

fn assert_done(done: &Run) {
    assert_eq!((done.status, done.errors.as_str()), (0, ""));
}

#[test]
fn a_mount_is_there_at_once_for_services_too_and_goes_for_everybody() {
    needs!(Need::Root, Need::Debian13);
    for options in [&[][..], &["--private-users=no"]] {
        let (machine, _kept) = boot(options);
        let (name, source) = (machine.name.clone(), source());
        let path = source.path().to_str().unwrap();
        let unit = ["--unit=walled", "-p", "PrivateTmp=yes", "-p", "ProtectSystem=full", "sleep", "3600"];
        assert!(machine.inside(&[&["systemd-run", "--quiet"][..], &unit].concat()).status.success());
        let of_unit = |script: &str| {
            let script = script.replace('"', "\\\"");
            format!("nsenter --mount --target $(systemctl show -P MainPID walled) sh -c \"{script}\"")
        };

        assert_done(&mount(&["add", &name, path, "/mnt/deep/place"]));
        assert_eq!(machine.shell("cat /mnt/deep/place/file"), "hello");
        assert_eq!(machine.shell(&of_unit("cat /mnt/deep/place/file")), "hello");
        assert_eq!(mount(&["add", &name, path, "/mnt/deep/place"]).status, 6);
        let listed = mount(&["list", "--json", &name]);
        assert!(listed.output.contains("/mnt/deep/place") && listed.output.contains(path));

        assert_done(&mount(&["remove", &name, "/mnt/deep/place"]));
        assert!(!machine.succeeds("test -e /mnt/deep/place/file"));
        assert!(!machine.succeeds(&of_unit("test -e /mnt/deep/place/file")));
        assert_eq!(mount(&["list", "--no-legend", &name]).output, "");
        let host = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!host.contains("/mnt/deep/place"), "nothing is mounted on the host");
    }
}

#[test]
fn what_is_mounted_read_only_stays_so_and_nothing_beside_it_is_reached() {
    needs!(Need::Root, Need::Debian13);
    let (machine, _kept) = boot(&[]);
    let source = source();
    fs::write(source.path().join("beside"), "secret").unwrap();
    let file = source.path().join("file");
    assert_done(&mount(&["add", &machine.name, source.path().to_str().unwrap(), "/mnt/all", "--ro"]));
    assert_done(&mount(&["add", &machine.name, file.to_str().unwrap(), "/mnt/one", "--ro"]));
    for attempt in [
        "touch /mnt/all/new",
        "echo x > /mnt/one",
        "mount -o remount,bind,rw /mnt/all && touch /mnt/all/new",
        "mkdir -p /b && mount --bind /mnt/all /b && mount -o remount,bind,rw /b && touch /b/new",
    ] {
        assert!(!machine.succeeds(attempt), "{attempt}");
    }
    assert!(machine.succeeds("test -f /mnt/one && ! grep -q secret /mnt/one"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "hello");
    assert!(!source.path().join("new").exists());
}

#[test]
fn owners_of_a_mount_appear_as_they_are_asked_for() {
    needs!(Need::Root, Need::Debian13);
    let (machine, _kept) = boot(&[]);
    let source = source();
    let file = source.path().join("file");
    assert!(machine.succeeds("touch /root/o && chown 33:33 /root/o"));
    for (owner, place, expected) in [
        ("noidmap", "/root/n", "65534"),
        ("idmap", "/root/i", "1000"),
        ("rootidmap", "/root/r", "0"),
        ("owneridmap", "/root/o", "33"),
    ] {
        assert_done(&mount(&["add", &machine.name, file.to_str().unwrap(), place, "--owner", owner]));
        assert_eq!(machine.shell(&format!("stat -c %u {place}")), expected, "{owner}");
    }
}

#[test]
fn mounts_hold_after_a_reboot_and_kept_ones_for_the_next_start() {
    needs!(Need::Root, Need::Debian13);
    let (machine, _kept) = boot(&[]);
    let (name, source) = (machine.name.clone(), source());
    let path = source.path().to_str().unwrap();
    assert_done(&mount(&["add", &name, path, "/mnt/kept", "--keep"]));
    assert_done(&mount(&["add", &name, path, "/mnt/passing", "--ro"]));
    assert_done(&mount(&["add", &name, path, "/mnt/gone"]));
    assert_done(&mount(&["remove", &name, "/mnt/gone"]));
    assert!(machine.inside(&["systemctl", "reboot"]).status.success());
    machine.wait_for_message("READY=1");
    assert_eq!(machine.shell("cat /mnt/kept/file /mnt/passing/file"), "hellohello");
    assert!(!machine.succeeds("test -e /mnt/gone/file"));

    let plan = || run(["plan", "boot", "-x", "-M", &name, Need::Debian13.tree().to_str().unwrap()]).output;
    assert!(plan().contains("/mnt/kept") && !plan().contains("/mnt/passing"));
    assert_done(&mount(&["remove", &name, "/mnt/passing"]));
    assert_done(&mount(&["remove", &name, "/mnt/kept"]));
    assert!(!machine.succeeds("test -e /mnt/kept/file") && !plan().contains("/mnt/kept"));
}

#[test]
fn mounts_that_cannot_be_are_refused_by_name() {
    needs!(Need::Root, Need::Debian13, Need::Fuse);
    let (machine, _kept) = boot(&[]);
    let source = source();
    let path = source.path().to_str().unwrap();
    for (words, told) in [
        (["/missing/source", "/mnt/x"], "/missing/source"),
        ([path, "/"], "root"),
        ([path, "mnt"], "absolute"),
        ([path, "/mnt/../etc"], ".."),
        (["/dev/fuse", "/mnt/x"], "redd device add"),
        ([path, "/etc/passwd/x"], "/etc/passwd/x"),
    ] {
        let refused = mount(&["add", &machine.name, words[0], words[1]]);
        assert_eq!(refused.status, 1, "{words:?}: {}", refused.errors);
        assert!(refused.errors.contains(told), "{words:?}: {}", refused.errors);
    }
    assert_eq!(mount(&["list", "--no-legend", &machine.name]).output, "");
    assert_eq!(mount(&["remove", &machine.name, "/etc"]).status, 1);
    assert_eq!(mount(&["add", "not-there", path, "/mnt"]).status, 3);
}

/// What the payload makes of its own paths leads nowhere but into the payload.
#[test]
fn a_hostile_payload_cannot_lead_a_mount_out_of_itself() {
    needs!(Need::Root, Need::Debian13);
    let (machine, _kept) = boot(&[]);
    let source = source();
    let path = source.path().to_str().unwrap();
    assert!(machine.succeeds("ln -s ../../../../../../../../proc/1/root/run /mnt/l; ln -s /run /mnt/m"));
    drop(mount(&["add", &machine.name, path, "/mnt/l/redd-change-test"]));
    assert_done(&mount(&["add", &machine.name, path, "/mnt/m/redd-change-test"]));
    let host = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!host.contains("redd-change-test"));
    assert!(!PathBuf::from("/run/redd-change-test").exists());
    assert_eq!(machine.shell("cat /run/redd-change-test/file"), "hello");
}

/// The second file that is renamed is the list of mounts: the mount is there by then.
#[test]
fn a_mount_that_a_killed_verb_had_begun_is_taken_back() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    let (machine, _kept) = boot(&[]);
    let source = source();
    let redd = redd().get_program().to_owned();
    let mut command = Command::new("strace");
    let inject = "inject=rename,renameat,renameat2:signal=SIGKILL:when=2";
    command.args(["-o", "/dev/null", "-e", "trace=rename,renameat,renameat2", "-e", inject]);
    command.arg(redd).args(["mount", "add", &machine.name, source.path().to_str().unwrap(), "/mnt/half"]);
    assert_ne!(finish(command).status, 0);
    assert!(machine.succeeds("test -e /mnt/half/file"));
    assert!(run(["gc"]).output.contains(&machine.name));
    assert!(!machine.succeeds("test -e /mnt/half/file"));
    assert_eq!(mount(&["list", "--no-legend", &machine.name]).output, "");
    assert!(machine.inside(&["systemctl", "reboot"]).status.success());
    machine.wait_for_message("READY=1");
    assert!(!machine.succeeds("test -e /mnt/half/file"));
}

fn device(words: &[&str]) -> Run {
    run([&["device"], words].concat())
}

/// Whether the payload can use a device; a shell would make a file where there is none.
fn can_open(machine: &Machine, path: &str) -> bool {
    as_unit(machine, &format!("test -c {path} && exec 3<>{path}")).0
}

/// `/dev/fuse` opens without a partner, and no payload has it by default.
#[test]
fn a_device_that_is_added_can_be_used_and_no_longer_when_it_is_removed() {
    needs!(Need::Root, Need::Debian13, Need::Fuse);
    for options in [&[][..], &["--private-users=no"]] {
        let (machine, _kept) = boot(options);
        let name = machine.name.clone();
        let opens = |path: &str| can_open(&machine, path);
        assert!(!opens("/dev/fuse"));
        assert_done(&device(&["add", &name, "/dev/fuse"]));
        assert!(opens("/dev/fuse"));
        assert!(opens("/dev/char/10:229"));
        assert_eq!(machine.shell("stat -c %F:%u:%g /dev/fuse"), "character special file:0:0");
        assert_eq!(device(&["add", &name, "/dev/fuse"]).status, 6);
        assert!(device(&["list", &name]).output.contains("/dev/fuse"));
        assert!(opens("/dev/null") && !opens("/dev/loop-control"));

        assert!(machine.inside(&["systemctl", "reboot"]).status.success());
        machine.wait_for_message("READY=1");
        assert!(opens("/dev/fuse"));

        // Whoever keeps the node cannot use it either.
        assert!(machine.succeeds("touch /dev/again && mount --bind /dev/fuse /dev/again"));
        assert!(opens("/dev/again"));
        assert_eq!(device(&["remove", &name, "/dev/fuse"]).status, 0);
        assert!(!machine.succeeds("test -e /dev/fuse"));
        assert!(machine.succeeds("test -c /dev/again") && !opens("/dev/again") && opens("/dev/null"));
        assert_eq!(device(&["list", "--no-legend", &name]).output, "");
    }
}

#[test]
fn devices_that_cannot_be_added_are_refused_by_name() {
    needs!(Need::Root, Need::Debian13);
    let (machine, _kept) = boot(&[]);
    for (path, status) in [
        ("/dev/missing", 1),
        ("/etc/passwd", 1),
        ("/dev/pts/0", 1),
        ("/dev/../etc/passwd", 1),
        ("/dev/null", 6),
        ("/dev/shm", 1),
    ] {
        let refused = device(&["add", &machine.name, path]);
        assert_eq!(refused.status, status, "{path}: {}", refused.errors);
        assert!(refused.errors.contains(path), "{path}: {}", refused.errors);
    }
    assert_eq!(device(&["remove", &machine.name, "/dev/null"]).status, 1);
    assert_eq!(device(&["add", "not-there", "/dev/null"]).status, 3);
}

#[test]
fn a_device_that_is_kept_is_there_at_the_next_start() {
    needs!(Need::Root, Need::Debian13, Need::Fuse);
    let (machine, _kept) = boot(&[]);
    let name = machine.name.clone();
    let plan = || run(["plan", "--json", "boot", "-x", "-M", &name, Need::Debian13.tree().to_str().unwrap()]);
    assert_done(&device(&["add", "--keep", &name, "/dev/fuse"]));
    assert!(plan().output.contains("\"fuse\""));
    assert_eq!(device(&["remove", &name, "/dev/fuse"]).status, 0);
    assert!(!plan().output.contains("\"fuse\""));
}

/// The second file that is renamed is the list of devices: it can be used by then.
#[test]
fn a_device_that_a_killed_verb_had_begun_is_taken_back() {
    needs!(Need::Root, Need::Debian13, Need::Fuse, Need::Strace);
    let (machine, _kept) = boot(&[]);
    let redd = redd().get_program().to_owned();
    let mut command = Command::new("strace");
    let inject = "inject=rename,renameat,renameat2:signal=SIGKILL:when=2";
    command.args(["-o", "/dev/null", "-e", "trace=rename,renameat,renameat2", "-e", inject]);
    command.arg(redd).args(["device", "add", &machine.name, "/dev/fuse"]);
    assert_ne!(finish(command).status, 0);
    assert!(can_open(&machine, "/dev/fuse"));
    assert!(machine.succeeds("touch /dev/again && mount --bind /dev/fuse /dev/again"));
    assert!(run(["gc"]).output.contains(&machine.name));
    assert!(!machine.succeeds("test -e /dev/fuse"));
    assert!(machine.succeeds("test -c /dev/again") && !can_open(&machine, "/dev/again"));
}

/// In version 1 a machine has a cgroup only where something of it is limited.
#[test]
fn a_cgroup_that_a_change_made_goes_with_the_machine_however_that_ends() {
    needs!(Need::Root, Need::Debian13);
    for end in ["TERM", "KILL"] {
        let (machine, _kept) = boot(&[]);
        let (name, before) = (machine.name.clone(), cgroup_file(&machine, "cpu", ""));
        assert_set(&name, &["--runtime", "cpus=1"]);
        let cgroup = cgroup_file(&machine, "cpu", "");
        let is_unit = cgroup.extension().is_some_and(|extension| extension == "scope");
        assert!(
            (cgroup.ends_with(format!("redd-{name}")) || is_unit) && cgroup.is_dir(),
            "{}",
            cgroup.display()
        );
        assert_eq!(cgroup, before);
        let busy = machine.inside(&["systemd-run", "--quiet", "sleep", "3600"]);
        assert!(busy.status.success());
        machine.signal(end);
        assert_eq!(machine.wait() >= 256, end == "KILL");
        wait_until("the cgroup stays", || !cgroup.exists());
        assert!(!PathBuf::from("/run/redd/machines").join(&name).exists() || end == "KILL");
    }
}

/// Whoever is frozen can be given a limit all the same: nobody inside is asked.
#[test]
fn a_frozen_machine_is_changed_too() {
    needs!(Need::Root, Need::Debian13);
    let (machine, _kept) = boot(&[]);
    let (name, source) = (machine.name.clone(), source());
    assert_done(&run(["pause", &name]));
    assert_set(&name, &["--runtime", "pids=700", "cpus=1"]);
    assert_done(&mount(&["add", &name, source.path().to_str().unwrap(), "/mnt/cold"]));
    assert_done(&run(["resume", &name]));
    assert_eq!((now(&name, "pids-max"), now(&name, "cpus")), ("700".to_owned(), "1".to_owned()));
    assert_eq!(machine.shell("cat /mnt/cold/file"), "hello");
}

#[test]
fn a_device_may_be_for_reading_alone() {
    needs!(Need::Root, Need::Debian13, Need::Fuse);
    let (machine, _kept) = boot(&[]);
    let name = machine.name.clone();
    assert_done(&device(&["add", &name, "/dev/fuse:r"]));
    assert!(as_unit(&machine, "exec 3</dev/fuse").0);
    assert!(!can_open(&machine, "/dev/fuse"));
    assert_eq!(device(&["remove", &name, "/dev/fuse"]).status, 0);
    assert!(!machine.succeeds("test -e /dev/fuse"));
    assert_done(&device(&["add", &name, "/dev/fuse"]));
    assert!(can_open(&machine, "/dev/fuse"));
}
