//! What a payload may do, asked of the payload.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use redd_filter::seccomp::{GROUPS, OTHER_ARCHITECTURES};
use redd_tests::{Leftovers, Machine, Need, Run, finish, needs, nspawn, redd, skip, unique_name};

/// Runs a shell script in a throw-away copy.
fn script(options: &[&str], text: &str) -> Run {
    let mut command = redd();
    command.args(["run", "--ephemeral"]).args(options).arg(Need::Debian13.tree()).args(["sh", "-c", text]);
    finish(command)
}

/// The same as systemd-nspawn's options have it, with variables of the caller.
fn nspawn_script(variables: &[(&str, &str)], options: &[&str], text: &str) -> Run {
    let mut command: Command = nspawn();
    command.args(["--ephemeral", "--quiet", "--pipe", "-D"]).arg(Need::Debian13.tree()).args(options);
    command.args(["sh", "-c", text]).envs(variables.iter().copied());
    finish(command)
}

#[track_caller]
fn assert_output(run: &Run, expected: &str) {
    assert_eq!((run.status, run.output.as_str()), (0, expected), "{}", run.errors);
}

#[track_caller]
fn assert_refused(run: &Run, named: &str) {
    assert!(run.status != 0 && run.output.is_empty() && run.errors.contains(named), "{run:?}");
}

const CAPABILITIES: &str = "sed -n 's/^Cap\\(...\\):\\t/\\1 /p' /proc/self/status";

#[test]
fn a_user_keeps_ambient_capabilities_over_programs() {
    needs!(Need::Root, Need::Debian13);
    let run = script(&["--ambient-capability=cap_net_raw,13", "-u", "daemon"], CAPABILITIES);
    let net_raw = "0000000000002000";
    for set in ["Inh", "Prm", "Eff", "Amb"] {
        assert!(run.output.contains(&format!("{set} {net_raw}")), "{run:?}");
    }
    let shown = script(&["--ambient-capability=cap_net_raw"], CAPABILITIES);
    assert!(shown.output.contains(&format!("Amb {net_raw}")), "{shown:?}");
    assert_refused(&script(&["--ambient-capability=cap_sys_time"], "true"), "CAP_SYS_TIME");
}

#[test]
fn a_payload_can_do_without_any_capability() {
    needs!(Need::Root, Need::Debian13);
    let run = script(&["--drop-capability=all"], CAPABILITIES);
    let none = "0000000000000000";
    assert_output(&run, &["Inh", "Prm", "Eff", "Bnd", "Amb"].map(|set| format!("{set} {none}")).join("\n"));
    let all = script(&["--capability=all", "--drop-capability=21"], CAPABILITIES);
    assert!(all.output.contains("Bnd 000001ffffdfffff"), "{all:?}");
}

/// Prints `ok` or the error for sockets of five kinds: Unix, IPv4, netlink, audit and vsock.
const SOCKETS: &str = "perl -MSocket -e 'for ([1, 1, 0], [2, 1, 0], [16, 3, 0], [16, 3, 9], [40, 1, 0]) \
                       { print socket(my $s, $$_[0], $$_[1], $$_[2]) ? \"ok \" : \"$! \" =~ s/ protocol//r }'";

#[test]
fn families_of_sockets_are_restricted() {
    needs!(Need::Root, Need::Debian13);
    let refused = "Address family not supported by";
    for (options, allowed) in [
        (&[][..], [true, true, true, false, false]),
        (&["--restrict-address-families=AF_UNIX AF_VSOCK"], [true, false, false, false, true]),
        (&["--restrict-address-families=~AF_INET AF_VSOCK"], [true, false, true, false, false]),
        (&["--restrict-address-families=none"], [false; 5]),
        (
            &["--restrict-address-families=AF_INET", "--restrict-address-families=AF_NETLINK"],
            [false, true, true, false, false],
        ),
    ] {
        let run = script(options, SOCKETS);
        let expected = allowed.map(|allowed| if allowed { "ok" } else { refused });
        // A kernel may not have AF_VSOCK at all, and says so in the same words.
        let is_same = run.output == expected.join(" ")
            || run.output == [expected[..4].join(" ").as_str(), refused].join(" ");
        assert!(is_same, "{options:?}: {run:?}");
    }
    let hidden = ["--restrict-address-families=AF_UNIX", "--system-call-filter=io_uring_setup"];
    assert_refused(&script(&hidden, "true"), "io_uring_setup");
}

