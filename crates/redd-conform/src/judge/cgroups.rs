//! EE6 and EE7.

use super::Judge;
use super::access::{Judged, fails, not_applicable, not_judged, passes_if, succeeded};
use crate::observation::Observations;

pub(super) const JUDGES: &[(&str, Judge)] = &[
    ("EE6.1", is_mounted),
    ("EE6.2", is_whole),
    ("EE6.3", paths_agree),
    ("EE6.4", namespace),
    ("EE6.5", sub_tree),
    ("EE6.6", own_limits),
    ("EE6.7", controllers),
    ("EE6.8", unit_limits),
    ("EE6.9", root_is_empty),
    ("EE6.10", nothing_is_left),
    ("EE7.1", belongs_to_a_unit),
    ("EE7.2", is_delegated),
    ("EE7.3", |seen| {
        match seen
            .of_lives(|lives| lives.stacked.as_ref(), "the manager was not started inside a container")?
        {
            Ok(()) => passes_if(true, "the payload got ready inside a delegated container"),
            Err(error) => fails(error.as_str()),
        }
    }),
];

const TOP: &str = "/sys/fs/cgroup";
/// The controllers that limits of units need.
const WANTED: [&str; 4] = ["cpu", "io", "memory", "pids"];

fn is_mounted(seen: &Observations) -> Judged {
    let latest = seen.latest()?;
    let Some(top) = latest.mount(TOP) else { return fails("nothing is mounted at /sys/fs/cgroup") };
    let below = |name: &str| {
        latest.mount(&format!("{TOP}/{name}")).is_some_and(|mount| mount.kind.starts_with("cgroup"))
    };
    passes_if(top.kind == "cgroup2" || (top.kind == "tmpfs" && below("systemd")), top.line())
}

fn is_whole(seen: &Observations) -> Judged {
    let mounts = seen.before()?.mounts.iter().filter(|mount| mount.kind.starts_with("cgroup"));
    let mut evidence = "none is mounted: that is left to the payload".to_owned();
    for mount in mounts {
        evidence = format!("{} of {}", mount.root, mount.place);
        if mount.root != "/" {
            return fails(evidence);
        }
    }
    passes_if(true, evidence)
}

fn paths_agree(seen: &Observations) -> Judged {
    let latest = seen.latest()?;
    let path =
        latest.texts.get("/proc/1/cgroup").map(|text| text.trim().replace('\n', ", ")).unwrap_or_default();
    match latest.texts.get("cgroup.procs of PID 1") {
        Some(processes) => passes_if(
            processes.lines().any(|line| line == "1"),
            format!("{path}: {}", processes.replace('\n', " ")),
        ),
        None => fails(format!("{path} is not there in the mounted tree")),
    }
}

fn namespace(seen: &Observations) -> Judged {
    if seen.is_private("cgroup")? {
        return passes_if(true, seen.namespace_line("cgroup"));
    }
    let upper = seen.latest()?.mount(TOP);
    let evidence = upper.map_or_else(|| "nothing is mounted".to_owned(), crate::observation::Mount::line);
    passes_if(upper.is_some_and(crate::observation::Mount::is_read_only), format!("the host's; {evidence}"))
}

fn sub_tree(seen: &Observations) -> Judged {
    let after = seen.after()?;
    let text =
        after.texts.get("/proc/1/cgroup").map(|text| text.trim().replace('\n', ", ")).unwrap_or_default();
    passes_if(text.split(", ").any(|line| line.ends_with("/init.scope")), text)
}

/// `memory.max` and its like are there where the controller is.
fn own_limits(seen: &Observations) -> Judged {
    let mut evidence = Vec::new();
    let mut holds = true;
    for name in ["memory.max", "pids.max", "cpu.max"] {
        let result = seen.own_attempt(&format!("open-write:{TOP}/{name}"))?;
        holds &= !succeeded(result);
        evidence.push((name, result));
    }
    if evidence.iter().all(|(_, result)| *result == "ENOENT") {
        return Err(not_applicable("the container's root has no limits: no controllers on version 2"));
    }
    let lines: Vec<_> = evidence.iter().map(|(name, result)| format!("{name}: {result}")).collect();
    passes_if(holds, lines.join(", "))
}

