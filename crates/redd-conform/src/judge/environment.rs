//! EV.

use super::Judge;
use super::access::{Judged, fails, not_applicable, not_judged, os_release_value, passes_if, succeeded};
use crate::observation::{Observations, Surroundings};
use crate::probe::CREDENTIAL;

pub(super) const JUDGES: &[(&str, Judge)] = &[
    ("EV1.1", |seen| variable(seen, "container", |_value| true)),
    ("EV1.2", |seen| variable(seen, "container", is_short_name)),
    ("EV1.3", tools_know),
    ("EV1.4", |seen| {
        let result = seen.in_unit("ConditionVirtualization", "user")?;
        passes_if(succeeded(&result), format!("unit with ConditionVirtualization=container: {result}"))
    }),
    ("EV1.5", file_says_the_same),
    ("EV2.1", |seen| variable(seen, "container_uuid", |value| uuid(value).is_some())),
    ("EV2.2", machine_id),
    ("EV2.3", same_at_the_next_boot),
    ("EV2.4", copies_differ),
    ("EV3.1", further_terminals),
    ("EV3.2", further_gettys),
    ("EV4.1", |seen| of_the_host(seen, &[("container_host_id", "ID")])),
    ("EV4.2", |seen| of_the_host(seen, &[("container_host_version_id", "VERSION_ID")])),
    ("EV4.3", |seen| {
        of_the_host(
            seen,
            &[("container_host_build_id", "BUILD_ID"), ("container_host_variant_id", "VARIANT_ID")],
        )
    }),
    ("EV5.1", credential_is_there),
    ("EV5.2", |seen| {
        let mount = credentials(seen)?.1;
        passes_if(mount.is_read_only(), mount.line())
    }),
    ("EV5.3", |seen| {
        let mount = credentials(seen)?.1;
        passes_if(mount.kind == "ramfs" || (mount.kind == "tmpfs" && mount.has("noswap")), mount.line())
    }),
    ("EV5.4", credential_modes),
    ("EV5.5", credential_in_a_unit),
];

fn variable(seen: &Observations, name: &str, is_right: impl Fn(&str) -> bool) -> Judged {
    match seen.first()?.variable(name) {
        Some(value) => passes_if(is_right(value), format!("{name}={value}")),
        None => fails(format!("{name} is not set")),
    }
}

fn is_short_name(value: &str) -> bool {
    let is_right = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    value.len() <= 32
        && value.starts_with(|first: char| first.is_ascii_lowercase())
        && value.bytes().all(is_right)
}

/// A UUID without its dashes.
fn uuid(value: &str) -> Option<String> {
    let digits: String = value.chars().filter(|character| *character != '-').collect();
    let is_right = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_right && digits.bytes().any(|byte| byte != b'0')).then(|| digits.to_lowercase())
}

fn uuid_of(surroundings: &Surroundings) -> Option<String> {
    surroundings.variable("container_uuid").and_then(uuid)
}

/// What systemd calls a container whose name it has never heard of is in the list.
fn tools_know(seen: &Observations) -> Judged {
    if let Ok(run) = seen.unit("detect-virt")
        && run.refused.is_none()
    {
        let name = run.output.trim();
        return passes_if(!name.is_empty() && name != "none", format!("systemd-detect-virt: {name}"));
    }
    const KNOWN: [&str; 11] = [
        "container-other",
        "docker",
        "lxc",
        "lxc-libvirt",
        "openvz",
        "podman",
        "pouch",
        "proot",
        "rkt",
        "systemd-nspawn",
        "wsl",
    ];
    let name = &seen.systemd()?.virtualization;
    let own = seen.first()?.variable("container");
    passes_if(KNOWN.contains(&name.as_str()) || own == Some(name), format!("systemd takes it for: {name}"))
}

fn file_says_the_same(seen: &Observations) -> Judged {
    let file = seen.after()?.texts.get("/run/systemd/container").map(|text| text.trim().to_owned());
    let variable = seen.first()?.variable("container").map(str::to_owned);
    passes_if(file.is_some() && file == variable, format!("file {file:?}, variable {variable:?}"))
}

fn machine_id(seen: &Observations) -> Judged {
    let id =
        seen.after()?.texts.get("/etc/machine-id").map(|text| text.trim().to_owned()).unwrap_or_default();
    let uuid = uuid_of(seen.first()?);
    passes_if(uuid.as_ref() == Some(&id), format!("machine id {id}, uuid {uuid:?}"))
}

fn same_at_the_next_boot(seen: &Observations) -> Judged {
    let second = seen.of_lives(|lives| lives.second.as_ref(), "no second boot came about")?;
    let first = uuid_of(seen.before()?);
    let id = |surroundings: &Surroundings| {
        surroundings.texts.get("/etc/machine-id").map(|text| text.trim().to_owned())
    };
    let (one, other) = (id(seen.after()?), id(second));
    let again = uuid_of(second);
    let holds = first.is_some() && first == again && one == other;
    passes_if(holds, format!("uuid {first:?} and {again:?}, machine id {one:?} and {other:?}"))
}

