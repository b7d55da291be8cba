//! Inits of every kind: each boots, stops by its own means, and reboots.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use redd_tests::{
    CgroupView, Leftovers, Machine, Need, at_a_terminal, covers, minimal_tree, needs, run, unique_name,
};

/// How long a boot may take on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The keys for a reboot.
const REBOOT_KEYS: &[u8] = b"\x1d\x1dr";

/// An init of some kind, and what it prints.
#[derive(Clone)]
struct Init {
    /// As the plan names it.
    kind: &'static str,
    tree: PathBuf,
    options: Vec<String>,
    /// What is on the console when it has booted.
    booted: &'static str,
    /// What its own shutdown prints.
    orderly: &'static str,
    /// What reboots it, inside.
    reboot: &'static str,
}

/// Files of a test's own, which are put over those of a tree.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // The payload's root is nobody here.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self(directory)
    }

    /// The option that puts a file with these contents over one of the tree.
    fn over(&self, target: &str, contents: &str) -> String {
        let path = self.0.path().join(target.replace('/', "-"));
        fs::write(&path, contents).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        format!("--bind-ro={}:{target}", path.display())
    }
}

fn sysvinit() -> Init {
    Init {
        kind: "sysvinit",
        tree: Need::Sysvinit.tree(),
        options: Vec::new(),
        booted: "Entering runlevel: 2",
        orderly: "Will now halt.",
        reboot: "telinit 6",
    }
}

fn sysvinit_with_openrc() -> Init {
    Init { tree: Need::OpenRc.tree(), ..sysvinit() }
}

fn openrc() -> Init {
    Init {
        kind: "openrc",
        tree: Need::OpenRc.tree(),
        options: vec!["--init=openrc".to_owned()],
        booted: "Starting default runlevel",
        orderly: "Sending the final term signal",
        reboot: "openrc-shutdown --reboot now",
    }
}

fn runit() -> Init {
    Init {
        kind: "runit",
        tree: Need::Runit.tree(),
        options: Vec::new(),
        booted: "enter stage: /etc/runit/2",
        orderly: "Running shutdown tasks",
        reboot: "init 6",
    }
}

fn busybox(files: &Files) -> Init {
    let inittab = "::sysinit:/bin/echo booted\n::respawn:/bin/sleep 1000\n::shutdown:/bin/echo orderly\n";
    Init {
        kind: "busybox",
        tree: Need::OpenRc.tree(),
        options: vec!["--init=busybox".to_owned(), files.over("/etc/inittab", inittab)],
        booted: "booted",
        orderly: "orderly",
        reboot: "busybox reboot",
    }
}

/// s6-svscan becomes what is in `finish` when it is told to end.
fn s6(files: &Files, init: &str) -> Init {
    let script = "#!/bin/sh\nmkdir -p /run/service/.s6-svscan /run/service/one\n\
         printf '#!/bin/sh\\necho orderly\\n[ -e /run/again ] && exec busybox reboot -f\\nexec busybox poweroff -f\\n' \
         > /run/service/.s6-svscan/finish\n\
         printf '#!/bin/sh\\necho booted\\nexec sleep 1000\\n' > /run/service/one/run\n\
         chmod +x /run/service/.s6-svscan/finish /run/service/one/run\nexec s6-svscan /run/service\n";
    Init {
        kind: "s6",
        tree: Need::OpenRc.tree(),
        options: vec![format!("--init={init}"), files.over("/usr/sbin/init", script)],
        booted: "booted",
        orderly: "orderly",
        reboot: "touch /run/again; s6-svscanctl -t /run/service",
    }
}

impl Init {
    fn start(&self, options: &[&str]) -> Machine {
        let own = self.options.iter().map(String::as_str);
        let usual = ["--ephemeral", "--notify-ready=no", "--stop-timeout=60s"];
        let options: Vec<&str> = usual.into_iter().chain(own).chain(options.iter().copied()).collect();
        Machine::start_in(CgroupView::Native, &self.tree, &options)
    }

