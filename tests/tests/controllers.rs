//! Version 2 of the controllers, on a host that systemd runs: what holds for a machine, said by redd, by the host's own tools, by
//! the kernel, and by the payload's systemd.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_conform::report::Verdict;
use redd_conform::{registry, render};
use redd_tests::{Machine, Need, Run, covers, finish, needs, run, time_limit};

/// A machine's unit on the host.
struct Unit {
    name: String,
    directory: PathBuf,
}

impl Unit {
    fn of(machine: &Machine) -> Self {
        let payload = PathBuf::from(machine.state()["cgroup"].as_str().unwrap());
        let directory = payload.parent().unwrap().to_owned();
        let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(payload.ends_with("payload") && name.ends_with(".scope"), "{}", payload.display());
        Self { name, directory }
    }

    /// What the host's systemd says.
    fn property(&self, name: &str) -> String {
        printed(&["systemctl", "show", "--property", name, "--value", &self.name])
    }

    /// What the kernel says.
    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(name)).unwrap().trim().to_owned()
    }

    fn is_active(&self) -> bool {
        self.property("ActiveState") == "active"
    }
}

/// What a program of the host prints; it has to succeed.
fn printed(words: &[&str]) -> String {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    let run = finish(command);
    assert_eq!(run.status, 0, "{words:?}: {run:?}");
    run.output
}

/// What redd says that holds now.
fn now(machine: &Machine, option: &str) -> Vec<String> {
    let shown: serde_json::Value =
        serde_json::from_str(&run(["set", "--json", &machine.name]).output).unwrap();
    let holding =
        shown.as_array().unwrap().iter().find(|holding| holding["option"] == option).unwrap().clone();
    serde_json::from_value(holding["now"].clone()).unwrap()
}

/// Runs a script as a unit of the payload's systemd with properties of its own.
fn as_unit(machine: &Machine, properties: &[&str], script: &str) -> Run {
    let mut command = Command::new("nsenter");
    command.args(["--all", "--target", &machine.leader(), "systemd-run", "--wait", "--pipe", "--quiet"]);
    for property in properties {
        command.args(["--property", property]);
    }
    finish({
        command.args(["sh", "-c", script]);
        command
    })
}

