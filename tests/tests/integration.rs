//! `--resolv-conf=` and `--timezone=` in every mode, and what the original makes of the same.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use redd_tests::{Need, Run, finish, minimal_tree, needs, redd, run, unique_name};

/// A start on a host, in a tree, and what the payload finds.
struct Case {
    /// A script that changes the host, seen by nobody else.
    host: &'static str,
    /// A script that changes the tree.
    tree: &'static str,
    options: &'static [&'static str],
    expected: &'static str,
    original: Original,
}

/// What systemd-nspawn makes of it.
enum Original {
    /// The same.
    Agrees,
    /// Something else, for this reason.
    Differs(&'static str),
}

const HOST: &str = "
set -e
overlay() { mkdir -p $0$1/upper $0$1/work; mount -t overlay overlay -o lowerdir=$1,upperdir=$0$1/upper,workdir=$0$1/work $1; }
overlay /etc; overlay /usr
rm -f /etc/resolv.conf /etc/localtime
mkdir -p /run/systemd/resolve /usr/share/zoneinfo/Europe
mount -t tmpfs tmpfs /run/systemd/resolve
echo host > /etc/resolv.conf; echo static > /usr/lib/systemd/resolv.conf
echo berlin > /usr/share/zoneinfo/Europe/Berlin; ln -s /usr/share/zoneinfo/Europe/Berlin /etc/localtime
";
const UPLINK_AND_STUB: &str =
    "echo uplink > /run/systemd/resolve/resolv.conf; echo stub > /run/systemd/resolve/stub-resolv.conf";
const REPORT: &str = "for f in resolv.conf localtime; do \
    if [ -L /etc/$f ]; then t=\"->$(busybox readlink /etc/$f)\"; elif [ -e /etc/$f ]; then t=; else t=none; fi; \
    if [ -d /etc/$f ]; then c=directory; elif [ -f /etc/$f ]; then c=$(busybox cat /etc/$f); else c=; fi; \
    echo $f$t $c; done; \
    busybox grep -E ' /(etc/|usr/share/)' /proc/self/mountinfo | busybox cut -d' ' -f5,6 | busybox sed 's/,noexec//;s/,relatime//'";

fn tree(change: &str) -> tempfile::TempDir {
    let tree = minimal_tree();
    let script = format!(
        "ln -s busybox usr/bin/sh; ln -s usr/bin bin; mkdir -p var usr/share/zoneinfo/Europe usr/share/zoneinfo/Etc; \
         echo tree > usr/share/zoneinfo/Europe/Berlin; echo utc > usr/share/zoneinfo/Etc/UTC; {change}"
    );
    let made = Command::new("sh").args(["-ec", &script]).current_dir(tree.path()).status();
    assert!(made.expect("a shell is there").success(), "{script}");
    tree
}

/// The manager on that host.
fn on_host(case: &Case, place: &Path, manager: &Command) -> Command {
    let script = format!("{HOST}\n{}\nexec \"$@\"", case.host);
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script]).arg(place).arg(manager.get_program());
    command.args(manager.get_args()).stdin(Stdio::null()).env_remove("NOTIFY_SOCKET");
    command
}

fn by_redd(case: &Case, users: &str) -> Run {
    let (tree, place) = (tree(case.tree), tempfile::tempdir().expect("a place for overlays"));
    let mut manager = redd();
    manager.args(["run", "--private-network=no", users]).args(case.options).arg(tree.path());
    manager.args(["/usr/bin/busybox", "sh", "-c", REPORT]);
    finish(on_host(case, place.path(), &manager))
}

fn by_the_original(case: &Case) -> Run {
    let (tree, place) = (tree(case.tree), tempfile::tempdir().expect("a place for overlays"));
    let mut manager = Command::new("systemd-nspawn");
    manager.args(["--register=no", "--keep-unit", "--quiet", "--pipe", "-M", &unique_name(), "-D"]);
    manager.arg(tree.path()).args(case.options).args(["/usr/bin/busybox", "sh", "-c", REPORT]);
    finish(on_host(case, place.path(), &manager))
}

fn assert_each(cases: &[Case]) {
    for case in cases {
        let Case { host, tree, options, expected, original } = case;
        let about = format!("{options:?} on a host with {host:?} in a tree with {tree:?}");
        for users in ["--private-users=no", "--private-users=pick"] {
            let ours = by_redd(case, users);
            assert_eq!(
                (ours.output.as_str(), ours.status),
                (*expected, 0),
                "{about} {users}: {}",
                ours.errors
            );
        }
        if Need::Nspawn.check().is_err() {
            continue;
        }
        let theirs = by_the_original(case);
        match original {
            Original::Agrees => {
                assert_eq!(theirs.output, *expected, "the original, {about}: {}", theirs.errors)
            }
            Original::Differs(reason) => assert_ne!(theirs.output, *expected, "no longer: {reason}; {about}"),
        }
    }
}

