//! Links of the host in machines: they come in, and they come back, whatever happens.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::schema::Schema;
use redd_tests::{Background, Machine, Need, Run, finish, needs, redd, run};
use serde_json::Value;

/// How long the kernel and redd may take to clean up on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);
const ALTERNATIVE: &str = "a-name-that-is-longer-than-fifteen";

fn ip(words: &[&str]) -> bool {
    Command::new("ip").args(words).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

/// What the host says of a link; nothing where there is none.
fn seen(name: &str) -> Option<Value> {
    let output =
        Command::new("ip").args(["-json", "-details", "link", "show", "dev", name]).output().unwrap();
    let all: Value = serde_json::from_slice(&output.stdout).ok()?;
    all.as_array()?.first().cloned()
}

/// A pair of links, one to be lent and one to look at it from.
struct Pair {
    lent: String,
    other: String,
}

impl Pair {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("{}-{}", std::process::id() % 1_000_000, COUNT.fetch_add(1, Ordering::Relaxed));
        let pair = Self { lent: format!("l{unique}"), other: format!("o{unique}") };
        assert!(ip(&["link", "add", &pair.lent, "type", "veth", "peer", "name", &pair.other]));
        pair
    }

    fn with_alternative_name(self) -> Self {
        let name = format!("{ALTERNATIVE}-{}", self.lent);
        assert!(ip(&["link", "property", "add", "dev", &self.lent, "altname", &name]));
        self
    }

    fn wait_until_back(&self, why: &str) -> Value {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(link) = seen(&self.lent) {
                return link;
            }
            assert!(Instant::now() < deadline, "{} is not back after {why}", self.lent);
            sleep(Duration::from_millis(20));
        }
    }
}

/// The pair ends with either of them, and so nothing of it is left.
impl Drop for Pair {
    fn drop(&mut self) {
        ip(&["link", "delete", &self.other]);
    }
}

fn network(words: &[&str]) -> Run {
    run([&["network"], words].concat())
}

fn assert_done(run: &Run) {
    assert_eq!(*run, Run { status: 0, output: String::new(), errors: String::new() });
}

fn assert_refused(words: &[&str], status: i32, reason: &str) {
    let refused = network(words);
    assert_eq!(refused.status, status, "{words:?}: {}", refused.errors);
    assert!(refused.errors.contains(reason), "{words:?}: {}", refused.errors);
}

#[test]
fn a_link_comes_back_as_it_was_whatever_the_payload_made_of_it() {
    needs!(Need::Root, Need::Debian13);
    for options in [&[][..], &["--private-users=no"]] {
        let machine = Machine::boot(&Need::Debian13.tree(), options);
        let (name, pair) = (machine.name.as_str(), Pair::new().with_alternative_name());
        let before = seen(&pair.lent).unwrap();
        let by_other_name = format!("{ALTERNATIVE}-{}:lan", pair.lent);
        assert_done(&network(&["attach", name, &by_other_name]));
        assert_eq!(seen(&pair.lent), None);
        assert!(machine.succeeds("ip link show dev lan"));

        // It carries packets, by whatever name and in whatever bridge.
        let squatter = format!("ip link property add dev mine altname {}", pair.other);
        for change in [
            "ip link set dev lan name mine",
            "ip link set dev mine address 02:00:00:00:00:99 mtu 1300",
            "ip link add bridge0 type bridge && ip link set dev mine master bridge0",
            "ip link set dev bridge0 up && ip link set dev mine up",
            squatter.as_str(),
        ] {
            assert_eq!(machine.shell(change), "");
        }
        assert!(ip(&["link", "set", "dev", &pair.other, "up"]));
        assert_eq!(seen(&pair.other).unwrap()["operstate"], "UP");
        let listed = network(&["list", "--no-legend", name]).output;
        assert_eq!(listed.split_whitespace().collect::<Vec<_>>(), [&pair.lent, "mine", "no"]);

        assert_done(&network(&["detach", name, &pair.lent]));
        let after = seen(&pair.lent).unwrap();
        for key in ["ifindex", "address", "mtu", "altnames", "link"] {
            assert_eq!(after[key], before[key], "{key}");
        }
        assert_eq!(network(&["list", "--no-legend", name]).output, "");
        assert_refused(&["detach", name, &pair.lent], 1, &pair.lent);
        assert_eq!(machine.stop(), 0);
    }
}

