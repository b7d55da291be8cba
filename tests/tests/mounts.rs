//! Mounts that the user asked for, with the owners that a payload sees.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;

use redd_tests::small::{MountNamespace, Place, script, seen};
use redd_tests::{Need, minimal_tree, needs};

#[test]
fn an_overlay_shows_every_layer_with_the_containers_owners_and_writes_to_the_highest() {
    needs!(Need::Root);
    let (tree, place) = (minimal_tree(), Place::new());
    let (low, middle) = (place.directory("low", 1000, 0o755), place.directory("middle", 0, 0o755));
    // What belongs to a range already, whichever it is, is mapped from there.
    let high = place.directory("high", 0x7ffe_0005, 0o750);
    let option = format!("--overlay={low}:{middle}:{high}:/mnt");
    let output = seen(
        tree.path(),
        &[&option],
        "stat -c '%n %u:%g %a' /mnt /mnt/low /mnt/middle /mnt/high; touch /mnt/new; chown 7:7 /mnt/low",
    );
    assert_eq!(output, "/mnt 5:5 750\n/mnt/low 1000:1000 644\n/mnt/middle 0:0 644\n/mnt/high 5:5 644");
    assert_eq!(place.owner("high/new"), 0x7ffe_0000, "new files belong to the layer's own range");
    assert_eq!(place.owner("high/low"), 0x7ffe_0007, "what is changed is copied up");
    assert_eq!(place.owner("low/low"), 1000, "lower layers are left alone");
    let names: Vec<_> =
        fs::read_dir(place.path("")).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names.len(), 3, "no directory that was worked in is left: {names:?}");
}

#[test]
fn of_two_paths_the_second_is_where_an_overlay_appears() {
    needs!(Need::Root);
    let (tree, place) = (minimal_tree(), Place::new());
    let (low, high) = (place.directory("low", 0, 0o755), place.directory("high", 0, 0o755));
    let option = format!("--overlay={low}:{high}");
    let output =
        seen(tree.path(), &[&option], &format!("touch {high}/new; stat -c %u {high}/low {high}/new"));
    assert_eq!(output, "0\n0");
    assert!(place.path("high/new").exists());
}

#[test]
fn an_overlay_without_a_highest_layer_is_thrown_away_and_looks_like_what_it_covers() {
    needs!(Need::Root);
    let (tree, place) = (minimal_tree(), Place::new());
    let low = place.directory("low", 9, 0o700);
    for users in ["--private-users=pick", "--private-users=no"] {
        let option = format!("--overlay={low}::/mnt");
        let output = seen(
            tree.path(),
            &[&option, users],
            "stat -c '%u:%g %a' /mnt /mnt/low; touch /mnt/new; rm /mnt/low; stat -c %u /mnt/new",
        );
        assert_eq!(output, "9:9 700\n9:9 644\n0", "{users}");
        assert!(place.path("low/low").exists() && !place.path("low/new").exists());
    }
}

#[test]
fn a_read_only_overlay_stays_so_and_leaves_its_layers_alone() {
    needs!(Need::Root);
    let (tree, place) = (minimal_tree(), Place::new());
    let (low, high) = (place.directory("low", 0, 0o755), place.directory("high", 1, 0o755));
    for upper in [high.as_str(), ""] {
        let option = format!("--overlay-ro={low}:{upper}:/mnt");
        let output = seen(
            tree.path(),
            &[&option],
            "stat -c %u /mnt/low; touch /mnt/new 2>/dev/null && echo written; \
             busybox mount -o remount,bind,rw /mnt 2>/dev/null && touch /mnt/new 2>/dev/null && echo written; true ",
        );
        assert_eq!(output, "0", "{option}");
    }
    assert_eq!(fs::read_dir(place.path("high")).unwrap().count(), 1);
}

