//! UP and BT.

use super::Judge;
use super::access::{Judged, fails, not_applicable, not_judged, passes_if, succeeded};
use crate::observation::Observations;

pub(super) const JUDGES: &[(&str, Judge)] = &[
    ("UP.1", |seen| {
        let map = id_map(seen)?;
        passes_if(map.iter().any(|[inside, outside, _]| inside != outside), shown(seen))
    }),
    ("UP.2", |seen| {
        let map = id_map(seen)?;
        let covers = |id: u64| map.iter().any(|[inside, _, count]| (*inside..inside + count).contains(&id));
        passes_if(covers(0) && covers(65534) && covers(65535), shown(seen))
    }),
    ("UP.3", |seen| {
        ready(seen.of_lives(|lives| lives.ordinary_user.as_ref(), "no ordinary user started the manager")?)
    }),
    ("UP.4", |seen| {
        ready(
            seen.of_lives(
                |lives| lives.few_capabilities.as_ref(),
                "no start with few capabilities came about",
            )?,
        )
    }),
    ("BT.1", |seen| {
        let state = &seen.systemd()?.state;
        passes_if(state == "running", format!("is-system-running: {state}"))
    }),
    ("BT.2", |seen| {
        let failed = &seen.systemd()?.failed;
        passes_if(failed.is_empty(), if failed.is_empty() { "none".to_owned() } else { failed.join(" ") })
    }),
    ("BT.3", journal),
    ("BT.4", executes_again),
    ("BT.5", |seen| all_succeed(seen, &["mount-tmpfs", "mount-overlay"])),
    ("BT.6", |seen| all_succeed(seen, &["user-namespace"])),
    ("BT.7", |seen| all_succeed(seen, &["nest"])),
    ("BT.8", |seen| {
        let process = &seen.before()?.process;
        let holds = process.blocked == 0 && process.ignored == 0 && !process.no_new_privileges;
        let (blocked, ignored) = (process.blocked, process.ignored);
        passes_if(
            holds,
            format!(
                "blocked {blocked:016x}, ignored {ignored:016x}, no_new_privs {}",
                process.no_new_privileges
            ),
        )
    }),
    ("BT.9", |seen| {
        let process = &seen.before()?.process;
        let holds =
            process.umask == 0o022 && process.directory == "/" && process.open_files >= seen.host.open_files;
        let evidence = format!(
            "umask {:04o}, directory {}, open files {}",
            process.umask, process.directory, process.open_files
        );
        passes_if(holds, format!("{evidence}; the host has {}", seen.host.open_files))
    }),
    ("BT.10", |seen| {
        let result = seen.own_attempt("clock")?;
        passes_if(!succeeded(result), format!("setting the clock: {result}"))
    }),
    ("BT.11", privileged_programs),
    ("BT.12", boot_id),
    ("BT.13", shared_mounts),
];

fn ready(result: &Result<(), String>) -> Judged {
    match result {
        Ok(()) => passes_if(true, "the payload got ready"),
        Err(error) => fails(error.as_str()),
    }
}

/// Where there is a user namespace: lines of first id inside, first id outside, count.
fn id_map(seen: &Observations) -> Result<Vec<[u64; 3]>, super::Outcome> {
    if !seen.is_private("user")? {
        return Err(not_applicable("there is no user namespace"));
    }
    let line = |line: &str| {
        let mut numbers =
            line.split_whitespace().filter_map(|number| number.parse::<u32>().ok().map(u64::from));
        Some([numbers.next()?, numbers.next()?, numbers.next()?])
    };
    Ok(seen.outside()?.uid_map.lines().filter_map(line).collect())
}

fn shown(seen: &Observations) -> String {
    let map = seen.outside.as_ref().map(|outside| outside.uid_map.as_str()).unwrap_or_default();
    let lines: Vec<_> =
        map.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.join(", ")
}

fn journal(seen: &Observations) -> Judged {
    const REFUSALS: [&str; 4] =
        ["Operation not permitted", "Permission denied", "Read-only file system", "not supported"];
    let lines = seen.systemd()?.journal.as_ref();
    let lines = lines.ok_or_else(|| not_judged("needs a unit of the payload's: --active"))?;
    let refusal = lines.iter().find(|line| REFUSALS.iter().any(|words| line.contains(words)));
    let first = refusal.or_else(|| lines.first()).map(String::as_str).unwrap_or_default();
    passes_if(lines.len() <= 3 && refusal.is_none(), format!("{} lines: {first}", lines.len()))
}

fn executes_again(seen: &Observations) -> Judged {
    let sight = seen.systemd()?;
    let again = sight.reexecuted.as_ref();
    let again = again.ok_or_else(|| not_judged("changes the payload's systemd: --active"))?;
    match again {
        Ok((state, virtualization)) => {
            let runs = matches!(state.as_str(), "running" | "degraded");
            let evidence = format!("{state}, takes it for {virtualization}, before {}", sight.virtualization);
            passes_if(runs && *virtualization == sight.virtualization && !virtualization.is_empty(), evidence)
        }
        Err(error) => fails(error.as_str()),
    }
}

fn all_succeed(seen: &Observations, attempts: &[&str]) -> Judged {
    let (mut holds, mut evidence) = (true, Vec::new());
    for attempt in attempts {
        let result = seen.own_attempt(attempt)?;
        holds &= succeeded(result);
        evidence.push(format!("{attempt}: {result}"));
    }
    passes_if(holds, evidence.join("; "))
}

fn privileged_programs(seen: &Observations) -> Judged {
    let set_user_id = seen.own_attempt("set-user-id")?;
    let (su, scope) = (seen.unit("su")?, seen.unit("scope")?);
    let refused = seen.in_unit("SystemCallFilter", "mount-tmpfs")?;
    let runs = seen.in_unit("SystemCallFilter", "user")?;
    let ended_well = |line: &str| line.ends_with(" success 0");
    let holds = succeeded(set_user_id)
        && ended_well(&su.ended)
        && ended_well(&scope.ended)
        && refused == "EPERM"
        && succeeded(&runs);
    let evidence = format!(
        "set-user-ID: {set_user_id}; su: {}; scope: {}; filtered mount: {refused}",
        su.ended, scope.ended
    );
    passes_if(holds, evidence)
}

fn boot_id(seen: &Observations) -> Judged {
    const FILE: &str = "/proc/sys/kernel/random/boot_id";
    let own = seen.latest()?.texts.get(FILE).map(|text| text.trim()).unwrap_or_default();
    let second = seen.lives.as_ref().and_then(|lives| lives.second.as_ref());
    let second = second.and_then(|second| second.texts.get(FILE)).map(|text| text.trim());
    let holds = !own.is_empty() && own != seen.host.boot_id && second != Some(own);
    passes_if(
        holds,
        format!(
            "{own}, the host's is {}, at the next boot {}",
            seen.host.boot_id,
            second.unwrap_or("unknown")
        ),
    )
}

fn shared_mounts(seen: &Observations) -> Judged {
    let first = seen.first()?;
    let mut evidence = Vec::new();
    let mut holds = true;
    for place in ["/", "/run", "/dev"] {
        let propagation =
            first.mount_of(place).map_or("nothing is mounted", |mount| mount.propagation.as_str());
        holds &= propagation.contains("shared:");
        evidence.push(format!("{place}: {}", if propagation.is_empty() { "private" } else { propagation }));
    }
    passes_if(holds, evidence.join(", "))
}
