//! The host's own tools know redd's machines.

use redd_lab::{Host, Part};
use redd_tests::{Need, boot_host, covers, host_options, needs};

const START: &str = "redd start -q -x -D /trees/debian-13 -M web-1";

/// A host with a machine.
fn with_machine(options: &str) -> Host {
    let host = boot_host();
    let run = host.shell(&format!("{START} {options}"));
    assert_eq!(run.status, 0, "{run:?}");
    host
}

#[test]
fn an_entry_has_all_that_is_known_of_a_machine() {
    covers!(NET2);
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = with_machine("");
    let show = |property: &str| host.run(&["machinectl", "show", "-P", property, "web-1"]).printed();
    let record = host.shell("cat /run/redd/machines/web-1/state.json").printed();
    assert!(record.contains(&format!("\"leader\": {},", show("Leader"))), "{record}");
    assert_eq!(record.matches(&show("Id")).count() + record.replace('-', "").matches(&show("Id")).count(), 1);
    assert_eq!((show("Class"), show("Service")), ("container".into(), "redd".into()));
    assert_eq!(
        (show("RootDirectory"), show("Unit")),
        ("/trees/debian-13".into(), r"machine-web\x2d1.scope".into())
    );
    let status = host.shell("machinectl status web-1").printed();
    assert!(status.contains("Iface: ve-web-1") && status.contains("Debian GNU/Linux 13"), "{status}");
    assert!(
        host.shell("machinectl list --no-legend").printed().starts_with("web-1 container redd debian 13")
    );
}

#[test]
fn tools_of_the_host_reach_into_a_machine_by_its_name() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = with_machine("--private-users=no");
    for (script, expected) in [
        ("systemctl -M web-1 is-system-running --wait", "running"),
        ("systemd-run -q -M web-1 --wait --pipe hostname", "web-1"),
        ("loginctl -M web-1 list-seats --no-legend | wc -l", "1"),
        ("ps -o machine= -p $(machinectl show -P Leader web-1)", "web-1"),
        (
            "echo told > /tmp/x; machinectl copy-to web-1 /tmp/x /root/y && redd exec web-1 -- cat /root/y",
            "told",
        ),
        ("machinectl copy-from web-1 /root/y /tmp/z && cat /tmp/z", "told"),
        ("machinectl bind --mkdir web-1 /tmp /mnt/bound && redd exec web-1 -- cat /mnt/bound/x", "told"),
    ] {
        let run = host.shell(script);
        assert_eq!((run.status, run.stdout.trim()), (0, expected), "{script}: {run:?}");
    }
    assert!(host.shell("journalctl -M web-1 -n 5 --no-pager").printed().contains("systemd[1]"));
    let shell =
        host.command(redd_lab::Streams::Terminal, &["machinectl", "shell", "-q", "web-1", "/bin/hostname"]);
    let output = { shell }.output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("web-1"), "{output:?}");
}

#[test]
fn machinectl_reboots_signals_and_ends_a_machine() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = with_machine("");
    let leader = "machinectl show -P Leader web-1";
    let first = host.shell(leader).printed();
    assert_eq!(host.shell("machinectl reboot web-1").status, 0);
    host.wait_for(&format!("L=$({leader} 2>/dev/null) && test \"$L\" != {first}"));
    host.wait_for("systemctl -M web-1 is-system-running");
    assert_eq!(host.shell("machinectl kill --kill-whom=leader -s SIGCHLD web-1").status, 0);
    assert_eq!(host.shell("machinectl poweroff web-1").status, 0);
    host.wait_for("! test -e /run/redd/machines/web-1");
    assert_eq!(host.shell(START).status, 0);
    assert_eq!(host.shell("machinectl terminate web-1").status, 0);
    host.wait_for("! test -e /run/redd/machines/web-1");
    assert_eq!(host.shell("machinectl list --no-legend; ls /run/systemd/machines").printed(), "");
}

#[test]
fn the_exported_sockets_are_where_the_hosts_ssh_looks() {
    covers!(RH8, RH9);
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = with_machine("");
    let socket = "printf '[Socket]\\nListenStream=/run/host/unix-export/ssh\\nAccept=yes\\n' > /run/systemd/system/hello.socket";
    let service = "printf '[Service]\\nExecStart=echo SSH-hello\\nStandardOutput=socket\\n' > /run/systemd/system/hello@.service";
    let serve = format!("{socket}; {service}; systemctl daemon-reload; systemctl start hello.socket");
    assert_eq!(host.run(&["redd", "exec", "web-1", "--", "sh", "-c", &serve]).status, 0);
    // What ssh_config(5) of the host has as ProxyCommand for `machine/NAME`: it hands over a connection.
    let exported = "/run/systemd/nspawn/unix-export/web-1/ssh";
    let answer =
        host.shell(&format!("busybox nc local:{exported} </dev/null || socat -u UNIX-CONNECT:{exported} -"));
    assert_eq!(answer.stdout, "SSH-hello", "{answer:?}");
    assert_ne!(host.shell("touch /run/systemd/nspawn/unix-export/web-1/x").status, 0, "read-only outside");
    host.shell("redd stop web-1");
    assert_eq!(host.shell("ls /run/systemd/nspawn/unix-export").printed(), "");
}

#[test]
fn a_stale_entry_is_no_obstacle_and_a_living_one_is_not_taken() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    let register = "busctl call org.freedesktop.machine1 /org/freedesktop/machine1 org.freedesktop.machine1.Manager \
                    RegisterMachineWithNetwork sayssusai web-1 0 x container $! '' 0";
    // Its first process ends while nobody looks.
    host.shell(&format!("sleep 1000 & {register}; systemctl stop systemd-machined; kill -9 $!"));
    let run = host.shell(&format!("{START} --register=yes"));
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(host.shell("redd terminate web-1").status, 0);

    host.shell(&format!(
        "systemd-run -q --unit=other sleep 1000; sleep 0 & set -- $(systemctl show -P MainPID other); {}",
        register.replace("$!", "$1")
    ));
    let start = "redd start -x -D /trees/debian-13 -M web-1";
    let run = host.shell(start);
    assert!(run.status == 0 && run.stderr.contains("a machine of that name, which is not redd's"), "{run:?}");
    assert_eq!(
        host.shell("redd terminate web-1; machinectl show -P Service web-1").printed(),
        "x",
        "still there"
    );
    let run = host.shell(&format!("{start} --register=yes"));
    assert!(run.status != 0 && run.stderr.contains("without --register=yes"), "{run:?}");
}

#[test]
fn machined_may_be_away_start_again_or_be_missing() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    let host = boot_host();
    host.shell("systemctl stop systemd-machined");
    assert_eq!(host.shell(START).status, 0, "over the bus, which starts it");
    host.shell("systemctl kill -s KILL systemd-machined; systemctl start systemd-machined");
    assert!(host.shell("machinectl list --no-legend").printed().starts_with("web-1"));
    assert_eq!(host.shell("redd stop web-1").status, 0);
    assert_eq!(host.shell(&format!("{START} --register=no && machinectl list --no-legend")).printed(), "");
    drop(host);
    let host = Host::boot(&host_options().without(Part::Machined)).unwrap();
    let run = host.shell("redd start -x -D /trees/debian-13 -M web-1");
    assert!(run.status == 0 && run.stderr.contains("no systemd-machined"), "{run:?}");
    let run = host.shell("redd start -x -D /trees/debian-13 -M web-2 --register=yes");
    assert!(run.status != 0 && run.stderr.contains("no systemd-machined"), "{run:?}");
}
