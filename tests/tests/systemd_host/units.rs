//! A machine is one unit of the host's systemd, whatever asks for it and whoever ends it.

use redd_lab::{Host, Part};
use redd_tests::{Need, boot_host, covers, host_options, needs};

const RUN: &str = "redd run -q -x -D /trees/debian-13 -M a";
const START: &str = "redd start -q -x -D /trees/debian-13 -M a";

/// Directories of a unit, and what its scope or service is.
fn cgroups(host: &Host, path: &str) -> String {
    host.shell(&format!("cd '/sys/fs/cgroup/{path}' && find . -maxdepth 1 -type d | sort | tr '\\n' ' '"))
        .printed()
}

#[test]
fn a_machine_is_a_scope_with_redd_and_the_payload_in_it() {
    covers!(EE7, AI5, EE6);
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    assert_eq!(host.shell(&START.replace("-M a", "-M web-1")).status, 0);
    let scope = r"machine-web\x2d1.scope";
    let show = |property: &str| host.run(&["systemctl", "show", "--value", "-p", property, scope]).printed();
    assert_eq!(show("ControlGroup"), format!("/machine.slice/{scope}"));
    assert_eq!(
        (show("Slice"), show("Delegate"), show("TasksMax")),
        ("machine.slice".into(), "yes".into(), "16384".into())
    );
    assert!(show("Controller").starts_with(':'));
    assert_eq!(cgroups(&host, &format!("machine.slice/{scope}")), ". ./payload ./supervisor");
    let read =
        |path: &str| host.shell(&format!("cat '/sys/fs/cgroup/machine.slice/{scope}/{path}'")).printed();
    assert_eq!(read("cgroup.procs"), "", "no process in the unit's own cgroup");
    assert!(read("supervisor/cgroup.procs").lines().count() >= 2, "redd and its guard");
    assert_eq!(host.shell("find /sys/fs/cgroup -name 'redd-*'").printed(), "", "nothing of redd's elsewhere");
}

#[test]
fn properties_and_the_slice_are_what_systemd_then_has() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    let options = "--slice=customers-x --memory=100M --cpus=0.5 --property=IPAddressDeny=any \
                   --property='DeviceAllow=/dev/null r' --property=AllowedCPUs=0";
    let start = format!("{START} {options}");
    assert_eq!(host.shell(&start).status, 0);
    let show = |property: &str| {
        host.run(&["systemctl", "show", "--value", "-p", property, "machine-a.scope"]).printed()
    };
    assert_eq!(show("ControlGroup"), "/customers.slice/customers-x.slice/machine-a.scope");
    assert_eq!((show("MemoryMax"), show("CPUQuotaPerSecUSec")), ("104857600".into(), "500ms".into()));
    // In the order of a table that is another one at each boot.
    let denied = show("IPAddressDeny");
    assert!(["0.0.0.0/0 ::/0", "::/0 0.0.0.0/0"].contains(&&*denied), "{denied}");
    assert_eq!(show("AllowedCPUs"), "0");
    assert_eq!(show("DeviceAllow"), "/dev/null r");
}

#[test]
fn what_systemd_refuses_is_told_in_its_words_and_nothing_is_left() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    // The one who makes a scope has to live until it is in there.
    let taken = "systemctl mask --runtime -q bad.slice
        systemd-run -q --scope --unit=machine-b.scope sleep 60 >/dev/null 2>&1 &
        until systemctl is-active -q machine-b.scope; do sleep 0.1; done";
    assert_eq!(host.shell(taken).status, 0);
    for (options, expected) in [
        ("--property=Frobnicate=1", "Cannot set property Frobnicate"),
        ("--property=KillMode=sometimes", "Invalid KillMode setting"),
        ("--slice=bad", "Unit bad.slice is masked"),
        ("-M b", "Unit machine-b.scope was already loaded"),
        ("--property=Delegate=no", "redd sets this one itself"),
        ("--property=MemoryMax=much", "write bytes like"),
        ("--slice=a--b", "write the name of a slice"),
    ] {
        let run = host.shell(&format!("{RUN} {options} -- true"));
        assert_eq!(run.status, 125, "{options}: {run:?}");
        assert!(run.stderr.contains(expected), "{options}: {run:?}");
    }
    assert_eq!(host.shell("ls /run/redd/machines; systemctl is-active machine-a.scope").stdout, "inactive");
}

#[test]
fn stopping_the_scope_is_an_orderly_shutdown() {
    covers!(EE7, AI3);
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    assert_eq!(host.shell(&format!("{START} --console=kept")).status, 0);
    // Another boot, and another redd, hear systemd as the first ones did.
    assert_eq!(host.shell("redd exec a -- systemctl reboot; redd wait a --for running").status, 0);
    assert_eq!(host.shell("redd upgrade a").status, 0);
    assert_eq!(
        host.shell(
            "redd exec a -- systemctl is-system-running --wait >/dev/null; systemctl stop machine-a.scope"
        )
        .status,
        0
    );
    let log = host.shell("cat /var/lib/redd/logs/a/console.log").printed();
    assert!(
        log.contains("Reached target") && log.contains("Power-Off") || log.contains("System Halt"),
        "{log}"
    );
    assert_eq!(
        host.shell("ls /run/redd/machines; find /sys/fs/cgroup/machine.slice -mindepth 1 -type d").printed(),
        ""
    );
}

#[test]
fn a_supervisor_that_is_killed_leaves_no_scope() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    for _ in 0..3 {
        assert_eq!(host.shell(START).status, 0);
        host.shell("kill -9 $(head -1 /sys/fs/cgroup/machine.slice/machine-a.scope/supervisor/cgroup.procs)");
    }
    host.wait_for("! systemctl is-active -q machine-a.scope && ! test -e /run/redd/machines/a");
    assert_eq!(host.shell("machinectl list --no-legend").printed(), "");
}

#[test]
fn without_a_bus_the_service_manager_is_asked_directly() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = Host::boot(&host_options().without(Part::Bus)).unwrap();
    let run = host.shell(&format!("{RUN} -- true"));
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(host.shell(START).status, 0);
    assert_eq!(cgroups(&host, "machine.slice/machine-a.scope"), ". ./payload ./supervisor");
    assert_eq!(host.shell("redd stop a").status, 0);
}