#[test]
fn a_link_is_back_however_a_machine_ends() {
    needs!(Need::Root, Need::Debian13);
    for end in ["kill -KILL LEADER", "kill -KILL SUPERVISOR", "stop", "terminate", "upgrade"] {
        for given_at_start in [false, true] {
            let pair = Pair::new();
            let interface = format!("--network-interface={}", pair.lent);
            let options = if given_at_start { vec!["-x", &interface] } else { vec!["-x"] };
            let machine = Background::start(&Need::Debian13.tree(), &options);
            if !given_at_start {
                assert_done(&network(&["attach", &machine.name, &pair.lent]));
            }
            assert_eq!(seen(&pair.lent), None);
            let record = machine.record().unwrap();
            if end == "upgrade" {
                machine.does(&[end], &[]);
            }
            let end = if end == "upgrade" { "kill -KILL LEADER" } else { end };
            if end.starts_with("kill") {
                let end = end.replace("LEADER", &record.leader.to_string());
                let end = end.replace("SUPERVISOR", &record.supervisor.to_string());
                assert!(Command::new("sh").args(["-c", &end]).status().unwrap().success());
            } else {
                machine.does(&[end], &[]);
            }
            pair.wait_until_back(end);
            let deadline = Instant::now() + TIMEOUT;
            while machine.record().is_some() {
                assert!(Instant::now() < deadline, "{end}");
                sleep(Duration::from_millis(20));
            }
            machine.assert_gone();
        }
    }
}

#[test]
fn a_link_is_there_again_after_a_reboot_until_it_is_detached() {
    needs!(Need::Root, Need::Debian13);
    let pairs = [Pair::new(), Pair::new()];
    let at_start = format!("--network-interface={}:first", pairs[0].lent);
    let machine = Machine::boot(&Need::Debian13.tree(), &[&at_start]);
    let name = machine.name.as_str();
    assert_done(&network(&["attach", name, &format!("{}:second", pairs[1].lent)]));
    let reboot = || {
        assert!(machine.inside(&["systemctl", "reboot"]).status.success());
        machine.wait_for_message("READY=1");
    };
    reboot();
    for link in ["host0", "first", "second"] {
        assert!(machine.succeeds(&format!("ip link show dev {link}")), "{link}");
    }
    assert_done(&network(&["detach", name, &pairs[0].lent]));
    assert_done(&network(&["detach", name, "second"]));
    reboot();
    for (pair, link) in pairs.iter().zip(["first", "second"]) {
        assert!(!machine.succeeds(&format!("ip link show dev {link}")), "{link}");
        assert!(seen(&pair.lent).is_some());
    }
}

#[test]
fn links_that_cannot_be_attached_are_refused_by_name() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    let on_host = Machine::boot(&Need::Debian13.tree(), &["--private-network=no"]);
    let (name, pair) = (machine.name.as_str(), Pair::new());
    let links = run(["show", name]);
    let host_link = serde_json::from_str::<Value>(&links.output).unwrap()["hostLink"].clone();
    let to_host0 = format!("{}:host0", pair.lent);
    for (words, status, reason) in [
        (["attach", name, "lo"], 1, "lo is every network namespace's own"),
        (["attach", name, "missing0"], 1, "no link missing0"),
        (["attach", name, "a/b"], 1, "a/b"),
        (["attach", name, host_link.as_str().unwrap()], 1, name),
        (["attach", name, &to_host0], 6, "host0"),
        (["attach", &on_host.name, &pair.lent], 1, "has the host's network"),
        (["attach", "not-there", &pair.lent], 3, "not-there"),
        (["detach", name, "host0"], 1, "host0"),
    ] {
        assert_refused(&words, status, reason);
    }
    let bridge = format!("b{}", &pair.lent[1..]);
    assert!(ip(&["link", "add", &bridge, "type", "bridge"]));
    assert_refused(&["attach", name, &bridge], 1, &bridge);
    assert!(seen(&bridge).is_some() && ip(&["link", "delete", &bridge]));
    assert!(seen(&pair.lent).is_some());
    assert_eq!(network(&["list", "--no-legend", name]).output, "");
}

/// Whoever runs this elsewhere than in a network namespace of the test's own may have such a route already.
#[test]
fn the_link_of_the_default_route_is_taken_by_force_alone() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    let (name, pair) = (machine.name.as_str(), Pair::new());
    assert!(ip(&["link", "set", "dev", &pair.lent, "up"]));
    let route = ["route", "add", "default", "dev", &pair.lent, "metric", "4000000000"];
    assert!(ip(&["address", "add", "192.0.2.1/32", "dev", &pair.lent]) && ip(&route));
    assert_refused(&["attach", name, &pair.lent], 1, "default route");
    assert!(seen(&pair.lent).is_some());
    assert_done(&network(&["attach", "--force", name, &pair.lent]));
    assert!(machine.succeeds(&format!("ip link show dev {}", pair.lent)));
}