#[test]
fn layers_of_the_tree_are_the_trees_own() {
    needs!(Need::Root);
    let (tree, place) = (minimal_tree(), Place::new());
    fs::create_dir_all(tree.path().join("opt/high")).unwrap();
    std::os::unix::fs::symlink("/opt/high", tree.path().join("link")).unwrap();
    let low = place.directory("low", 3, 0o755);
    let option = format!("--overlay={low}:+/etc:+/link:/mnt");
    let text = "touch /mnt/new; stat -c %u /mnt/low /mnt/os-release /opt/high/new";
    assert_eq!(seen(tree.path(), &[&option], text), "3\n0\n0");
    assert!(tree.path().join("opt/high/new").exists());
    assert_eq!(fs::read_dir(tree.path().join("opt")).unwrap().count(), 1, "nothing is left in the tree");
    // What is copied is not written to.
    let refused = script(tree.path(), &["-x", &option], "true");
    assert!(refused.errors.contains("in a tree that is not written to"), "{refused:?}");
    let lower = format!("--overlay=+/etc:{low}:/mnt");
    assert_eq!(seen(tree.path(), &["-x", &lower], "stat -c %u /mnt/os-release"), "0");
    // A link that leads out of the tree leads nowhere.
    std::os::unix::fs::symlink("/var/tmp", tree.path().join("out")).unwrap();
    let refused = script(tree.path(), &[&format!("--overlay=+/out:{low}:/mnt")], "true");
    assert!(refused.errors.contains("/out") && refused.errors.contains("does not exist"), "{refused:?}");
}

#[test]
fn overlays_that_cannot_be_made_are_refused_before_anything_is_touched() {
    needs!(Need::Root);
    let (tree, place) = (minimal_tree(), Place::new());
    std::os::unix::fs::symlink("usr/bin", tree.path().join("bin")).unwrap();
    let low = place.directory("low", 0, 0o755);
    let file = format!("{low}/low");
    for (option, reason) in [
        (
            format!("--overlay={low}:/no/such/layer:/mnt"),
            "/no/such/layer of the overlay on /mnt does not exist",
        ),
        (format!("--overlay={file}:{low}:/mnt"), "is no directory"),
        (format!("--overlay={low}:/proc:/mnt"), "it is a mount point"),
        (format!("--overlay={low}:{low}:/"), "over the root"),
        ("--overlay=/a".to_owned(), "LOWER"),
        (format!("--overlay=+/etc:{low}:/mnt --volatile=yes"), "exclude each other"),
    ] {
        let options: Vec<&str> = option.split(' ').collect();
        let refused = script(tree.path(), &options, "true");
        assert!(refused.status != 0 && refused.errors.contains(reason), "{option}: {refused:?}");
        assert!(!refused.errors.contains("step"), "{refused:?}");
    }
    assert!(!tree.path().join("mnt").exists());
}

/// What a bind mount shows, with each way to map owners: the source belongs to 7, and has a file of 1000.
#[test]
fn a_bind_mount_shows_owners_as_its_option_says() {
    needs!(Need::Root);
    let (tree, place) = (minimal_tree(), Place::new());
    let source = place.directory("source", 7, 0o755);
    let theirs = place.path("source/theirs");
    fs::write(&theirs, "").unwrap();
    std::os::unix::fs::chown(&theirs, Some(1000), Some(1000)).unwrap();
    let owned = tree.path().join("srv/owned");
    fs::create_dir_all(&owned).unwrap();
    std::os::unix::fs::chown(&owned, Some(33), Some(33)).unwrap();
    let nobody = "65534";
    for (options, seen_owners, made) in [
        ("", [nobody, nobody], None),
        (":noidmap", [nobody, nobody], None),
        (":idmap", ["7", "1000"], Some(0)),
        (":rootidmap", ["0", nobody], Some(7)),
        (":owneridmap", ["33", nobody], None),
        (":norbind,rootidmap", ["0", nobody], Some(7)),
    ] {
        for access in ["--bind", "--bind-ro"] {
            let option = format!("{access}={source}:/srv/owned{options}");
            let text = "stat -c %u /srv/owned /srv/owned/theirs; touch /srv/owned/made 2>/dev/null; true ";
            let output = seen(tree.path(), &[&option, "--private-users=1638400"], text);
            assert_eq!(output, seen_owners.join("\n"), "{option}");
            let owner = place.path("source/made").exists().then(|| place.owner("source/made"));
            assert_eq!(owner, made.filter(|_| access == "--bind"), "{option}");
            drop(fs::remove_file(place.path("source/made")));
        }
    }
    // The destination's owner, in a tree that has another range on disk.
    std::os::unix::fs::chown(tree.path(), Some(0x9_0000), Some(0x9_0000)).unwrap();
    std::os::unix::fs::chown(&owned, Some(0x9_0021), Some(0x9_0021)).unwrap();
    let option = format!("--bind={source}:/srv/owned:owneridmap");
    let options = ["--timezone=off", "--resolv-conf=off", &option];
    let text = "stat -c %u /srv/owned";
    assert_eq!(seen(tree.path(), &options, text), "33");
}