const fn case(
    host: &'static str,
    tree: &'static str,
    options: &'static [&'static str],
    expected: &'static str,
) -> Case {
    Case { host, tree, options, expected, original: Original::Agrees }
}

impl Case {
    const fn unlike_the_original(self, reason: &'static str) -> Self {
        Self { original: Original::Differs(reason), ..self }
    }
}

const OFF: &str = "--timezone=off";
const LINK: &str = "ln -s ../run/systemd/resolve/stub-resolv.conf etc/resolv.conf";
const OWN: &str = "echo own > etc/resolv.conf";

#[test]
fn a_resolver_is_copied_where_the_tree_has_no_arrangement_of_its_own() {
    needs!(Need::Root);
    assert_each(&[
        case("", "", &[OFF], "resolv.conf host\nlocaltimenone"),
        case("", OWN, &[OFF], "resolv.conf host\nlocaltimenone"),
        case("", LINK, &[OFF], "resolv.conf->../run/systemd/resolve/stub-resolv.conf\nlocaltimenone"),
        case("", OWN, &[OFF, "--resolv-conf=off"], "resolv.conf own\nlocaltimenone"),
        case("", OWN, &[OFF, "--resolv-conf=copy-host"], "resolv.conf host\nlocaltimenone"),
        case(
            "",
            LINK,
            &[OFF, "--resolv-conf=copy-host"],
            "resolv.conf->../run/systemd/resolve/stub-resolv.conf\nlocaltimenone",
        ),
        case("", OWN, &[OFF, "--resolv-conf=copy-static"], "resolv.conf static\nlocaltimenone"),
        case(UPLINK_AND_STUB, OWN, &[OFF, "--resolv-conf=copy-uplink"], "resolv.conf uplink\nlocaltimenone"),
        case(UPLINK_AND_STUB, OWN, &[OFF, "--resolv-conf=copy-stub"], "resolv.conf stub\nlocaltimenone"),
        // Nobody answers at the stub's address here.
        case(UPLINK_AND_STUB, OWN, &[OFF], "resolv.conf host\nlocaltimenone"),
        case("", OWN, &[OFF, "--resolv-conf=copy-stub"], "resolv.conf own\nlocaltimenone"),
        case("", "mkdir etc/resolv.conf", &[OFF], "resolv.conf directory\nlocaltimenone"),
        case("rm /etc/resolv.conf", OWN, &[OFF], "resolv.confnone\nlocaltimenone"),
    ]);
}

#[test]
fn a_resolver_is_replaced_removed_or_left() {
    needs!(Need::Root);
    assert_each(&[
        case("", LINK, &[OFF, "--resolv-conf=replace-host"], "resolv.conf host\nlocaltimenone"),
        case("", OWN, &[OFF, "--resolv-conf=replace-static"], "resolv.conf static\nlocaltimenone"),
        case(
            UPLINK_AND_STUB,
            LINK,
            &[OFF, "--resolv-conf=replace-uplink"],
            "resolv.conf uplink\nlocaltimenone",
        ),
        case(UPLINK_AND_STUB, LINK, &[OFF, "--resolv-conf=replace-stub"], "resolv.conf stub\nlocaltimenone"),
        case("", LINK, &[OFF, "--resolv-conf=delete"], "resolv.confnone\nlocaltimenone"),
        case("", "", &[OFF, "--resolv-conf=delete"], "resolv.confnone\nlocaltimenone"),
        case(
            "",
            "mkdir etc/resolv.conf",
            &[OFF, "--resolv-conf=delete"],
            "resolv.conf directory\nlocaltimenone",
        ),
        case(
            "",
            "mkdir etc/resolv.conf",
            &[OFF, "--resolv-conf=replace-host"],
            "resolv.conf directory\nlocaltimenone",
        ),
        case("", OWN, &[OFF, "--resolv-conf=replace-stub"], "resolv.conf own\nlocaltimenone"),
        case("", OWN, &["--read-only", OFF, "--resolv-conf=delete"], "resolv.conf own\nlocaltimenone"),
        case("", OWN, &["--read-only", OFF, "--resolv-conf=replace-host"], "resolv.conf own\nlocaltimenone"),
    ]);
}

