//! Machines as services of the host's systemd: by redd's verbs, and by systemctl.

use std::path::Path;

use redd_lab::Host;
use redd_tests::{Need, boot_host, host_options, needs};

/// A throw-away machine, by what is enabled.
const ENABLE: &str = "redd enable --ephemeral -M web /trees/debian-13";
/// Nothing of a machine is left but its logs.
const NOTHING_LEFT: &str = "! ls -A /run/redd/machines /run/systemd/nspawn-uid /var/lib/redd/ephemeral 2> /dev/null | grep -v : \
    | grep . && test -z \"$(find /sys/fs/cgroup -name '*redd*web*'; ls /sys/class/net | grep ve-)\"";

/// A host where redd is installed.
fn installed() -> Host {
    let host = boot_host();
    assert_eq!(host.run(&["redd", "install"]).status, 0);
    host
}

/// What systemd says of a machine's unit.
fn show(host: &Host, property: &str) -> String {
    host.enter(&["systemctl", "show", "--value", "-p", property, "redd@web"]).printed()
}

/// Does it, and shows what went wrong.
fn done(host: &Host, script: &str) -> String {
    let run = host.shell(script);
    assert_eq!(run.status, 0, "{script}: {run:?}\n{}", host.journal(&["--unit=redd@web"]));
    run.stdout.trim_end().to_owned()
}

#[test]
fn what_is_installed_is_known_to_systemd_and_is_taken_away_again() {
    needs!(Need::Root, Need::SystemdHost);
    let host = boot_host();
    let told = done(&host, "redd install --dry-run");
    assert!(told.contains("would write /usr/local/lib/systemd/system/redd@.service\n"), "{told}");
    assert_eq!(show(&host, "LoadState"), "not-found");
    let wrote = done(&host, "redd install");
    assert_eq!(wrote.replace("wrote ", ""), told.replace("would write ", ""));
    assert!(!wrote.contains("machines.target"), "systemd has it: {wrote}");
    assert_eq!(show(&host, "LoadState"), "loaded");
    assert_eq!(done(&host, "redd install"), "");
    assert_eq!(host.run(&["systemd-analyze", "verify", "--man=no", "redd@web.service"]).stderr, "");
    done(&host, "systemd-tmpfiles --create --boot redd.conf");
    assert_eq!(done(&host, "stat -c %a /run/redd /var/lib/redd"), "700\n700");
    done(&host, "redd install --uninstall");
    assert_eq!(show(&host, "LoadState"), "not-found");
    done(
        &host,
        "test -x /usr/local/bin/redd && ! test -e /usr/local/share/redd && ! test -e /usr/local/lib/systemd",
    );
}

#[test]
fn a_file_of_somebody_else_is_in_the_way_of_an_installation() {
    needs!(Need::Root, Need::SystemdHost);
    let host = boot_host();
    done(&host, "mkdir -p /usr/local/lib/tmpfiles.d && echo mine > /usr/local/lib/tmpfiles.d/redd.conf");
    let refused = host.run(&["redd", "install"]);
    assert_eq!(refused.status, 6, "{refused:?}");
    assert!(refused.stderr.contains("/usr/local/lib/tmpfiles.d/redd.conf is somebody else's"), "{refused:?}");
    done(&host, "! test -e /usr/local/lib/systemd && grep mine /usr/local/lib/tmpfiles.d/redd.conf");
}

#[test]
fn a_machine_is_a_service_that_has_started_when_its_payload_is_ready() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = installed();
    done(&host, &format!("{ENABLE} && systemctl start redd@web"));
    assert_eq!(done(&host, "redd exec web -- systemctl is-system-running"), "running");
    for (property, value) in [
        ("ActiveState", "active"),
        ("Slice", "machine.slice"),
        ("Delegate", "yes"),
        ("KillMode", "mixed"),
        ("DevicePolicy", "closed"),
        ("TasksMax", "16384"),
        ("ControlGroup", "/machine.slice/redd@web.service"),
    ] {
        assert_eq!(show(&host, property), value, "{property}");
    }
    assert!(done(&host, "systemctl status redd@web").contains("Status: \""));
    let list = done(&host, "redd list --no-legend");
    assert!(
        list.lines().any(|line| line.starts_with("web ") && line.ends_with(" redd@web.service")),
        "{list}"
    );
    assert!(done(&host, "redd show web").contains("\"unit\": \"redd@web.service\""));
    done(&host, "systemctl stop redd@web");
    assert_eq!((show(&host, "ActiveState"), show(&host, "Result")), ("inactive".into(), "success".into()));
    done(&host, NOTHING_LEFT);
}

