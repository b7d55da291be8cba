//! What a payload saw: what the script in the tree printed, and what came of the start.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use redd_tests::Need;

/// Things, and what was seen of each.
pub(crate) type Sight = BTreeMap<String, String>;

const SCRIPT: &str = include_str!("sight.pl");
const CALLS: &str = include_str!("../../../crates/redd-filter/src/seccomp/table.rs");
/// Those that would end the script, or stop it, or take long.
const CALLS_LEFT_OUT: [&str; 16] = [
    "clone",
    "execve",
    "execveat",
    "exit",
    "exit_group",
    "fork",
    "pause",
    "restart_syscall",
    "rt_sigreturn",
    "rt_sigsuspend",
    "sched_yield",
    "sync",
    "uprobe",
    "uretprobe",
    "vfork",
    "vhangup",
];
const PROGRAMS: [&str; 13] =
    ["bash", "cat", "dash", "env", "false", "getent", "id", "kill", "perl", "sh", "sleep", "true", "umount"];
const LIBRARIES: [&str; 10] = [
    "ld-linux-x86-64.so.2",
    "libblkid.so.1",
    "libc.so.6",
    "libcrypt.so.1",
    "libm.so.6",
    "libmount.so.1",
    "libpcre2-8.so.0",
    "libselinux.so.1",
    "libtinfo.so.6",
    "libgcc_s.so.1",
];
const LIBRARY_DIRECTORY: &str = "usr/lib/x86_64-linux-gnu";
/// Copied as they are.
const FILES: [&str; 7] = [
    "etc/group",
    "etc/nsswitch.conf",
    "etc/passwd",
    "usr/lib/locale",
    "usr/lib/os-release",
    "usr/share/zoneinfo/Europe",
    "usr/share/zoneinfo/Etc",
];

/// A tree that is copied in a moment: of a Debian, what the script and a few commands need. Its `/sbin/init` is the script.
pub(crate) fn small_tree() -> tempfile::TempDir {
    let debian = Need::Debian13.tree();
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path();
    for name in ["usr/bin", "usr/sbin", "usr/lib64", LIBRARY_DIRECTORY, "usr/share/zoneinfo", "etc"] {
        fs::create_dir_all(tree.join(name)).unwrap();
    }
    for name in ["dev", "home", "mnt", "proc", "root", "run", "srv", "sys", "tmp", "var/tmp"] {
        fs::create_dir_all(tree.join(name)).unwrap();
    }
    for name in ["bin", "sbin", "lib", "lib64"] {
        symlink(format!("usr/{name}"), tree.join(name)).unwrap();
    }
    symlink("../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", tree.join("usr/lib64/ld-linux-x86-64.so.2"))
        .unwrap();
    symlink("../usr/lib/os-release", tree.join("etc/os-release")).unwrap();
    let programs = PROGRAMS.map(|name| format!("usr/bin/{name}"));
    let libraries = LIBRARIES.map(|name| format!("{LIBRARY_DIRECTORY}/{name}"));
    for name in programs.iter().chain(&libraries) {
        fs::copy(debian.join(name), tree.join(name)).unwrap();
    }
    for name in FILES {
        let (from, to) = (debian.join(name), tree.join(name));
        assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
    }
    write_script(&tree.join("sight"));
    symlink("../../sight", tree.join("usr/sbin/init")).unwrap();
    directory
}

fn write_script(path: &Path) {
    fs::write(path, SCRIPT.replace("@CALLS@", &calls())).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// `name:number` of every system call of x86-64 that the script can try.
fn calls() -> String {
    let row = |line: &str| {
        let (name, numbers) = line.strip_prefix("    (\"")?.split_once("\", [Some(")?;
        let (number, _) = numbers.split_once(')')?;
        (!CALLS_LEFT_OUT.contains(&name)).then(|| format!("{name}:{number}"))
    };
    CALLS.lines().filter_map(row).collect::<Vec<_>>().join(" ")
}

/// The marked lines, and what else was printed.
pub(crate) fn read(output: &str) -> (Sight, String) {
    let mut sight = Sight::new();
    let mut rest = String::new();
    for line in output.lines().map(|line| line.trim_end_matches('\r')) {
        if let Some((what, value)) = line.strip_prefix("@@ ").and_then(|marked| marked.split_once(" = ")) {
            insert(&mut sight, what, value);
        } else if !line.starts_with("@@@ ") {
            rest.push_str(line);
            rest.push('\n');
        }
    }
    (sight, rest)
}

/// Of a set of capabilities each member counts for itself.
fn insert(sight: &mut Sight, what: &str, value: &str) {
    if !what.contains(": Cap") {
        sight.insert(what.to_owned(), value.to_owned());
        return;
    }
    let bits = u64::from_str_radix(value, 16).unwrap();
    let names = CAPABILITIES.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
    sight.extend(names.map(|(_, name)| (format!("{what} {name}"), "yes".to_owned())));
}

/// By their numbers.
const CAPABILITIES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];
