//! redd in redd in redd, each a service of the systemd above it (EE7, AI5).

use redd_lab::Host;
use redd_tests::{Need, boot_host, covers, needs};

/// In a host or a machine: a tree with redd in it, copied from the one that is shown there, and started as a service. Trees of
/// machines inside are on a file system that is the container's own.
const START: &str = r#"
    set -e
    mkdir -p /var/lib/machines/$1
    tar -c -C $2 --one-file-system --exclude='./dev/*' . | tar -x -C /var/lib/machines/$1
    redd install --destdir=/var/lib/machines/$1 --prefix=/usr > /dev/null
    redd start $4 --bind-ro=$3:/srv/debian:idmap $1
    systemctl is-active redd@$1
    redd exec $1 -- systemctl is-system-running
    redd exec $1 -- cat /proc/self/uid_map
"#;
const NESTING: &str = "--nesting --tmpfs=/var/lib/machines:size=50%";

/// Runs a script in the machine that is so many levels down, with arguments.
fn at(host: &Host, way: &[&str], script: &str, arguments: &[&str]) -> String {
    let enter = way.iter().flat_map(|name| ["redd", "exec", name, "--"]);
    let words: Vec<&str> =
        enter.chain(["bash", "-c", script, "sh"]).chain(arguments.iter().copied()).collect();
    let run = host.run(&words);
    assert_eq!(run.status, 0, "{way:?}: {run:?}");
    run.stdout
}

#[test]
fn machines_are_services_three_levels_deep_with_ids_of_their_own_at_each() {
    needs!(Need::Root, Need::SystemdHost, Need::Debian13);
    covers!(EE7, AI5);
    let host = boot_host();
    assert_eq!(host.run(&["redd", "install"]).status, 0);
    let levels = [
        at(&host, &[], START, &["one", "/trees/debian-13", "/trees/debian-13", NESTING]),
        at(&host, &["one"], START, &["two", "/srv/debian", "/var/lib/machines/two", NESTING]),
        at(&host, &["one", "two"], START, &["three", "/srv/debian", "/var/lib/machines/three", ""]),
    ];
    let counts: Vec<u32> = levels
        .iter()
        .map(|said| {
            let lines: Vec<&str> = said.lines().collect();
            assert_eq!(lines[..2], ["active", "running"], "{said}");
            let map: Vec<u32> = lines[2].split_whitespace().map(|number| number.parse().unwrap()).collect();
            assert!(map[0] == 0 && map[1] >= 65536, "{said}");
            map[2]
        })
        .collect();
    assert_eq!(counts, [1_048_576, 524_288, 65536]);
    let group = at(&host, &["one", "two", "three"], "cat /proc/1/cgroup", &[]);
    assert!(group.trim_end().ends_with("0::/init.scope"), "{group}");
    // Each systemd has one unit of it, and redd and the payload in that.
    for way in [&[][..], &["one"], &["one", "two"]] {
        let units = at(&host, way, "ls -d /sys/fs/cgroup/machine.slice/redd@*.service/*/", &[]);
        assert_eq!(units.lines().count(), 2, "{way:?}: {units}");
        assert!(units.contains("/supervisor/") && units.contains("/payload/"), "{units}");
    }
    at(&host, &["one", "two"], "systemctl stop redd@three && ! systemctl is-active redd@three", &[]);
    at(&host, &[], "systemctl stop redd@one && ! systemctl is-active redd@one", &[]);
    at(&host, &[], "test -z \"$(ls -A /run/redd/machines /run/systemd/nspawn-uid | grep -v :)\"", &[]);
}
