//! Many times, and many at once (G6, G7): nothing grows, nothing is left.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use redd_tests::{
    CgroupView, Leftovers, Machine, Need, held_by, in_view, needs, own_tree, redd, unique_name,
};

/// What a leak would make more of.
fn counts() -> BTreeMap<&'static str, usize> {
    let lines = |path: &str| fs::read_to_string(path).map_or(0, |text| text.lines().count());
    let entries = |path: &str| fs::read_dir(path).map_or(0, Iterator::count);
    BTreeMap::from([
        ("mounts", lines("/proc/self/mountinfo")),
        ("links", entries("/sys/class/net")),
        ("ranges", entries("/run/systemd/nspawn-uid")),
        ("machines", entries("/run/redd/machines")),
        ("ephemeral copies", entries("/var/lib/redd/ephemeral")),
        ("temporary directories", entries("/var/lib/redd/temporary")),
    ])
}

#[test]
fn a_thousand_starts_leave_as_much_as_one() {
    needs!(Need::Root, Need::Debian13);
    let (name, before) = (unique_name(), counts());
    let leftovers = Leftovers::before(&name);
    // With version 2 alone: a hierarchy of version 1 makes each start wait.
    let script = "name=$1; shift
        for number in $(seq 1000); do \"$@\" -M \"$name-$((number % 7))\" -- /bin/true || exit 2; done";
    let mut soak = in_view(CgroupView::PureV2, Command::new("sh"));
    soak.args(["-c", script, "sh", &name]).arg(redd().get_program());
    soak.args(["run", "-P", "-x", "-D"]).arg(Need::Debian13.tree()).stderr(Stdio::null());
    assert!(soak.status().unwrap().success());
    leftovers.assert_none();
    let after = counts();
    assert_eq!(before, after);
}

/// A49: an init that reboots without end costs a supervisor nothing that adds up.
#[test]
fn a_reboot_loop_does_not_make_a_supervisor_grow() {
    needs!(Need::Root, Need::Debian13);
    let tree = own_tree();
    let init = tree.path().join("usr/lib/systemd/systemd");
    fs::remove_file(&init).unwrap();
    let count = tree.path().join("var/boots");
    // reboot(2) with LINUX_REBOOT_CMD_RESTART.
    let script =
        "#!/bin/sh\necho >> /var/boots\nexec perl -e 'syscall(169, 0xfee1dead, 672274793, 0x1234567, 0)'\n";
    fs::write(&init, script).unwrap();
    fs::set_permissions(&init, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let machine = Machine::start_in(CgroupView::PureV2, tree.path(), &["--network-veth=no"]);
    let boots = || fs::metadata(&count).map_or(0, |metadata| metadata.len());
    let wait_for = |wanted| {
        let deadline = std::time::Instant::now() + Duration::from_secs(120);
        while boots() < wanted {
            assert!(std::time::Instant::now() < deadline, "{} boots:\n{}", boots(), machine.log());
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    wait_for(50);
    let supervisor = machine.supervisor();
    let most = || {
        (0..20)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(3));
                held_by(&supervisor)
            })
            .max()
            .unwrap()
    };
    let early = most();
    wait_for(1000);
    let late = most();
    // Killed between two boots, redd has no guard: the journal waits for this.
    let leftovers = Leftovers::before(&machine.name);
    drop(machine);
    // In the view of cgroups that the machine was started in: the journal has paths of it.
    let mut collect = in_view(CgroupView::PureV2, redd());
    assert!(collect.arg("gc").stdout(Stdio::null()).status().unwrap().success());
    leftovers.assert_none();
    assert!(late.0 <= early.0 + 2, "descriptors: {early:?}, then {late:?}");
    assert!(late.1 * 20 <= early.1 * 21 + 20 * 8, "memory: {early:?}, then {late:?}");
}

/// What one user may have of inotify instances, lowered for a while. Nothing else is tested meanwhile.
struct InotifyLimit(String);

impl InotifyLimit {
    const PATH: &str = "/proc/sys/fs/inotify/max_user_instances";

    fn lower(limit: u32) -> Self {
        let before = fs::read_to_string(Self::PATH).unwrap_or_default();
        fs::write(Self::PATH, limit.to_string()).expect("root may lower it");
        Self(before)
    }
}

impl Drop for InotifyLimit {
    fn drop(&mut self) {
        drop(fs::write(Self::PATH, &self.0));
    }
}

/// Each takes about five inotify instances, so fifty of one user would need twice of what a kernel allows.
#[test]
fn fifty_systems_run_at_once_and_stop_again() {
    needs!(Need::Root, Need::Debian13);
    let before = counts();
    let _limit = InotifyLimit::lower(128);
    let start = |_| Machine::start_in(CgroupView::PureV2, &Need::Debian13.tree(), &["--ephemeral"]);
    let machines: Vec<Machine> = (0..50).map(start).collect();
    for machine in &machines {
        machine.wait_for_message("READY=1");
    }
    machines.iter().for_each(Machine::assert_runs_clean);
    machines.iter().for_each(|machine| machine.signal("TERM"));
    for machine in machines {
        let leftovers = Leftovers::before(&machine.name);
        assert_eq!(machine.wait(), 0);
        leftovers.assert_none();
    }
    assert_eq!(before, counts());
}
