//! Links that a start makes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::{Background, Machine, Need, needs, run, unique_name};

/// How long a guard may take to clean up on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

fn ip(words: &str) -> bool {
    let words = words.split_whitespace();
    Command::new("ip").args(words).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

fn is_there(link: &str) -> bool {
    Path::new("/sys/class/net").join(link).exists()
}

fn ports(bridge: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(format!("/sys/class/net/{bridge}/brif")).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(20));
    }
}

/// What is removed with a test that fails.
struct Links(Vec<String>);

impl Drop for Links {
    fn drop(&mut self) {
        for link in &self.0 {
            ip(&format!("link delete {link}"));
        }
    }
}

fn number() -> String {
    unique_name().chars().rev().take(6).collect::<String>().replace('-', "x")
}

#[test]
fn a_zone_has_a_bridge_while_a_machine_is_in_it_and_its_machines_reach_each_other() {
    needs!(Need::Root, Need::Debian13);
    let zone = number();
    let (bridge, option) = (format!("vz-{zone}"), format!("--network-zone={zone}"));
    let machines = [(); 2].map(|()| Background::start(&Need::Debian13.tree(), &["-x", &option]));
    wait_until("no bridge has both", || ports(&bridge).len() == 2);
    assert!(ports(&bridge).iter().all(|port| port.starts_with("vb-")));

    for (machine, address) in machines.iter().zip(["192.0.2.1/24", "192.0.2.2/24"]) {
        machine.does(
            &["exec"],
            &["sh", "-c", &format!("ip addr add {address} dev host0; ip link set host0 up")],
        );
    }
    let service = "systemd-socket-activate --accept --inetd -l 192.0.2.1:7 /bin/cat";
    let words = ["systemd-run", "--quiet", "--unit=echo", "sh", "-c", service];
    machines[0].does(&["exec"], &words);
    let ask = "for try in $(seq 200); do \
               bash -c 'exec 3<>/dev/tcp/192.0.2.1/7 && echo hello >&3 && read -r line <&3 && echo got $line' && exit; \
               sleep 0.1; done";
    assert_eq!(machines[1].does(&["exec"], &["sh", "-c", &format!("{{ {ask}; }} 2>/dev/null")]), "got hello");

    let [first, second] = machines;
    first.stop();
    wait_until("the first one's link stays", || ports(&bridge).len() == 1);
    second.kill_supervisor();
    wait_until("the bridge stays", || !is_there(&bridge));
    second.assert_gone();
}

#[test]
fn a_bridge_of_the_host_has_the_link_and_stays() {
    needs!(Need::Root, Need::Debian13);
    let bridge = format!("b{}", number());
    assert!(ip(&format!("link add {bridge} type bridge")));
    let _links = Links(vec![bridge.clone()]);
    let machine = Machine::boot(&Need::Debian13.tree(), &[&format!("--network-bridge={bridge}")]);
    assert_eq!(ports(&bridge).len(), 1);
    assert!(machine.succeeds("ip link show dev host0"));
    assert_eq!(machine.stop(), 0);
    wait_until("the link stays", || ports(&bridge).is_empty());
    assert!(is_there(&bridge));
}

/// The kernel destroys what is in a namespace some time after it, and until then its addresses are taken.
#[test]
fn a_link_on_one_of_the_hosts_can_be_had_again_at_once() {
    needs!(Need::Root, Need::Debian13);
    let (parent, other) = (format!("p{}", number()), format!("q{}", number()));
    assert!(ip(&format!("link add {parent} type veth peer name {other}")));
    let _links = Links(vec![parent.clone()]);
    assert!(ip(&format!("link set {parent} up")) && ip(&format!("link set {other} up")));
    let (name, option) = (unique_name(), format!("--network-macvlan={parent}"));
    let tree = Need::Debian13.tree();
    let addresses: BTreeSet<String> = (0..20)
        .map(|_| {
            let script = format!("ip link set mv-{parent} up && cat /sys/class/net/mv-{parent}/address");
            let words = ["run", "-x", "-M", &name, "--network-veth=no", &option, "-D"];
            let done = run([&words[..], &[tree.to_str().unwrap(), "--", "sh", "-c", &script]].concat());
            assert_eq!((done.status, done.errors.as_str()), (0, ""));
            done.output
        })
        .collect();
    assert_eq!(addresses.len(), 1, "{addresses:?}");
}

#[test]
fn links_that_cannot_be_made_are_refused_before_anything_is_touched() {
    needs!(Need::Root, Need::Debian13);
    let tree = Need::Debian13.tree();
    let other = format!("o{}", number());
    assert!(ip(&format!("link add {other} type veth")));
    let _links = Links(vec![other.clone()]);
    let no_bridge = format!("--network-bridge={other}");
    for (options, reason) in [
        (&["--network-bridge=missing0"][..], "no link missing0"),
        (&[&*no_bridge], "is no bridge"),
        (&["--network-macvlan=missing0"], "no link missing0"),
        (&["--network-ipvlan=missing0"], "no link missing0"),
        (&["--network-veth-extra=a:host0"], "two links would be called host0"),
        (&["--network-veth-extra=a:b", "--network-veth-extra=a:c"], "two links would be called a"),
        (&["--network-veth-extra=a:b:c"], "a link's name"),
        (&["--network-zone=much-too-long"], "a link's name"),
        (
            &["--network-zone=a", "--network-bridge=b"],
            "--network-bridge and --network-zone exclude each other",
        ),
        (
            &["--network-zone=a", "--network-veth=no"],
            "--network-veth=no and --network-zone exclude each other",
        ),
        (&["--network-macvlan=a", "--private-network=no"], "--private-network=no and --network-macvlan"),
    ] {
        let refused = run([&["run", "-x"], options, &["-D", tree.to_str().unwrap(), "true"]].concat());
        assert!(refused.status == 125 && refused.errors.contains(reason), "{options:?}: {refused:?}");
    }
}