    fn boot(&self, options: &[&str]) -> Machine {
        let machine = self.start(options);
        wait_until(&machine, || times(&machine, self.booted) == 1 && self.is_settled(&machine));
        machine
    }

    /// OpenRC that is told to stop while it starts waits for services that wait for each other.
    fn is_settled(&self, machine: &Machine) -> bool {
        self.kind != "openrc"
            || machine.succeeds("grep -qx default /run/openrc/softlevel && ! [ -e /run/openrc/rc.starting ]")
    }

    fn stops_in_its_own_way(&self) {
        let machine = self.boot(&[]);
        let leftovers = Leftovers::before(&machine.name);
        let (name, log) = stop(machine, self.kind);
        assert!(log.contains(self.orderly), "{name}: {log}");
        assert!(!log.contains("listens to nothing"), "{name}: {log}");
        leftovers.assert_none();
    }

    fn boots_again(&self) {
        let machine = self.boot(&[]);
        let leader = machine.leader();
        drop(machine.inside(&["sh", "-c", self.reboot]));
        wait_until(&machine, || times(&machine, self.booted) == 2 && self.is_settled(&machine));
        assert_ne!(machine.leader(), leader);
        stop(machine, self.kind);
    }

    fn reboots_when_it_is_told_from_outside(&self) {
        let name = unique_name();
        let command = format!(
            "REDD boot -x -M {name} --notify-ready=no --keep-unit --network-veth=no {} {}",
            self.options.join(" "),
            self.tree.display()
        );
        let seen = at_a_terminal(&command, self.booted, REBOOT_KEYS);
        assert!(seen.contains("status 133"), "{}: {seen}", self.kind);
    }
}

/// Stops a machine, which has to end with 0; its name and what it printed.
fn stop(machine: Machine, kind: &str) -> (String, String) {
    let name = machine.name.clone();
    machine.signal("TERM");
    let (status, log) = machine.wait_with_log();
    assert_eq!(status, 0, "{kind}: {log}");
    (name, log)
}

fn times(machine: &Machine, words: &str) -> usize {
    machine.log().matches(words).count()
}

