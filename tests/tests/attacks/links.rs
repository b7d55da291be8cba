//! Network links: names that meet, and ends that go away.

use std::io::Read as _;
use std::process::{Command, Stdio};

use redd_tests::{Leftovers, Need, minimal_tree, needs, redd, unique_name};

use crate::registry::Held::Always;
use crate::registry::{Attack, Users, run_as, test, wait_until};

pub(crate) const ATTACKS: &[Attack] = &[
    test("A54 two names that are the same up to the kernel's limit", Always, long_names_do_not_meet),
    test("A54 a link of that name is there", Always, a_foreign_link_is_left_alone),
    test("A54 move, rename or delete the inner end", Always, a_link_whose_end_is_elsewhere_goes_all_the_same),
];

fn ip(words: &[&str]) -> (bool, String) {
    let output = Command::new("ip").args(words).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn long_names_do_not_meet() {
    needs!(Need::Root);
    for users in Users::BOTH {
        let common = format!("{}-with-a-long-name", unique_name());
        let trees = [minimal_tree(), minimal_tree()];
        let start = |(number, tree): (usize, &tempfile::TempDir)| {
            let name = format!("{common}-{number}");
            let mut command = redd();
            command.args(["run", "-P", "-M", &name, users.option()]).arg(tree.path());
            command.args([
                "/usr/bin/busybox",
                "sh",
                "-c",
                "echo -n runs; read wait; busybox test -e /sys/class/net/host0",
            ]);
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            child.stdout.as_mut().unwrap().read_exact(&mut [0; 4]).unwrap();
            (name, child)
        };
        let machines: Vec<_> = trees.iter().enumerate().map(start).collect();
        let links: Vec<String> =
            machines.iter().map(|(name, _)| ip(&["-o", "link", "show", &format!("ve-{name}")]).1).collect();
        assert!(links.iter().all(|link| !link.is_empty()) && links[0] != links[1], "{links:?}");
        for (name, mut child) in machines {
            drop(child.stdin.take());
            assert!(child.wait().unwrap().success());
            wait_until("the link is gone", || !ip(&["link", "show", &format!("ve-{name}")]).0);
        }
    }
}

#[test]
fn a_foreign_link_is_left_alone() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let name = unique_name();
    let link = format!("ve-{name}");
    assert!(ip(&["link", "add", &link, "type", "bridge"]).0);
    for users in Users::BOTH {
        let path = tree.path().to_str().unwrap();
        let run = run_as(users, &["run", "-P", "-M", &name, path, "/usr/bin/busybox", "true"]);
        assert_eq!(run.status, 125);
        assert!(run.errors.contains(&link), "{}", run.errors);
        assert!(ip(&["link", "show", &link]).0);
    }
    assert!(ip(&["link", "delete", &link]).0);
    Leftovers::before(&name).assert_none();
}

#[test]
fn a_link_whose_end_is_elsewhere_goes_all_the_same() {
    needs!(Need::Root, Need::Debian13);
    let tree = Need::Debian13.tree().display().to_string();
    for users in Users::BOTH {
        for script in [
            "unshare -n sleep 1000 & until ip link set host0 netns $! && ! ip link show host0; do sleep 0.02; done",
            "ip link delete host0",
            "ip link set host0 name lo1 && ip link set lo1 alias 'redd machine other'",
            "ip link add link host0 name upper type macvlan && ip link set upper up",
        ] {
            let name = unique_name();
            let leftovers = Leftovers::before(&name);
            let run = run_as(users, &["run", "-P", "-x", "-M", &name, &tree, "--", "/bin/sh", "-c", script]);
            assert!(run.status == 0 || run.errors.contains("Unknown device type"), "{script}: {run:?}");
            leftovers.assert_none();
        }
    }
}
