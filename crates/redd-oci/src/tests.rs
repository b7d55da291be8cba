//! Configurations and what they come to.

use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;

/// What `runc spec` writes, in short.
fn config() -> Value {
    json!({
        "ociVersion": "1.2.0",
        "process": {
            "terminal": false,
            "user": { "uid": 0, "gid": 0 },
            "args": ["sh", "-c", "echo a:b"],
            "env": ["PATH=/bin", "TERM=xterm"],
            "cwd": "/",
            "capabilities": { "bounding": ["CAP_AUDIT_WRITE", "CAP_KILL"], "effective": ["CAP_KILL"] },
            "rlimits": [{ "type": "RLIMIT_NOFILE", "hard": u64::MAX, "soft": 1024 }],
            "noNewPrivileges": true
        },
        "root": { "path": "rootfs", "readonly": true },
        "hostname": "box",
        "mounts": [{ "destination": "/proc", "type": "proc", "source": "proc" }],
        "linux": {
            "resources": { "devices": [{ "allow": false, "access": "rwm" }] },
            "namespaces": [{ "type": "pid" }, { "type": "network" }, { "type": "ipc" }, { "type": "uts" },
                           { "type": "mount" }],
            "maskedPaths": ["/proc/kcore"],
            "readonlyPaths": ["/proc/sys"]
        }
    })
}

/// The same, with one property changed.
fn with(pointer: &str, value: Value) -> Value {
    let mut config = config();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = config.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    parent.as_object_mut().unwrap().insert(name.to_owned(), value);
    config
}

fn read(config: &Value) -> Result<Bundle, BundleError> {
    parse(config.to_string().as_bytes(), Path::new("/srv/bundle"))
}

/// The values of an option.
fn values(bundle: &Bundle, option: &str) -> Vec<String> {
    let of_option = bundle.settings.iter().filter(|setting| setting.option == option);
    of_option.map(|setting| setting.value.clone().unwrap_or_default()).collect()
}

#[test]
fn a_configuration_becomes_values_of_options() {
    let bundle = read(&config()).unwrap();
    assert_eq!(bundle.root, Path::new("/srv/bundle/rootfs"));
    for (option, expected) in [
        ("parameters", &["sh", "-c", "echo a:b"][..]),
        ("setenv", &["PATH=/bin", "TERM=xterm"]),
        ("chdir", &["/"]),
        ("console", &["pipe"]),
        ("as-pid1", &[""]),
        ("read-only", &[""]),
        ("hostname", &["box"]),
        ("rlimit", &["RLIMIT_NOFILE=1024:infinity"]),
        ("no-new-privileges", &["yes"]),
        ("capability", &["CAP_KILL"]),
        ("private-network", &["yes"]),
        ("masked-path", &["/proc/kcore"]),
        ("read-only-path", &["/proc/sys"]),
        ("private-users", &[]),
        ("user-ids", &[]),
    ] {
        assert_eq!(values(&bundle, option), expected, "{option}");
    }
    let dropped = values(&bundle, "drop-capability").concat();
    assert!(dropped.contains("CAP_SYS_ADMIN") && !dropped.contains("CAP_KILL"), "{dropped}");
    assert!(bundle.warnings.iter().any(|warning| warning.contains("CAP_AUDIT_WRITE")));
}

