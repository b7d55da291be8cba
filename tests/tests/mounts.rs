//! Mounts that the user asked for, with the owners that a payload sees.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;

use redd_tests::small::{Place, script, seen};
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
