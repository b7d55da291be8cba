//! What root inside tries with a shell: one machine runs all scripts, one after the other.

use std::collections::BTreeSet;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::Command;

use redd_tests::{Need, needs, unique_name};

use crate::registry::Held::{Always, WithUsers};
use crate::registry::{Attack, Held, Trial, Users, run_as, script};

/// Succeeds where the call with this number does anything but fail with EPERM or ENOSYS.
macro_rules! call {
    ($number:literal, $arguments:literal) => {
        concat!("perl -e 'exit(!(syscall(", $number, ", ", $arguments, ") >= 0 || ($! != 1 && $! != 38)))'")
    };
}

/// The same by `int 0x80`, which has numbers of its own: a few bytes of machine code in a mapping that is executable.
macro_rules! call_i386 {
    ($number:literal, $first:literal, $second:literal) => {
        concat!(
            "perl -MDynaLoader -e '",
            "$code = pack \"H2VH2VH2VH*\", \"b8\", ",
            $number,
            ", \"bb\", ",
            $first,
            ", \"b9\", ",
            $second,
            ", ",
            "\"31d231f631ffcd8031ff83f8ff740c83f8da740783f89f7402eb05bf01000000b8e70000000f05\"; ",
            "$place = syscall(9, 0, 4096, 7, 34, -1, 0); pipe R, W; syswrite W, $code; ",
            "syscall(0, fileno(R), $place, length $code); ",
            "DynaLoader::dl_install_xsub(\"code\", $place); code()'"
        )
    };
    ($number:literal) => {
        call_i386!($number, 0, 0)
    };
}

