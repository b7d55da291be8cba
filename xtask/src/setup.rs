//! What builds and tests need, installed where it is missing.

use std::fs;
use std::process::Command;

use crate::trees::{self, Suite};
use crate::{Failure, binary, shell};

/// Programs, and the Debian packages that have them.
const PROGRAMS: [(&str, &str); 25] = [
    ("mmdebstrap", "mmdebstrap"),
    ("nsenter", "util-linux"),
    ("strace", "strace"),
    ("ip", "iproute2"),
    ("pgrep", "procps"),
    ("valgrind", "valgrind"),
    ("cc", "gcc"),
    ("c++", "g++"),
    ("busybox", "busybox-static"),
    ("script", "bsdutils"),
    ("systemd-nspawn", "systemd-container"),
    ("chromium", "chromium"),
    ("setfacl", "acl"),
    ("getfattr", "attr"),
    ("setcap", "libcap2-bin"),
    ("mkfs.btrfs", "btrfs-progs"),
    ("mkfs.xfs", "xfsprogs"),
    ("bindfs", "bindfs"),
    ("fish", "fish"),
    ("zsh", "zsh"),
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("qemu-img", "qemu-utils"),
    ("mke2fs", "e2fsprogs"),
    ("xz", "xz-utils"),
    ("strip", "binutils"),
];
/// What redd is measured against, and the system call filter that podman has.
const PEERS: [(&str, &str); 5] = [
    ("crun", "crun"),
    ("runc", "runc"),
    ("bwrap", "bubblewrap"),
    ("conmon", "conmon"),
    ("/usr/share/containers/seccomp.json", "golang-github-containers-common"),
];
/// What is judged beside redd.
const JUDGED: [(&str, &str); 6] = [
    ("systemd-nspawn", "systemd-container"),
    ("lxc-start", "lxc"),
    ("newuidmap", "uidmap"),
    ("podman", "podman"),
    ("crun", "crun"),
    ("runc", "runc"),
];
/// Enough for many machines at once: a systemd takes about five.
const INOTIFY_INSTANCES: u32 = 8192;

/// Installs, raises limits, makes trees. Says what it does; quick where all is there.
pub(crate) fn setup() -> Result<(), Failure> {
    prepare_machine()?;
    for suite in Suite::ALL {
        match trees::ensure(suite) {
            Ok(path) => println!("tree {suite}: {}", path.display()),
            // The development suite may be out of reach for a day; its tests say so.
            Err(error) if suite.may_be_missing() => {
                println!("tree {suite}: not there: {error}")
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Everything but the trees.
pub(crate) fn prepare_machine() -> Result<(), Failure> {
    install_packages(&PROGRAMS)?;
    install_target()?;
    raise_inotify_limit();
    Ok(())
}

/// What a comparison needs beside what tests need.
pub(crate) fn install_peers() -> Result<(), Failure> {
    install_packages(&PEERS)
}

/// What `check-peers` needs beside what tests need.
pub(crate) fn install_judged() -> Result<(), Failure> {
    install_packages(&JUDGED)
}

fn install_packages(programs: &[(&str, &str)]) -> Result<(), Failure> {
    let missing: Vec<&str> =
        programs.iter().filter(|(program, _)| !shell::exists(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing {}", missing.join(" "));
    shell::run(Command::new("apt-get").args(["update", "-qq"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(missing);
    shell::run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn install_target() -> Result<(), Failure> {
    let triple = binary::target_triple();
    let installed = shell::output(Command::new("rustup").args(["target", "list", "--installed"]))?;
    if installed.lines().any(|line| line == triple) {
        return Ok(());
    }
    shell::run(Command::new("rustup").args(["target", "add", &triple]))
}

fn raise_inotify_limit() {
    let path = "/proc/sys/fs/inotify/max_user_instances";
    let limit: u32 = fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    if limit < INOTIFY_INSTANCES {
        match fs::write(path, INOTIFY_INSTANCES.to_string()) {
            Ok(()) => println!("raised fs.inotify.max_user_instances from {limit} to {INOTIFY_INSTANCES}"),
            Err(error) => println!("fs.inotify.max_user_instances stays at {limit}: {error}"),
        }
    }
}