#[test]
fn limits_of_a_start_are_properties_of_the_unit_and_the_kernels() {
    needs!(Need::Root, Need::Debian13, Need::Controllers);
    covers!(EE6);
    let limits = ["--memory=300M", "--swap=0", "--cpus=0.5", "--pids-max=500", "--cpu-weight=50"];
    let machine = Machine::boot(&Need::Debian13.tree(), &limits);
    let unit = Unit::of(&machine);
    for (property, value) in [
        ("MemoryMax", "314572800"),
        ("MemorySwapMax", "0"),
        ("CPUQuotaPerSecUSec", "500ms"),
        ("TasksMax", "500"),
        ("CPUWeight", "50"),
        ("Delegate", "yes"),
        ("Slice", "machine.slice"),
    ] {
        assert_eq!(unit.property(property), value, "{property}");
    }
    for (file, value) in [
        ("memory.max", "314572800"),
        ("memory.swap.max", "0"),
        ("cpu.max", "50000 100000"),
        ("pids.max", "500"),
        ("cpu.weight", "50"),
    ] {
        assert_eq!(unit.file(file), value, "{file}");
    }
    // What the machine sees begins below: it cannot lift them, and the limits that it sees are not its own to set.
    assert!(!machine.succeeds("echo 1G > /sys/fs/cgroup/memory.max"));
    assert_eq!(machine.stop(), 0);
    // systemd removes it when it has heard that it is empty.
    let deadline = Instant::now() + time_limit(Duration::from_secs(10));
    while unit.directory.exists() {
        assert!(Instant::now() < deadline, "{} is left", unit.directory.display());
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_the_hosts_tools_set_holds_and_redd_says_so() {
    needs!(Need::Root, Need::Debian13, Need::Controllers);
    covers!(EE6);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    let unit = Unit::of(&machine);
    let properties = ["MemoryMax=250M", "TasksMax=400", "CPUQuota=150%"];
    printed(&[&["systemctl", "set-property", "--runtime", &unit.name][..], &properties].concat());
    for (option, value) in [("memory", "262144000"), ("pids-max", "400"), ("cpus", "1.5")] {
        assert_eq!(now(&machine, option), [value], "{option}");
    }
    let status = run(["status", &machine.name]);
    assert!(status.output.contains("250"), "{status:?}");
    assert_eq!(machine.stop(), 0);
}

#[test]
fn what_redd_sets_is_the_units_and_holds_when_systemd_reads_everything_anew() {
    needs!(Need::Root, Need::Debian13, Need::Controllers);
    covers!(EE6);
    let machine = Machine::boot(&Need::Debian13.tree(), &["--memory=250M"]);
    let unit = Unit::of(&machine);
    let set = run(["set", "--runtime", &machine.name, "memory=200M", "pids=300", "cpus=0.5"]);
    assert_eq!((set.status, set.errors.as_str()), (0, ""));
    for (property, file, told, held) in [
        ("MemoryMax", "memory.max", "209715200", "209715200"),
        ("TasksMax", "pids.max", "300", "300"),
        ("CPUQuotaPerSecUSec", "cpu.max", "500ms", "50000 100000"),
    ] {
        assert_eq!((unit.property(property).as_str(), unit.file(file).as_str()), (told, held));
    }
    printed(&["systemctl", "daemon-reload"]);
    assert_eq!((unit.file("memory.max").as_str(), unit.file("pids.max").as_str()), ("209715200", "300"));
    assert_eq!(machine.stop(), 0);
}

#[test]
fn the_payloads_own_units_have_limits_of_their_own() {
    needs!(Need::Root, Need::Debian13, Need::Controllers);
    covers!(EE6, UP2);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    let unit = Unit::of(&machine);
    let handed_down = machine.shell("cat /sys/fs/cgroup/cgroup.controllers");
    for controller in ["cpu", "io", "memory", "pids"] {
        assert!(handed_down.split(' ').any(|name| name == controller), "{controller}: {handed_down}");
    }
    let eats = as_unit(&machine, &["MemoryMax=60M", "MemorySwapMax=0"], "exec tail /dev/zero");
    assert_ne!(eats.status, 0);
    let forks = as_unit(&machine, &["TasksMax=5"], "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait");
    assert!(forks.errors.to_lowercase().contains("fork"), "{forks:?}");
    let limits = ["MemoryMax=64M", "TasksMax=20", "CPUQuota=10%", "CPUWeight=30", "IOWeight=40"];
    let files = "memory.max pids.max cpu.max cpu.weight";
    let script = format!("cd /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup) && cat {files}");
    let seen = as_unit(&machine, &limits, &script);
    assert_eq!(seen.output, "67108864\n20\n10000 100000\n30", "{seen:?}");

    assert!(unit.is_active());
    assert_eq!(machine.shell("cat /proc/1/comm"), "systemd");
    let above = "cgroup.procs cgroup.subtree_control cgroup.threads";
    assert!(
        machine.succeeds(&format!("cd /sys/fs/cgroup && for f in {above}; do test -w $f || exit 1; done"))
    );
    assert_eq!(machine.stop(), 0);
}

/// Whoever takes too much dies; neither PID 1, nor redd, nor the unit ends with it.
#[test]
fn a_machine_that_has_no_memory_left_kills_its_own_and_goes_on() {
    needs!(Need::Root, Need::Debian13, Need::Controllers);
    covers!(EE6);
    let machine = Machine::boot(&Need::Debian13.tree(), &["--memory=250M", "--swap=0"]);
    let (unit, leader, supervisor) = (Unit::of(&machine), machine.leader(), machine.supervisor());
    for _ in 0..3 {
        assert_ne!(as_unit(&machine, &[], "exec tail /dev/zero").status, 0);
    }
    let events = unit.file("memory.events");
    let kills = events.lines().find_map(|line| line.strip_prefix("oom_kill ")).unwrap();
    assert!(kills.parse::<u32>().unwrap() >= 3, "{events}");
    assert_eq!((machine.leader(), machine.supervisor()), (leader, supervisor));
    assert!(unit.is_active());
    assert_eq!(machine.shell("echo well"), "well");
    assert_eq!(machine.stop(), 0);
}

/// The disk that the host runs from.
fn disk() -> Option<&'static str> {
    ["/dev/vda", "/dev/ubda"].into_iter().find(|path| Path::new(path).exists())
}

#[test]
fn what_is_read_and_written_is_limited_by_the_device() {
    needs!(Need::Root, Need::Debian13, Need::Controllers);
    let Some(disk) = disk() else { return redd_tests::skip("needs a disk of a virtual machine") };
    let machine = Machine::boot(&Need::Debian13.tree(), &[&format!("--io-write-bandwidth={disk} 5M")]);
    let unit = Unit::of(&machine);
    let held = unit.file("io.max");
    assert!(held.contains("wbps=5") && held.contains("rbps=max"), "{held}");
    let set = run(["set", "--runtime", &machine.name, &format!("io-read-iops={disk} 500")]);
    assert_eq!((set.status, set.errors.as_str()), (0, ""));
    let held = unit.file("io.max");
    assert!(held.contains("riops=500") && held.contains("wbps=5"), "{held}");
    assert_eq!(machine.stop(), 0);
}

#[test]
fn pressure_and_processors_are_the_payloads_to_see_and_to_divide() {
    needs!(Need::Root, Need::Debian13, Need::Controllers, Need::Pressure);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    assert!(machine.shell("cat /sys/fs/cgroup/memory.pressure").starts_with("some avg10="));
    assert!(machine.shell("cat /proc/pressure/cpu").starts_with("some avg10="));
    let watched = as_unit(&machine, &["MemoryPressureWatch=yes"], "echo $MEMORY_PRESSURE_WATCH");
    assert!(watched.output.ends_with("memory.pressure"), "{watched:?}");
    let bound = as_unit(&machine, &["AllowedCPUs=1"], "grep Cpus_allowed_list /proc/self/status");
    assert_eq!(bound.output.split_whitespace().last(), Some("1"), "{bound:?}");
    assert_eq!(machine.stop(), 0);
}

#[test]
fn what_the_interface_asks_of_cgroups_is_kept() {
    needs!(Need::Root, Need::Debian13, Need::Controllers);
    covers!(EE6, EE7);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    let judged = run(["check", &machine.name, "--active", "--json"]);
    let report = render::read_json(&judged.output, registry::all())
        .unwrap_or_else(|error| panic!("{error}: {judged:?}"));
    for id in ["EE6.6", "EE6.7", "EE6.8", "EE7.1", "EE7.2"] {
        let found = report.judgements.iter().find(|judgement| judgement.check == id).unwrap();
        assert_eq!(found.verdict, Verdict::Pass, "{id}: {}", found.evidence);
    }
    assert_eq!(machine.stop(), 0);
}