fn of_the_host(seen: &Observations) -> Result<Vec<&'static str>, super::Outcome> {
    let there: Vec<_> =
        WANTED.into_iter().filter(|name| seen.host.controllers.iter().any(|known| known == name)).collect();
    if there.is_empty() {
        return Err(not_applicable("version 2 has none of the controllers on this host"));
    }
    Ok(there)
}

fn controllers(seen: &Observations) -> Judged {
    let wanted = of_the_host(seen)?;
    let inside = seen.latest()?.texts.get("/sys/fs/cgroup/cgroup.controllers").cloned().unwrap_or_default();
    let holds = wanted.iter().all(|name| inside.split_whitespace().any(|known| known == *name));
    passes_if(holds, format!("inside {}; the host has {}", inside.trim(), wanted.join(" ")))
}

fn unit_limits(seen: &Observations) -> Judged {
    let there = of_the_host(seen)?;
    let expected = [
        ("memory", "memory.max", "67108864"),
        ("pids", "pids.max", "17"),
        ("cpu", "cpu.max", "50000 100000"),
    ];
    let expected: Vec<_> =
        expected.into_iter().filter(|(controller, ..)| there.contains(controller)).collect();
    if expected.is_empty() {
        return Err(not_applicable("version 2 has none of the controllers on this host"));
    }
    let (mut holds, mut evidence) = (true, Vec::new());
    for (_, file, value) in expected {
        let result = seen.in_unit("Limits", &format!("cgroup:{file}"))?;
        holds &= result == format!("ok {value}");
        evidence.push(format!("{file}: {result}"));
    }
    passes_if(holds, evidence.join(", "))
}

fn root_is_empty(seen: &Observations) -> Judged {
    let processes = seen.after()?.texts.get("/sys/fs/cgroup/cgroup.procs");
    let processes = processes.ok_or_else(|| not_applicable("no version 2 tree is at /sys/fs/cgroup"))?;
    passes_if(
        processes.trim().is_empty(),
        format!("processes in the root: {}", processes.trim().replace('\n', " ")),
    )
}

fn nothing_is_left(seen: &Observations) -> Judged {
    let left = seen.outside()?.left_cgroups.as_ref();
    let left = left.ok_or_else(|| not_judged("needs the manager's own stop: redd check --manager"))?;
    passes_if(left.is_empty(), if left.is_empty() { "none is left".to_owned() } else { left.join(" ") })
}

/// Of version 2, or of the tree that systemd has for itself.
fn path_of(cgroup: &str) -> Option<&str> {
    let unified = cgroup.lines().find_map(|line| line.strip_prefix("0::"));
    unified
        .or_else(|| cgroup.lines().find_map(|line| line.split_once(":name=systemd:").map(|(_, path)| path)))
}

fn belongs_to_a_unit(seen: &Observations) -> Judged {
    let outside = seen.outside()?;
    let path = path_of(&outside.cgroup).ok_or_else(|| not_judged("the cgroup of the init was not found"))?;
    let is_unit = |part: &str| part.ends_with(".service") || part.ends_with(".scope");
    if seen.host.has_systemd {
        let unit = path.split('/').take_while(|part| *part != "init.scope").any(is_unit);
        return passes_if(unit, path);
    }
    let manager = outside.manager_cgroup.as_deref().and_then(path_of);
    let manager = manager.ok_or_else(|| not_judged("the cgroup of the manager was not found"))?;
    let shared = path.split('/').zip(manager.split('/')).take_while(|(one, other)| one == other).count();
    if manager == "/" {
        return Err(not_applicable(format!("the manager is in no cgroup of its own; the init is in {path}")));
    }
    // Both paths start with an empty part.
    passes_if(shared > 1, format!("{path}, the manager's is {manager}"))
}

fn is_delegated(seen: &Observations) -> Judged {
    if !seen.host.has_systemd {
        return Err(not_applicable("the host has no service manager"));
    }
    let marks = &seen.outside()?.delegation;
    passes_if(marks.iter().any(|mark| mark.ends_with("=1")), format!("marks: {}", marks.join(", ")))
}