#[test]
fn a_resolver_is_bound_over_what_cannot_be_changed() {
    needs!(Need::Root);
    const BOUND: &str = "resolv.conf host\nlocaltimenone\n/etc/resolv.conf ro,nosuid,nodev";
    assert_each(&[
        case("", OWN, &["--read-only", OFF], BOUND),
        case("", OWN, &["--volatile=state", OFF], BOUND),
        case("", "", &["--read-only", OFF], "resolv.confnone\nlocaltimenone"),
        case("rm /etc/resolv.conf", OWN, &["--read-only", OFF], "resolv.conf own\nlocaltimenone"),
        case("", OWN, &[OFF, "--resolv-conf=bind-host"], BOUND),
        case("", "", &[OFF, "--resolv-conf=bind-host"], BOUND),
        case("", "", &["--read-only", OFF, "--resolv-conf=bind-host"], "resolv.confnone\nlocaltimenone"),
        case(
            "",
            LINK,
            &[OFF, "--resolv-conf=bind-host"],
            "resolv.conf->../run/systemd/resolve/stub-resolv.conf\nlocaltimenone",
        ),
        case(
            "",
            "ln -s other etc/resolv.conf; touch etc/other",
            &[OFF, "--resolv-conf=bind-static"],
            "resolv.conf->other static\nlocaltimenone\n/etc/other ro,nosuid,nodev",
        ),
        case(
            "",
            "ln -s resolv.conf etc/resolv.conf",
            &[OFF, "--resolv-conf=bind-host"],
            "resolv.conf->resolv.conf\nlocaltimenone",
        ),
        case("", OWN, &[OFF, "--resolv-conf=bind-stub"], "resolv.conf own\nlocaltimenone"),
    ]);
}

#[test]
fn an_empty_root_follows_the_host_and_a_tree_without_etc_starts() {
    needs!(Need::Root);
    assert_each(&[case(
        "",
        LINK,
        &["--volatile=yes"],
        "resolv.conf host\nlocaltime->../usr/share/zoneinfo/Europe/Berlin tree",
    )]);
    let case = case(
        "",
        "mkdir usr/lib; mv etc/os-release usr/lib; rmdir etc",
        &[],
        "resolv.confnone\nlocaltimenone",
    );
    let run = by_redd(&case, "--private-users=no");
    assert_eq!((run.output.as_str(), run.status), (case.expected, 0), "{}", run.errors);
}

