//! AI and NET.

use super::Judge;
use super::access::{Judged, fails, not_applicable, not_judged, passes_if};
use crate::observation::{Ended, NetworkLink, Observations, Reboot, Surroundings};

pub(super) const JUDGES: &[(&str, Judge)] = &[
    ("AI1.1", time_zone),
    ("AI2.1", journal),
    ("AI3.1", |seen| {
        let stop = seen.of_lives(|lives| lives.stop.as_ref(), "no stop came about")?;
        passes_if(stop.is_orderly, stop.last_words.as_str())
    }),
    ("AI3.2", |seen| {
        let stop = seen.of_lives(|lives| lives.stop.as_ref(), "no stop came about")?;
        let holds = stop.seconds <= 10.0 && stop.ended != Ended::Running;
        passes_if(holds, format!("{:.1} s; the manager {:?}", stop.seconds, stop.ended))
    }),
    ("AI3.3", |seen| {
        let ended = seen.of_lives(|lives| lives.power_off.as_ref(), "no power-off came about")?;
        passes_if(*ended == Ended::Exited(0), format!("the manager {ended:?}"))
    }),
    ("AI3.4", reboot),
    ("AI3.5", |seen| {
        let ended = seen.of_lives(|lives| lives.exit.as_ref(), "no exit came about")?;
        passes_if(*ended == Ended::Exited(7), format!("the manager {ended:?}"))
    }),
    ("AI4.1", listen_variables),
    ("AI4.2", listen_descriptor),
    ("AI4.3", no_other_descriptor),
    ("AI5.1", |seen| {
        let new = seen.outside()?.new_cgroups.as_ref();
        let new = new.ok_or_else(|| not_judged("needs a look before the start: redd check --manager"))?;
        passes_if(new.is_empty(), if new.is_empty() { "nothing changed".to_owned() } else { new.join(" ") })
    }),
    ("AI6.1", |seen| match seen.first()?.variable("NOTIFY_SOCKET") {
        Some(value) => passes_if(!value.is_empty(), format!("NOTIFY_SOCKET={value}")),
        None => fails("NOTIFY_SOCKET is not set"),
    }),
    ("AI6.2", |seen| {
        let messages = seen.of_lives(|lives| lives.notified.as_ref(), "nobody listened")?;
        let ready = messages.iter().any(|message| message.lines().any(|line| line == "READY=1"));
        passes_if(ready, format!("{} messages: {}", messages.len(), messages.join("; ")))
    }),
    ("NET1.1", link_inside),
    ("NET1.2", |seen| {
        match seen.of_lives(|lives| lives.lease.as_ref(), "no DHCP server was started on the host")? {
            Ok(address) => passes_if(true, address.as_str()),
            Err(error) => fails(error.as_str()),
        }
    }),
    ("NET2.1", link_outside),
    ("NET3.1", stable_address),
    ("NET4.1", loopback),
];

fn time_zone(seen: &Observations) -> Judged {
    let zone = seen.host.zone.as_ref().ok_or_else(|| not_applicable("the host has no /etc/localtime"))?;
    match seen.first()?.links.get("/etc/localtime") {
        Some(link) => {
            let holds = !link.starts_with('/') && link.ends_with(&format!("/zoneinfo/{zone}"));
            passes_if(holds, format!("/etc/localtime leads to {link}, the host is in {zone}"))
        }
        None => fails(format!("/etc/localtime is no link, the host is in {zone}")),
    }
}

fn journal(seen: &Observations) -> Judged {
    if !seen.host.has_journal || !seen.host.has_systemd {
        return Err(not_applicable("the host keeps no journal"));
    }
    match &seen.outside()?.journal {
        Some(line) => passes_if(true, line.as_str()),
        None => fails("the host has no directory of the payload's machine id in /var/log/journal"),
    }
}

fn reboot(seen: &Observations) -> Judged {
    match seen.of_lives(|lives| lives.reboot.as_ref(), "no reboot came about")? {
        Reboot::BootedAgain => passes_if(true, "it booted again"),
        Reboot::Ended(ended, documented) => {
            let holds = documented.is_some_and(|status| *ended == Ended::Exited(status));
            passes_if(holds, format!("the manager {ended:?}, documented is {documented:?}"))
        }
    }
}

/// Only where a socket was handed over.
fn passed(seen: &Observations) -> Result<(u64, &Surroundings), super::Outcome> {
    let socket =
        seen.given.socket.ok_or_else(|| not_judged("no socket was handed over: redd check --manager"))?;
    Ok((socket, seen.before()?))
}

fn listen_variables(seen: &Observations) -> Judged {
    let (_, before) = passed(seen)?;
    let value = |name| before.variable(name).unwrap_or("(not set)");
    let (count, process) = (value("LISTEN_FDS"), value("LISTEN_PID"));
    passes_if(count == "1" && process == "1", format!("LISTEN_FDS={count}, LISTEN_PID={process}"))
}