#[test]
fn a_bind_mount_comes_with_what_is_mounted_below_it_unless_that_is_not_wanted() {
    needs!(Need::Root);
    let (tree, place, namespace) = (minimal_tree(), Place::new(), MountNamespace::new());
    let below = place.path("source/below");
    fs::create_dir_all(&below).unwrap();
    namespace.run("mount", &["-t", "tmpfs", "none", below.to_str().unwrap()]);
    fs::write(namespace.from_outside(&below).join("file"), "").unwrap();
    let source = place.path("source").display().to_string();
    for (options, expected) in
        [("", "seen"), (":rbind,idmap", "seen"), (":norbind", ""), (":norbind,idmap", "")]
    {
        let option = format!("--bind={source}:/deep/er/mnt{options}");
        let script = "test -e /deep/er/mnt/below/file && echo seen; true";
        let words = ["run", "-P", "--network-veth=no", &option, tree.path().to_str().unwrap()];
        let output =
            namespace.redd().args(words).args(["/usr/bin/busybox", "sh", "-c", script]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), expected, "{option}: {output:?}");
    }
    assert!(tree.path().join("deep/er/mnt").is_dir(), "a missing destination is made");
}

#[test]
fn bind_mounts_that_cannot_be_mapped_are_refused() {
    needs!(Need::Root);
    let (tree, place) = (minimal_tree(), Place::new());
    let source = place.directory("source", 7, 0o755);
    for option in ["idmap", "rootidmap", "owneridmap"] {
        for source in [source.as_str(), "+/etc", ""] {
            let bind = format!("--bind={source}:/mnt:{option}");
            let refused = script(tree.path(), &[&bind, "--private-users=no"], "true");
            assert!(refused.errors.contains("but there is no user namespace"), "{bind}: {refused:?}");
        }
    }
    let refused = script(tree.path(), &["--bind=+/etc:/mnt:rootidmap"], "true");
    assert!(refused.errors.contains("mapped as the tree is"), "{refused:?}");
    assert!(!tree.path().join("mnt").exists());
}

#[test]
fn a_bind_mount_may_be_of_the_tree_or_of_nothing() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let text = "stat -c '%u %a' /mnt; touch /mnt/new; stat -c %u /mnt/new";
    assert_eq!(seen(tree.path(), &["--bind=:/mnt"], text), "0 755\n0");
    let options = ["--bind=+/etc:/mnt:idmap", "--bind-ro=+/usr/bin/busybox:/file"];
    let text = "stat -c %u /mnt/os-release; touch /mnt/new; touch /file 2>/dev/null || stat -c %u /file";
    assert_eq!(seen(tree.path(), &options, text), "0\n0");
    assert!(tree.path().join("etc/new").exists() && tree.path().join("file").exists());
}

#[test]
fn ids_of_a_tmpfs_are_the_payloads() {
    needs!(Need::Root);
    let tree = minimal_tree();
    for users in ["--private-users=pick", "--private-users=no"] {
        let options =
            [users, "--tmpfs=/plain", "--tmpfs=/small:size=1m", "--tmpfs=/owned:uid=33,gid=44,mode=0710"];
        let output = seen(tree.path(), &options, "stat -c '%u:%g %a' /plain /small /owned");
        assert_eq!(output, "0:0 755\n0:0 1777\n33:44 710", "{users}");
    }
}