fn wait_until(machine: &Machine, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !holds() {
        assert!(Instant::now() < deadline, "{}", machine.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn sysvinit_stops_by_its_runlevel() {
    needs!(Need::Root, Need::Sysvinit, Need::OpenRc);
    covers!(UN4);
    sysvinit().stops_in_its_own_way();
    sysvinit_with_openrc().stops_in_its_own_way();
}

#[test]
fn sysvinit_reboots() {
    needs!(Need::Root, Need::Sysvinit);
    covers!(UN4);
    sysvinit().boots_again();
    sysvinit().reboots_when_it_is_told_from_outside();
}

#[test]
fn openrc_stops_and_reboots() {
    needs!(Need::Root, Need::OpenRc);
    covers!(UN4);
    openrc().stops_in_its_own_way();
    openrc().boots_again();
}

#[test]
fn runit_stops_by_its_files() {
    needs!(Need::Root, Need::Runit);
    covers!(UN4);
    runit().stops_in_its_own_way();
}

/// Its first stage does not listen, and makes the files anew.
#[test]
fn runit_that_is_told_too_early_is_told_again() {
    needs!(Need::Root, Need::Runit);
    let machine = runit().start(&[]);
    wait_until(&machine, || times(&machine, "enter stage: /etc/runit/1") == 1);
    let (_, log) = stop(machine, "runit");
    assert!(log.contains(runit().orderly), "{log}");
}

#[test]
fn runit_reboots() {
    needs!(Need::Root, Need::Runit);
    covers!(UN4);
    runit().boots_again();
    runit().reboots_when_it_is_told_from_outside();
}

#[test]
fn busybox_stops_and_reboots() {
    needs!(Need::Root, Need::OpenRc);
    covers!(UN4);
    let files = Files::new();
    busybox(&files).stops_in_its_own_way();
    busybox(&files).boots_again();
    busybox(&files).reboots_when_it_is_told_from_outside();
}

#[test]
fn s6_stops_and_reboots() {
    needs!(Need::Root, Need::OpenRc);
    covers!(UN4);
    let files = Files::new();
    s6(&files, "s6").stops_in_its_own_way();
    s6(&files, "s6").boots_again();
}

/// The file says nothing, and PID 1 is looked at.
#[test]
fn a_script_that_becomes_an_init_is_stopped_as_that() {
    needs!(Need::Root, Need::OpenRc, Need::Debian13);
    let files = Files::new();
    s6(&files, "other").stops_in_its_own_way();
    let systemd = Init {
        kind: "other",
        tree: Need::Debian13.tree(),
        options: vec!["--init=other".to_owned()],
        booted: "login:",
        orderly: "halt.target",
        reboot: "systemctl reboot",
    };
    systemd.stops_in_its_own_way();
}

#[test]
fn a_reboot_under_keep_unit_is_left_to_the_unit_for_every_kind() {
    needs!(Need::Root, Need::Sysvinit, Need::OpenRc, Need::Runit);
    covers!(UN4);
    let files = Files::new();
    for init in [sysvinit(), openrc(), runit(), busybox(&files), s6(&files, "s6")] {
        let machine = init.boot(&["--keep-unit"]);
        drop(machine.inside(&["sh", "-c", init.reboot]));
        let (status, log) = machine.wait_with_log();
        assert_eq!(status, 133, "{}: {log}", init.kind);
    }
}

/// A tree in which a script is the init.
fn tree_with_script(script: &str) -> tempfile::TempDir {
    let tree = minimal_tree();
    let path = tree.path().join("usr/bin/my-init");
    fs::write(&path, format!("#!/usr/bin/busybox sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    tree
}

fn script(tree: &tempfile::TempDir) -> Init {
    Init {
        kind: "other",
        tree: tree.path().to_owned(),
        options: vec!["--init=/usr/bin/my-init".to_owned()],
        booted: "booted",
        orderly: "orderly",
        reboot: "",
    }
}

#[test]
fn a_script_that_catches_sigterm_is_told_by_that() {
    needs!(Need::Root);
    let tree = tree_with_script(
        "trap 'echo orderly; exit 0' TERM; echo booted; while :; do busybox sleep 0.1; done",
    );
    script(&tree).stops_in_its_own_way();
}

#[test]
fn a_script_that_ignores_everything_is_named_and_killed() {
    needs!(Need::Root);
    let tree = tree_with_script("echo booted; while :; do busybox sleep 1; done");
    let machine = script(&tree).boot(&["--stop-timeout=1s"]);
    let leftovers = Leftovers::before(&machine.name);
    machine.signal("TERM");
    let (status, log) = machine.wait_with_log();
    assert_eq!(status, 137, "{log}");
    assert!(log.contains("PID 1 listens to nothing that would make it stop: it is killed in 1s"), "{log}");
    leftovers.assert_none();
}

#[test]
fn the_users_own_signal_wins() {
    needs!(Need::Root);
    let tree = tree_with_script(
        "trap 'echo wrong; exit 1' TERM; trap 'echo orderly; exit 0' USR1; echo booted; \
         while :; do busybox sleep 0.1; done",
    );
    let machine = script(&tree).boot(&["--kill-signal=USR1"]);
    let (_, log) = stop(machine, "other");
    assert!(log.contains("orderly"), "{log}");
}

#[test]
fn a_plan_shows_the_kind_and_how_it_is_told() {
    needs!(Need::Root, Need::Debian13, Need::Sysvinit, Need::OpenRc, Need::Runit);
    let plan = |options: &[&str], need: Need| {
        let tree = need.tree();
        run([&["plan", "boot"], options, &[tree.to_str().unwrap()]].concat()).output
    };
    for (options, need, expected) in [
        (&[][..], Need::Debian13, "an init of the kind systemd: told to stop by SIGRTMIN+3"),
        (&[], Need::Sysvinit, "sysvinit: told to stop by runlevel 0, asked for through /run/initctl"),
        (&[], Need::Runit, "runit: told to stop by /etc/runit/stopit, and SIGCONT"),
        (&["--init=openrc"], Need::OpenRc, "openrc: told to stop by SIGTERM"),
        (&["--init=/sbin/openrc-init"], Need::OpenRc, "openrc: told to stop by SIGTERM"),
        (&["--init=/bin/busybox"], Need::OpenRc, "busybox: told to stop by SIGUSR2"),
        (&["--init=s6-linux-init"], Need::OpenRc, "s6-linux-init: told to stop by SIGUSR1"),
        (&["--kill-signal=INT"], Need::Sysvinit, "sysvinit: told to stop by SIGINT"),
    ] {
        let text = plan(options, need);
        assert!(text.contains(expected), "{options:?}: {text}");
    }
}

#[test]
fn an_init_that_is_not_there_is_refused() {
    needs!(Need::Root, Need::Runit);
    let tree = Need::Runit.tree();
    let refused = run(["plan", "boot", "--init=/sbin/none", tree.to_str().unwrap()]);
    assert_eq!(refused.status, 125);
    assert!(refused.errors.contains("no program is at /sbin/none"), "{}", refused.errors);
    let refused = run(["plan", "boot", "--init=upstart", tree.to_str().unwrap()]);
    assert!(refused.errors.contains("auto, systemd, sysvinit"), "{}", refused.errors);
}

/// A tree whose systemd says that it is of this version, and is a script that looks around.
fn tree_of_old_systemd(version: &str) -> tempfile::TempDir {
    let tree = minimal_tree();
    let path = tree.path().join("usr/lib/systemd/systemd");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let script = "#!/usr/bin/busybox sh\nb=/usr/bin/busybox; c=/sys/fs/cgroup\ntrap 'echo orderly; exit 0' 37\n\
         echo own $($b grep name=systemd /proc/self/cgroup | $b cut -d: -f2-)\n\
         $b awk '$5 ~ \"^/sys/fs/cgroup\" { print \"mount\", $5, $6, $(NF-2) }' /proc/self/mountinfo\n\
         $b mkdir $c/systemd/init.scope && echo $$ >$c/systemd/init.scope/cgroup.procs && echo writable\n\
         echo then $($b grep name=systemd /proc/self/cgroup | $b cut -d: -f2-)\n\
         $b mkdir $c/other 2>&1; echo list $($b ls $c)\n\
         [ -e $c/systemd/release_agent ] || echo private\n\
         echo booted; while :; do $b sleep 0.1; done; exit\n";
    fs::write(&path, format!("{script}\0systemd {version}\0")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    tree
}

/// The path of a process in the hierarchy named `systemd`, as this process sees it.
fn named_cgroup_of(process: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{process}/cgroup")).unwrap();
    text.lines().find_map(|line| line.split_once(":name=systemd:")).map(|(_, path)| path.to_owned())
}

/// The systemd is made up: none so old can be had. What it is given is not.
#[test]
fn a_systemd_below_233_has_a_hierarchy_of_version_1_of_its_own() {
    needs!(Need::Root);
    covers!(EE6, NO6, AI5);
    let tree = tree_of_old_systemd("229");
    for users in ["pick", "no"] {
        for view in [CgroupView::Native, CgroupView::PureV2] {
            let name = {
                let users = format!("--private-users={users}");
                let options = ["--notify-ready=no", "--network-veth=no", "--stop-timeout=60s", &users];
                let machine = Machine::start_in(view, tree.path(), &options);
                wait_until(&machine, || times(&machine, "booted") == 1);
                let outside = named_cgroup_of(&machine.leader()).unwrap();
                assert!(outside.ends_with(&format!("/redd-{}/init.scope", machine.name)), "{outside}");
                let name = machine.name.clone();
                let (_, log) = stop(machine, "systemd");
                let said =
                    |line: &str| assert!(log.lines().any(|said| said.trim_end() == line), "{line}: {log}");
                said("own name=systemd:/");
                said("mount /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime tmpfs");
                said("mount /sys/fs/cgroup/systemd rw,nosuid,nodev,noexec,relatime cgroup");
                said("writable");
                said("then name=systemd:/init.scope");
                said("list systemd");
                said("private");
                said("orderly");
                name
            };
            assert!(!named_cgroups().contains(&format!("redd-{name}")), "{name} is left");
        }
    }
}

/// What is in the hierarchy named `systemd`, beside which this process is.
fn named_cgroups() -> Vec<String> {
    if named_cgroup_of("self").is_none() {
        return Vec::new();
    }
    let look = "mount -t cgroup -o none,name=systemd none /mnt && find /mnt -type d -printf '%f\\n'";
    let output = Command::new("unshare").args(["--mount", "sh", "-c", look]).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_systemd_of_233_sees_the_unified_hierarchy_alone() {
    needs!(Need::Root);
    covers!(EE6);
    let tree = tree_of_old_systemd("233");
    let options = ["--notify-ready=no", "--network-veth=no", "--stop-timeout=60s"];
    let machine = Machine::start_in(CgroupView::Native, tree.path(), &options);
    wait_until(&machine, || times(&machine, "booted") == 1);
    let (_, log) = stop(machine, "systemd");
    assert!(log.contains("mount /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime cgroup2"), "{log}");
    assert!(!log.contains("mount /sys/fs/cgroup/systemd"), "{log}");
}

/// redd was killed, and everything with it: the next start of the name, or `redd gc`, finds the cgroup.
#[test]
fn a_hierarchy_of_a_killed_redd_is_undone_from_the_journal() {
    needs!(Need::Root);
    covers!(AI5);
    let tree = tree_of_old_systemd("231");
    let machine =
        Machine::start_in(CgroupView::Native, tree.path(), &["--notify-ready=no", "--network-veth=no"]);
    wait_until(&machine, || times(&machine, "booted") == 1);
    let (name, leftovers) = (machine.name.clone(), Leftovers::before(&machine.name));
    assert!(named_cgroups().contains(&format!("redd-{name}")));
    machine.signal("KILL");
    assert_eq!(machine.wait(), 256);
    let deadline = Instant::now() + TIMEOUT;
    while named_cgroups().contains(&format!("redd-{name}")) {
        assert!(Instant::now() < deadline, "the guard undoes it");
        std::thread::sleep(Duration::from_millis(20));
    }
    leftovers.assert_none();
}

/// What redd writes for an init may be anything by then: only a FIFO is written to, and nobody waits for it.
#[test]
fn a_place_for_an_init_that_is_something_else_is_left_alone() {
    needs!(Need::Root);
    for place in ["ln -s /victim /run/initctl", "mkfifo /run/initctl", "ln -s /dev/zero /run/initctl"] {
        let tree = minimal_tree();
        let init = tree.path().join("usr/sbin/init");
        fs::create_dir_all(init.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("usr/sbin", tree.path().join("sbin")).unwrap();
        let script = format!(
            "#!/usr/bin/busybox sh\nbusybox {}\necho booted; while :; do busybox sleep 1; done\n",
            place
        );
        fs::write(&init, script).unwrap();
        fs::set_permissions(&init, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(tree.path().join("victim"), "untouched").unwrap();
        let options = ["--init=sysvinit", "--notify-ready=no", "--network-veth=no", "--stop-timeout=1s"];
        let machine = Machine::start_in(CgroupView::Native, tree.path(), &options);
        wait_until(&machine, || times(&machine, "booted") == 1);
        let leftovers = Leftovers::before(&machine.name);
        machine.signal("TERM");
        let (status, log) = machine.wait_with_log();
        assert_eq!(status, 137, "{place}: {log}");
        assert_eq!(fs::read_to_string(tree.path().join("victim")).unwrap(), "untouched");
        leftovers.assert_none();
    }
}
