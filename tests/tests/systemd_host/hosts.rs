//! The hosts themselves: what all other tests here rely on.

use std::path::Path;

use redd_lab::{Host, Manager, Part, Streams};
use redd_tests::{Need, boot_host, host_options, needs};

/// A test that was given another name would be missed by nobody.
#[test]
fn every_test_that_has_to_run_is_there() {
    let own = std::env::current_exe().unwrap();
    let there = std::process::Command::new(own).args(["--list", "--format=terse"]).output().unwrap().stdout;
    let there = String::from_utf8(there).unwrap();
    for name in redd_tests::listed("systemd_host") {
        assert!(there.lines().any(|line| line == format!("{name}: test")), "{name}");
    }
    assert!(redd_tests::listed("systemd_host").count() > 10);
}

#[test]
fn a_host_runs_its_systemd_and_everything_that_redd_talks_to() {
    needs!(Need::Root, Need::SystemdHost);
    let host = boot_host();
    assert_eq!(host.enter(&["systemctl", "is-system-running", "--wait"]).printed(), "running");
    assert_eq!(host.enter(&["machinectl", "list", "--no-legend"]).printed(), "");
    for unit in ["dbus", "systemd-machined", "systemd-networkd", "systemd-resolved", "systemd-logind"] {
        assert_eq!(host.enter(&["systemctl", "is-active", unit]).printed(), "active", "{unit}");
    }
}

#[test]
fn a_command_is_a_unit_of_the_host_with_streams_and_a_status_of_its_own() {
    needs!(Need::Root, Need::SystemdHost);
    let host = boot_host();
    let run = host.shell("echo out; echo err >&2; cat /proc/self/cgroup; exit 7");
    assert_eq!((run.status, run.stderr.as_str()), (7, "err"));
    assert!(
        run.stdout.starts_with("out\n") && run.stdout.contains("0::/system.slice/run-"),
        "{}",
        run.stdout
    );
    let at_terminal = host.command(Streams::Terminal, &["sh", "-c", "tty"]).output().unwrap();
    assert!(String::from_utf8_lossy(&at_terminal.stdout).contains("/dev/pts/"), "{at_terminal:?}");
    assert!(host.enter(&["cat", "/proc/self/cgroup"]).printed().contains("0::/.."), "no unit");
}

#[test]
fn a_host_has_the_redd_under_test_and_the_trees_which_nobody_there_can_change() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    assert!(host.run(&["redd", "--version"]).printed().starts_with("redd "));
    assert_ne!(host.shell("touch /trees/debian-13/etc/new").status, 0);
    let run = host.run(&["redd", "run", "-x", "--console=pipe", "/trees/debian-13", "cat", "/proc/1/comm"]);
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn a_host_may_lack_parts_of_systemd_and_the_bus() {
    needs!(Need::Root, Need::SystemdHost);
    let lacking = [Part::Machined, Part::Networkd, Part::Resolved, Part::Bus];
    let options = lacking.into_iter().fold(host_options(), redd_lab::Options::without);
    let host = Host::boot(&options.environment("EXTRA", "1").file("/etc/extra", "written\n")).unwrap();
    for path in
        ["/usr/bin/machinectl", "/run/dbus/system_bus_socket", "/run/systemd/machine", "/run/systemd/netif"]
    {
        assert!(!host.path(path).exists(), "{path}");
    }
    assert_eq!(host.shell("cat /etc/extra").printed(), "written");
    assert!(host.enter(&["cat", "/proc/1/environ"]).printed().split('\0').any(|word| word == "EXTRA=1"));
}

#[test]
fn hosts_live_side_by_side_and_leave_nothing() {
    needs!(Need::Root, Need::SystemdHost);
    let (first, second) = (boot_host(), boot_host());
    assert_eq!(first.shell("touch /var/tmp/mine /run/mine; hostname").printed(), "host");
    assert_ne!(second.shell("ls /var/tmp/mine").status, 0);
    let leaders = [first.leader(), second.leader()];
    let states = [first.name(), second.name()].map(|name| Path::new("/var/tmp").join(name));
    assert!(states.iter().all(|state| state.exists()));
    first.power_off();
    assert_eq!(second.shell("echo still here").printed(), "still here");
    drop(second);
    for leader in leaders {
        assert!(!Path::new("/proc").join(leader.to_string()).exists());
    }
    assert!(!states.iter().any(|state| state.exists()), "{states:?}");
}

#[test]
fn redd_makes_such_a_host_too_and_runs_a_payload_in_it() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = Host::boot(&host_options().made_by(Manager::Redd)).unwrap();
    assert_eq!(host.enter(&["systemctl", "is-system-running", "--wait"]).printed(), "running");
    let run = host.shell("redd run -x --console=pipe --private-users=no /trees/debian-13 cat /proc/1/comm");
    assert_eq!(run.status, 0, "{run:?}");
}
