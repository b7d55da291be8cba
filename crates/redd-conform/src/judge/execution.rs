//! EE1 to EE5.

use super::Judge;
use super::access::{Judged, fails, node, not_applicable, not_judged, passes_if, succeeded};
use crate::observation::{Mount, Observations};

pub(super) const JUDGES: &[(&str, Judge)] = &[
    ("EE1.1", host_name_before),
    ("EE1.2", host_name_after),
    ("EE1.3", |seen| passes_if(seen.is_private("uts")?, seen.namespace_line("uts"))),
    ("EE1.4", host_name_from_file),
    ("EE2.1", |seen| mounted(seen.before()?.mount("/proc"), "/proc", &["proc"])),
    ("EE2.2", |seen| mounted(seen.before()?.mount("/sys"), "/sys", &["sysfs", "tmpfs"])),
    ("EE2.3", sys_is_read_only),
    ("EE2.4", sys_refuses),
    ("EE2.5", proc_sys_refuses),
    ("EE2.6", net_settings),
    ("EE2.7", |seen| refused(seen.attempt("open-write:/proc/sysrq-trigger")?, "open for writing")),
    ("EE2.8", selinux),
    ("EE3.1", dev_is_own),
    ("EE3.2", |seen| device(seen, "/dev/null", "1:3")),
    ("EE3.3", |seen| device(seen, "/dev/zero", "1:5")),
    ("EE3.4", |seen| device(seen, "/dev/full", "1:7")),
    ("EE3.5", |seen| device(seen, "/dev/random", "1:8")),
    ("EE3.6", |seen| device(seen, "/dev/urandom", "1:9")),
    ("EE3.7", |seen| device(seen, "/dev/tty", "5:0")),
    ("EE3.8", |seen| device(seen, "/dev/ptmx", "5:2")),
    ("EE3.9", nobody_uses_devices),
    ("EE3.10", |seen| node(seen.before()?, "/dev/console", |node| node.kind == "character")),
    ("EE3.11", |seen| {
        let result = seen.attempt("console:/dev/console")?;
        passes_if(succeeded(result), format!("/dev/console: {result}"))
    }),
    ("EE3.12", pts_is_own),
    ("EE3.13", |seen| {
        let result = seen.attempt("pty")?;
        passes_if(succeeded(result), format!("a new pty: {result}"))
    }),
    ("EE3.14", allowed_device),
    ("EE3.15", |seen| {
        let result = made(seen, "device:c:1:1")?;
        passes_if(result.starts_with("mknod E"), format!("1:1 (mem): {result}"))
    }),
    ("EE3.16", |seen| no_other_device(seen, "device:c:1:1", "1:1 (mem)")),
    ("EE3.17", host_disk),
    ("EE3.18", |seen| no_other_device(seen, "device:c:1:11", "1:11 (kmsg)")),
    ("EE3.19", |seen| no_other_device(seen, "device:c:10:229", "10:229 (fuse)")),
    ("EE3.20", device_filter),
    ("EE4.1", udevd),
    ("EE4.2", |seen| unit_sees_sys(seen)),
    ("EE5.1", gettys),
    ("EE5.2", login_prompt),
];

fn host_name_before(seen: &Observations) -> Judged {
    let given =
        seen.given.name.as_ref().ok_or_else(|| not_judged("the name that was asked for is not known"))?;
    let name = &seen.before()?.host_name;
    passes_if(name == given, format!("{name}, asked for was {given}"))
}

fn host_name_after(seen: &Observations) -> Judged {
    let after = seen.after()?;
    if after.texts.get("/etc/hostname").is_some_and(|text| !text.trim().is_empty()) {
        return Err(not_applicable("the tree has a name of its own in /etc/hostname"));
    }
    let before = seen.before.as_ref().map(|before| &before.host_name).or(seen.given.name.as_ref());
    let before = before.ok_or_else(|| not_judged("the name before the init ran is not known"))?;
    passes_if(&after.host_name == before, format!("{}, it was {before}", after.host_name))
}

fn host_name_from_file(seen: &Observations) -> Judged {
    let (inside, host) =
        seen.of_lives(|lives| lives.from_file.as_ref(), "no boot with an /etc/hostname came about")?;
    let holds = inside == "fromfile" && *host == seen.host.host_name;
    passes_if(holds, format!("inside {inside}, the host {host}"))
}

fn mounted(mount: Option<&Mount>, place: &str, kinds: &[&str]) -> Judged {
    match mount {
        Some(mount) => passes_if(kinds.contains(&mount.kind.as_str()), mount.line()),
        None => fails(format!("nothing is mounted at {place}")),
    }
}