fn listen_descriptor(seen: &Observations) -> Judged {
    let (socket, before) = passed(seen)?;
    let descriptors = before.process.descriptors.as_ref();
    let third = descriptors.and_then(|descriptors| descriptors.get(&3)).map_or("closed", String::as_str);
    passes_if(
        third == format!("socket:[{socket}]"),
        format!("descriptor 3 is {third}, the socket is {socket}"),
    )
}

fn no_other_descriptor(seen: &Observations) -> Judged {
    let before = seen.before()?;
    let descriptors = before.process.descriptors.as_ref();
    let descriptors = descriptors.ok_or_else(|| not_judged("the descriptors could not be listed"))?;
    let passed: u32 = before.variable("LISTEN_FDS").and_then(|count| count.parse().ok()).unwrap_or(0);
    let others = descriptors.iter().filter(|(number, _)| **number >= 3 + passed);
    let others: Vec<_> = others.map(|(number, target)| format!("{number} → {target}")).collect();
    passes_if(others.is_empty(), if others.is_empty() { "none".to_owned() } else { others.join(", ") })
}

/// Links with another end elsewhere, in a network that is not the host's.
fn pairs(surroundings: &Surroundings) -> Vec<(&String, &NetworkLink)> {
    surroundings.network.iter().filter(|(_, link)| link.is_end).collect()
}

fn with_link<'a>(
    seen: &Observations,
    surroundings: &'a Surroundings,
) -> Result<Vec<(&'a String, &'a NetworkLink)>, super::Outcome> {
    if !seen.is_private("net")? {
        return Err(not_applicable("the network is the host's"));
    }
    let pairs = pairs(surroundings);
    if pairs.is_empty() {
        return Err(not_applicable("the network has no link to the host"));
    }
    Ok(pairs)
}

fn link_inside(seen: &Observations) -> Judged {
    let links = with_link(seen, seen.first()?)?;
    let names: Vec<_> = links.iter().map(|(name, _)| name.as_str()).collect();
    passes_if(names.contains(&"host0"), format!("links: {}", names.join(" ")))
}

/// As systemd's own manager shortens: the start of the name, and four characters that tell it from others.
fn is_named_after(link: &str, name: &str) -> bool {
    const LONGEST: usize = 15;
    let Some(rest) = link.strip_prefix("ve-") else { return false };
    let start = rest.get(..rest.len().saturating_sub(4)).unwrap_or_default();
    rest == name || (link.len() == LONGEST && !start.is_empty() && name.starts_with(start))
}

fn link_outside(seen: &Observations) -> Judged {
    with_link(seen, seen.first()?)?;
    let name = seen.given.name.as_ref().ok_or_else(|| not_judged("the container's name is not known"))?;
    let peers = &seen.outside()?.peers;
    let evidence = format!("other ends here: {}; the container is {name}", peers.join(" "));
    passes_if(peers.iter().any(|peer| is_named_after(peer, name)), evidence)
}

fn stable_address(seen: &Observations) -> Judged {
    let second = seen.of_lives(|lives| lives.second.as_ref(), "no second boot came about")?;
    let first = with_link(seen, seen.before()?)?;
    let addresses = |links: &[(&String, &NetworkLink)]| {
        links.iter().map(|(name, link)| format!("{name} {}", link.address)).collect::<Vec<_>>().join(" ")
    };
    let (one, other) = (addresses(&first), addresses(&pairs(second)));
    passes_if(one == other, format!("{one}, then {other}"))
}

fn loopback(seen: &Observations) -> Judged {
    const IFF_UP: u32 = 1;
    if !seen.is_private("net")? {
        return Err(not_applicable("the network is the host's"));
    }
    let after = seen.after()?;
    let Some(link) = after.network.get("lo") else { return fails("there is no lo") };
    let routes = after.texts.get("/proc/self/net/fib_trie").map(String::as_str).unwrap_or_default();
    let has_address = routes.contains("127.0.0.1");
    passes_if(
        link.flags & IFF_UP != 0 && has_address,
        format!("lo: flags {:#x}, 127.0.0.1: {has_address}", link.flags),
    )
}

#[cfg(test)]
mod tests {
    use super::is_named_after;

    #[test]
    fn links_are_known_by_their_names_in_full_and_cut() {
        assert!(is_named_after("ve-web", "web"));
        assert!(is_named_after("ve-a-longAbc1", "a-longer-name") == ("ve-a-longAbc1".len() == 15));
        assert!(is_named_after("ve-a-longerAbc1", "a-longer-name"));
        assert!(!is_named_after("vethabc", "web") && !is_named_after("ve-other", "web"));
    }
}