pub(crate) const ATTACKS: &[Attack] = &[
    script("A6 make a read-only bind writable", WithUsers, "mount -o remount,bind,rw /srv && touch /srv/new"),
    script("A14 mount debugfs", WithUsers, "mount -t debugfs none /mnt"),
    script("A14 mount devtmpfs", WithUsers, "mount -t devtmpfs none /mnt"),
    script("A14 mount securityfs", WithUsers, "mount -t securityfs none /mnt"),
    script("A14 write to a sysfs of its own", WithUsers, "mount -t sysfs none /mnt && : >> /mnt/power/state"),
    script(
        "A14 write to a procfs of its own",
        WithUsers,
        "mount -t proc none /mnt && : >> /mnt/sys/kernel/core_pattern",
    ),
    script("A15 init_module", Always, call!(175, "0, 0, 0")),
    script("A15 kexec_load", Always, call!(246, "0, 0, 0, 0")),
    script("A15 open_by_handle_at", Always, call!(304, "0, 0, 0")),
    script("A15 swapon", Always, call!(167, "0, 0")),
    script("A15 iopl", Always, call!(172, "3")),
    script("A15 acct", Always, call!(163, "0")),
    script("A15 perf_event_open", Always, call!(298, "0, 0, 0, 0, 0")),
    script("A15 fanotify_init", Always, call!(300, "0, 0")),
    script("A15 quotactl", Always, call!(179, "0, 0, 0, 0")),
    script("A15 bpf", Always, call!(321, "0, 0, 0")),
    script("A16 i386: init_module", Always, call_i386!(128)),
    script("A16 i386: kexec_load", Always, call_i386!(283)),
    script("A16 i386: open_by_handle_at", Always, call_i386!(342)),
    script("A16 i386: swapon", Always, call_i386!(87)),
    script("A16 i386: iopl", Always, call_i386!(110)),
    script("A16 i386: acct", Always, call_i386!(51)),
    script("A16 i386: perf_event_open", Always, call_i386!(336)),
    script("A16 i386: fanotify_init", Always, call_i386!(338)),
    script("A16 i386: quotactl", Always, call_i386!(131)),
    script("A16 i386: bpf", Always, call_i386!(357)),
    script("A16 i386: add_key", Always, call_i386!(286)),
    script("A16 i386: request_key", Always, call_i386!(287)),
    script("A16 i386: keyctl", Always, call_i386!(288)),
    script("A16 i386: a socket of AF_VSOCK", Always, call_i386!(359, 40, 1)),
    script("A16 i386: socketcall", Always, call_i386!(102)),
    script("A17 the x32 ABI", Always, "perl -e 'exit(syscall(0x40000000 | 39) < 0)'"),
    script("A18 add_key", Always, call!(248, "0, 0, 0, 0, 0")),
    script("A18 request_key", Always, call!(249, "0, 0, 0, 0")),
    script("A18 keyctl", Always, call!(250, "0, 0, 0, 0, 0")),
    script("A18 read /proc/keys", Always, "test -n \"$(cat /proc/keys)\""),
    script("A19 make a disk's node", Always, "mknod /dev/disk b 8 0"),
    script("A19 make /dev/mem", Always, "mknod /dev/mem c 1 1"),
    script(
        "A20 write to release_agent, in a hierarchy of version 1",
        WithUsers,
        "mount -t cgroup -o freezer none /mnt && : >> /mnt/release_agent",
    ),
    script(
        "A20 make a hierarchy of version 1",
        Always,
        "mount -t cgroup -o none,name=attack none /mnt && umount /mnt",
    ),
    script(
        "A21 lift its own limit, in a hierarchy of version 1",
        WithUsers,
        "mount -t cgroup -o pids none /mnt && echo 20000 > /mnt/pids.max",
    ),
    script(
        "A21 see the cgroups above its own",
        Always,
        "mount -t cgroup2 none /mnt && test ! -e /mnt/cgroup.type",
    ),
    script(
        "A22 make a cgroup whose processes cannot be killed, in a hierarchy of version 1",
        WithUsers,
        "mount -t cgroup -o freezer none /mnt && mkdir /mnt/redd-attack && rmdir /mnt/redd-attack",
    ),
    script(
        "A24 core_pattern, after a remount",
        WithUsers,
        "mount -o remount,bind,rw /proc/sys && : >> /proc/sys/kernel/core_pattern",
    ),
    script(
        "A25 paste by TIOCLINUX",
        Always,
        "mknod /root/tty0 c 4 0 && perl -e 'open T, \"+<\", \"/root/tty0\" or exit 1; $six = pack(\"C\", 6); exit !ioctl(T, 0x541c, $six)'",
    ),
    script("A32 a socket of AF_VSOCK", Always, "perl -e 'exit(!socket(S, 40, 1, 0))'"),
    script(
        "A32 an abstract socket of the host",
        Always,
        "perl -MSocket -e 'socket(S, 1, 1, 0); exit(!connect(S, pack(\"S\", 1) . \"\\0redd-attack-test\"))'",
    ),
    script("A32 see the host's links", Always, "test -e /sys/class/net/redd-attack"),
    script(
        "A51 mount debugfs, 30 user namespaces down",
        Always,
        "step='test $1 = 0 && exec mount -t debugfs none /mnt; exec unshare -Urm sh -c \"$2\" sh $(($1-1)) \"$2\"'; \
         sh -c \"$step\" sh ${DEPTH-30} \"$step\"",
    ),
    script("A51 back into the user namespace above", Always, "unshare -Ur nsenter -t 1 -U true"),
    script("A52 a file system of its own that hangs", Always, "mknod /root/fuse c 10 229 && : <> /root/fuse"),
];

/// What `--nesting` allows: keyrings, but no keys in them.
fn allowed_by_nesting() -> BTreeSet<String> {
    BTreeSet::from(["A16 i386: keyctl", "A18 keyctl"].map(str::to_owned))
}

/// What this kernel may lack, so that it fails outside as well.
const MAY_BE_MISSING: [&str; 9] = [
    "A15 init_module",
    "A15 kexec_load",
    "A15 iopl",
    "A16 i386: init_module",
    "A16 i386: kexec_load",
    "A16 i386: iopl",
    "A17 the x32 ABI",
    "A25 paste by TIOCLINUX",
    // Nobody can; there is no place from where it succeeds.
    "A51 back into the user namespace above",
];