pub(super) fn sys_is_read_only(seen: &Observations) -> Judged {
    match seen.first()?.mount("/sys") {
        Some(mount) => passes_if(mount.is_read_only(), mount.line()),
        None => fails("nothing is mounted at /sys"),
    }
}

fn refused(result: &str, what: &str) -> Judged {
    passes_if(!succeeded(result), format!("{what}: {result}"))
}

/// All of these have to be refused; the first that is not is shown.
fn all_refused(seen: &Observations, attempts: &[&str]) -> Judged {
    let mut last = String::new();
    for attempt in attempts {
        let result = seen.attempt(attempt)?;
        last = format!("{attempt}: {result}");
        if succeeded(result) {
            return fails(last);
        }
    }
    passes_if(true, last)
}

fn sys_refuses(seen: &Observations) -> Judged {
    all_refused(
        seen,
        &[
            "create:/sys",
            "open-write:/sys/power/state",
            "open-write:/sys/kernel/uevent_seqnum",
            "open-write:/sys/kernel/mm/transparent_hugepage/enabled",
        ],
    )
}

fn proc_sys_refuses(seen: &Observations) -> Judged {
    let refused = all_refused(
        seen,
        &[
            "open-write:/proc/sys/kernel/panic",
            "open-write:/proc/sys/kernel/core_pattern",
            "open-write:/proc/sys/kernel/randomize_va_space",
            "open-write:/proc/sys/kernel/threads-max",
            "open-write:/proc/sys/vm/swappiness",
            "open-write:/proc/sys/fs/file-max",
        ],
    )?;
    if refused.verdict == crate::report::Verdict::Pass {
        return Ok(refused);
    }
    let shared = ["user", "ipc", "uts", "pid", "net"].into_iter();
    let shared: Vec<_> = shared.filter(|kind| seen.is_private(kind) == Ok(false)).collect();
    seen.outside()?;
    passes_if(
        shared.is_empty(),
        format!("{}; namespaces of the host's: {}", refused.evidence, shared.join(" ")),
    )
}

fn net_settings(seen: &Observations) -> Judged {
    let attempt = "open-write:/proc/sys/net/ipv4/ip_forward";
    let result = seen.attempt(attempt)?;
    if !succeeded(result) {
        return passes_if(true, format!("{attempt}: {result}"));
    }
    passes_if(seen.is_private("net")?, format!("{attempt}: {result}; {}", seen.namespace_line("net")))
}

fn selinux(seen: &Observations) -> Judged {
    if !seen.host.has_selinux {
        return Err(not_applicable("the host has no SELinux"));
    }
    match seen.first()?.mount("/sys/fs/selinux") {
        Some(mount) => passes_if(mount.is_read_only(), mount.line()),
        None => fails("nothing is mounted at /sys/fs/selinux"),
    }
}

/// Not a file system that the host has mounted as well.
fn is_own(seen: &Observations, mount: &Mount) -> bool {
    !seen.host.devices.contains(&mount.device)
}

fn dev_is_own(seen: &Observations) -> Judged {
    match seen.first()?.mount("/dev") {
        Some(mount) => passes_if(mount.kind == "tmpfs" && is_own(seen, mount), mount.line()),
        None => fails("nothing is mounted at /dev"),
    }
}

fn pts_is_own(seen: &Observations) -> Judged {
    let before = seen.before()?;
    let Some(mount) = before.mount("/dev/pts") else { return fails("nothing is mounted at /dev/pts") };
    let is_open = |path: &str| before.nodes.get(path).is_some_and(|node| node.mode & 0o666 == 0o666);
    let everybody = mount.has("ptmxmode=666") || is_open("/dev/pts/ptmx") || is_open("/dev/ptmx");
    passes_if(mount.kind == "devpts" && is_own(seen, mount) && everybody, mount.line())
}

fn device(seen: &Observations, path: &str, number: &str) -> Judged {
    node(seen.latest()?, path, |node| {
        node.kind == "character" && node.stands_for == number && node.mode == 0o666
    })
}

fn nobody_uses_devices(seen: &Observations) -> Judged {
    let attempts = [
        "as-nobody:open-write:/dev/null",
        "as-nobody:read:/dev/zero",
        "as-nobody:open-write:/dev/full",
        "as-nobody:read:/dev/random",
        "as-nobody:read:/dev/urandom",
        "as-nobody:open-write:/dev/ptmx",
    ];
    for attempt in attempts {
        let result = seen.own_attempt(attempt)?;
        if !succeeded(result) {
            return fails(format!("{attempt}: {result}"));
        }
    }
    passes_if(true, "null, zero, full, random, urandom and ptmx: ok")
}