/// By number, because what libraries make of a call may differ: fsync, fdatasync, syncfs, sync_file_range, msync.
const SYNC_CALLS: &str = "perl -e 'for ([74, 9999], [75, 9999], [306, 9999], [277, 9999, 0, 0, 0], [26, 1, 1, 0], [74, -1]) \
                          { print syscall($$_[0], @$_[1 .. $#$_]), \" \" }'";

#[test]
fn syncing_does_nothing_where_it_is_suppressed() {
    needs!(Need::Root, Need::Debian13);
    if cfg!(not(target_arch = "x86_64")) {
        return skip("needs the numbers of x86-64");
    }
    assert_output(&script(&["--suppress-sync=yes"], SYNC_CALLS), "0 0 0 0 0 -1");
    assert_output(&script(&[], SYNC_CALLS), "-1 -1 -1 -1 -1 -1");
    let open = "cd /root; for flag in sync dsync; do dd if=/dev/zero of=x count=1 oflag=$flag 2>&1 | grep -c Invalid; done; \
                dd if=/dev/zero of=y count=1 conv=fsync 2>/dev/null && sync y && echo written";
    assert_output(&script(&["--suppress-sync=yes"], open), "1\n1\nwritten");
    assert_output(&script(&[], open), "0\n0\nwritten");
}

#[test]
fn a_payload_runs_where_and_as_what_it_is_told() {
    needs!(Need::Root, Need::Debian13);
    let machine = "uname -m; grep Cpus_allowed_list /proc/self/status | cut -f2";
    if cfg!(target_arch = "x86_64") {
        assert_output(&script(&["--personality=x86", "--cpu-affinity=0"], machine), "i686\n0");
        assert_output(&script(&["--personality=x86-64", "--cpu-affinity=0,1000"], machine), "x86_64\n0");
    }
    assert_refused(&script(&["--cpu-affinity=1000-1003"], "true"), "processors 1000,1001,1002,1003");
}

#[test]
fn limits_are_set_in_their_own_units() {
    needs!(Need::Root, Need::Debian13);
    let options = [
        "--rlimit=CPU=2min",
        "--rlimit=RTTIME=3s:4s",
        "--rlimit=LIMIT_NOFILE=100:200",
        "--rlimit=RLIMIT_STACK=1M",
    ];
    let run = script(
        &options,
        "grep -E 'cpu time|realtime timeout|open files|stack' /proc/self/limits | tr -s ' '",
    );
    let expected = "Max cpu time 120 120 seconds \nMax stack size 1048576 1048576 bytes \n\
                    Max open files 100 200 files \nMax realtime timeout 3000000 4000000 us";
    assert_output(&run, expected);
}

#[test]
fn contexts_need_selinux() {
    needs!(Need::Root, Need::Debian13);
    if fs::exists("/sys/fs/selinux/enforce").unwrap_or(false) {
        return skip("needs a host without SELinux");
    }
    assert_refused(&script(&["-Z", "u:r:t:s0"], "true"), "--selinux-context= needs SELinux");
    assert_refused(&script(&["-L", "u:r:t:s0"], "true"), "--selinux-apifs-context= needs SELinux");
}

/// A device that hosts have and payloads do not, and that can be opened by its owner.
const DEVICE: &str = "/dev/fuse";

fn has_device() -> bool {
    fs::File::options().read(true).write(true).open(DEVICE).is_ok()
}

const USE_DEVICE: &str = "stat -c '%u %a %t:%T' /dev/fuse; for way in '<' '>' '<>'; do sh -c \"exec 3$way /dev/fuse\" 2>/dev/null; \
                          echo $?; done; readlink /dev/char/10:229";

#[test]
fn a_device_is_given_as_a_node_of_the_payloads_own() {
    needs!(Need::Root, Need::Debian13);
    if !has_device() {
        return skip("needs /dev/fuse");
    }
    let mode = format!("{:o}", fs::metadata(DEVICE).map_or(0, |metadata| metadata.mode() & 0o7777));
    let expected = format!("0 {mode} a:e5\n0\n0\n0\n../fuse");
    for users in ["--private-users=pick", "--private-users=no"] {
        assert_output(&script(&["--device=/dev/fuse", users], USE_DEVICE), &expected);
        let missing =
            script(&[users], "test ! -e /dev/fuse && ! mknod /tmp/fuse c 10 229 2>/dev/null && echo none");
        assert_output(&missing, "none");
    }
    assert_refused(&script(&["--device=/dev/no-such-device"], "true"), "/dev/no-such-device");
    assert_refused(&script(&["--device=/dev/net"], "true"), "/dev/net is no device");
}

