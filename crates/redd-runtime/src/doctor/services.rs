//! Which of systemd's services are there. redd needs none of them.

use std::path::Path;

use super::{Finding, Verdict};

/// What is looked for: name, path, effect where it is there, effect where not.
const SERVICES: [(&str, &str, &str, &str); 4] = [
    (
        "systemd as PID 1",
        "/run/systemd/system",
        "machines can be units of it; redd does not ask it for units yet",
        "nothing is missing: redd supervises its machines itself",
    ),
    ("system bus", "/run/dbus/system_bus_socket", "not used yet", "nothing is missing: redd uses no bus"),
    (
        "systemd-machined",
        "/run/systemd/machine/io.systemd.Machine",
        "machines are not registered with it yet",
        "machines do not show up in machinectl",
    ),
    (
        "systemd-networkd",
        "/run/systemd/netif/state",
        "it configures ve-NAME by itself: addresses, DHCP, NAT",
        "links are made, but nobody gives them addresses yet",
    ),
];

pub(super) fn all() -> impl Iterator<Item = Finding> {
    SERVICES.into_iter().map(|(name, path, present, absent)| {
        let (value, effect) =
            if Path::new(path).exists() { ("there", present) } else { ("not there", absent) };
        Finding::new(name, Verdict::Neutral, value, effect)
    })
}