#[test]
fn a_private_network_keeps_the_trees_resolver_unless_told_otherwise() {
    needs!(Need::Root);
    let ours = |options| {
        let run = by_redd(&case("", OWN, options, ""), "--private-users=pick");
        run.output.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(ours(&[OFF, "--private-network"]), "resolv.conf own");
    assert_eq!(ours(&[OFF, "--private-network", "--resolv-conf=copy-host"]), "resolv.conf host");
}

#[test]
fn what_is_bound_is_data_and_stays_read_only() {
    needs!(Need::Root, Need::Debian13);
    let text = "grep -o '/etc/resolv.conf ro,nosuid,nodev,noexec' /proc/self/mountinfo; \
                mount -o remount,bind,rw /etc/resolv.conf; echo x > /etc/resolv.conf";
    let tree = Need::Debian13.tree().display().to_string();
    let run = run(["run", "-x", "--resolv-conf=bind-host", &tree, "sh", "-c", text]);
    assert_eq!(run.output, "/etc/resolv.conf ro,nosuid,nodev,noexec");
    assert!(run.errors.contains("Read-only file system"), "{}", run.errors);
}

const NO_RESOLVER: &str = "--resolv-conf=off";
const UTC: &str = "ln -s /usr/share/zoneinfo/Etc/UTC etc/localtime";

#[test]
fn a_zone_is_a_link_into_the_trees_own_zones() {
    needs!(Need::Root);
    const NONE: &str = "resolv.confnone\nlocaltimenone";
    const LINKED: &str = "resolv.confnone\nlocaltime->../usr/share/zoneinfo/Europe/Berlin tree";
    const LEFT: &str = "resolv.confnone\nlocaltime->/usr/share/zoneinfo/Etc/UTC utc";
    const NO_ZONE: &str =
        "ln -s /usr/share/zoneinfo/Etc/UTC etc/localtime; rm usr/share/zoneinfo/Europe/Berlin";
    assert_each(&[
        case("", "", &[NO_RESOLVER], LINKED),
        case("", UTC, &[NO_RESOLVER], LINKED),
        case("", "echo own > etc/localtime", &[NO_RESOLVER], LINKED),
        case("", UTC, &[NO_RESOLVER, "--timezone=symlink"], LINKED),
        case("", NO_ZONE, &[NO_RESOLVER], "resolv.confnone\nlocaltime berlin")
            .unlike_the_original("what the link leads to is another zone: it is not covered"),
        case("", NO_ZONE, &[NO_RESOLVER, "--timezone=symlink"], "resolv.confnone\nlocaltime berlin")
            .unlike_the_original("what the link leads to is another zone: it is not covered"),
        case(
            "rm /etc/localtime; echo file > /etc/localtime",
            UTC,
            &[NO_RESOLVER],
            "resolv.confnone\nlocaltime file",
        ),
        case(
            "rm /etc/localtime; echo file > /etc/localtime",
            UTC,
            &[NO_RESOLVER, "--timezone=symlink"],
            LEFT,
        ),
        case("rm /etc/localtime", UTC, &[NO_RESOLVER], NONE),
        case("rm /etc/localtime", UTC, &[NO_RESOLVER, "--timezone=symlink"], LEFT),
        case("", UTC, &[NO_RESOLVER, "--timezone=off"], LEFT),
        case("", UTC, &[NO_RESOLVER, "--timezone=delete"], NONE),
        case(
            "",
            "mkdir etc/localtime",
            &[NO_RESOLVER, "--timezone=delete"],
            "resolv.confnone\nlocaltime directory",
        ),
    ]);
}

#[test]
fn a_zone_is_copied_or_bound() {
    needs!(Need::Root);
    const LEFT: &str = "resolv.confnone\nlocaltime->/usr/share/zoneinfo/Etc/UTC utc";
    const OVER_UTC: &str = "resolv.confnone\nlocaltime->/usr/share/zoneinfo/Etc/UTC berlin\n\
                            /usr/share/zoneinfo/Etc/UTC ro,nosuid,nodev";
    const BOUND: &str = "resolv.confnone\nlocaltime berlin\n/etc/localtime ro,nosuid,nodev";
    const SAME: &str = "ln -s ../usr/share/zoneinfo/Europe/Berlin etc/localtime";
    assert_each(&[
        case("", UTC, &[NO_RESOLVER, "--timezone=copy"], "resolv.confnone\nlocaltime berlin"),
        case("rm /etc/localtime", UTC, &[NO_RESOLVER, "--timezone=copy"], LEFT),
        case("", UTC, &["--read-only", NO_RESOLVER, "--timezone=copy"], LEFT),
        case("", UTC, &["--read-only", NO_RESOLVER, "--timezone=symlink"], LEFT),
        case("", "echo own > etc/localtime", &[NO_RESOLVER, "--timezone=bind"], BOUND),
        case("", "", &[NO_RESOLVER, "--timezone=bind"], BOUND),
        case("", UTC, &[NO_RESOLVER, "--timezone=bind"], OVER_UTC),
        case("rm /etc/localtime", UTC, &[NO_RESOLVER, "--timezone=bind"], LEFT),
        case("", "echo own > etc/localtime", &["--read-only", NO_RESOLVER], BOUND),
        case("", UTC, &["--read-only", NO_RESOLVER], OVER_UTC),
        case("", "", &["--read-only", NO_RESOLVER], "resolv.confnone\nlocaltimenone"),
        case("rm /etc/localtime", UTC, &["--read-only", NO_RESOLVER], LEFT),
        case(
            "",
            SAME,
            &["--read-only", NO_RESOLVER],
            "resolv.confnone\nlocaltime->../usr/share/zoneinfo/Europe/Berlin tree",
        )
        .unlike_the_original(
            "a link that says the same already is not covered: the tree's own zone file stays",
        ),
    ]);
}

#[test]
fn what_could_not_be_done_as_asked_is_said() {
    needs!(Need::Root);
    let said = |host, tree, option: &'static [&'static str]| {
        by_redd(&case(host, tree, option, ""), "--private-users=pick").errors
    };
    let cases: [(&str, &str, &[&str], &str); 6] = [
        (
            "",
            OWN,
            &[OFF, "--resolv-conf=copy-stub"],
            "the host has no such file: the tree's /etc/resolv.conf is left",
        ),
        (
            "",
            OWN,
            &["--read-only", OFF, "--resolv-conf=delete"],
            "the tree is read-only: the tree's /etc/resolv.conf is left",
        ),
        (
            "",
            LINK,
            &[OFF, "--resolv-conf=bind-host"],
            "it is a link to no file of the tree: the tree's /etc/resolv.conf",
        ),
        (
            "",
            "mkdir etc/localtime",
            &["--timezone=delete"],
            "it is a directory: the tree's /etc/localtime is left",
        ),
        ("rm /etc/localtime", "", &["--timezone=copy"], "the host has no /etc/localtime: the tree's"),
        ("rm /etc/localtime", "", &["--timezone=symlink"], "the host's /etc/localtime is no link to a zone"),
    ];
    for (host, tree, options, expected) in cases {
        let errors = said(host, tree, options);
        assert!(errors.contains(expected), "{options:?}: {errors}");
    }
    assert!(!said("", "", &["--read-only"]).contains("/etc/"), "nobody asked for it");
    drop(fs::remove_dir("/run/systemd/resolve"));
}
