//! A container that keeps everything, on a host where everything applies.

use std::collections::BTreeMap;

use crate::observation::{
    Attempts, Ended, Given, HostSight, Lives, Mount, NetworkLink, Node, Observations, OutsideSight, Process,
    Reboot, Stop, Surroundings, SystemdSight, UnitRun, UnixExport, mounts_of,
};
use crate::probe::{CREDENTIAL, HARMLESS, OWN};

const UUID: &str = "0123456789abcdef0123456789abcdef";
const OS_RELEASE: &str = "ID=debian\nVERSION_ID=\"13\"\nBUILD_ID=7\nVARIANT_ID=server\n";
/// Without the three of audit.
const BOUNDING: u64 = ((1 << 41) - 1) & !(1 << 29) & !(1 << 30) & !(1 << 37);

pub(super) fn good() -> Observations {
    let before = surroundings();
    let mut after = before.clone();
    after.texts.insert("/etc/machine-id".to_owned(), format!("{UUID}\n"));
    let mut seen = Observations {
        given: Given {
            name: Some("box".to_owned()),
            credential: Some(Ok("told".to_owned())),
            socket: Some(77),
        },
        host: host(),
        lives: Some(lives(&after)),
        before: Some(before),
        after: Some(after),
        outside: Some(outside()),
        first_attempts: Some(attempts()),
        attempts: None,
        systemd: Some(Ok(systemd())),
        units: Some(units()),
    };
    shared(&mut seen, "user");
    seen
}

/// The same in a user namespace.
pub(super) fn good_with_users() -> Observations {
    let mut seen = good();
    private(&mut seen, "user");
    seen.outside.as_mut().unwrap().uid_map = "0 100000 65536\n".to_owned();
    seen
}

/// Gives the init a namespace of its own.
pub(super) fn private(seen: &mut Observations, kind: &str) {
    let namespaces = &mut seen.outside.as_mut().unwrap().namespaces;
    namespaces.insert(kind.to_owned(), format!("{kind}:[2]"));
}

/// Lets it have the host's.
pub(super) fn shared(seen: &mut Observations, kind: &str) {
    let namespaces = &mut seen.outside.as_mut().unwrap().namespaces;
    namespaces.insert(kind.to_owned(), format!("{kind}:[1]"));
}

fn namespaces(number: u32) -> BTreeMap<String, String> {
    let kinds = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"];
    kinds.iter().map(|kind| ((*kind).to_owned(), format!("{kind}:[{number}]"))).collect()
}

fn host() -> HostSight {
    HostSight {
        os_release: OS_RELEASE.to_owned(),
        boot_id: "host-boot".to_owned(),
        host_name: "host".to_owned(),
        zone: Some("Europe/Berlin".to_owned()),
        has_selinux: true,
        root_device: Some((8, 1)),
        devices: vec!["0:5".to_owned()],
        open_files: 1024,
        controllers: ["cpu", "io", "memory", "pids"].map(str::to_owned).to_vec(),
        has_systemd: true,
        has_journal: true,
        namespaces: namespaces(1),
    }
}

const MOUNTINFO: &str = "\
1 0 0:40 / / rw,relatime shared:1 - ext4 /dev/x rw
2 1 0:41 / /proc rw shared:2 - proc proc rw
3 1 0:42 / /sys ro,nosuid shared:3 - sysfs sysfs rw
4 3 0:43 / /sys/fs/selinux ro shared:4 - selinuxfs selinuxfs rw
5 1 0:44 / /dev rw,nosuid shared:5 - tmpfs tmpfs rw,mode=755
6 5 0:45 / /dev/pts rw shared:6 - devpts devpts rw,gid=5,mode=620,ptmxmode=666
7 3 0:46 / /sys/fs/cgroup rw shared:7 - cgroup2 cgroup2 rw
8 1 0:47 / /run rw,nosuid shared:8 - tmpfs tmpfs rw
9 8 0:48 / /run/host ro,nosuid shared:9 - tmpfs tmpfs rw
10 9 0:49 / /run/host/incoming rw shared:10 master:3 - tmpfs tmpfs rw
11 9 0:50 / /run/host/credentials ro,nosuid shared:11 - ramfs ramfs rw,mode=500
";