fn copies_differ(seen: &Observations) -> Judged {
    let other = seen.of_lives(|lives| lives.other_uuid.as_ref(), "no copy came about")?;
    let (own, other) = (uuid_of(seen.before()?), uuid(other));
    passes_if(own.is_some() && other.is_some() && own != other, format!("{own:?} and {other:?}"))
}

fn terminals(seen: &Observations) -> Result<Vec<&str>, super::Outcome> {
    match seen.first()?.variable("container_ttys") {
        Some(names) => Ok(names.split_whitespace().collect()),
        None => Err(not_applicable("no further terminals were asked for")),
    }
}

fn further_terminals(seen: &Observations) -> Judged {
    let names = terminals(seen)?;
    let first = seen.first()?;
    let console = first.nodes.get("/dev/console").map(|node| &node.stands_for);
    for name in &names {
        let path = format!("/dev/{name}");
        let Some(node) = first.nodes.get(&path) else { return fails(format!("{path} is not there")) };
        let is_pty = name.strip_prefix("pts/").is_some_and(|number| number.parse::<u32>().is_ok());
        if !is_pty || node.kind != "character" || Some(&node.stands_for) == console {
            return fails(node.line());
        }
    }
    passes_if(!names.is_empty(), format!("container_ttys={}", names.join(" ")))
}

fn further_gettys(seen: &Observations) -> Judged {
    let names = terminals(seen)?;
    let units = &seen.systemd()?.units;
    for name in &names {
        let unit = format!("container-getty@{}.service", name.trim_start_matches("pts/"));
        let line = units.get(&unit).map_or("not there", String::as_str);
        if !line.contains(" active ") {
            return fails(format!("{unit}: {line}"));
        }
    }
    passes_if(true, format!("container-getty on {}", names.join(" ")))
}

fn of_the_host(seen: &Observations, pairs: &[(&str, &str)]) -> Judged {
    let first = seen.first()?;
    let (mut holds, mut evidence) = (true, Vec::new());
    for (variable, field) in pairs {
        if let Some(expected) = os_release_value(&seen.host.os_release, field) {
            let value = first.variable(variable);
            holds &= value == Some(&expected);
            evidence.push(format!("{variable}={}, the host has {expected}", value.unwrap_or("(not set)")));
        }
    }
    if evidence.is_empty() {
        return Err(not_applicable("the host's os-release does not say it"));
    }
    passes_if(holds, evidence.join("; "))
}

fn credential_is_there(seen: &Observations) -> Judged {
    match &seen.given.credential {
        None => return Err(not_judged("whether a credential was passed is not known: redd check --manager")),
        Some(Err(error)) => return fails(error.as_str()),
        Some(Ok(_)) => {}
    }
    let first = seen.first()?;
    let Some(directory) = first.variable("CREDENTIALS_DIRECTORY") else {
        return fails("CREDENTIALS_DIRECTORY is not set");
    };
    let file = format!("{directory}/{CREDENTIAL}");
    let holds = directory.starts_with('/') && first.nodes.contains_key(&file);
    passes_if(holds, format!("CREDENTIALS_DIRECTORY={directory}, {CREDENTIAL} in it: {holds}"))
}

/// The directory, and the mount it is on.
fn credentials(seen: &Observations) -> Result<(&str, &crate::observation::Mount), super::Outcome> {
    let first = seen.first()?;
    let none = || not_applicable("there are no credentials");
    let directory = first.variable("CREDENTIALS_DIRECTORY").ok_or_else(none)?;
    Ok((directory, first.mount_of(directory).ok_or_else(none)?))
}

fn credential_modes(seen: &Observations) -> Judged {
    let (directory, _) = credentials(seen)?;
    let nodes = &seen.first()?.nodes;
    let inside = nodes.values().filter(|node| node.path.starts_with(directory));
    let (mut last, mut count) = (String::new(), 0);
    for node in inside {
        let is_right = match node.kind.as_str() {
            "directory" => matches!(node.mode, 0o500 | 0o700),
            _ => node.mode == 0o400,
        };
        last = node.line();
        count += 1;
        if !is_right || node.owner != 0 {
            return fails(last);
        }
    }
    passes_if(count > 0, last)
}

fn credential_in_a_unit(seen: &Observations) -> Judged {
    let value = match &seen.given.credential {
        Some(Ok(value)) => value,
        _ => return Err(not_applicable("there are no credentials")),
    };
    let result = seen.in_unit("ImportCredential", &format!("credential:{CREDENTIAL}"))?;
    passes_if(result.starts_with(&format!("ok {value}")), result)
}