#[test]
fn verbs_start_restart_and_stop_the_unit_with_the_words_they_were_given() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = installed();
    let hostname =
        |name: &str| assert_eq!(done(&host, "redd exec web -- cat /proc/sys/kernel/hostname"), name);
    done(&host, "redd start --ephemeral --hostname=said -M web /trees/debian-13");
    assert_eq!(show(&host, "ActiveState"), "active");
    hostname("said");
    let first = show(&host, "MainPID");
    done(&host, "redd restart web");
    assert_ne!(show(&host, "MainPID"), first);
    hostname("said");
    done(&host, "systemctl restart redd@web");
    hostname("said");
    let taken = host.run(&["redd", "start", "--ephemeral", "-M", "web", "/trees/debian-13"]);
    assert_eq!(taken.status, 6, "{taken:?}");
    done(&host, "redd stop web");
    assert_eq!(show(&host, "ActiveState"), "inactive");
    done(&host, &format!("{ENABLE} && systemctl start redd@web"));
    hostname("web");
}

#[test]
fn a_reboot_inside_is_another_redd_in_the_same_unit() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = installed();
    done(&host, &format!("{ENABLE} && redd start -x --hostname=kept -M web /trees/debian-13"));
    let first = show(&host, "MainPID");
    done(&host, "redd exec web -- systemctl reboot");
    host.wait_for(&format!(
        "test \"$(systemctl show -P MainPID redd@web)\" != {first} && systemctl is-active --quiet redd@web"
    ));
    assert_eq!((show(&host, "NRestarts"), show(&host, "Result")), ("1".into(), "success".into()));
    assert_eq!(done(&host, "redd exec web -- cat /proc/sys/kernel/hostname"), "kept");
}

#[test]
fn a_power_off_inside_ends_the_unit_and_a_failure_of_the_payload_is_one_of_the_unit() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = installed();
    done(&host, &format!("{ENABLE} && redd start web || redd start -x -M web /trees/debian-13"));
    done(&host, "redd exec web -- systemctl poweroff");
    host.wait_for("test \"$(systemctl show -P ActiveState redd@web)\" = inactive");
    assert_eq!(show(&host, "Result"), "success");
    done(&host, "systemctl start redd@web && redd exec web -- systemctl exit 3");
    host.wait_for("systemctl is-failed --quiet redd@web");
    assert_eq!((show(&host, "Result"), show(&host, "ExecMainStatus")), ("exit-code".into(), "3".into()));
    done(&host, NOTHING_LEFT);
}

#[test]
fn a_start_that_fails_says_the_units_result_and_why() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = installed();
    done(&host, "cp -a /trees/debian-13 /var/lib/machines/web && redd start web");
    let busy = host.run(&["redd", "start", "-M", "other", "/var/lib/machines/web"]);
    assert_eq!(busy.status, 6, "{busy:?}");
    let expected =
        "redd@other.service failed, its redd ended with status 125: /var/lib/machines/web is in use";
    assert!(busy.stderr.contains(expected) && busy.stderr.contains("journalctl"), "{busy:?}");
    let absent = host.run(&["systemctl", "start", "redd@nothing"]);
    assert_ne!(absent.status, 0);
    assert!(host.journal(&["--unit=redd@nothing"]).contains("/var/lib/machines/nothing does not exist"));
}

#[test]
fn a_stop_by_a_verb_is_none_that_systemd_starts_the_machine_again_after() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = installed();
    done(&host, ENABLE);
    done(
        &host,
        "mkdir -p /etc/systemd/system/redd@web.service.d && printf '[Unit]\\nStartLimitIntervalSec=0\\n[Service]\\nRestart=always\\nRestartSec=0\\n' \
        > /etc/systemd/system/redd@web.service.d/again.conf && systemctl daemon-reload",
    );
    for verb in ["stop", "stop --now", "stop --timeout=1us", "terminate"] {
        done(&host, "systemctl start redd@web");
        done(&host, &format!("redd {verb} web"));
        assert_eq!(
            (show(&host, "ActiveState"), show(&host, "Job")),
            ("inactive".into(), String::new()),
            "{verb}"
        );
    }
    // Whoever ends it in another way meets the unit's policy.
    done(&host, "systemctl start redd@web && redd exec web -- systemctl poweroff");
    host.wait_for(
        "test \"$(systemctl show -P NRestarts redd@web)\" = 1 && systemctl is-active --quiet redd@web",
    );
}

#[test]
fn one_policy_starts_a_machine_again_and_not_two() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = installed();
    done(&host, "redd start -x --restart=always --restart-delay=0 -M web /trees/debian-13");
    let first = show(&host, "MainPID");
    done(&host, "redd exec web -- systemctl poweroff");
    host.wait_for("test \"$(redd show web | grep -c '\"boots\": 2')\" = 1");
    assert_eq!((show(&host, "MainPID"), show(&host, "NRestarts")), (first, "0".into()));
    done(&host, "redd wait web --for=ready");
    done(
        &host,
        "redd stop web; mkdir -p /etc/systemd/system/redd@web.service.d && printf '[Service]\\nRestart=on-failure\\n' \
        > /etc/systemd/system/redd@web.service.d/again.conf && systemctl daemon-reload && systemctl start redd@web",
    );
    let said = "Restart=on-failure of the unit holds, and --restart= has no effect";
    assert!(host.journal(&["--unit=redd@web"]).contains(said));
    done(&host, "redd exec web -- systemctl poweroff");
    host.wait_for("test \"$(systemctl show -P ActiveState redd@web)\" = inactive");
}

