//! NO.

use super::Judge;
use super::access::{Judged, Outcome, passes_if, succeeded};
use super::execution::{sys_is_read_only, unit_sees_sys};
use crate::observation::{Node, Observations};
use crate::report::Verdict;

const CAP_SYS_ADMIN: u32 = 21;
const CAP_MKNOD: u32 = 27;
const CAP_AUDIT_WRITE: u32 = 29;
const CAP_AUDIT_CONTROL: u32 = 30;
const CAP_AUDIT_READ: u32 = 37;

pub(super) const JUDGES: &[(&str, Judge)] = &[
    ("NO1.1", |seen| capability(seen, CAP_MKNOD, true)),
    ("NO1.2", private_devices),
    ("NO2.1", |seen| capability(seen, CAP_SYS_ADMIN, true)),
    ("NO2.2", |seen| {
        unit(seen, "PrivateTmp", &[("stat:/tmp/.redd-check-mark", is("ENOENT")), ("create:/tmp", OK)])
    }),
    ("NO2.3", |seen| unit(seen, "ProtectHome", &[("stat:/root/.redd-check-mark", REFUSED)])),
    ("NO2.4", |seen| unit(seen, "ProtectSystem", &[("create:/etc", REFUSED), ("create:/usr", REFUSED)])),
    ("NO2.5", |seen| unit(seen, "ReadOnlyPaths", &[("create:/var", REFUSED), ("create:/etc", OK)])),
    ("NO2.6", |seen| unit(seen, "ReadWritePaths", &[("create:/etc", REFUSED), ("create:/var", OK)])),
    ("NO2.7", hidden_paths),
    ("NO2.8", own_mounts),
    ("NO2.9", |seen| other_namespace(seen, "PrivateNetwork", "net")),
    ("NO2.10", |seen| other_namespace(seen, "PrivateUsers", "user")),
    ("NO2.11", |seen| {
        let attempt = "open-write:/sys/fs/cgroup/init.scope/cgroup.procs";
        unit(seen, "Protect", &[(attempt, is("EROFS")), ("user", OK)])
    }),
    ("NO2.12", |seen| unit(seen, "ProtectProc", &[("stat:/proc/meminfo", REFUSED), ("stat:/proc/self", OK)])),
    ("NO2.13", dynamic_user),
    ("NO2.14", set_credential),
    ("NO2.15", |seen| {
        let on_tmpfs: Expected = |result| result.starts_with("ok /srv tmpfs ");
        unit(seen, "Bind", &[("stat:/mnt/passwd", OK), ("file-system:/srv", on_tmpfs)])
    }),
    ("NO2.16", user_manager),
    ("NO3.1", kmsg),
    ("NO4.1", |seen| no_nodes(seen.latest()?, is_virtual_terminal)),
    ("NO4.2", |seen| no_nodes(seen.latest()?, |node| node.path.starts_with("/dev/vcs"))),
    ("NO5.1", |seen| no_nodes(seen.first()?, |node| node.kind == "block")),
    ("NO5.2", |seen| no_nodes(seen.first()?, is_unexpected)),
    ("NO7.1", services_see_sys),
    ("NO8.1", |seen| capability(seen, CAP_AUDIT_CONTROL, false)),
    ("NO8.2", |seen| capability(seen, CAP_AUDIT_READ, false)),
    ("NO8.3", |seen| capability(seen, CAP_AUDIT_WRITE, false)),
];

/// What an attempt in a unit has to come to.
type Expected = fn(&str) -> bool;

const OK: Expected = succeeded;
const REFUSED: Expected = |result| result.starts_with('E');

const fn is(error: &'static str) -> Expected {
    match error.as_bytes() {
        b"ENOENT" => |result| result == "ENOENT",
        _ => |result| result == "EROFS",
    }
}

fn capability(seen: &Observations, number: u32, wanted: bool) -> Judged {
    let bounding = seen.first()?.process.bounding;
    passes_if((bounding >> number & 1 == 1) == wanted, format!("bounding set {bounding:016x}"))
}

/// Every attempt of a unit comes to what it should.
fn unit(seen: &Observations, case: &str, expected: &[(&str, Expected)]) -> Judged {
    let (mut holds, mut evidence) = (true, Vec::new());
    for (attempt, is_right) in expected {
        let result = seen.in_unit(case, attempt)?;
        holds &= is_right(&result);
        evidence.push(format!("{attempt}: {result}"));
    }
    passes_if(holds, evidence.join("; "))
}

fn private_devices(seen: &Observations) -> Judged {
    let place = seen.in_unit("PrivateDevices", "file-system:/dev")?;
    let own = seen.latest()?.mount("/dev").map(|mount| mount.device.clone()).unwrap_or_default();
    let device = place.split(' ').nth(3).unwrap_or_default();
    let used = seen.in_unit("PrivateDevices", "open-write:/dev/null")?;
    let holds = place.starts_with("ok /dev ") && device != own && succeeded(&used);
    passes_if(holds, format!("{place}, the payload's is {own}; null: {used}"))
}

