//! A payload that does not want to end, that begins again without end, or that was another process once.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use redd_tests::{Leftovers, Need, held_by, minimal_tree, needs, redd, run, unique_name};

use crate::registry::Held::Always;
use crate::registry::{Attack, Users, test, wait_until};

pub(crate) const ATTACKS: &[Attack] = &[
    test("A22 fork while everything is killed", Always, a_fork_bomb_is_killed_to_its_last_process),
    test("A29 a number that another process has now", Always, a_foreign_process_is_not_taken_for_a_machines),
    test("A44 stop a payload that is stopped", Always, a_stopped_payload_is_killed),
    test("A44 freeze its own cgroup", Always, a_frozen_payload_is_killed),
    test("A45 an init that ignores every signal", Always, an_init_that_listens_to_nothing_is_killed),
    test("A49 reboot without end", Always, a_payload_that_reboots_costs_nothing_that_adds_up),
];

/// redd with a machine that runs, and what was there before.
struct Running {
    name: String,
    redd: Child,
    leftovers: Leftovers,
}

impl Running {
    fn start(verb: &str, users: Users, options: &[&str], words: &[&str]) -> Self {
        let name = unique_name();
        let leftovers = Leftovers::before(&name);
        let mut command = redd();
        command.args([verb, "-M", &name, "--network-veth=no", users.option()]).args(options).args(words);
        let redd = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let running = Self { name, redd, leftovers };
        wait_until("a machine runs", || running.state().is_some());
        running
    }

    fn state(&self) -> Option<serde_json::Value> {
        let text = fs::read(format!("/run/redd/machines/{}/state.json", self.name)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    fn leader(&self) -> String {
        self.state().unwrap()["leader"].to_string()
    }

    fn cgroup(&self) -> String {
        self.state().unwrap()["cgroup"].as_str().unwrap().to_owned()
    }

    /// Asks redd this often to end, waits for it, and looks that nothing is left.
    fn end(mut self, signals: usize) -> i32 {
        for _ in 0..signals {
            if self.redd.try_wait().unwrap().is_none() {
                signal("TERM", &self.redd.id().to_string());
            }
            // Two of them at once are one.
            let redd = &mut self.redd;
            wait_until("the signal is read", || redd.try_wait().unwrap().is_some() || !is_pending(redd));
        }
        wait_until("redd ends", || self.redd.try_wait().unwrap().is_some());
        self.leftovers.assert_none();
        self.redd.wait().unwrap().code().unwrap()
    }
}

fn signal(name: &str, pid: &str) {
    assert!(Command::new("kill").args(["-s", name, pid]).status().unwrap().success());
}

/// Whether SIGTERM waits to be read.
fn is_pending(redd: &Child) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", redd.id())).unwrap_or_default();
    let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).unwrap_or("0").trim();
    u64::from_str_radix(pending, 16).unwrap() >> 14 & 1 == 1
}

fn debian(users: Users, options: &[&str], perl: &str) -> Running {
    let tree = Need::Debian13.tree().display().to_string();
    let options = [&["--as-pid1", "-P", "-x"], options].concat();
    Running::start("run", users, &options, &[&tree, "--", "/usr/bin/perl", "-e", perl])
}

#[test]
fn a_fork_bomb_is_killed_to_its_last_process() {
    needs!(Need::Root, Need::Debian13);
    let bomb = "use POSIX; $SIG{$_} = \"IGNORE\" for (\"TERM\", \"HUP\", \"INT\"); for (1..2) { fork } while (1) { \
                if (!fork) { POSIX::setsid() } }";
    for users in Users::BOTH {
        let running = debian(users, &["--pids-max=200"], bomb);
        let processes = format!("{}/cgroup.procs", running.cgroup());
        wait_until("it has forked", || fs::read_to_string(&processes).unwrap().lines().count() > 100);
        assert_eq!(running.end(2), 137);
    }
}

