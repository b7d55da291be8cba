//! What the host's systemd gives to a machine: sockets, credentials, descriptors; and the journals of both.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use redd_lab::Host;
use redd_tests::{Need, boot_host, covers, needs};

/// A tree of this host's own, in its place for machines.
fn own_tree(host: &Host, name: &str) {
    // Names of machines that have a journal are known to the host by their id.
    let script = format!(
        "set -e; cp -a /trees/debian-13 /var/lib/machines/{name}; cd /var/lib/machines/{name}
         echo {:032x} > etc/machine-id; rm -rf var/log/journal; mkdir var/log/journal",
        name.bytes().fold(0xfeed_u128, |all, byte| all * 31 + u128::from(byte))
    );
    assert_eq!(host.shell(&script).status, 0);
}

fn write(host: &Host, path: &str, text: &str) {
    std::fs::write(host.path(path), text).unwrap();
}

/// A machine is booted by the first connection; its own socket unit of the same address has the very socket.
#[test]
fn the_first_connection_starts_a_machine_and_a_service_inside_answers_it() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    covers!(AI4);
    let host = boot_host();
    own_tree(&host, "web");
    let inside = |path: &str, text: &str| {
        write(&host, &format!("/var/lib/machines/web/etc/systemd/system/{path}"), text)
    };
    inside(
        "greet.socket",
        "[Socket]\nListenStream=/run/greet\nListenStream=127.0.0.1:7777\nAccept=yes\nFileDescriptorName=greet\n[Install]\nWantedBy=sockets.target\n",
    );
    inside(
        "greet@.service",
        "[Service]\nStandardInput=socket\nExecStart=/bin/sh -c 'read word; echo \"$word, says $(cat /etc/machine-id)\"'\n",
    );
    inside(
        "note.socket",
        "[Socket]\nListenDatagram=127.0.0.1:7778\nFileDescriptorName=note\nService=note.service\n[Install]\nWantedBy=sockets.target\n",
    );
    inside("note.service", "[Service]\nStandardInput=socket\nExecStart=/bin/sh -c 'head -c 5 > /var/note'\n");
    assert_eq!(host.shell("cd /var/lib/machines/web/etc/systemd/system; mkdir -p sockets.target.wants; ln -s ../greet.socket ../note.socket sockets.target.wants/").status, 0);
    write(
        &host,
        "/etc/systemd/system/web.socket",
        "[Socket]\nListenStream=127.0.0.1:7777\nFileDescriptorName=greet\n",
    );
    write(
        &host,
        "/etc/systemd/system/web-note.socket",
        "[Socket]\nListenDatagram=127.0.0.1:7778\nFileDescriptorName=note\nService=web.service\n",
    );
    write(
        &host,
        "/etc/systemd/system/web.service",
        "[Unit]\nRequires=web.socket web-note.socket\n[Service]\nType=notify\nDelegate=yes\nKillMode=mixed\nSockets=web.socket web-note.socket\nExecStart=/usr/local/bin/redd boot --keep-unit -M web\n",
    );
    assert_eq!(host.shell("systemctl daemon-reload; systemctl start web.socket web-note.socket").status, 0);
    assert_eq!(host.shell("systemctl is-active web.service").stdout.trim(), "inactive");
    let ask = "bash -c 'exec 3<>/dev/tcp/127.0.0.1/7777; echo hello >&3; timeout 60 cat <&3'";
    let id = host.shell("cat /var/lib/machines/web/etc/machine-id").printed();
    assert_eq!(host.shell(ask).printed(), format!("hello, says {id}"));
    assert_eq!(host.shell("bash -c 'echo noted > /dev/udp/127.0.0.1/7778'").status, 0);
    host.wait_for("grep -q noted /var/lib/machines/web/var/note");
    assert_eq!(host.shell("systemctl stop web.service").status, 0);
}

#[test]
fn credentials_of_the_unit_are_passed_on_by_their_names() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    covers!(EV5);
    let host = boot_host();
    let run = host.run_with(
        &[
            "--property=SetCredential=web.one:first",
            "--property=SetCredential=web.two:second",
            "--property=SetCredential=db.key:secret",
        ],
        &[
            "redd",
            "run",
            "-x",
            "--console=pipe",
            "--network-veth=no",
            "-P",
            "--import-credential=web.*",
            "--set-credential=web.two:own",
            "/trees/debian-13",
            "sh",
            "-c",
            "cd $CREDENTIALS_DIRECTORY; ls; cat web.one web.two",
        ],
    );
    assert_eq!(run.printed(), "web.one\nweb.two\nfirstown");
}

