//! Transient units, each with one promise of systemd's that its attempts show kept or broken.

use redd_bus::Value;

/// A unit to run.
#[derive(Debug)]
pub(super) struct Case {
    /// How its run is found again.
    pub(super) name: &'static str,
    /// What it is promised.
    pub(super) properties: Vec<(&'static str, Value)>,
    /// What it does.
    pub(super) work: Work,
}

#[derive(Debug)]
pub(super) enum Work {
    /// The probe tries these.
    Attempts(Vec<String>),
    /// A program of the payload's.
    Program(Vec<&'static str>),
}

/// Left where a unit may not see it.
pub(super) const MARKS: [&str; 2] = ["/tmp/.redd-check-mark", "/root/.redd-check-mark"];

fn case(name: &'static str, properties: Vec<(&'static str, Value)>, attempts: &[&str]) -> Case {
    let attempts = attempts.iter().map(|attempt| (*attempt).to_owned()).collect();
    Case { name, properties, work: Work::Attempts(attempts) }
}

fn program(name: &'static str, words: &[&'static str]) -> Case {
    Case { name, properties: Vec::new(), work: Work::Program(words.to_vec()) }
}

fn yes(name: &'static str) -> (&'static str, Value) {
    (name, Value::Bool(true))
}

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::text(value))
}

fn condition(name: &str, parameter: &str) -> (&'static str, Value) {
    let fields = vec![Value::text(name), Value::Bool(false), Value::Bool(false), Value::text(parameter)];
    ("Conditions", Value::Array("(sbbs)", vec![Value::Struct(fields)]))
}

/// What is looked at before anything else makes noise.
pub(super) fn first() -> Vec<Case> {
    let journal =
        ["/usr/bin/journalctl", "--boot", "--priority=warning", "--output=short-monotonic", "--no-pager"];
    vec![
        program("journal", &[&journal[..], &["--quiet", "--lines=500"]].concat()),
        program("detect-virt", &["/usr/bin/systemd-detect-virt", "--container"]),
    ]
}

/// Everything else; `own` are the attempts of a unit without any promise, `directory` holds things to hide.
pub(super) fn all(own: &[String], directory: &str, credential: Option<&str>) -> Vec<Case> {
    let mut cases = vec![Case { name: "plain", properties: Vec::new(), work: Work::Attempts(own.to_vec()) }];
    cases.extend(conditions());
    cases.extend(hidden(directory));
    cases.extend(protected());
    cases.extend(separate());
    cases.extend(given(credential));
    cases.extend(limited());
    cases.push(program("su", &["/bin/su", "-s", "/bin/sh", "-c", "exit 0", "nobody"]));
    cases.push(program("scope", &["/usr/bin/systemd-run", "--scope", "--quiet", "--collect", "/bin/true"]));
    cases
}

fn conditions() -> [Case; 2] {
    [
        case("ConditionVirtualization", vec![condition("ConditionVirtualization", "container")], &["user"]),
        case("ConditionPathIsReadWrite", vec![condition("ConditionPathIsReadWrite", "/sys")], &["user"]),
    ]
}

fn hidden(directory: &str) -> [Case; 4] {
    let (file, inner) = (format!("{directory}/hidden-file"), format!("{directory}/hidden-directory"));
    let look =
        [format!("stat:{file}"), format!("read:{file}"), format!("stat:{inner}"), format!("stat:{inner}/x")];
    [
        case("PrivateTmp", vec![yes("PrivateTmp")], &["stat:/tmp/.redd-check-mark", "create:/tmp"]),
        case("ProtectHome", vec![text("ProtectHome", "yes")], &["stat:/root/.redd-check-mark"]),
        case(
            "InaccessiblePaths",
            vec![("InaccessiblePaths", Value::texts(&[&file, &inner]))],
            &look.each_ref().map(String::as_str),
        ),
        case(
            "InaccessibleDevice",
            vec![("InaccessiblePaths", Value::texts(&["/dev/zero"]))],
            &["stat:/dev/zero", "read:/dev/zero"],
        ),
    ]
}

