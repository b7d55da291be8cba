//! A hostile root inside tries what a payload must not be able to do. The table is printed in docs/threat-model.md.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};

use redd_tests::{Need, needs, run, unique_name};

/// Where an attack is held off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// With a user namespace and without.
    Always,
    /// With a user namespace only.
    WithUsers,
}

struct Attack {
    name: &'static str,
    held: Held,
    /// A script that exits with 0 where the attack succeeds.
    script: &'static str,
}

const fn attack(name: &'static str, held: Held, script: &'static str) -> Attack {
    Attack { name, held, script }
}

/// Succeeds where the call with this number does anything but fail with EPERM or ENOSYS.
macro_rules! call {
    ($number:literal, $arguments:literal) => {
        concat!("perl -e 'exit(!(syscall(", $number, ", ", $arguments, ") >= 0 || ($! != 1 && $! != 38)))'")
    };
}

const ATTACKS: [Attack; 22] = [
    attack("A14 mount debugfs", Held::WithUsers, "mount -t debugfs none /mnt"),
    attack("A14 mount devtmpfs", Held::WithUsers, "mount -t devtmpfs none /mnt"),
    attack("A14 mount securityfs", Held::WithUsers, "mount -t securityfs none /mnt"),
    attack("A15 init_module", Held::Always, call!(175, "0, 0, 0")),
    attack("A15 kexec_load", Held::Always, call!(246, "0, 0, 0, 0")),
    attack("A15 open_by_handle_at", Held::Always, call!(304, "0, 0, 0")),
    attack("A15 swapon", Held::Always, call!(167, "0, 0")),
    attack("A15 iopl", Held::Always, call!(172, "3")),
    attack("A15 acct", Held::Always, call!(163, "0")),
    attack("A15 perf_event_open", Held::Always, call!(298, "0, 0, 0, 0, 0")),
    attack("A15 fanotify_init", Held::Always, call!(300, "0, 0")),
    attack("A15 quotactl", Held::Always, call!(179, "0, 0, 0, 0")),
    attack("A15 bpf", Held::Always, call!(321, "0, 0, 0")),
    attack("A17 the x32 ABI", Held::Always, "perl -e 'exit(syscall(0x40000000 | 39) < 0)'"),
    attack("A18 add_key", Held::Always, call!(248, "0, 0, 0, 0, 0")),
    attack("A18 keyctl", Held::Always, call!(250, "0, 0, 0, 0, 0")),
    attack("A18 read /proc/keys", Held::Always, "test -n \"$(cat /proc/keys)\""),
    attack("A19 make a disk's node", Held::Always, "mknod /dev/disk b 8 0"),
    attack("A19 make /dev/mem", Held::Always, "mknod /dev/mem c 1 1"),
    attack(
        "A24 core_pattern, after a remount",
        Held::WithUsers,
        "mount -o remount,bind,rw /proc/sys && : >> /proc/sys/kernel/core_pattern",
    ),
    attack("A32 a socket of AF_VSOCK", Held::Always, "perl -e 'exit(!socket(S, 40, 1, 0))'"),
    attack(
        "A32 an abstract socket of the host",
        Held::Always,
        "perl -MSocket -e 'socket(S, 1, 1, 0); exit(!connect(S, pack(\"S\", 1) . \"\\0redd-attack-test\"))'",
    ),
];

fn succeeds(script: &str, options: &[&str]) -> bool {
    let (tree, name) = (Need::Debian13.tree().display().to_string(), unique_name());
    let start = ["run", "-M", &name, "-P", "-x", "--network-veth=no"];
    let words = [&start[..], options, &[&tree, "--", "/bin/sh", "-c", script]].concat();
    run(words).status == 0
}

#[test]
fn attacks_of_a_payload_are_held_off_with_a_user_namespace() {
    needs!(Need::Root, Need::Debian13);
    let address = SocketAddr::from_abstract_name("redd-attack-test").unwrap();
    let _listener = UnixListener::bind_addr(&address).unwrap();
    for Attack { name, script, .. } in ATTACKS {
        assert!(!succeeds(script, &["--private-network=yes"]), "{name}");
    }
    // The attack is a real one: where the network is shared, the host's socket is there.
    assert!(succeeds(ATTACKS[21].script, &["--private-network=no"]));
}

#[test]
fn attacks_that_need_no_user_namespace_to_be_held_off_are() {
    needs!(Need::Root, Need::Debian13);
    for Attack { name, script, held } in ATTACKS {
        let succeeded = succeeds(script, &["--private-users=no", "--private-network=yes"]);
        assert!(held == Held::WithUsers || !succeeded, "{name}");
    }
}

/// The documents say the same as this file.
#[test]
fn the_threat_model_lists_every_attack() {
    let document = include_str!("../../docs/threat-model.md");
    for Attack { name, held, .. } in ATTACKS {
        let without = if held == Held::Always { "held" } else { "not held" };
        let line = format!("| {name} | held | {without} |");
        assert!(document.contains(&line), "missing in docs/threat-model.md: {line}");
    }
}