#[test]
fn a_foreign_process_is_not_taken_for_a_machines() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let mut foreign = Command::new("sleep").arg("1000").spawn().unwrap();
    let pid = foreign.id();
    for users in Users::BOTH {
        for journal in ["[]", "no journal", r#"[{"undo":"remove-cgroup","path":"/sys/fs/cgroup/redd-none"}]"#]
        {
            for clean_up in [true, false] {
                let name = unique_name();
                let directory = format!("/run/redd/machines/{name}");
                fs::create_dir_all(&directory).unwrap();
                let state = format!(r#"{{"name":"{name}","leader":{pid},"supervisor":{pid},"cgroup":null}}"#);
                fs::write(format!("{directory}/state.json"), state).unwrap();
                fs::write(format!("{directory}/journal"), journal).unwrap();
                if clean_up {
                    assert_eq!(run(["gc"]).status, 0);
                    assert!(!Path::new(&directory).exists());
                }
                let path = tree.path().to_str().unwrap();
                let words = [
                    "run",
                    "-P",
                    "-M",
                    &name,
                    users.option(),
                    "--network-veth=no",
                    path,
                    "/usr/bin/busybox",
                    "true",
                ];
                assert_eq!(run(words).status, 0);
                assert_eq!(foreign.try_wait().unwrap(), None, "it lives");
            }
        }
    }
    foreign.kill().unwrap();
    foreign.wait().unwrap();
}

#[test]
fn a_stopped_payload_is_killed() {
    needs!(Need::Root, Need::Debian13);
    for users in Users::BOTH {
        for (options, signals) in [(&["--stop-timeout=1s"][..], 1), (&[], 2)] {
            let running = debian(users, options, "$SIG{TERM} = sub { exit 7 }; sleep 1000");
            signal("STOP", &running.leader());
            assert_eq!(running.end(signals), 137);
        }
    }
}

#[test]
fn a_frozen_payload_is_killed() {
    needs!(Need::Root, Need::Debian13);
    let freeze = "$root = \"/sys/fs/cgroup\"; mkdir \"$root/ice\" or die; sub write_to { open F, \">\", \"$root/ice/$_[0]\" \
                  or die; syswrite F, $_[1] } write_to(\"cgroup.procs\", \"1\"); write_to(\"cgroup.freeze\", \"1\"); sleep 1000";
    for users in Users::BOTH {
        let running = debian(users, &["--stop-timeout=1s"], freeze);
        let events = format!("{}/ice/cgroup.events", running.cgroup());
        let is_frozen = || fs::read_to_string(&events).is_ok_and(|text| text.contains("frozen 1"));
        wait_until("it is frozen", is_frozen);
        assert_eq!(running.end(1), 137);
    }
}

/// A tree whose init is a script.
fn tree_with_init(script: &str) -> tempfile::TempDir {
    let tree = minimal_tree();
    let init = tree.path().join("sbin/init");
    fs::create_dir_all(init.parent().unwrap()).unwrap();
    fs::write(&init, format!("#!/usr/bin/busybox sh\n{script}\n")).unwrap();
    fs::set_permissions(&init, fs::Permissions::from_mode(0o755)).unwrap();
    tree
}

#[test]
fn an_init_that_listens_to_nothing_is_killed() {
    needs!(Need::Root);
    let tree = tree_with_init("trap '' HUP INT QUIT TERM USR1 USR2 37; while :; do busybox sleep 100; done");
    let path = tree.path().to_str().unwrap();
    for users in Users::BOTH {
        for (options, signals) in [(&["--stop-timeout=1s"][..], 1), (&[], 2)] {
            let running = Running::start("boot", users, options, &[path]);
            assert_eq!(running.end(signals), 137);
        }
    }
}

#[test]
fn a_payload_that_reboots_costs_nothing_that_adds_up() {
    needs!(Need::Root);
    let tree = tree_with_init("echo >> /boots; exec busybox reboot -f");
    let (path, count) = (tree.path().to_str().unwrap(), tree.path().join("boots"));
    let boots = || fs::metadata(&count).map_or(0, |metadata| metadata.len());
    for users in Users::BOTH {
        drop(fs::remove_file(&count));
        let running = Running::start("boot", users, &[], &[path]);
        // It has more at one moment of a boot than at another.
        let most_during = |wanted| {
            let mut most = held_by(&running.redd.id().to_string());
            wait_until("it reboots", || {
                let samples = (0..100).map(|_| held_by(&running.redd.id().to_string()));
                most = samples.fold(most, |most, now| (most.0.max(now.0), most.1.max(now.1)));
                boots() > wanted
            });
            most
        };
        let early = most_during(50);
        wait_until("it has rebooted often", || boots() > 250);
        let late = most_during(300);
        assert!(late.0 <= early.0 + 3 && late.1 <= early.1 + 512, "{users:?}: {early:?}, then {late:?}");
        running.end(2);
    }
}
