//! A machine that is a service of the host's systemd has another redd, and is the same service.

use redd_lab::Host;
use redd_tests::{Need, boot_host, needs};

fn done(host: &Host, words: &[&str]) {
    let run = host.run(words);
    assert_eq!(run.status, 0, "{words:?}: {run:?}");
}

#[test]
fn a_reload_of_the_unit_is_an_upgrade_and_its_main_process_is_the_same() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    done(&host, &["redd", "install"]);
    done(&host, &["redd", "start", "-x", "--network-veth=no", "-M", "web", "-D", "/trees/debian-13"]);
    let unit = || {
        let properties = "--property=MainPID,ActiveState,SubState,NRestarts,ActiveEnterTimestampMonotonic";
        host.enter(&["systemctl", "show", properties, "redd@web.service"]).printed()
    };
    let booted = || host.run(&["redd", "exec", "web", "--", "cat", "/proc/1/stat"]).printed();
    let (before, payload) = (unit(), booted());
    assert!(before.contains("ActiveState=active"), "{before}");
    for _ in 0..3 {
        done(&host, &["systemctl", "reload", "redd@web.service"]);
    }
    assert_eq!(unit(), before);
    let started = |stat: &str| stat.rsplit(' ').nth(30).map(ToOwned::to_owned);
    assert_eq!(started(&booted()), started(&payload));
    assert!(host.path("/var/lib/redd/logs/web/supervisor.log").exists());
    let log = host.shell("cat /var/lib/redd/logs/web/supervisor.log").printed();
    assert_eq!(log.matches("goes on where redd").count(), 3, "{log}");
    // A redd that cannot take it over fails the reload, and nothing else.
    let refused = host.run(&["redd", "upgrade", "web", "--binary=/bin/true"]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert_eq!(unit(), before);
    // The unit still hears of its machine: a reboot inside is a restart of the unit, a stop ends both.
    done(&host, &["systemctl", "stop", "redd@web.service"]);
    let after = unit();
    assert!(after.contains("ActiveState=inactive"), "{after}");
    assert!(!host.path("/run/redd/machines/web").exists());
}

#[test]
fn a_machine_in_a_scope_of_its_own_is_upgraded_in_it() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    done(&host, &["redd", "start", "-x", "--network-veth=no", "-M", "db", "-D", "/trees/debian-13"]);
    let unit = || {
        let properties = "--property=ActiveState,ControlGroup,ActiveEnterTimestampMonotonic";
        host.enter(&["systemctl", "show", properties, "machine-db.scope"]).printed()
    };
    let before = unit();
    assert!(before.contains("ActiveState=active"), "{before}");
    done(&host, &["redd", "upgrade", "db"]);
    assert_eq!(unit(), before);
    let processes = host.shell("cat /sys/fs/cgroup/machine.slice/machine-db.scope/supervisor/cgroup.procs");
    assert!(processes.stdout.lines().count() >= 2, "redd and its guard: {processes:?}");
    done(&host, &["redd", "stop", "db"]);
    let after = unit();
    assert!(after.contains("ActiveState=inactive"), "{after}");
}
