//! Whose a tree's files are inside, whichever range they have on disk.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown, symlink};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use redd_tests::small::{script, seen};
use redd_tests::sweep::{Fault, Point, Scope, with_fault};
use redd_tests::{Need, minimal_tree, needs, redd, unique_name};

/// The range that systemd sets aside for trees.
const FOREIGN: u32 = 0x7ffe_0000;
const CHOWN: [&str; 2] = ["--private-users=1638400", "--private-users-ownership=chown"];
const START: u32 = 1_638_400;

/// A tree whose files belong to a range of ids, with one file of user 1000.
fn tree_of(start: u32) -> tempfile::TempDir {
    let tree = minimal_tree();
    fs::write(tree.path().join("etc/theirs"), "").unwrap();
    give_all(tree.path(), start);
    lchown(tree.path().join("etc/theirs"), Some(start + 1000), Some(start + 100)).unwrap();
    tree
}

fn give_all(path: &Path, owner: u32) {
    lchown(path, Some(owner), Some(owner)).unwrap();
    if fs::symlink_metadata(path).unwrap().is_dir() {
        fs::read_dir(path).unwrap().flatten().for_each(|entry| give_all(&entry.path(), owner));
    }
}

/// Owner and group of a file of a tree, as it is on disk.
fn owner(tree: &Path, path: &str) -> (u32, u32) {
    let status = fs::symlink_metadata(tree.join(path)).unwrap();
    (status.uid(), status.gid())
}

