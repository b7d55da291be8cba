//! What a payload finds, clause by clause, in one machine with every default.

use std::collections::BTreeMap;
use std::fs;

use redd_tests::{Machine, Need, covers, needs, redd};

fn machine(options: &[&str]) -> Machine {
    Machine::boot(&Need::Debian13.tree(), options)
}

/// PID 1's environment, as the payload and the host see it.
fn environment(machine: &Machine) -> BTreeMap<String, String> {
    let text = machine.shell("tr '\\0' '\\n' < /proc/1/environ");
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The mount at a path: type, flags of mount and file system, propagation.
fn mount(machine: &Machine, path: &str) -> String {
    machine.shell(&format!(
        "findmnt -n -o FSTYPE,VFS-OPTIONS,FS-OPTIONS,PROPAGATION --mountpoint {path} | tail -n 1"
    ))
}

#[test]
fn the_api_file_systems_are_mounted_and_protected() {
    needs!(Need::Root, Need::Debian13);
    covers!(EE1, EE2, EE4, NO7, UN1);
    let machine = machine(&["--hostname=chosen"]);
    assert_eq!(machine.shell("uname -n"), "chosen");
    assert!(mount(&machine, "/proc").starts_with("proc "));
    assert!(mount(&machine, "/sys").starts_with("sysfs ro,"));
    assert!(!machine.succeeds("touch /sys/x"));
    assert!(!machine.succeeds("echo 0 > /proc/sys/kernel/panic"));
    assert!(machine.succeeds("echo 1 > /proc/sys/net/ipv4/ip_forward"));
    assert!(!machine.succeeds("echo b > /proc/sysrq-trigger"));
    let udev = machine.shell("systemctl show -P ActiveState -P ConditionResult systemd-udevd.service");
    assert_eq!(udev, "inactive\nno");
    for path in ["/", "/run", "/dev"] {
        assert!(mount(&machine, path).ends_with("shared"), "{path}");
    }
    assert_eq!(machine.stop(), 0);
}

#[test]
fn dev_has_the_standard_nodes_and_no_others() {
    needs!(Need::Root, Need::Debian13);
    covers!(EE3, EE5, NO3, NO4, NO5);
    let machine = machine(&[]);
    assert!(mount(&machine, "/dev").starts_with("tmpfs "));
    for (name, device) in [
        ("null", "1:3"),
        ("zero", "1:5"),
        ("full", "1:7"),
        ("random", "1:8"),
        ("urandom", "1:9"),
        ("tty", "5:0"),
        ("ptmx", "5:2"),
    ] {
        assert_eq!(
            machine.shell(&format!("stat -L -c '%Hr:%Lr %a' /dev/{name}")),
            format!("{device} 666"),
            "{name}"
        );
    }
    let others = machine.shell(
        "cd /dev && find . -xdev \\( -type b -o -type c \\) -not -path './pts/*' | sort | tr '\\n' ' '",
    );
    assert_eq!(others, "./full ./null ./random ./tty ./urandom ./zero");
    assert_eq!(machine.shell("stat -c %Hr:%Lr /dev/console"), "136:0");
    assert!(machine.succeeds("test -t 0 < /dev/console && echo hello > /dev/console"));
    assert!(!machine.succeeds("ls /dev/kmsg /dev/tty0 /dev/tty1 /dev/vcs 2>/dev/null | grep -q ."));
    assert_eq!(machine.shell("systemctl is-active console-getty.service"), "active");
    assert_eq!(machine.shell("systemctl list-units --plain --no-legend 'getty@*'"), "");
    assert_eq!(machine.stop(), 0);
}

/// EE3, NO1: the filter is redd's own, so it also holds where the payload's root is the host's.
#[test]
fn devices_are_filtered_without_a_user_namespace() {
    needs!(Need::Root, Need::Debian13);
    covers!(EE3, NO1);
    let machine = machine(&["--private-users=no"]);
    // A program of the host joins namespaces, not the cgroup: the filter is looked at from a unit inside.
    let unit = |script: &str| {
        let quoted = script.replace('\'', "'\\''");
        machine.succeeds(&format!("systemd-run --quiet --wait --pipe sh -c '{quoted}'"))
    };
    assert!(unit("mknod /root/null c 1 3 && echo > /root/null"));
    assert!(!unit("mknod /root/mem c 1 1"));
    assert!(!unit("mknod /root/kmsg c 1 11"));
    assert!(!unit("mknod /root/disk b 254 0"));
    assert!(!unit("mknod /root/fuse c 10 229"));
    assert!(machine.succeeds(
        "systemd-run --quiet --wait -p PrivateDevices=yes sh -c 'echo > /dev/null && test ! -e /dev/console'"
    ));
    assert_eq!(machine.stop(), 0);
}

#[test]
fn the_cgroup_tree_is_whole_and_the_payloads_own() {
    needs!(Need::Root, Need::Debian13);
    covers!(EE6, NO6, AI5);
    let handed_down =
        || fs::read_to_string("/sys/fs/cgroup/unified/cgroup.subtree_control").unwrap_or_default();
    let before = handed_down();
    let machine = machine(&[]);
    assert_eq!(handed_down(), before, "nothing is changed above the machine's own cgroup");
    assert!(mount(&machine, "/sys/fs/cgroup").starts_with("cgroup2 rw"));
    let root = machine.shell("findmnt -n -o FSROOT --mountpoint /sys/fs/cgroup");
    assert_eq!(root, "/");
    assert!(machine.shell("cat /proc/1/cgroup").contains("0::/init.scope"));
    assert_eq!(machine.shell("cat /sys/fs/cgroup/cgroup.procs"), "");
    assert_eq!(machine.shell("grep -cx 1 /sys/fs/cgroup/init.scope/cgroup.procs"), "1");
    let host_path = machine.state()["cgroup"].as_str().unwrap().to_owned();
    // In a unit of its own on a host that systemd runs.
    let own = host_path.strip_suffix("/payload").unwrap_or_else(|| panic!("{host_path}"));
    assert!(own.ends_with(&format!("redd-{}", machine.name)) || own.ends_with(".scope"), "{host_path}");
    assert_eq!(machine.stop(), 0);
}

#[test]
fn pid_1_is_told_where_it_is() {
    needs!(Need::Root, Need::Debian13);
    covers!(EV1, EV2, EV4, EV5, AI6, RH3, FW1);
    let machine = machine(&["--uuid=0123456789abcdef0123456789abcdef", "--set-credential=probe.x:value"]);
    let environment = environment(&machine);
    assert_eq!(environment["container"], "redd");
    assert_eq!(environment["container_uuid"], "01234567-89ab-cdef-0123-456789abcdef");
    assert_eq!(machine.shell("cat /etc/machine-id"), "0123456789abcdef0123456789abcdef");
    assert_eq!(machine.shell("cat /run/systemd/container"), "redd");
    assert_eq!(machine.shell("systemd-detect-virt --container"), "container-other");
    assert_eq!(environment["NOTIFY_SOCKET"], "/run/host/notify");
    assert_eq!(environment["CREDENTIALS_DIRECTORY"], "/run/host/credentials");
    let release = fs::read_to_string("/etc/os-release").unwrap();
    assert!(release.contains(&format!("ID={}", environment["container_host_id"])));
    assert!(mount(&machine, "/run/host/credentials").starts_with("ramfs ro,"));
    assert_eq!(
        machine.shell("stat -c '%a %U' /run/host/credentials /run/host/credentials/probe.x"),
        "500 root\n400 root"
    );
    let read = "systemd-run --quiet --wait --pipe -p ImportCredential=probe.x sh -c 'cat $CREDENTIALS_DIRECTORY/probe.x'";
    assert_eq!(machine.shell(read), "value");
    assert!(!machine.succeeds("tr '\\0' '\\n' < /proc/1/environ | grep -q value"));
    assert_eq!(machine.stop(), 0);
}

#[test]
fn run_host_is_complete_and_read_only() {
    needs!(Need::Root, Need::Debian13);
    covers!(RH0, RH1, RH2, RH3, RH4, RH5, RH6, RH7, RH8);
    let machine = machine(&["--set-credential=a:b"]);
    assert!(!machine.succeeds("touch /run/host/x"));
    assert!(
        !machine.succeeds("mount -o remount,bind,rw /run/host && touch /run/host/x"),
        "the flag is locked"
    );
    let kinds =
        machine.shell("cd /run/host/inaccessible && stat -c '%n %F %a %t:%T' reg dir fifo sock chr blk");
    let expected = "reg regular empty file 0 0:0\ndir directory 0 0:0\nfifo fifo 0 0:0\nsock socket 0 0:0\n\
                    chr character special file 0 0:0\nblk block special file 0 0:0";
    assert_eq!(kinds, expected);
    assert_eq!(machine.shell("test -d /run/host/incoming && cat /run/host/container-manager"), "redd");
    assert_eq!(machine.shell("cat /run/host/container-uuid"), environment(&machine)["container_uuid"]);
    let host = fs::read("/etc/os-release").unwrap();
    assert_eq!(machine.inside(&["cat", "/run/host/os-release"]).stdout, host);
    assert!(machine.succeeds("test -S /run/host/notify && test -f /run/host/credentials/a"));
    assert!(machine.succeeds("touch /run/host/unix-export/seen"));
    let outside = format!("/run/redd/machines/{}/unix-export", machine.name);
    assert!(fs::metadata(format!("{outside}/seen")).is_ok());
    assert!(fs::write(format!("{outside}/new"), "").is_err(), "the host's view is read-only");
    assert_eq!(machine.stop(), 0);
}

#[test]
fn boot_id_and_kernel_messages_are_the_payloads_own() {
    needs!(Need::Root, Need::Debian13);
    covers!(UN2);
    let machine = machine(&[]);
    let own = machine.shell("cat /proc/sys/kernel/random/boot_id");
    assert_ne!(own, fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap().trim());
    assert_eq!(own.len(), 36);
    assert_eq!(machine.shell("stat -c %F /proc/kmsg"), "fifo");
    assert!(!machine.succeeds("test -e /dev/kmsg"));
    assert_eq!(machine.stop(), 0);
}

#[test]
fn pid_1_starts_as_a_boot_loader_leaves_it() {
    needs!(Need::Root, Need::Debian13);
    covers!(UN3, NO1, NO2, NO8);
    let run = redd_tests::run([
        "run".as_ref(),
        "--as-pid1".as_ref(),
        "--ephemeral".as_ref(),
        Need::Debian13.tree().as_os_str(),
        "sh".as_ref(),
        "-c".as_ref(),
        "grep -E '^(Sig(Blk|Ign)|Cap(Inh|Amb|Bnd)|NoNewPrivs|Umask|Seccomp):' /proc/self/status; ls /proc/self/fd | wc -l".as_ref(),
    ]);
    let field = |name: &str| {
        run.output.lines().find_map(|line| line.strip_prefix(name)).map(str::trim).unwrap().to_owned()
    };
    for name in ["SigBlk:", "SigIgn:", "CapInh:", "CapAmb:", "NoNewPrivs:"] {
        assert_eq!(field(name).trim_start_matches('0'), "", "{name}");
    }
    assert_eq!((field("Umask:").as_str(), field("Seccomp:").as_str()), ("0022", "2"));
    let bounding = u64::from_str_radix(&field("CapBnd:"), 16).unwrap();
    assert_eq!(bounding >> 21 & 1, 1, "CAP_SYS_ADMIN");
    assert_eq!(bounding >> 27 & 1, 1, "CAP_MKNOD");
    for audit in [29, 30, 37] {
        assert_eq!(bounding >> audit & 1, 0, "capability {audit}");
    }
    // 0 to 2, and the one that ls reads the directory with.
    assert_eq!(run.output.lines().last(), Some("4"));
}

/// NO2: what systemd cannot set up it silently leaves out, so the effect is looked at.
#[test]
fn sandboxed_services_are_really_sandboxed() {
    needs!(Need::Root, Need::Debian13);
    covers!(NO1, NO2, UN1);
    let machine = machine(&[]);
    let unit = |properties: &str, script: &str| {
        machine.succeeds(&format!("systemd-run --quiet --wait --pipe {properties} sh -c '{script}'"))
    };
    assert!(machine.succeeds("touch /tmp/marker"));
    assert!(unit("-p PrivateTmp=yes", "test ! -e /tmp/marker"));
    assert!(unit("-p PrivateDevices=yes", "echo > /dev/null && test ! -e /dev/console"));
    assert!(unit("-p ProtectHome=yes", "! ls /root/.bashrc"));
    assert!(unit("-p ProtectSystem=strict", "! touch /etc/x && ! touch /usr/x"));
    assert!(unit("-p PrivateNetwork=yes", "test $(ls /sys/class/net | wc -l) = 2 || ! ip link show host0"));
    assert!(unit(
        "-p DynamicUser=yes -p StateDirectory=probe",
        "test $(id -u) -ge 61184 && touch $STATE_DIRECTORY/x"
    ));
    assert!(unit("-p ProtectProc=invisible -p ProcSubset=pid", "test ! -e /proc/meminfo"));
    assert!(unit("-p SetCredential=x:y", "test $(cat $CREDENTIALS_DIRECTORY/x) = y"));
    assert!(unit("-p PrivateUsers=yes", "test $(wc -l < /proc/self/uid_map) -ge 1"));
    assert!(unit("-p InaccessiblePaths=/dev/zero", "! head -c 1 /dev/zero"));
    assert_eq!(machine.stop(), 0);
}

#[test]
fn the_time_zone_follows_the_host_by_a_relative_link() {
    needs!(Need::Root, Need::Debian13);
    covers!(AI1);
    let machine = machine(&[]);
    let host = fs::read_link("/etc/localtime").unwrap_or_default();
    let zone = host.to_string_lossy().split_once("zoneinfo/").map(|(_, zone)| zone.to_owned());
    match zone {
        Some(zone) => {
            assert_eq!(machine.shell("readlink /etc/localtime"), format!("../usr/share/zoneinfo/{zone}"))
        }
        None => assert!(machine.succeeds("test ! -L /etc/localtime")),
    }
    assert_eq!(machine.stop(), 0);
}

/// A service may sandbox itself with a procfs of its own, and a container may run in this one.
#[test]
fn a_container_inside_mounts_a_procfs_of_its_own() {
    needs!(Need::Root, Need::Debian13);
    covers!(EE2);
    for users in ["--private-users=pick", "--private-users=no"] {
        let machine = machine(&[users]);
        let inner = "unshare --user --map-root-user --pid --fork --mount-proc cat /proc/1/comm";
        assert_eq!(machine.shell(&format!("systemd-run --quiet --wait --pipe {inner}")), "cat", "{users}");
        assert!(!machine.succeeds("test -e /run/host/proc"), "{users}");
        assert_eq!(machine.stop(), 0);
    }
}

/// UN3: a caller like nohup(1) ignores signals, and a program that is executed inherits that.
#[test]
fn a_signal_that_the_caller_ignores_is_not_ignored_inside() {
    needs!(Need::Root, Need::Debian13);
    covers!(UN3);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "trap '' HUP USR1; exec \"$@\"", "sh"]).arg(redd().get_program());
    command.args(["run", "--as-pid1", "--ephemeral"]).arg(Need::Debian13.tree());
    let output = command.args(["grep", "SigIgn:", "/proc/self/status"]).output().unwrap();
    let ignored = String::from_utf8(output.stdout).unwrap();
    assert_eq!(ignored.trim_start_matches("SigIgn:").trim().trim_start_matches('0'), "", "{ignored}");
}