fn node(path: &str, kind: &str, mode: u32, stands_for: &str) -> (String, Node) {
    let node = Node {
        path: path.to_owned(),
        kind: kind.to_owned(),
        mode,
        owner: 0,
        stands_for: stands_for.to_owned(),
        device: "0:44".to_owned(),
    };
    (path.to_owned(), node)
}

fn nodes() -> BTreeMap<String, Node> {
    let devices = [
        ("null", "1:3"),
        ("zero", "1:5"),
        ("full", "1:7"),
        ("random", "1:8"),
        ("urandom", "1:9"),
        ("tty", "5:0"),
        ("ptmx", "5:2"),
    ];
    let devices = devices.map(|(name, number)| node(&format!("/dev/{name}"), "character", 0o666, number));
    let inaccessible = [
        ("reg", "file"),
        ("dir", "directory"),
        ("fifo", "fifo"),
        ("sock", "socket"),
        ("chr", "character"),
        ("blk", "block"),
    ];
    let inaccessible =
        inaccessible.map(|(name, kind)| node(&format!("/run/host/inaccessible/{name}"), kind, 0, "0:0"));
    let others = [
        node("/dev/console", "character", 0o620, "136:0"),
        node("/dev/pts/1", "character", 0o620, "136:1"),
        node("/run/host", "directory", 0o755, "0:0"),
        node("/run/host/incoming", "directory", 0o755, "0:0"),
        node("/run/host/notify", "socket", 0o200, "0:0"),
        node("/run/host/credentials", "directory", 0o500, "0:0"),
        node(&format!("/run/host/credentials/{CREDENTIAL}"), "file", 0o400, "0:0"),
        node("/run/host/unix-export/ssh", "socket", 0o666, "0:0"),
        node("/usr/sbin/sshd", "file", 0o755, "0:0"),
        node("/usr/lib/systemd/system-generators/systemd-ssh-generator", "file", 0o755, "0:0"),
    ];
    devices.into_iter().chain(inaccessible).chain(others).collect()
}