#[test]
fn both_find_the_journal_that_is_in_the_tree() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    covers!(AI2);
    journal_is_seen_by_both("guest", "guest");
}

#[test]
fn both_find_the_journal_that_is_on_the_host() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    covers!(AI2);
    journal_is_seen_by_both("host", "host");
}

fn journal_is_seen_by_both(name: &str, mode: &str) {
    let host = boot_host();
    own_tree(&host, name);
    // A plain file system, as a host has: nothing of an overlay can be mounted with other ids.
    let plain = "mkdir -p /var/log/journal /var/lib/machines/.journal; mount --bind /var/lib/machines/.journal /var/log/journal; systemctl restart systemd-journald";
    assert_eq!(host.shell(plain).status, 0);
    let start = format!("redd start --link-journal={mode} --network-veth=no -P {name}");
    let started = host.shell(&start);
    assert_eq!(started.status, 0, "{started:?}");
    let id = host.shell(&format!("cat /var/lib/machines/{name}/etc/machine-id")).printed();
    assert_eq!(
        host.shell(&format!("redd exec {name} -- systemd-cat -t inside echo told by the payload")).status,
        0
    );
    assert_eq!(host.shell("systemd-cat -t outside echo told by the host").status, 0);
    let both = "journalctl -m -o cat | grep -c 'told by'";
    host.wait_for(&format!("test $({both}) -ge 2"));
    host.wait_for(&format!("journalctl -M {name} -o cat -t inside | grep -q 'told by the payload'"));
    // Owner and group inside are journald's.
    let owner = host.shell(&format!("redd exec {name} -- sh -c 'stat -c %u:%g /var/log/journal/{id}; stat -c %u /var/log/journal/{id}/system.journal'"));
    assert!(owner.stdout.starts_with("0:") && owner.stdout.trim_end().ends_with("\n0"), "{owner:?}");
    assert_eq!(host.shell(&format!("redd stop {name}")).status, 0);
    assert_eq!(
        host.shell(&format!("journalctl -m -o cat _MACHINE_ID={id} -t inside")).printed(),
        "told by the payload",
        "it is read afterwards, too"
    );
    // Once more, with what is there now.
    let again = host.shell(&start);
    assert_eq!(again.status, 0, "{again:?}");
    assert_eq!(host.shell(&format!("redd stop {name}")).status, 0);
}

#[test]
fn a_tree_that_leads_elsewhere_has_no_journal_linked() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    covers!(AI2);
    let host = boot_host();
    own_tree(&host, "evil");
    let (command, id) = (
        "redd start --network-veth=no -P --link-journal",
        host.shell("cat /var/lib/machines/evil/etc/machine-id").printed(),
    );
    assert_eq!(host.shell("mkdir -p /var/log/journal /etc/victim").status, 0);
    let ephemeral = host.shell(&format!("{command}=host -x evil"));
    assert!(ephemeral.status != 0 && ephemeral.stderr.contains("ephemeral"), "{ephemeral:?}");
    let refused = |mode: &str, why: &str| {
        let run = host.shell(&format!("{command}={mode} evil"));
        assert!(run.status != 0 && run.stderr.contains(why), "{mode}: {run:?}");
        assert_ne!(host.shell(&format!("test -L /var/log/journal/{id}")).status, 0);
    };
    let journal = "/var/lib/machines/evil/var/log/journal";
    for made in [
        format!("ln -s /etc/victim {journal}"),
        format!("mkfifo {journal}"),
        format!("mkdir {journal}; mkfifo {journal}/{id}"),
        format!("mkdir {journal}; ln -s /etc/victim {journal}/{id}"),
    ] {
        assert_eq!(host.shell(&format!("rm -rf {journal}; {made}")).status, 0, "{made}");
        refused("guest", "is a link, or no directory");
    }
    assert_eq!(host.shell("ls -A /etc/victim").printed(), "");
    assert_eq!(host.shell(&format!("rm -rf {journal}; mkfifo /var/log/journal/{id}")).status, 0);
    refused("guest", "something else is in the place");
    refused("host", "something else is in the place");
    assert_eq!(
        host.shell(&format!(
            "rm /var/log/journal/{id}; cp /etc/machine-id /var/lib/machines/evil/etc/machine-id"
        ))
        .status,
        0
    );
    refused("guest", "the machine's id is the host's own");
}