fn has_user_namespace(seen: &Observations) -> bool {
    seen.is_private("user").unwrap_or_else(|_unknown| {
        let map = seen.latest().ok().and_then(|latest| latest.texts.get("/proc/self/uid_map"));
        map.is_some_and(|map| map.split_whitespace().ne(["0", "0", "4294967295"]))
    })
}

/// What came of making a device, where there was a place to try.
fn made<'a>(seen: &'a Observations, attempt: &str) -> Result<&'a str, super::Outcome> {
    let result = seen.own_attempt(attempt)?;
    if result.starts_with("mknod") {
        return Ok(result);
    }
    Err(not_judged(format!("no device node could be tried: {result}")))
}

fn allowed_device(seen: &Observations) -> Judged {
    if has_user_namespace(seen) {
        return Err(not_applicable("in a user namespace nobody makes device nodes"));
    }
    let result = made(seen, "device:c:1:3:w")?;
    passes_if(result == "mknod ok, open ok", format!("1:3 (null): {result}"))
}

/// Only these two errors are a policy's; others are the driver's, which was reached.
fn no_other_device(seen: &Observations, attempt: &str, name: &str) -> Judged {
    let result = made(seen, attempt)?;
    let holds =
        result.starts_with("mknod E") || matches!(result, "mknod ok, open EPERM" | "mknod ok, open EACCES");
    passes_if(holds, format!("{name}: {result}"))
}

fn host_disk(seen: &Observations) -> Judged {
    let Some((major, minor)) = seen.host.root_device else {
        return Err(not_applicable("the host's root is on no device that its own root could open"));
    };
    no_other_device(seen, &format!("device:b:{major}:{minor}"), &format!("block {major}:{minor}"))
}

fn device_filter(seen: &Observations) -> Judged {
    if has_user_namespace(seen) {
        return Err(not_applicable("in a user namespace nobody makes device nodes"));
    }
    let outside = seen.outside()?;
    let list = outside.device_list.as_deref().map(str::trim).unwrap_or_default();
    if !list.is_empty() && !list.starts_with("a ") {
        return passes_if(true, format!("devices.list: {}", list.replace('\n', ", ")));
    }
    match &outside.device_programs {
        Some(Ok(count)) => passes_if(*count > 0, format!("{count} device programs; devices.list: {list}")),
        Some(Err(error)) => Err(not_judged(format!("device programs cannot be counted: {error}"))),
        None if list.is_empty() => Err(not_judged("the cgroup of the init was not found")),
        None => fails(format!("devices.list: {list}")),
    }
}

fn udevd(seen: &Observations) -> Judged {
    let line = seen.systemd()?.units.get("systemd-udevd.service").map(String::as_str).unwrap_or_default();
    if line.is_empty() || line.starts_with("not-found") || line.starts_with("masked") {
        return Err(not_applicable("the payload has no udevd"));
    }
    let holds = line.contains(" inactive ") && line.ends_with("condition=no");
    passes_if(holds, format!("systemd-udevd.service: {line}"))
}

pub(super) fn unit_sees_sys(seen: &Observations) -> Judged {
    let run = seen.unit("ConditionPathIsReadWrite")?;
    if let Some(error) = &run.refused {
        return Err(not_judged(format!("the unit could not be started: {error}")));
    }
    let skipped = run.attempts.is_none() && !run.ended.contains("failed");
    let what = if run.attempts.is_some() { "it ran" } else { "it did not run" };
    passes_if(skipped, format!("unit with ConditionPathIsReadWrite=/sys: {what}; {}", run.ended))
}

fn gettys(seen: &Observations) -> Judged {
    let units = &seen.systemd()?.units;
    let active = |name: &str| units.get(name).is_some_and(|line| line.contains(" active "));
    let wrong: Vec<_> =
        units.keys().filter(|name| name.starts_with("getty@tty") && active(name)).cloned().collect();
    let console = units.get("console-getty.service").map_or("not there", String::as_str);
    let evidence = format!("console-getty.service: {console}; on terminals: {}", wrong.join(" "));
    passes_if(active("console-getty.service") && wrong.is_empty(), evidence)
}

fn login_prompt(seen: &Observations) -> Judged {
    let console = seen.outside()?.console.as_ref();
    let console = console.ok_or_else(|| not_judged("the manager's output was not read"))?;
    match console.lines().find(|line| line.contains("login:")) {
        Some(line) => passes_if(true, line),
        None => fails(format!("no login: among {} bytes", console.len())),
    }
}