#[test]
fn a_bound_device_is_used_as_it_was_bound() {
    needs!(Need::Root, Need::Debian13);
    if !has_device() {
        return skip("needs /dev/fuse");
    }
    let ways = "for way in '<' '>'; do sh -c \"exec 3$way /dev/other\" 2>/dev/null && echo yes || echo no; done; \
                mknod /tmp/fuse c 10 229 2>/dev/null || echo no node";
    let bound = |option: &str| script(&["--private-users=no", option], ways);
    assert_output(&bound("--bind=/dev/fuse:/dev/other"), "yes\nyes\nno node");
    assert_output(&bound("--bind-ro=/dev/fuse:/dev/other"), "yes\nno\nno node");
    let mapped = script(&["--bind=/dev/fuse:/dev/other"], "stat -c %u /dev/other");
    assert_output(&mapped, "65534");
    assert!(mapped.errors.contains("--device="), "{}", mapped.errors);
}

#[test]
fn a_booted_systems_services_use_its_devices() {
    needs!(Need::Root, Need::Debian13);
    if !has_device() {
        return skip("needs /dev/fuse");
    }
    let machine = Machine::boot(&Need::Debian13.tree(), &["--device=/dev/fuse", "--suppress-sync=yes"]);
    assert_eq!(machine.shell("exec 3<>/dev/fuse && stat -c %u /dev/fuse"), "0");
    let unit = "systemd-run --quiet --pipe --wait sh -c 'exec 3<>/dev/fuse && sync && echo used'";
    assert_eq!(machine.shell(unit), "used");
    machine.assert_runs_clean();
    assert_eq!(machine.stop(), 0);
}

#[test]
fn the_persona_gives_what_systemd_nspawn_gives() {
    needs!(Need::Root, Need::Debian13);
    let text = "echo $container; cat /run/host/container-manager; ls -d /dev/fuse /dev/net/tun 2>/dev/null | wc -l; \
                grep -E 'Max processes|Max pending' /proc/self/limits | tr -s ' '; cat /proc/1/comm";
    let run = nspawn_script(&[], &[], text);
    let openable = |path: &&str| fs::File::options().read(true).write(true).open(path).is_ok();
    let devices = ["/dev/fuse", "/dev/net/tun"].iter().filter(|path| openable(path)).count();
    let limits = fs::read_to_string("/proc/1/limits").unwrap_or_default();
    let limit = |name: &str| {
        let words = limits.lines().find(|line| line.starts_with(name)).unwrap_or_default().split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    };
    let expected = format!(
        "systemd-nspawn\nsystemd-nspawn\n{devices}\n{} \n{} \nsh",
        limit("Max processes"),
        limit("Max pending signals")
    );
    assert_output(&run, &expected);
    // What redd allows beyond systemd-nspawn's list: pidfd_getfd.
    let beyond = "perl -e 'print syscall(438, -1, 0, 0), \" \", $! + 0'";
    if cfg!(target_arch = "x86_64") {
        assert_output(&nspawn_script(&[], &[], beyond), "-1 1");
        assert_output(&script(&[], beyond), "-1 9");
    }
}

#[test]
fn variables_change_what_is_built() {
    needs!(Need::Root, Need::Debian13);
    let set = |variable: &str, value: &str, text: &str| nspawn_script(&[(variable, value)], &[], text);
    let container =
        set("SYSTEMD_NSPAWN_CONTAINER_SERVICE", "mine", "echo $container; cat /run/host/container-manager");
    assert_output(&container, "mine\nmine");
    assert_output(
        &set("SYSTEMD_NSPAWN_TMPFS_TMP", "0", "grep -c ' /tmp ' /proc/self/mountinfo || true"),
        "0",
    );
    assert_output(&set("SYSTEMD_SUPPRESS_SYNC", "1", "perl -e 'print syscall(74, 9999)'"), "0");
    let flags = "for path in /proc/sys /sys; do findmnt -n -o OPTIONS -T $path | cut -c1-2; done; \
                 findmnt -n -o OPTIONS -T /proc/sys/net | cut -c1-2";
    assert_output(&set("SYSTEMD_NSPAWN_API_VFS_WRITABLE", "0", flags), "ro\nro\nro");
    assert_output(&set("SYSTEMD_NSPAWN_API_VFS_WRITABLE", "network", flags), "ro\nro\nrw");
    assert_output(&set("SYSTEMD_NSPAWN_API_VFS_WRITABLE", "1", flags), "rw\nrw\nrw");
    assert_refused(
        &set("SYSTEMD_NSPAWN_API_VFS_WRITABLE", "some", "true"),
        "$SYSTEMD_NSPAWN_API_VFS_WRITABLE",
    );
    let seccomp = set("SYSTEMD_SECCOMP", "0", "grep -w Seccomp: /proc/self/status | cut -f2");
    assert_output(&seccomp, "2");
    let address = "cat /sys/class/net/host0/address";
    let veth = nspawn_script(&[("SYSTEMD_NSPAWN_NETWORK_MAC", "02:00:00:00:00:05")], &["-n"], address);
    assert_output(&veth, "02:00:00:00:00:05");
    let native = script(&[], "echo $container");
    assert_output(&native, "redd");
}