fn tool(words: &[&str]) -> String {
    let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

#[test]
fn a_tree_of_any_range_belongs_to_the_container_and_stays_as_it_is_on_disk() {
    needs!(Need::Root);
    let look = "stat -c %u:%g / /etc/theirs; touch /etc/new; chown 5:6 /etc/new; stat -c %u:%g /etc/new";
    for start in [0, 0x9_0000, FOREIGN] {
        let tree = tree_of(start);
        for ownership in ["auto", "map"] {
            let options = ["--private-users=1638400", &format!("--private-users-ownership={ownership}")];
            let output = seen(tree.path(), &options, look);
            assert_eq!(output, "0:0\n1000:100\n5:6", "{start} {ownership}");
            assert_eq!(owner(tree.path(), "etc/theirs"), (start + 1000, start + 100));
            assert_eq!(owner(tree.path(), "etc/new"), (start + 5, start + 6));
        }
        let output = seen(tree.path(), &["-x"], look);
        assert_eq!(output, "0:0\n1000:100\n5:6", "{start}, a copy");
        let output = seen(tree.path(), &["--volatile=overlay"], look);
        assert_eq!(output, "0:0\n1000:100\n5:6", "{start}, in memory");
    }
}

#[test]
fn a_tree_of_foreign_ids_is_told_from_others() {
    needs!(Need::Root);
    let foreign = tree_of(FOREIGN);
    let look = "stat -c %u:%g / /etc/theirs";
    let output = seen(foreign.path(), &["--private-users-ownership=foreign"], look);
    assert_eq!(output, "0:0\n1000:100");
    let refused = script(tree_of(0).path(), &["--private-users-ownership=foreign"], "true");
    assert!(refused.errors.contains("not in the range") && refused.status != 0, "{refused:?}");
    let refused = script(foreign.path(), &["--private-users=yes"], "true");
    assert!(refused.errors.contains("no machine runs with such ids"), "{refused:?}");
}

#[test]
fn owners_are_changed_on_disk_when_that_is_asked_for_by_name() {
    needs!(Need::Root, Need::Attributes);
    let tree = tree_of(0x9_0000);
    let path = |name: &str| tree.path().join(name);
    let text = |name: &str| path(name).display().to_string();
    let outside = tempfile::NamedTempFile::new().unwrap();
    symlink(outside.path(), path("etc/link")).unwrap();
    lchown(path("etc/link"), Some(0x9_0003), Some(0x9_0003)).unwrap();
    for (name, mode) in [("usr/bin/su", 0o6755), ("usr/bin/ping", 0o755), ("etc/listed", 0o640)] {
        fs::write(path(name), "").unwrap();
        lchown(path(name), Some(0x9_0000), Some(0x9_0000)).unwrap();
        fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    tool(&["setcap", "cap_net_raw=ep", &text("usr/bin/ping")]);
    tool(&["setfacl", "-m", &format!("u:{}:r,g:{}:rw", 0x9_0007, 0x9_0008), &text("etc/listed")]);
    fs::hard_link(path("usr/bin/su"), path("usr/bin/sudo")).unwrap();

    let look = "stat -c '%u:%g %a' / /etc/theirs /usr/bin/su /etc/link";
    assert_eq!(seen(tree.path(), &CHOWN, look), "0:0 755\n1000:100 644\n0:0 6755\n3:3 777");
    assert_eq!(owner(tree.path(), ""), (START, START));
    assert_eq!(owner(tree.path(), "etc/theirs"), (START + 1000, START + 100));
    assert_eq!(outside.path().metadata().unwrap().uid(), 0, "no link is followed");
    let capability = tool(&["getcap", "-n", &text("usr/bin/ping")]);
    assert!(capability.ends_with(&format!("cap_net_raw=ep [rootid={START}]")), "{capability}");
    let list = tool(&["getfacl", "-n", "-p", &text("etc/listed")]);
    assert!(list.contains(&format!("user:{}:r--", START + 7)), "{list}");
    assert!(list.contains(&format!("group:{}:rw-", START + 8)), "{list}");
    assert_eq!(tool(&["getfattr", "-d", "-m", "trusted", &text("usr/bin/su")]), "");

    // The other way round, and nothing is lost.
    let back = ["--private-users=identity", "--private-users-ownership=chown"];
    assert_eq!(seen(tree.path(), &back, look), "0:0 755\n1000:100 644\n0:0 6755\n3:3 777");
    assert!(tool(&["getcap", "-n", &text("usr/bin/ping")]).ends_with("cap_net_raw=ep"));
}

#[test]
fn changing_owners_goes_on_where_it_was_killed() {
    needs!(Need::Root, Need::Strace, Need::Attributes);
    let tree = tree_of(0);
    let path = |name: &str| tree.path().join(name);
    for number in 0..8 {
        let name = format!("etc/su{number}");
        fs::write(path(&name), "").unwrap();
        fs::set_permissions(path(&name), fs::Permissions::from_mode(0o4711)).unwrap();
        tool(&["setcap", "cap_chown=p", &path(&name).display().to_string()]);
    }
    let name = unique_name();
    let mut command = redd();
    command.args(["run", "-M", &name, "--network-veth=no"]).args(CHOWN).arg(tree.path());
    command.args(["/usr/bin/busybox", "true"]);
    // The owner of the first file, what it is to keep, its permissions, and the end of it all.
    for call in ["setxattr", "fchownat", "fchmodat", "setxattr", "fchownat", "removexattr"] {
        let point = Point { system_call: call.to_owned(), occurrence: 2 };
        let mut killed = with_fault(&command, Scope::Supervisor, &point, Fault::Killed);
        let status = killed.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.signal(), Some(9), "{call}");
        assert_eq!(owner(tree.path(), ""), (0, 0), "{call}: it is not done");
    }
    assert_eq!(seen(tree.path(), &CHOWN, "stat -c %u:%g / /etc/theirs"), "0:0\n1000:100");
    for number in 0..8 {
        let file = path(&format!("etc/su{number}"));
        assert_eq!(owner(tree.path(), &format!("etc/su{number}")), (START, START));
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o4711);
        assert!(tool(&["getcap", "-n", &file.display().to_string()]).contains("cap_chown=p"));
    }
    drop(redd_tests::run(["gc"]));
}

#[test]
fn owners_are_not_changed_where_the_tree_is_not_to_be() {
    needs!(Need::Root);
    let tree = tree_of(0);
    for option in ["--read-only", "--volatile=state", "--volatile=overlay", "--private-users=1000:65536"] {
        let refused = script(tree.path(), &[&CHOWN[..], &[option]].concat(), "true");
        assert!(refused.errors.contains("--private-users-ownership=chown: "), "{option}: {refused:?}");
    }
    assert_eq!(seen(tree.path(), &[&CHOWN[..], &["-x"]].concat(), "stat -c %u:%g /etc/theirs"), "1000:100");
    assert_eq!(owner(tree.path(), ""), (0, 0), "a copy is mapped");
    assert_eq!(seen(tree.path(), &["--private-users=1638400"], "stat -c %u / "), "0");
    assert_eq!(owner(tree.path(), ""), (0, 0), "it is never done unasked");
}

#[test]
fn a_tree_of_somebody_elses_is_left_as_it_is() {
    needs!(Need::Root);
    let tree = tree_of(0);
    let options = ["--private-users=1638400", "--private-users-ownership=off", "--timezone=copy"];
    assert_eq!(seen(tree.path(), &options, "stat -c %u / /etc/theirs"), "65534\n65534");
    assert!(!tree.path().join("etc/localtime").exists());
}