#[test]
fn a_killed_redd_fails_the_unit_which_leaves_nothing_and_can_be_started_again() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = installed();
    done(&host, &format!("{ENABLE} && systemctl start redd@web"));
    done(&host, "systemctl kill --kill-whom=main --signal=KILL redd@web");
    host.wait_for("systemctl is-failed --quiet redd@web");
    assert_eq!(show(&host, "Result"), "signal");
    done(&host, NOTHING_LEFT);
    done(&host, "systemctl start redd@web");
    // To everybody in the unit at once: the guard has no time to do anything.
    done(&host, "systemctl kill --kill-whom=all --signal=KILL redd@web");
    host.wait_for("systemctl is-failed --quiet redd@web");
    done(&host, NOTHING_LEFT);
}

/// A device that no driver serves: opening it is refused by a filter with another error than by the kernel behind it.
#[test]
fn the_units_device_policy_applies_and_what_was_named_may_be_used() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = installed();
    let tries = "redd exec web -- sh -c ': < /dev/odd' 2>&1 | grep 'No such device'";
    let beside = "sh -c 'echo $$ > /sys/fs/cgroup/machine.slice/redd@web.service/supervisor/cgroup.procs; : < /dev/odd'";
    done(&host, "mknod -m 666 /dev/odd c 240 0; redd start -x -M web /trees/debian-13");
    let refused = host.shell(beside);
    assert!(refused.stderr.contains("Operation not permitted"), "{refused:?}");
    done(&host, "redd device add web /dev/odd");
    done(&host, tries);
    done(&host, "redd stop web && redd start -x --device=/dev/odd -M web /trees/debian-13");
    done(&host, tries);
}

#[test]
fn what_is_enabled_is_a_unit_of_the_target_of_all_machines() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = installed();
    done(&host, "redd enable -x --after=db --stop-timeout=5min -M web /trees/debian-13");
    assert_eq!(done(&host, "systemctl is-enabled redd@web machines.target"), "enabled\nenabled");
    assert!(show(&host, "After").contains("redd@db.service"));
    assert_eq!(show(&host, "TimeoutStopUSec"), "5min 30s");
    done(&host, "systemctl start machines.target; systemctl stop machines.target");
    done(&host, "systemctl restart machines.target");
    host.wait_for("systemctl is-active --quiet redd@web");
    done(&host, "systemctl stop machines.target");
    host.wait_for("test \"$(systemctl show -P ActiveState redd@web)\" = inactive");
    done(&host, "redd enable -x --now -M web /trees/debian-13 && redd disable --now web");
    assert_eq!(
        (show(&host, "ActiveState"), show(&host, "UnitFileState")),
        ("inactive".into(), "disabled".into())
    );
    done(&host, "! test -e /etc/systemd/system/redd@web.service.d && ! test -e /var/lib/redd/enabled/web");
}

#[test]
fn a_host_that_is_booted_has_started_what_is_enabled() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    // What an installation and `redd enable` have written on one host, another one is booted with.
    let (enabled, first) = (tempfile::tempdir().unwrap(), installed());
    done(&first, ENABLE);
    std::fs::copy(first.path("/var/lib/redd/enabled/web"), enabled.path().join("web")).unwrap();
    let unit = done(&first, "cat /usr/local/lib/systemd/system/redd@.service");
    first.power_off();
    let options = host_options()
        .file("/usr/local/lib/systemd/system/redd@.service", &unit)
        .file("/etc/systemd/system/machines.target.d/web.conf", "[Unit]\nWants=redd@web.service\n")
        .bind_read_only(enabled.path(), Path::new("/var/lib/redd/enabled"));
    let host = Host::boot(&options).unwrap();
    assert_eq!(show(&host, "ActiveState"), "active");
    assert_eq!(done(&host, "redd exec web -- systemctl is-system-running"), "running");
    host.power_off();
}

#[test]
fn without_the_template_verbs_do_what_they_do_elsewhere() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    done(&host, "redd start -x -M web /trees/debian-13");
    assert_eq!(show(&host, "LoadState"), "not-found");
    assert!(done(&host, "redd show web").contains("\"unit\": \"machine-web.scope\""));
    done(&host, "redd restart web && redd stop web");
    done(&host, NOTHING_LEFT);
}

#[test]
fn a_reload_is_an_upgrade_of_the_redd_that_serves_it() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = installed();
    done(&host, &format!("{ENABLE} && systemctl start redd@web"));
    let (main, leader) = (show(&host, "MainPID"), done(&host, "redd show web | grep leader"));
    done(&host, "systemctl reload redd@web");
    assert_eq!(show(&host, "MainPID"), main);
    assert_eq!(done(&host, "redd show web | grep leader"), leader);
    done(&host, "redd exec web -- systemctl reboot");
    host.wait_for(
        "test \"$(systemctl show -P NRestarts redd@web)\" = 1 && systemctl is-active --quiet redd@web",
    );
    done(&host, "systemctl stop redd@web");
    assert_eq!(show(&host, "Result"), "success");
}