#[test]
fn namespaces_are_shared_where_variables_say_so() {
    needs!(Need::Root, Need::Debian13);
    let names = "for kind in ipc pid uts cgroup; do readlink /proc/self/ns/$kind; done";
    let own =
        |kind: &str| fs::read_link(format!("/proc/self/ns/{kind}")).unwrap_or_default().display().to_string();
    for (variable, value, shared) in [
        ("SYSTEMD_NSPAWN_SHARE_NS_IPC", "1", &["ipc"][..]),
        ("SYSTEMD_NSPAWN_SHARE_NS_PID", "1", &["pid"]),
        ("SYSTEMD_NSPAWN_SHARE_NS_UTS", "1", &["uts"]),
        ("SYSTEMD_NSPAWN_SHARE_SYSTEM", "1", &["ipc", "pid", "uts"]),
        ("SYSTEMD_NSPAWN_USE_CGNS", "0", &["cgroup"]),
    ] {
        let run = nspawn_script(&[(variable, value)], &[], names);
        for (kind, inside) in ["ipc", "pid", "uts", "cgroup"].into_iter().zip(run.output.lines()) {
            assert_eq!(own(kind) == inside, shared.contains(&kind), "{variable}: {kind}: {run:?}");
        }
    }
    let process = [("SYSTEMD_NSPAWN_SHARE_NS_PID", "1")];
    assert_refused(&nspawn_script(&process, &["--as-pid2"], "true"), "its own first process");
    assert_refused(&nspawn_script(&process, &["--private-users=pick"], "true"), "user namespace");
}

/// Without a namespace of its own no first process takes the others with it when it ends.
#[test]
fn what_a_payload_leaves_running_among_the_hosts_processes_ends_with_it() {
    needs!(Need::Root, Need::Debian13);
    let name = unique_name();
    let leftovers = Leftovers::before(&name);
    let text = "setsid sleep 7654321 >/dev/null 2>&1 & echo $!";
    let run = nspawn_script(&[("SYSTEMD_NSPAWN_SHARE_NS_PID", "1")], &["-M", &name], text);
    let pid: u32 = run.output.parse().unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let is_there = || {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains("7654321")
    };
    assert!(!is_there());
    leftovers.assert_none();
}

#[test]
fn shared_cgroups_can_be_written_in_the_payloads_own_only() {
    needs!(Need::Root, Need::Debian13);
    let text = "own=$(sed -n s/^0:://p /proc/self/cgroup); mkdir /sys/fs/cgroup/x 2>/dev/null || echo protected; \
                mkdir /sys/fs/cgroup$own/y && rmdir /sys/fs/cgroup$own/y && echo own; \
                mkdir /sys/fs/cgroup$own/../z 2>/dev/null || echo protected";
    for users in [&["--private-users=no"][..], &["--private-users=pick"]] {
        let run = nspawn_script(&[("SYSTEMD_NSPAWN_USE_CGNS", "0")], users, text);
        assert_output(&run, "protected\nown\nprotected");
    }
}

/// The newest systemd may know more; calls that only other architectures have are in no group here.
#[test]
fn groups_of_system_calls_are_systemds() {
    needs!(Need::Root, Need::Debian13);
    let run = script(&[], "SYSTEMD_COLORS=0 systemd-analyze syscall-filter --no-pager");
    let mut of_systemd: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut group = "";
    for line in run.output.lines() {
        match line.strip_prefix("    ") {
            None => group = line,
            Some(comment) if comment.starts_with('#') => {}
            Some(member) => drop(of_systemd.entry(group).or_default().insert(member)),
        }
    }
    assert!(of_systemd.len() > 25, "{run:?}");
    for (group, members) in GROUPS {
        let members: BTreeSet<&str> = members.iter().copied().collect();
        let others = OTHER_ARCHITECTURES.iter().copied().collect();
        let expected: BTreeSet<&str> = of_systemd[group].difference(&others).copied().collect();
        assert_eq!(members, expected, "{group}");
    }
}