/// Runs pairs of a name and a script; prints the names of those that succeeded, and a word at the end.
const DRIVER: &str = "while [ $# -gt 0 ]; do \
                      timeout 60 sh -c \"$2\" > /dev/null 2>&1 < /dev/null && echo \"$1\"; shift 2; done; echo end";

fn scripts() -> impl Iterator<Item = (&'static str, Held, &'static str)> {
    ATTACKS.iter().filter_map(|attack| match attack.trial {
        Trial::Script(text) => Some((attack.name, attack.held, text)),
        Trial::Test(_) => None,
    })
}

fn driver_words() -> Vec<&'static str> {
    let pairs = scripts().flat_map(|(name, _, text)| [name, text]);
    ["sh", "-c", DRIVER, "sh"].into_iter().chain(pairs).collect()
}

fn succeeded(output: &str) -> BTreeSet<String> {
    let mut lines: BTreeSet<String> = output.lines().map(str::to_owned).collect();
    assert!(lines.remove("end"), "the scripts did not run to their end: {output}");
    lines
}

/// What the attacks are after on the host; it goes away when this is dropped.
struct Prey {
    _listener: UnixListener,
    directory: tempfile::TempDir,
}

impl Prey {
    fn new() -> Self {
        let address = SocketAddr::from_abstract_name("redd-attack-test").unwrap();
        let listener = UnixListener::bind_addr(&address).unwrap();
        let added = ip(&["link", "add", "redd-attack", "type", "bridge"]);
        assert!(added, "a link for the test");
        Self { _listener: listener, directory: tempfile::tempdir().unwrap() }
    }
}

impl Drop for Prey {
    fn drop(&mut self) {
        ip(&["link", "delete", "redd-attack"]);
    }
}

fn ip(words: &[&str]) -> bool {
    Command::new("ip").args(words).status().unwrap().success()
}

fn names(held: Held) -> BTreeSet<String> {
    scripts().filter(|(_, of, _)| *of == held).map(|(name, ..)| name.to_owned()).collect()
}

/// The same scripts four times. The last run, without any confinement but a root directory, shows that they are
/// real: what is held off inside succeeds there.
#[test]
fn attacks_by_scripts_are_held_off_where_the_table_says_so() {
    needs!(Need::Root, Need::Debian13);
    let prey = Prey::new();
    let (tree, name) = (Need::Debian13.tree().display().to_string(), unique_name());
    let bind = format!("--bind-ro={}:/srv", prey.directory.path().display());
    let options =
        ["run", "-P", "-x", "--network-veth=no", "--private-network=yes", "-M", &name, &bind, &tree];
    let words = [&options[..], &driver_words()].concat();
    let with = run_as(Users::Own, &words);
    assert_eq!(succeeded(&with.output), BTreeSet::new(), "{}", with.errors);
    let nesting = run_as(Users::Own, &[&["run", "--nesting"], &words[1..]].concat());
    assert_eq!(succeeded(&nesting.output), allowed_by_nesting(), "{}", nesting.errors);
    let without = run_as(Users::Hosts, &words);
    assert_eq!(succeeded(&without.output), names(Held::WithUsers), "{}", without.errors);
    let outside = unconfined(&tree);
    let failed: BTreeSet<String> = names(Held::Always).difference(&succeeded(&outside)).cloned().collect();
    let may_fail = BTreeSet::from(MAY_BE_MISSING.map(str::to_owned));
    assert!(failed.is_subset(&may_fail), "no attack at all: {:?}", failed.difference(&may_fail));
}

/// Runs the scripts as the host's root in a copy of the tree, in a mount namespace of its own.
fn unconfined(tree: &str) -> String {
    let script = "tree=$1; shift; mount -t tmpfs none /mnt && cd /mnt && mkdir upper work root && \
                  mount -t overlay -o lowerdir=$tree,upperdir=upper,workdir=work none root && \
                  mount -t proc none root/proc && mount -t sysfs none root/sys && mount -t tmpfs none root/dev && \
                  mknod -m 666 root/dev/null c 1 3 && export DEPTH=0 && exec chroot root \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--pid", "--fork", "--propagation", "private", "sh", "-c", script, "sh", tree]);
    let output = command.args(driver_words()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
