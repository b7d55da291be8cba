//! The first bytes of an init, which a tree may have made up.

use redd_plan::init::{InitFile, systemd_version};
use redd_spec::init::InitKind;

pub(crate) fn run(input: &[u8]) {
    let file = InitFile { name: "init", target: "init", head: input, is_busybox: false };
    let is_script = input.starts_with(b"#!");
    match file.kind() {
        InitKind::S6LinuxInit => assert!(is_script),
        InitKind::Sysvinit => assert!(!is_script),
        kind => assert_eq!(kind, InitKind::Other, "the rest is known by names"),
    }
    assert!(systemd_version(input).is_none_or(|version| version <= 9999));
}