fn texts() -> BTreeMap<String, String> {
    let texts = [
        ("/run/host/os-release", OS_RELEASE),
        ("/run/host/container-manager", "redd\n"),
        ("/run/host/container-uuid", "01234567-89ab-cdef-0123-456789abcdef\n"),
        ("/run/systemd/container", "redd\n"),
        ("/proc/sys/kernel/random/boot_id", "own-boot\n"),
        ("/proc/1/cgroup", "0::/init.scope\n"),
        ("/proc/self/net/fib_trie", "   |-- 127.0.0.1\n      /32 host LOCAL\n"),
        ("/sys/fs/cgroup/cgroup.procs", ""),
        ("/sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n"),
        ("cgroup.procs of PID 1", "1\n"),
        ("/etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
    ];
    texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into()
}

fn environment() -> BTreeMap<String, String> {
    let variables = [
        ("container", "redd"),
        ("container_uuid", "01234567-89ab-cdef-0123-456789abcdef"),
        ("container_ttys", "pts/1"),
        ("container_host_id", "debian"),
        ("container_host_version_id", "13"),
        ("container_host_build_id", "7"),
        ("container_host_variant_id", "server"),
        ("CREDENTIALS_DIRECTORY", "/run/host/credentials"),
        ("LISTEN_FDS", "1"),
        ("LISTEN_PID", "1"),
        ("NOTIFY_SOCKET", "/run/host/notify"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn link(address: &str, is_end: bool) -> NetworkLink {
    NetworkLink { address: address.to_owned(), index: 2, joined_to: 9, flags: 0x1043, is_end }
}

fn surroundings() -> Surroundings {
    let nodes = nodes();
    let descriptors = [(0, "/dev/null"), (1, "/dev/console"), (2, "/dev/console"), (3, "socket:[77]")];
    Surroundings {
        host_name: "box".to_owned(),
        mounts: mounts_of(MOUNTINFO),
        environment: environment(),
        process: Process {
            bounding: BOUNDING,
            umask: 0o022,
            directory: "/".to_owned(),
            open_files: 1024,
            descriptors: Some(descriptors.map(|(number, target)| (number, target.to_owned())).into()),
            number: 1,
            ..Process::default()
        },
        device_nodes: nodes.values().filter(|node| node.path.starts_with("/dev/")).cloned().collect(),
        nodes,
        texts: texts(),
        links: [("/etc/localtime".to_owned(), "../usr/share/zoneinfo/Europe/Berlin".to_owned())].into(),
        network: [("host0".to_owned(), link("02:00:00:00:00:01", true)), ("lo".to_owned(), link("", false))]
            .into(),
    }
}

fn attempts() -> Attempts {
    let succeed = [
        "console",
        "pty",
        "as-nobody",
        "socket",
        "mount-",
        "user-namespace",
        "nest",
        "set-user-id",
        "namespace",
    ];
    let result = |attempt: &str| match attempt {
        "namespace:user" | "namespace:net" => format!("ok {}:[2]", &attempt[10..]),
        "device:c:1:3:w" => "mknod ok, open ok".to_owned(),
        "create:/run/host" => "EROFS".to_owned(),
        _ if attempt.starts_with("device:") => "mknod EPERM".to_owned(),
        _ if succeed.iter().any(|start| attempt.starts_with(start)) => "ok".to_owned(),
        _ => "EACCES".to_owned(),
    };
    let all = HARMLESS.iter().chain(&OWN).copied().chain(["device:b:8:1"]);
    all.map(|attempt| (attempt.to_owned(), result(attempt))).collect()
}

fn outside() -> OutsideSight {
    OutsideSight {
        namespaces: namespaces(2),
        cgroup: "0::/system.slice/box.service/payload/init.scope\n".to_owned(),
        manager_cgroup: Some("0::/system.slice/box.service/supervisor\n".to_owned()),
        device_programs: Some(Ok(1)),
        delegation: vec!["/sys/fs/cgroup/system.slice/box.service trusted.delegate=1".to_owned()],
        peers: vec!["ve-box".to_owned()],
        journal: Some("/var/log/journal/x /machine/var/log/journal/x".to_owned()),
        unix_export: Some(UnixExport { is_there: true, write: "EROFS".to_owned(), connect: "ok".to_owned() }),
        console: Some("Debian\n\nbox login: ".to_owned()),
        new_cgroups: Some(Vec::new()),
        left_cgroups: Some(Vec::new()),
        ..OutsideSight::default()
    }
}

fn systemd() -> SystemdSight {
    let units = [
        ("systemd-udevd.service", "loaded inactive dead condition=no"),
        ("console-getty.service", "loaded active running"),
        ("container-getty@1.service", "loaded active running"),
    ];
    SystemdSight {
        version: "257".to_owned(),
        virtualization: "container-other".to_owned(),
        state: "running".to_owned(),
        failed: Vec::new(),
        units: units.map(|(name, state)| (name.to_owned(), state.to_owned())).into(),
        journal: Some(Vec::new()),
        reexecuted: Some(Ok(("running".to_owned(), "container-other".to_owned()))),
        user_manager: Some(Ok("ok /run/user/0 tmpfs 0:60 rw rw,mode=700".to_owned())),
    }
}

fn unit(attempts: &[(&str, &str)]) -> UnitRun {
    let attempts = attempts.iter().map(|(attempt, result)| ((*attempt).to_owned(), (*result).to_owned()));
    UnitRun {
        attempts: Some(attempts.collect()),
        ended: "inactive dead success 0".to_owned(),
        ..UnitRun::default()
    }
}

fn units() -> BTreeMap<String, UnitRun> {
    let silent = || UnitRun { ended: "inactive dead success 0".to_owned(), ..UnitRun::default() };
    let credential = format!("credential:{CREDENTIAL}");
    let directory = "/run/redd-check-9";
    let hidden = |what: &str, end: &str| format!("{what}:{directory}/hidden-{end}");
    let runs = [
        ("detect-virt", UnitRun { output: "container-other\n".to_owned(), ..silent() }),
        ("su", silent()),
        ("scope", silent()),
        ("ConditionPathIsReadWrite", silent()),
        ("ConditionVirtualization", unit(&[("user", "ok 0")])),
        ("PrivateTmp", unit(&[("stat:/tmp/.redd-check-mark", "ENOENT"), ("create:/tmp", "ok")])),
        ("ProtectHome", unit(&[("stat:/root/.redd-check-mark", "EACCES")])),
        (
            "InaccessibleDevice",
            unit(&[
                ("stat:/dev/zero", "ok /dev/zero: character 0:0 0000 of 0"),
                ("read:/dev/zero", "EACCES"),
            ]),
        ),
        (
            "InaccessiblePaths",
            unit(&[
                (&hidden("stat", "file"), "ok /x: file 0:0 0000 of 0"),
                (&hidden("read", "file"), "EACCES"),
                (&hidden("stat", "directory"), "ok /x: directory 0:0 0000 of 0"),
                (&hidden("stat", "directory/x"), "ENOENT"),
            ]),
        ),
        ("ProtectSystem", unit(&[("create:/etc", "EROFS"), ("create:/usr", "EROFS")])),
        ("ReadOnlyPaths", unit(&[("create:/var", "EROFS"), ("create:/etc", "ok")])),
        ("ReadWritePaths", unit(&[("create:/etc", "EROFS"), ("create:/var", "ok")])),
        (
            "Protect",
            unit(&[("open-write:/sys/fs/cgroup/init.scope/cgroup.procs", "EROFS"), ("user", "ok 0")]),
        ),
        ("ProtectProc", unit(&[("stat:/proc/meminfo", "ENOENT"), ("stat:/proc/self", "ok")])),
        (
            "PrivateDevices",
            unit(&[("file-system:/dev", "ok /dev tmpfs 0:70 ro rw"), ("open-write:/dev/null", "ok")]),
        ),
        ("PrivateMounts", unit(&[("namespace:mnt", "ok mnt:[3]"), ("mount-tmpfs", "ok")])),
        ("PrivateNetwork", unit(&[("namespace:net", "ok net:[3]")])),
        ("PrivateUsers", unit(&[("namespace:user", "ok user:[3]")])),
        ("DynamicUser", unit(&[("user", "ok 61500"), ("create:/var/lib/redd-check-state", "ok")])),
        ("Bind", unit(&[("stat:/mnt/passwd", "ok"), ("file-system:/srv", "ok /srv tmpfs 0:71 rw rw")])),
        (
            "SetCredential",
            unit(&[(
                "credential:secret",
                "ok told on ok /run/credentials/x.service ramfs 0:72 ro,nosuid rw,mode=700",
            )]),
        ),
        ("ImportCredential", unit(&[(&credential, "ok told on ok /run/credentials/y ramfs 0:73 ro rw")])),
        ("SystemCallFilter", unit(&[("mount-tmpfs", "EPERM"), ("user", "ok 0")])),
        (
            "Limits",
            unit(&[
                ("cgroup:memory.max", "ok 67108864"),
                ("cgroup:pids.max", "ok 17"),
                ("cgroup:cpu.max", "ok 50000 100000"),
            ]),
        ),
    ];
    runs.map(|(name, run)| (name.to_owned(), run)).into()
}

fn lives(after: &Surroundings) -> Lives {
    let mut second = after.clone();
    second.texts.insert("/proc/sys/kernel/random/boot_id".to_owned(), "next-boot\n".to_owned());
    Lives {
        second: Some(second),
        from_file: Some(("fromfile".to_owned(), "host".to_owned())),
        other_uuid: Some("fedcba9876543210fedcba9876543210".to_owned()),
        stop: Some(Stop {
            seconds: 1.0,
            ended: Ended::Exited(0),
            last_words: "all units stopped".to_owned(),
            is_orderly: true,
        }),
        power_off: Some(Ended::Exited(0)),
        reboot: Some(Reboot::BootedAgain),
        exit: Some(Ended::Exited(7)),
        notified: Some(vec!["READY=1".to_owned()]),
        stacked: Some(Ok(())),
        ordinary_user: Some(Ok(())),
        few_capabilities: Some(Ok(())),
        bound_user: Some(Ok("somebody:x:1000".to_owned())),
        bound_home: Some(Ok("/run/host/home/somebody".to_owned())),
        live_bind: Some(Ok(())),
        lease: Some(Ok("192.168.0.7".to_owned())),
    }
}

/// A mount by its place.
pub(super) fn mount<'a>(surroundings: &'a mut Surroundings, place: &str) -> &'a mut Mount {
    surroundings.mounts.iter_mut().find(|mount| mount.place == place).unwrap()
}