/// A hidden file is an empty one that root may still open; what counts is that it is not the one that was there.
fn hidden_paths(seen: &Observations) -> Judged {
    let run = seen.unit("InaccessiblePaths")?;
    let results = run.attempts.clone().unwrap_or_default();
    let find = |verb: &str, end: &str| {
        let found = results.iter().find(|(attempt, _)| attempt.starts_with(verb) && attempt.ends_with(end));
        found.map_or("nothing", |(_, result)| result.as_str())
    };
    let (file, text) = (find("stat:", "/hidden-file"), find("read:", "/hidden-file"));
    let (directory, inner) = (find("stat:", "/hidden-directory"), find("stat:", "/hidden-directory/x"));
    let keeps_kinds = file.contains(": file ") && directory.contains(": directory ");
    let is_hidden = text != "nothing" && !text.contains("hidden") && !succeeded(inner);
    let evidence = if results.is_empty() {
        seen.in_unit("InaccessiblePaths", "")?
    } else {
        format!("{file}; {text}; {directory}; {inner}")
    };
    passes_if(keeps_kinds && is_hidden, evidence)
}

/// The namespace of a unit without any promise.
fn plain_namespace(seen: &Observations, kind: &str) -> Result<String, Outcome> {
    seen.own_attempt(&format!("namespace:{kind}")).map(str::to_owned)
}

fn other_namespace(seen: &Observations, case: &str, kind: &str) -> Judged {
    let own = seen.in_unit(case, &format!("namespace:{kind}"))?;
    let plain = plain_namespace(seen, kind)?;
    passes_if(succeeded(&own) && own != plain, format!("{own}, without it {plain}"))
}

fn own_mounts(seen: &Observations) -> Judged {
    let own = seen.in_unit("PrivateMounts", "namespace:mnt")?;
    let mounts = seen.in_unit("PrivateMounts", "mount-tmpfs")?;
    let payload = seen.outside()?.namespaces.get("mnt").cloned().unwrap_or_default();
    let holds = succeeded(&own) && own != format!("ok {payload}") && succeeded(&mounts);
    passes_if(holds, format!("{own}, the payload's is {payload}; a tmpfs: {mounts}"))
}

fn dynamic_user(seen: &Observations) -> Judged {
    let user = seen.in_unit("DynamicUser", "user")?;
    let state = seen.in_unit("DynamicUser", "create:/var/lib/redd-check-state")?;
    let number: u32 = user.strip_prefix("ok ").and_then(|number| number.parse().ok()).unwrap_or(0);
    passes_if((61184..=65519).contains(&number) && succeeded(&state), format!("user {user}; state: {state}"))
}

fn set_credential(seen: &Observations) -> Judged {
    let result = seen.in_unit("SetCredential", "credential:secret")?;
    let on = result.strip_prefix("ok told on ok ").unwrap_or_default();
    let mut words = on.split(' ').skip(1);
    let kind = words.next().unwrap_or_default();
    let is_read_only = words.nth(1).is_some_and(|flags| flags.split(',').any(|flag| flag == "ro"));
    passes_if(matches!(kind, "ramfs" | "tmpfs") && is_read_only, result)
}

fn user_manager(seen: &Observations) -> Judged {
    let tried = seen.systemd()?.user_manager.as_ref();
    let tried = tried.ok_or_else(|| super::access::not_judged("needs a unit of the payload's: --active"))?;
    match tried {
        Ok(mount) => passes_if(mount.starts_with("ok /run/user/0 tmpfs "), mount.as_str()),
        Err(error) => passes_if(false, error.as_str()),
    }
}

fn kmsg(seen: &Observations) -> Judged {
    match seen.latest()?.nodes.get("/dev/kmsg") {
        Some(node) => passes_if(node.kind == "character" && node.stands_for == "1:11", node.line()),
        None => passes_if(true, "/dev/kmsg is not there"),
    }
}

fn no_nodes(surroundings: &crate::observation::Surroundings, is_wrong: impl Fn(&Node) -> bool) -> Judged {
    let wrong: Vec<_> = surroundings
        .device_nodes
        .iter()
        .filter(|node| is_wrong(node))
        .map(|node| node.path.as_str())
        .collect();
    passes_if(wrong.is_empty(), if wrong.is_empty() { "none".to_owned() } else { wrong.join(" ") })
}

fn is_virtual_terminal(node: &Node) -> bool {
    let rest = node.path.strip_prefix("/dev/tty");
    rest.is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}

/// A character device that is none of the seven, no console and no pty.
fn is_unexpected(node: &Node) -> bool {
    const EXPECTED: [&str; 8] = ["null", "zero", "full", "random", "urandom", "tty", "ptmx", "console"];
    let name = node.path.trim_start_matches("/dev/");
    node.kind == "character" && !EXPECTED.contains(&name) && !name.starts_with("pts/")
}

fn services_see_sys(seen: &Observations) -> Judged {
    let mount = sys_is_read_only(seen)?;
    if mount.verdict != Verdict::Pass {
        return Ok(mount);
    }
    let unit = unit_sees_sys(seen)?;
    passes_if(unit.verdict == Verdict::Pass, format!("{}; {}", mount.evidence, unit.evidence))
}
