//! What happens to a host while a machine runs on it: what is said of the machine afterwards is true, and nothing is left of it.

use redd_tests::{Need, needs};

use crate::life::{NAME, Place};

/// The unit of a machine that was started by hand.
const SCOPE: &str = "machine-web.scope";

/// Whether a device that no machine is given, the kernel's log, can be opened: by a process of the host's in the payload's cgroup, which
/// has every right but what the device filter takes from it, or by one in no such cgroup.
fn opens_log(place: &Place, cgroup: &str) -> bool {
    let open = format!("{cgroup}; test -c /run/log-node || mknod /run/log-node c 1 11; : < /run/log-node");
    let run = place.host.enter(&["bash", "-c", &open]);
    assert!(run.status == 0 || run.stderr.contains("Operation not permitted"), "{run:?}");
    run.status == 0
}

fn payload_opens_log(place: &Place) -> bool {
    opens_log(
        place,
        "set -e; echo $$ > /sys/fs/cgroup/machine.slice/machine-web.scope/payload/cgroup.procs; set +e",
    )
}

#[test]
fn the_device_filter_survives_a_reload_and_a_new_systemd() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::ordinary();
    place.start("");
    assert!(opens_log(&place, ":"), "a host may");
    assert!(!payload_opens_log(&place));
    for verb in ["daemon-reload", "daemon-reexec"] {
        assert_eq!(place.host.enter(&["systemctl", verb]).status, 0, "{verb}");
        assert_eq!(place.host.enter(&["systemctl", "is-active", SCOPE]).printed(), "active", "{verb}");
        assert!(!payload_opens_log(&place), "{verb}");
        assert_eq!(place.host.enter(&["redd", "exec", NAME, "--", "/usr/bin/echo", "in"]).printed(), "in");
    }
    // The unit's own properties are applied anew, and the filter stays.
    let set = ["systemctl", "set-property", "--runtime", SCOPE, "DeviceAllow=char-mem rw", "TasksMax=100"];
    assert_eq!(place.host.enter(&set).status, 0);
    assert!(!payload_opens_log(&place));
    assert_eq!(place.host.enter(&["redd", "stop", NAME]).status, 0);
    place.assert_nothing_left();
}

#[test]
fn a_scope_that_is_stopped_from_outside_is_an_orderly_end() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::ordinary();
    place.start("");
    let listen =
        format!("redd events {NAME} > /run/said 2>&1 & until test -s /run/said; do sleep 0.05; done");
    assert_eq!(place.host.enter(&["bash", "-c", &format!("exec > /dev/null 2>&1; {listen}")]).status, 0);
    assert_eq!(place.host.enter(&["systemctl", "stop", SCOPE]).status, 0);
    place.host.wait_for("grep -q stopping /run/said");
    assert_eq!(place.host.enter(&["pkill", "-f", "redd events"]).status, 0);
    place.assert_nothing_left();
    assert_eq!(place.host.enter(&["redd", "stop", NAME]).status, 3, "it does not run");
    // The name is free at once.
    place.starts_and_stops("");
}

#[test]
fn a_scope_that_is_killed_from_outside_leaves_nothing() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::ordinary();
    place.start("--network-veth");
    assert_eq!(place.host.enter(&["systemctl", "kill", "--signal=KILL", SCOPE]).status, 0);
    // Redd and its guard are in the unit and are gone as well: whoever comes next mends it.
    place.host.wait_for(&format!("! systemctl is-active --quiet {SCOPE}"));
    assert_eq!(place.host.enter(&["redd", "gc"]).status, 0);
    place.assert_nothing_left();
    place.starts_and_stops("--network-veth");
}

#[test]
fn a_supervisor_that_is_killed_leaves_nothing() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::ordinary();
    place.start("--network-veth");
    let supervisor = place.record()["supervisor"].to_string();
    assert_eq!(place.host.enter(&["kill", "-KILL", &supervisor]).status, 0);
    place.assert_nothing_left();
    place.starts_and_stops("--network-veth");
}

#[test]
fn a_machine_ends_as_ever_while_machined_is_dead_and_is_not_known_to_the_next_one() {
    needs!(Need::Root, Need::SystemdHost);
    let place = Place::ordinary().changed("machinectl list");
    place.start("");
    let gone = "systemctl kill --signal=KILL systemd-machined; systemctl stop systemd-machined 2> /dev/null; \
        systemctl mask --runtime --quiet systemd-machined";
    assert_eq!(place.host.enter(&["bash", "-c", gone]).status, 0);
    assert_eq!(place.host.enter(&["redd", "stop", NAME]).status, 0);
    let back = "systemctl unmask --runtime --quiet systemd-machined; systemctl start systemd-machined";
    assert_eq!(place.host.enter(&["bash", "-c", back]).status, 0);
    assert_eq!(place.host.enter(&["machinectl", "list", "--no-legend"]).printed(), "");
    place.assert_nothing_left();
    place.starts_and_stops("");
}

#[test]
fn a_host_that_shuts_down_lets_its_machines_end_in_order() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let seen = tempfile::tempdir().unwrap();
    let place = Place::with(|options| options.bind(seen.path(), "/srv/seen".as_ref()));
    let last = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\n\
        ExecStop=sh -c 'sleep 0.5; echo ended > /seen/last'\n";
    std::fs::write(seen.path().join("last.service"), last).unwrap();
    let options = "-x -D /trees/debian-13 --bind=/srv/seen:/seen --private-users=no";
    let run = place.host.shell(&format!("redd start -M {NAME} {options}"));
    assert_eq!(run.status, 0, "{run:?}");
    let start = "cp /seen/last.service /run/systemd/system/ && systemctl start last.service";
    assert_eq!(place.host.enter(&["redd", "exec", NAME, "--", "sh", "-c", start]).status, 0);
    place.power_off();
    assert_eq!(std::fs::read_to_string(seen.path().join("last")).unwrap(), "ended\n");
}