#[rstest]
#[case("/ociVersion", json!("2.0"), "ociVersion")]
#[case("/windows", json!({}), "windows")]
#[case("/root/sneaky", json!(1), "sneaky")]
#[case("/process/args", json!([]), "process.args")]
#[case("/process/args", json!(["a\0b"]), "process.args")]
#[case("/process/env", json!(["NOVALUE"]), "process.env")]
#[case("/process/env", json!(["=x"]), "process.env")]
#[case("/process/apparmorProfile", json!("docker-default"), "apparmorProfile")]
#[case("/process/scheduler", json!({"policy": "SCHED_FIFO"}), "process.scheduler")]
#[case("/process/user/umask", json!(0), "process.user.umask")]
#[case("/process/capabilities/ambient", json!(["CAP_SYS_ADMIN"]), "process.capabilities.ambient")]
#[case("/process/capabilities/bounding", json!(["CAP_FLY"]), "CAP_FLY")]
#[case("/linux/namespaces", json!([{"type": "network", "path": "/proc/1/ns/net"}]), "linux.namespaces.path")]
#[case("/linux/namespaces", json!([{"type": "time"}]), "time")]
#[case("/linux/uidMappings", json!([{"containerID": 0, "hostID": 1, "size": 2}]), "linux.uidMappings")]
#[case("/linux/cgroupsPath", json!("/machine.slice/libpod-1.scope"), "linux.cgroupsPath")]
#[case("/linux/cgroupsPath", json!("../../x"), "linux.cgroupsPath")]
#[case("/linux/resources/unified", json!({"memory.high": "1"}), "linux.resources.unified")]
#[case("/linux/resources/memory", json!({"swap": 1}), "linux.resources.memory.swap")]
#[case("/linux/resources/cpu", json!({"realtimeRuntime": 1}), "linux.resources.cpu.realtimeRuntime")]
#[case("/linux/resources/devices", json!([{"allow": true, "access": "rwm"}]), "linux.resources.devices")]
#[case("/linux/resources/devices", json!([{"allow": true, "type": "b", "major": 8, "minor": 0, "access": "r"}]), "linux.resources.devices")]
#[case("/linux/rootfsPropagation", json!("unbindable"), "linux.rootfsPropagation")]
#[case("/linux/intelRdt", json!({}), "linux.intelRdt")]
#[case("/linux/seccomp", json!({"defaultAction": "SCMP_ACT_NOTIFY"}), "linux.seccomp.defaultAction")]
#[case("/linux/seccomp", json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["clone"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0}]}]}), "args of \"clone\"")]
#[case("/mounts", json!([{"destination": "relative", "type": "tmpfs"}]), "mounts.destination")]
#[case("/mounts", json!([{"destination": "/x", "type": "ext4", "source": "/dev/sda"}]), "ext4")]
#[case("/mounts", json!([{"destination": "/x", "type": "bind", "source": "/y", "options": ["nosuid"]}]), "nosuid")]
#[case("/mounts", json!([{"destination": "/proc/sys", "type": "proc"}]), "proc")]
fn what_redd_does_not_have_is_refused_by_name(
    #[case] pointer: &str,
    #[case] value: Value,
    #[case] named: &str,
) {
    let error = read(&with(pointer, value)).unwrap_err().to_string();
    assert!(error.contains(named), "{error}");
}

#[rstest]
#[case("/process/user", json!({"uid": 5, "gid": 6, "additionalGids": [7, 8]}), "user-ids", "5:6:7,8")]
#[case("/process/oomScoreAdj", json!(-7), "oom-score-adjust", "-7")]
#[case("/process/selinuxLabel", json!("a:b:c"), "selinux-context", "a:b:c")]
#[case("/domainname", json!("example"), "sysctl", "kernel.domainname=example")]
#[case("/linux/cgroupsPath", json!("/a.slice/a-b.slice"), "slice", "a-b.slice")]
#[case("/linux/sysctl", json!({"net.core.somaxconn": "64"}), "sysctl", "net.core.somaxconn=64")]
#[case("/linux/resources/memory", json!({"limit": 1048576}), "memory", "1048576")]
#[case("/linux/resources/memory", json!({"limit": -1}), "memory", "infinity")]
#[case("/linux/resources/pids", json!({"limit": 0}), "pids-max", "infinity")]
#[case("/linux/resources/cpu", json!({"quota": 150000}), "cpus", "1.500")]
#[case("/linux/resources/cpu", json!({"quota": 1, "period": 3}), "cpus", "0.334")]
#[case("/linux/resources/cpu", json!({"cpus": "0-1"}), "cpu-affinity", "0-1")]
#[case("/linux/personality", json!({"domain": "LINUX32"}), "personality", "x86")]
#[case("/linux/devices", json!([{"type": "c", "path": "/dev/fuse", "major": 10, "minor": 229}]), "device", "/dev/fuse")]
#[case("/mounts", json!([{"destination": "/a:b", "type": "bind", "source": "data", "options": ["rbind", "ro"]}]), "bind-ro", "/srv/bundle/data:/a\\:b:rbind")]
#[case("/mounts", json!([{"destination": "/x", "source": "/y\\", "options": ["bind"]}]), "bind", "/y\\\\:/x:norbind")]
#[case("/mounts", json!([{"destination": "/t", "type": "tmpfs", "options": ["nosuid", "size=1m", "relatime"]}]), "tmpfs", "/t:nosuid,size=1m")]
fn what_redd_has_is_taken_over(
    #[case] pointer: &str,
    #[case] value: Value,
    #[case] option: &str,
    #[case] expected: &str,
) {
    let bundle = read(&with(pointer, value)).unwrap();
    assert_eq!(values(&bundle, option), [expected]);
}

#[test]
fn a_user_namespace_is_one_range_of_both_kinds_of_ids() {
    let mut config = with("/linux/namespaces", json!([{"type": "user"}]));
    let range = json!([{"containerID": 0, "hostID": 100_000, "size": 65536}]);
    config["linux"]["uidMappings"] = range.clone();
    config["linux"]["gidMappings"] = range;
    assert_eq!(values(&read(&config).unwrap(), "private-users"), ["100000:65536"]);
    config["linux"]["gidMappings"][0]["hostID"] = json!(5);
    assert!(read(&config).is_err());
}

