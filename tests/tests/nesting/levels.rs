//! redd in redd.

use redd_tests::{Need, needs, run};

use crate::outer::{PREPARE, boot, run_in_one, serve, start};

/// What a machine leaves behind inside: nothing, after a moment of its guard's.
const NOTHING_LEFT: &str = "timeout 60 sh -c 'until test -z \"$(ls /run/redd/machines; ls /run/systemd/nspawn-uid; \
    ls /var/lib/redd/ephemeral 2> /dev/null; find /sys/fs/cgroup -name \"redd-*\"; ls /sys/class/net | grep ve-)\"; \
    do sleep 0.1; done'";

/// Runs a program in the machine inside, from the one outside.
const ENTER: &str = "nsenter -U -m -u -i -n -p -C -t \
    $(sed -n 's/.*\"leader\": \\([0-9]*\\).*/\\1/p' /run/redd/machines/inner/state.json)";

#[test]
fn a_machine_boots_in_a_machine_with_ids_of_its_own_and_leaves_nothing() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let machine = boot(&["--nesting"]);
    let redd = "redd boot --ephemeral --console=read-only -M inner debian";
    let mut inner = start(&machine, "inner", redd);
    let enter = |words: &str| machine.shell(&format!("{ENTER} {words}"));
    assert_eq!(enter("systemctl is-system-running --wait"), "running");
    assert_eq!(enter("systemctl --failed --no-legend --plain --no-pager"), "");
    let map = enter("cat /proc/self/uid_map");
    let map: Vec<u32> = map.split_whitespace().map(|number| number.parse().unwrap()).collect();
    assert!(map[0] == 0 && map[1] >= 65536 && map[1].is_multiple_of(65536) && map[2] == 65536, "{map:?}");
    assert_eq!(
        enter("stat -c %t:%T /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty")
            .split_whitespace()
            .collect::<Vec<_>>(),
        ["1:3", "1:5", "1:7", "1:8", "1:9", "5:0"]
    );
    assert_eq!(enter("stat -c %F /run/host/inaccessible/blk"), "block special file");
    assert!(enter("findmnt -no OPTIONS /").contains("nodev"));
    assert!(machine.succeeds("systemctl kill --kill-whom=main --signal=TERM inner"));
    assert!(inner.wait().unwrap().success(), "an orderly stop");
    assert!(machine.succeeds(NOTHING_LEFT));
    machine.assert_runs_clean();
    assert_eq!(machine.stop(), 0);
}

#[test]
fn a_machine_runs_in_a_machine_with_the_ids_around_it() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let machine = boot(&["--nesting"]);
    let id = |users: &str| {
        serve(&machine, &format!("redd run -x --private-users={users} /srv/debian cat /proc/self/uid_map"))
    };
    let columns = |map: String| map.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(columns(id("identity")), ["0", "0", "65536"]);
    assert_eq!(columns(id("no"))[2], (16 * 65536).to_string());
    assert_eq!(machine.stop(), 0);
}

/// Nobody inside makes nodes: what the outer machine was given is bound for the inner one, and what the tree brings is dead.
#[test]
fn a_device_of_the_outer_machine_is_one_of_the_inner_one_where_that_is_asked_for() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting, Need::Fuse);
    let options = ["--nesting", "--device=/dev/fuse"];
    let inner = |device: &str| {
        let tries = "test -c /dev/fuse && stat -c %t:%T /dev/fuse && : <> /dev/fuse && echo opened";
        run_in_one(
            &options,
            &format!("{PREPARE} chmod 666 /dev/fuse; redd run --pipe {device} debian sh -c '{tries}'"),
        )
    };
    let with = inner("--device=/dev/fuse");
    assert_eq!(with.output.lines().collect::<Vec<_>>(), ["a:e5", "opened"], "{}", with.errors);
    assert_eq!(inner("").output, "");
}

/// Each level gives half of its ids away.
#[test]
fn machines_run_four_levels_deep() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let next = "redd run --pipe --nesting --network-veth=no --volatile=overlay --bind-ro=/usr/bin/redd \
        --bind-ro=/var/lib/machines/debian:/srv/debian:idmap";
    let script = format!(
        "step='{PREPARE} echo level $1: $(cut -c23- /proc/self/uid_map); test $1 = 4 || \
         exec {next} debian sh -c \"$2\" sh $(($1 + 1)) \"$2\"'; sh -c \"$step\" sh 1 \"$step\""
    );
    let levels = run_in_one(&["--nesting"], &script);
    let counts: Vec<&str> = levels.output.lines().collect();
    assert_eq!(
        counts,
        ["level 1: 1048576", "level 2: 524288", "level 3: 262144", "level 4: 131072"],
        "{}",
        levels.errors
    );
}

#[test]
fn without_nesting_a_redd_inside_says_what_is_missing_and_leaves_nothing() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let machine = boot(&[]);
    let refused = |users: &str| serve(&machine, &format!("redd run {users} debian true 2>&1; test $? = 125"));
    for (users, reason) in
        [("", "no ids to give"), ("--private-users=identity", "join a new session keyring")]
    {
        let message = refused(users);
        assert!(
            message.contains(reason) && message.contains("start the outer machine with --nesting"),
            "{message}"
        );
    }
    let findings = serve(&machine, "redd doctor");
    for name in ["session keyrings", "id ranges"] {
        let (_, rest) = findings.split_once(name).unwrap();
        let effect = rest.lines().nth(1).unwrap();
        assert!(effect.contains("start the outer machine with --nesting"), "{findings}");
    }
    assert!(machine.succeeds(NOTHING_LEFT));
    machine.assert_runs_clean();
    assert_eq!(machine.stop(), 0);
}

#[test]
fn with_nesting_a_redd_inside_misses_nothing() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let findings = run_in_one(&["--nesting"], "redd doctor").output;
    assert!(!findings.contains("--nesting"), "{findings}");
    for (name, value) in [
        ("device filter", "the outer manager's"),
        ("a procfs of a machine's own", "allowed"),
        ("a sysfs of a machine's own", "allowed"),
        ("session keyrings", "allowed"),
        ("id ranges", "0 of 15 taken"),
    ] {
        let line = findings.lines().find(|line| line.contains(name)).unwrap();
        assert!(line.starts_with("ok") && line.ends_with(value), "{line}");
    }
}

#[test]
fn a_tree_whose_owners_cannot_be_mapped_inside_is_refused_with_the_way_out() {
    needs!(Need::Root, Need::Debian13, Need::Debian13Nesting);
    let refused = run_in_one(&["--nesting"], "redd run --volatile=overlay /srv/debian true");
    assert_eq!(refused.status, 125);
    assert!(
        refused.errors.contains("tmpfs") && refused.errors.contains("--private-users=identity"),
        "{}",
        refused.errors
    );
}

#[test]
fn nesting_without_ids_of_its_own_is_refused() {
    needs!(Need::Root, Need::Debian13);
    let tree = Need::Debian13.tree();
    for users in ["no", "identity", "0:65536"] {
        let users = format!("--private-users={users}");
        let refused = run(["run", "-x", "--nesting", &users, tree.to_str().unwrap(), "true"]);
        assert_eq!(refused.status, 125, "{users}");
        assert!(
            refused.errors.contains("--nesting") && refused.errors.contains("--private-users=pick"),
            "{}",
            refused.errors
        );
    }
}