#[test]
fn a_start_is_refused_before_anything_is_touched_where_a_link_cannot_be_had() {
    needs!(Need::Root, Need::Debian13);
    let tree = Need::Debian13.tree();
    let pair = Pair::new();
    let twice = format!("--network-interface={}:host0", pair.lent);
    for (option, reason) in [
        ("--network-interface=missing0", "no link missing0"),
        ("--network-interface=lo", "lo is every"),
        ("--network-interface=a/b", "a/b"),
        (&twice, "two links would be called host0"),
    ] {
        let refused = run(["run", "-x", option, "-D", tree.to_str().unwrap(), "true"]);
        assert!(refused.status == 125 && refused.errors.contains(reason), "{option}: {refused:?}");
    }
    let alone = format!("--network-interface={}", pair.lent);
    let refused = run(["run", "-x", "--private-network=no", &alone, "-D", tree.to_str().unwrap(), "true"]);
    assert!(refused.errors.contains("--private-network=no and --network-interface"), "{refused:?}");
}

#[test]
fn a_link_whose_name_is_taken_meanwhile_comes_back_under_another_one() {
    needs!(Need::Root, Need::Debian13);
    let pair = Pair::new();
    let machine = Machine::boot(&Need::Debian13.tree(), &[&format!("--network-interface={}", pair.lent)]);
    let squatter = format!("s{}", &pair.lent[1..]);
    assert!(ip(&["link", "add", &pair.lent, "type", "veth", "peer", "name", &squatter]));
    assert_eq!(machine.stop(), 0);
    let peer = seen(&pair.other).unwrap()["link"].as_str().unwrap().to_owned();
    assert!(peer.starts_with("redd"), "{peer}");
    assert!(ip(&["link", "delete", &squatter]));
}

#[test]
fn a_link_that_is_kept_is_there_at_the_next_start() {
    needs!(Need::Root, Need::Debian13);
    let pair = Pair::new();
    let machine = Background::start(&Need::Debian13.tree(), &["-x"]);
    let tree = Need::Debian13.tree();
    let plan = || run(["plan", "boot", "-x", "-M", &machine.name, tree.to_str().unwrap()]).output;
    let moved = format!("move the link {} inside as lan", pair.lent);
    assert_done(&network(&["attach", "--keep", &machine.name, &format!("{}:lan", pair.lent)]));
    machine.does(&["stop"], &[]);
    assert!(plan().contains(&moved) && plan().contains("host0"));
    let again = Background::named(&machine.name);
    assert_eq!(finish(again.starting(&tree, &["-x"])).status, 0);
    assert_done(&network(&["detach", &machine.name, "lan"]));
    assert!(!plan().contains(&moved));
    machine.does(&["stop"], &[]);
}

/// The third file that is renamed is the list of links: it has come inside by then.
#[test]
fn a_link_that_a_killed_verb_had_begun_to_attach_is_given_back() {
    needs!(Need::Root, Need::Debian13, Need::Strace);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    for when in 1..=3 {
        let pair = Pair::new();
        let mut command = Command::new("strace");
        let inject = format!("inject=rename,renameat,renameat2:signal=SIGKILL:when={when}");
        command.args(["-o", "/dev/null", "-e", "trace=rename,renameat,renameat2", "-e", &inject]);
        command.arg(redd().get_program()).args(["network", "attach", &machine.name, &pair.lent]);
        assert_ne!(finish(command).status, 0);
        assert_eq!(seen(&pair.lent).is_none(), when == 3);
        run(["gc"]);
        assert!(seen(&pair.lent).is_some(), "{when}");
        assert_done(&network(&["attach", &machine.name, &pair.lent]));
        assert_done(&network(&["detach", &machine.name, &pair.lent]));
    }
}

#[test]
fn links_of_the_host_are_in_the_status() {
    needs!(Need::Root, Need::Debian13);
    let pair = Pair::new();
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    assert_done(&network(&["attach", &machine.name, &format!("{}:lan", pair.lent)]));
    let status = run(["status", &machine.name]).output;
    assert!(status.contains(&format!("lan, the host's {}", pair.lent)), "{status}");
    let shown: Value = serde_json::from_str(&run(["show", &machine.name]).output).unwrap();
    assert_eq!(Schema::read("show").breaches(&shown), Vec::<String>::new());
    let expected = serde_json::json!([{ "link": pair.lent, "inside": "lan", "kept": false }]);
    assert_eq!(shown["links"], expected);
    let listed: Value = serde_json::from_str(&network(&["list", "--json", &machine.name]).output).unwrap();
    assert_eq!(listed, expected);
}