#[test]
fn a_device_of_a_bundle_may_be_used_and_nothing_else() {
    let node = json!([{"type": "c", "path": "/dev/fuse", "major": 10, "minor": 229}]);
    let mut config = with("/linux/devices", node);
    let rule = |minor| json!([{"allow": true, "type": "c", "major": 10, "minor": minor, "access": "rwm"}]);
    config["linux"]["resources"]["devices"] = rule(229);
    let kind = DeviceKind::Character;
    let device = DeviceNode { path: "/dev/fuse".into(), kind, major: 10, minor: 229 };
    assert_eq!(read(&config).unwrap().devices, [device]);
    config["linux"]["resources"]["devices"] = rule(200);
    assert!(read(&config).is_err());
}

#[test]
fn a_profile_that_refuses_leaves_what_it_lists() {
    let profile = json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [{ "names": ["read", "write", "not_invented_yet"], "action": "SCMP_ACT_ALLOW" }]
    });
    let filters = values(&read(&with("/linux/seccomp", profile)).unwrap(), "system-call-filter");
    assert_eq!(filters[0], "read write");
    let refused: Vec<&str> = filters[1].strip_prefix('~').unwrap().split(' ').collect();
    assert!(refused.contains(&"openat") && !refused.contains(&"read"));
    let profile = json!({
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{ "names": ["mount"], "action": "SCMP_ACT_KILL_PROCESS" }]
    });
    assert_eq!(values(&read(&with("/linux/seccomp", profile)).unwrap(), "system-call-filter"), ["~mount"]);
}

#[test]
fn hooks_are_not_run_and_that_is_said() {
    let bundle = read(&with("/hooks", json!({"poststop": [{"path": "/bin/rm"}]}))).unwrap();
    assert!(bundle.warnings.iter().any(|warning| warning.contains("hooks")));
}

#[test]
fn a_property_that_stands_there_twice_is_refused() {
    let text = config().to_string().replacen("\"hostname\"", "\"hostname\":\"other\",\"hostname\"", 1);
    assert!(parse(text.as_bytes(), Path::new("/b")).unwrap_err().to_string().contains("duplicate"));
}

#[test]
fn depth_is_bounded() {
    let deep = "[".repeat(100_000);
    assert!(parse(format!("{{\"annotations\":{deep}").as_bytes(), Path::new("/b")).is_err());
    assert!(parse(format!("{{\"hooks\":{{\"x\":{deep}").as_bytes(), Path::new("/b")).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(parse(&bytes, Path::new("/b")));
    }

    /// A path of a bundle is one field of a value, whatever stands in it.
    #[test]
    fn a_path_reads_as_it_was_written(source in "/[a-z:\\\\ ,]{1,12}", destination in "/[a-z:\\\\ ,]{1,12}") {
        let mount = json!([{"destination": destination, "type": "bind", "source": source, "options": ["rbind"]}]);
        let bundle = read(&with("/mounts", mount)).unwrap();
        let value = values(&bundle, "bind").concat();
        if let Ok(redd_spec::mounts::CustomMount::Bind(bind)) =
            redd_spec::parse::bind(&value, redd_spec::root::Access::ReadWrite)
        {
            prop_assert_eq!(bind.source, redd_spec::mounts::BindSource::Host(source.into()));
            prop_assert_eq!(bind.destination.to_string(), destination);
        }
    }

    /// Capabilities of a bundle are those that remain, whatever the defaults are.
    #[test]
    fn what_the_bounding_set_lacks_is_dropped(bits: u64) {
        use redd_spec::capability::CapabilitySet;
        let set = CapabilitySet::from_bits(bits);
        let has = |name: &&&str| set.contains(CapabilitySet::named(name).unwrap());
        let names: Vec<&str> = redd_spec::capability::CAPABILITY_NAMES.iter().filter(has).copied().collect();
        let capabilities = json!({ "bounding": names });
        let bundle = read(&with("/process/capabilities", capabilities)).unwrap();
        let parsed = |option: &str| {
            let texts = values(&bundle, option);
            texts.iter().map(|text| redd_spec::parse::capabilities(text).unwrap())
                .fold(CapabilitySet::default(), CapabilitySet::union)
        };
        let (kept, dropped) = (parsed("capability"), parsed("drop-capability"));
        prop_assert_eq!(kept.union(dropped), CapabilitySet::ALL);
        prop_assert!(kept.intersection(dropped).is_empty() && set.contains(kept));
    }
}
