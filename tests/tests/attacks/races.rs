//! A neighbour changes names while redd starts.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use redd_tests::{Need, minimal_tree, needs};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::registry::Held::Always;
use crate::registry::{Attack, Users, run_as, test};

pub(crate) const ATTACKS: &[Attack] = &[
    test("A5 swap a part of a mount point for a link", Always, a_mount_stays_in_the_volume_it_was_meant_for),
    test("A53 swap a bind mount's source", Always, a_source_is_the_one_that_was_looked_at),
];

/// How often names are swapped in each round at least, and how often redd starts meanwhile.
const SWAPS: u32 = 50_000;
const STARTS: u32 = 12;

/// Names are swapped fastest where no disk has to know.
fn in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap()
}

/// Swaps two names all the time while something is done again and again.
fn while_swapped(one: &Path, other: &Path, mut attempt: impl FnMut()) {
    let (swaps, is_over) = (AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
                swaps.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut starts = 0;
        while starts < STARTS || swaps.load(Ordering::Relaxed) < SWAPS {
            let attempted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&mut attempt));
            if let Err(panic) = attempted {
                is_over.store(true, Ordering::Relaxed);
                std::panic::resume_unwind(panic);
            }
            starts += 1;
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_mount_stays_in_the_volume_it_was_meant_for() {
    needs!(Need::Root);
    let (volume, source, host) = (in_memory(), in_memory(), in_memory());
    fs::create_dir_all(volume.path().join("name/deep")).unwrap();
    let binds = [
        format!("--bind={}:/volume", volume.path().display()),
        format!("--bind={}:/volume/name/deep", source.path().display()),
    ];
    let tree = minimal_tree();
    let script = "busybox grep -o ' /[^ ]*deep ' /proc/self/mountinfo";
    let command = [tree.path().to_str().unwrap(), "/usr/bin/busybox", "sh", "-c", script];
    let words = [&["run", "-P", "--network-veth=no", &binds[0], &binds[1]], &command[..]].concat();
    for target in [Path::new("/etc"), Path::new("../../../../etc"), Path::new("/proc/1"), host.path()] {
        let (name, other) = (volume.path().join("name"), volume.path().join("other"));
        symlink(target, &other).unwrap();
        for users in Users::BOTH {
            let attempt = || {
                let run = run_as(users, &words);
                match run.status {
                    // The directory may have its other name by the time it is looked at.
                    0 => assert!(run.output.trim().starts_with("/volume/"), "{run:?}"),
                    125 => assert!(run.errors.contains("/volume/name"), "{run:?}"),
                    _ => panic!("{run:?}"),
                }
            };
            while_swapped(&name, &other, attempt);
            assert!(!tree.path().join("etc/deep").exists(), "{users:?}");
            assert_eq!(fs::read_dir(&host).unwrap().count(), 0);
        }
        // Either may be the link by now.
        drop(
            fs::remove_file(&name)
                .and_then(|()| fs::rename(&other, &name))
                .or_else(|_| fs::remove_file(&other)),
        );
    }
}

/// Owners are shown as those of the directory that is mounted: had redd looked at one and mounted the other, they would
/// be nobody.
#[test]
fn a_source_is_the_one_that_was_looked_at() {
    needs!(Need::Root);
    let (tree, sources) = (minimal_tree(), in_memory());
    let (one, other) = (sources.path().join("one"), sources.path().join("other"));
    for (path, owner) in [(&one, 1000), (&other, 2000)] {
        fs::create_dir(path).unwrap();
        chown(path, Some(owner), Some(owner)).unwrap();
    }
    let script = "busybox stat -c %u /data";
    let command = [tree.path().to_str().unwrap(), "/usr/bin/busybox", "sh", "-c", script];
    for (users, option, expected) in
        [(Users::Own, ":owneridmap", &["0"][..]), (Users::Hosts, "", &["1000", "2000"])]
    {
        let bind = format!("--bind={}:/data{option}", one.display());
        let words = [&["run", "-P", "--network-veth=no", &bind], &command[..]].concat();
        while_swapped(&one, &other, || {
            let run = run_as(users, &words);
            assert_eq!(run.status, 0, "{run:?}");
            assert!(expected.contains(&run.output.as_str()), "{run:?}");
        });
    }
}