/// A tree as OSTree has it: systems below it, and links among them.
fn tree_of_systems() -> tempfile::TempDir {
    let tree = tempfile::tempdir_in("/var/tmp").unwrap();
    let system = minimal_tree();
    let deployments = tree.path().join("ostree/deploy");
    fs::create_dir_all(deployments.join("1")).unwrap();
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .arg(system.path().join("."))
        .arg(deployments.join("1"))
        .status();
    assert!(copied.unwrap().success());
    fs::create_dir(deployments.join("1/sysroot")).unwrap();
    fs::write(tree.path().join("outside"), "").unwrap();
    for (link, target) in
        [("current", "/ostree/deploy/1"), ("out", "../../../../../../../../usr"), ("host", "/usr")]
    {
        std::os::unix::fs::symlink(target, tree.path().join(link)).unwrap();
    }
    tree
}

#[test]
fn a_directory_of_the_tree_becomes_the_root_and_the_tree_appears_below_it() {
    needs!(Need::Root);
    let tree = tree_of_systems();
    for copy in [&[][..], &["-x"], &["--volatile=overlay"], &["--private-users=no"]] {
        let with = |option: &'static str| [&[option][..], copy].concat();
        let output = seen(
            tree.path(),
            &with("--pivot-root=/current"),
            "stat -c %u / /usr; test -e /outside || echo gone",
        );
        assert_eq!(output, "0\n0\ngone", "{copy:?}");
        let text = "stat -c %u /sysroot/outside /sysroot/ostree/deploy/1/usr; touch /sysroot/new /made";
        assert_eq!(
            seen(tree.path(), &with("--pivot-root=/ostree/deploy/1:/sysroot"), text),
            "0\n0",
            "{copy:?}"
        );
        let is_kept = !matches!(copy, ["-x" | "--volatile=overlay"]);
        assert_eq!(tree.path().join("new").exists(), is_kept, "{copy:?}");
        assert_eq!(tree.path().join("ostree/deploy/1/made").exists(), is_kept, "{copy:?}");
        for name in ["new", "ostree/deploy/1/made"] {
            drop(fs::remove_file(tree.path().join(name)));
        }
    }
    let text = "touch /made /sysroot/new 2>/dev/null && echo written; true ";
    let read_only = ["--read-only", "--timezone=off", "--pivot-root=/current:/sysroot"];
    assert_eq!(seen(tree.path(), &read_only, text), "");
}

#[test]
fn a_root_to_pivot_to_is_never_outside_of_the_tree() {
    needs!(Need::Root);
    let tree = tree_of_systems();
    for (option, reason) in [
        ("--pivot-root=/out", "has no directory /out"),
        ("--pivot-root=/host", "has no directory /host"),
        ("--pivot-root=/none", "has no directory /none"),
        ("--pivot-root=/outside", "has no directory /outside"),
        ("--pivot-root=current", "absolute"),
        ("--pivot-root=/current/..", "absolute"),
        ("--pivot-root=/", "root itself"),
        ("--pivot-root=/current --volatile=yes", "--volatile"),
    ] {
        let options: Vec<&str> = option.split(' ').collect();
        let refused = script(tree.path(), &options, "true");
        assert!(refused.status != 0 && refused.errors.contains(reason), "{option}: {refused:?}");
    }
}

#[test]
fn directories_that_every_system_has_are_made_where_a_tree_lacks_them() {
    needs!(Need::Root);
    let tree = minimal_tree();
    fs::remove_dir(tree.path().join("root")).unwrap();
    let read_only = seen(tree.path(), &["--volatile=overlay"], "stat -c '%u %a' /root /var");
    assert_eq!(read_only, "0 750\n0 755");
    assert!(!tree.path().join("var").exists());
    assert_eq!(seen(tree.path(), &[], "stat -c '%u %a' /root /var"), "0 750\n0 755");
}