fn protected() -> [Case; 5] {
    let strict = || text("ProtectSystem", "strict");
    [
        case("ProtectSystem", vec![strict()], &["create:/etc", "create:/usr"]),
        case(
            "ReadOnlyPaths",
            vec![("ReadOnlyPaths", Value::texts(&["/var"]))],
            &["create:/var", "create:/etc"],
        ),
        case(
            "ReadWritePaths",
            vec![strict(), ("ReadWritePaths", Value::texts(&["/var"]))],
            &["create:/etc", "create:/var"],
        ),
        case(
            "Protect",
            vec![
                yes("ProtectKernelTunables"),
                yes("ProtectControlGroups"),
                yes("ProtectKernelModules"),
                yes("ProtectKernelLogs"),
                yes("ProtectClock"),
                yes("ProtectHostname"),
            ],
            &["file-system:/sys/fs/cgroup", "open-write:/sys/fs/cgroup/init.scope/cgroup.procs", "user"],
        ),
        case(
            "ProtectProc",
            vec![text("ProtectProc", "invisible"), text("ProcSubset", "pid")],
            &["stat:/proc/meminfo", "stat:/proc/self"],
        ),
    ]
}

fn separate() -> [Case; 6] {
    [
        case(
            "PrivateDevices",
            vec![yes("PrivateDevices")],
            &["file-system:/dev", "open-write:/dev/null", "read:/dev/zero"],
        ),
        case(
            "PrivateMounts",
            vec![yes("PrivateMounts"), ("MountFlags", Value::U64(1 << 19))],
            &["namespace:mnt", "mount-tmpfs"],
        ),
        case("PrivateNetwork", vec![yes("PrivateNetwork")], &["namespace:net"]),
        case("PrivateUsers", vec![yes("PrivateUsers")], &["namespace:user"]),
        case(
            "DynamicUser",
            vec![yes("DynamicUser"), ("StateDirectory", Value::texts(&["redd-check-state"]))],
            &["user", "create:/var/lib/redd-check-state"],
        ),
        case(
            "Bind",
            vec![
                ("BindPaths", {
                    let bind = [Value::text("/etc"), Value::text("/mnt"), Value::Bool(false), Value::U64(0)];
                    Value::Array("(ssbt)", vec![Value::Struct(bind.to_vec())])
                }),
                ("TemporaryFileSystem", {
                    let mount = [Value::text("/srv"), Value::text("")];
                    Value::Array("(ss)", vec![Value::Struct(mount.to_vec())])
                }),
            ],
            &["stat:/mnt/passwd", "file-system:/srv"],
        ),
    ]
}

fn given(credential: Option<&str>) -> Vec<Case> {
    let value = Value::Struct(vec![Value::text("secret"), Value::Bytes(b"told".to_vec())]);
    let set = ("SetCredential", Value::Array("(say)", vec![value]));
    let mut cases = vec![case("SetCredential", vec![set], &["credential:secret"])];
    if let Some(name) = credential {
        let import = ("ImportCredential", Value::texts(&[name]));
        let attempt = format!("credential:{name}");
        cases.push(case("ImportCredential", vec![import], &[&attempt]));
    }
    cases
}

fn limited() -> [Case; 2] {
    // As systemd's list of system calls: not an allow-list, and these names.
    let filter = Value::Struct(vec![Value::Bool(false), Value::texts(&["mount", "fsopen", "unshare"])]);
    [
        case(
            "SystemCallFilter",
            vec![("SystemCallFilter", filter), ("SystemCallErrorNumber", Value::I32(1))],
            &["mount-tmpfs", "user"],
        ),
        case(
            "Limits",
            vec![
                ("MemoryMax", Value::U64(64 << 20)),
                ("TasksMax", Value::U64(17)),
                ("CPUQuotaPerSecUSec", Value::U64(500_000)),
            ],
            &["cgroup:memory.max", "cgroup:pids.max", "cgroup:cpu.max"],
        ),
    ]
}
