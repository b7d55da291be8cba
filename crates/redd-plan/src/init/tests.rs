use rstest::rstest;

use super::*;

fn file<'a>(name: &'a str, target: &'a str, head: &'a [u8]) -> InitFile<'a> {
    InitFile { name, target, head, is_busybox: false }
}

#[rstest]
#[case(file("systemd", "systemd", b""), InitKind::Systemd)]
#[case(file("init", "systemd", b""), InitKind::Systemd)]
#[case(file("init", "runit-init", b""), InitKind::Runit)]
#[case(file("openrc-init", "openrc-init", b""), InitKind::OpenRc)]
#[case(file("init", "openrc-init", b""), InitKind::OpenRc)]
#[case(file("init", "busybox", b""), InitKind::Busybox)]
#[case(InitFile { is_busybox: true, ..file("init", "init", b"\x7fELF") }, InitKind::Busybox)]
#[case(file("s6-svscan", "s6-svscan", b""), InitKind::S6)]
#[case(
    file("init", "init", b"#!/bin/execlineb -S0\ns6-linux-init -p /bin -- \"$@\"\n"),
    InitKind::S6LinuxInit
)]
#[case(file("init", "init", b"\x7fELF\0\0/dev/console\0INIT_VERSION=sysvinit-3.14\0"), InitKind::Sysvinit)]
#[case(file("init", "init", b"\x7fELF\0\0/dev/initctl\0"), InitKind::Sysvinit)]
#[case(
    file("init", "init", b"#!/bin/sh\n# not INIT_VERSION=sysvinit\nexec /lib/systemd/systemd\n"),
    InitKind::Other
)]
#[case(file("init", "init", b"\x7fELF"), InitKind::Other)]
#[case(file("init", "init", b""), InitKind::Other)]
fn a_file_is_known_by_its_names_and_its_first_bytes(#[case] file: InitFile<'_>, #[case] expected: InitKind) {
    assert_eq!(file.kind(), expected);
}

#[rstest]
#[case("systemd", 0, InitKind::Systemd)]
#[case("init", 1 << 36, InitKind::Systemd)]
#[case("s6-svscan", u64::MAX, InitKind::S6)]
#[case("runit", 0, InitKind::Runit)]
#[case("sh", 1 << 14, InitKind::Other)]
fn a_running_init_is_known_by_its_name_and_what_it_hears(
    #[case] program: &str,
    #[case] heard: u64,
    #[case] expected: InitKind,
) {
    assert_eq!(InitSeen { program: program.to_owned(), heard, is_waiting: false }.kind(), expected);
    let waiting = InitSeen { program: program.to_owned(), heard, is_waiting: true };
    assert_eq!(waiting.kind(), expected, "waiting for some signal says nothing");
    assert!(waiting.hears(SignalNumber::USR2));
}

#[rstest]
#[case(b"\x7fELF\0libc.so.6\0libsystemd-shared-257.so\0systemd 999\0", Some(257))]
#[case(b"libsystemd-shared-252-32.el9.so", Some(252))]
#[case(b"\x7fELF\0\0\0systemd 229\0+PAM -IDN\0", Some(229))]
#[case(b"libsystemd-shared-", None)]
#[case(b"\0systemd running\0", None)]
#[case(b"\0systemd 99999999999999999999\0", Some(9999))]
#[case(b"", None)]
fn a_systemd_says_its_version(#[case] bytes: &[u8], #[case] expected: Option<u32>) {
    assert_eq!(systemd_version(bytes), expected);
}

#[test]
fn the_usual_order_stays_first_and_a_path_is_looked_at_alone() {
    assert_eq!(places(&InitChoice::Detected), PLACES);
    for kind in InitKind::ALL {
        assert!(!places(&InitChoice::Kind(kind)).is_empty());
    }
    let path = redd_spec::path::PathInRoot::new("/opt/init").unwrap();
    assert_eq!(places(&InitChoice::Path(path)), ["/opt/init"]);
}

#[test]
fn every_kind_is_told_in_its_own_way_to_power_off() {
    let told = |kind| Means::of(kind, Request::PowerOff).unwrap();
    let signals = |kind| Means::of(kind, Request::Reboot);
    for kind in InitKind::ALL {
        assert_ne!(Some(told(kind)), signals(kind), "{kind}: a reboot is no power-off");
    }
    assert_eq!(told(InitKind::Busybox).to_string(), "SIGUSR2");
    assert_eq!(told(InitKind::Sysvinit), Means::Runlevel(End::PowerOff));
    // What systemd's own manager sends when it is stopped.
    assert_eq!(Means::of(InitKind::Systemd, Request::Stop).unwrap().to_string(), "SIGRTMIN+3");
}

#[test]
fn the_document_has_the_table_of_this_program() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/inits.md");
    let document = std::fs::read_to_string(path).unwrap_or_default();
    assert!(document.contains(&table()), "put this into docs/inits.md:\n{}", table());
}
