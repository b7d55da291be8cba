//! Somebody changes names while redd copies.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use redd_tests::{NamedTree, Need, needs, run};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::registry::Held::Always;
use crate::registry::{Attack, Users, test};

pub(crate) const ATTACKS: &[Attack] = &[
    test(
        "A57 swap directories of a machine for links while files are copied",
        Always,
        nothing_outside_is_reached,
    ),
    test(
        "A57 swap directories of the host for links while files are copied",
        Always,
        a_neighbour_gains_nothing,
    ),
];

/// How often names are swapped at least, and how often something is copied meanwhile.
const SWAPS: u32 = 20_000;
const COPIES: u32 = 20;
const SECRET: &str = "what nobody but the host's root may read";

/// Swaps names all the time while something is done again and again; never in the middle of a look.
fn while_swapped(pairs: &[(&Path, &Path)], mut attempt: impl FnMut()) {
    let (swaps, is_over) = (AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                for (one, other) in pairs {
                    renameat_with(CWD, *one, CWD, *other, RenameFlags::EXCHANGE).unwrap();
                    swaps.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let mut copies = 0;
        while copies < COPIES || swaps.load(Ordering::Relaxed) < SWAPS {
            let attempted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&mut attempt));
            if let Err(panic) = attempted {
                is_over.store(true, Ordering::Relaxed);
                std::panic::resume_unwind(panic);
            }
            copies += 1;
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

/// A directory with directories and files of these contents, all of them with the same names.
fn fill(root: &Path, contents: &str) {
    for directory in ["name", "name/deep", "name/deep/deeper"] {
        fs::create_dir_all(root.join(directory)).unwrap();
        fs::write(root.join(directory).join("file"), contents).unwrap();
    }
}

/// Whether any file below has these contents.
fn has(root: &Path, contents: &str) -> bool {
    fs::read_dir(root).unwrap().flatten().any(|entry| {
        let kind = entry.file_type().unwrap();
        match kind {
            kind if kind.is_dir() => has(&entry.path(), contents),
            kind if kind.is_file() => {
                fs::read_to_string(entry.path()).is_ok_and(|text| text.contains(contents))
            }
            _ => false,
        }
    })
}

fn count(root: &Path) -> usize {
    let below = |path: &Path| if path.is_dir() && !path.is_symlink() { count(path) } else { 0 };
    fs::read_dir(root).unwrap().flatten().map(|entry| 1 + below(&entry.path())).sum()
}

/// In and out, of machines that run and of a tree that does not: one that does not has no namespace that hides the host.
#[test]
fn nothing_outside_is_reached() {
    needs!(Need::Root);
    let sleep = ["/usr/bin/busybox", "sleep", "1000000"];
    let mut machines: Vec<_> =
        Users::BOTH.map(|users| NamedTree::minimal().running(&[users.option()], &sleep)).into();
    machines.extend([NamedTree::minimal(), NamedTree::owned_by(0x8_0000)]);
    for machine in &machines {
        let (host, outside) =
            (tempfile::tempdir_in("/dev/shm").unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
        fill(outside.path(), SECRET);
        let before = count(outside.path());
        fill(&machine.path("root"), "theirs");
        let ours = host.path().join("ours");
        fill(&ours, "ours");
        let start = std::os::unix::fs::MetadataExt::uid(&fs::metadata(machine.path("usr")).unwrap());
        for path in ["root/name", "root/name/deep", "root/name/deep/deeper"] {
            chown(machine.path(path), Some(start), Some(start)).unwrap();
        }
        let targets = [
            outside.path().join("name/deep"),
            Path::new("../../../../../../../..").join(outside.path().strip_prefix("/").unwrap()),
        ];
        for target in targets {
            let (deep, deep_link) = (machine.path("root/name/deep"), machine.path("root/deep_link"));
            let (file, file_link) = (machine.path("root/name/file"), machine.path("root/file_link"));
            symlink(&target, &deep_link).unwrap();
            symlink(target.join("file"), &file_link).unwrap();
            let mut number = 0;
            let pairs = [(deep.as_path(), deep_link.as_path()), (&file, &file_link)];
            while_swapped(&pairs, || {
                number += 1;
                let out = host.path().join(number.to_string());
                let words = ["copy", "-q", "-f", &machine.word("/root/name"), out.to_str().unwrap()];
                let copied = run(words);
                assert_eq!(copied.status, 0, "{copied:?}");
                assert!(!has(&out, SECRET), "a secret was read");
                let below = machine.word("/root/name/deep/deeper/file");
                let out = host.path().join(format!("{number}.file"));
                run(["copy", "-q", &below, out.to_str().unwrap()]);
                assert!(!has(host.path(), SECRET), "a secret was read by its path");
                fs::remove_dir_all(host.path().join(number.to_string())).unwrap();
                // Where a link is met at that moment, the copy ends with that word.
                let contents = format!("{}/name", ours.display());
                run(["copy", "-q", "-f", &contents, &machine.word("/root")]);
                let one = format!("{}/name/file", ours.display());
                run(["copy", "-q", "-f", &one, &machine.word("/root/name/deep/deeper/new")]);
                assert!(!has(outside.path(), "ours"), "something was written outside");
            });
            assert_eq!(count(outside.path()), before, "something was made outside");
            [deep_link, file_link].iter().chain([&deep, &file]).for_each(|path| {
                if path.is_symlink() {
                    fs::remove_file(path).unwrap();
                }
            });
            drop(fs::rename(machine.path("root/deep_link"), &deep));
            drop(fs::rename(machine.path("root/file_link"), &file));
        }
    }
}

/// Directories of the host that others may write to are walked by descriptors too.
#[test]
fn a_neighbour_gains_nothing() {
    needs!(Need::Root);
    for users in Users::BOTH {
        let machine =
            NamedTree::minimal().running(&[users.option()], &["/usr/bin/busybox", "sleep", "1000000"]);
        let (host, outside) =
            (tempfile::tempdir_in("/dev/shm").unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
        fill(outside.path(), SECRET);
        let before = count(outside.path());
        fill(host.path(), "plain");
        let (deep, link) = (host.path().join("name/deep"), host.path().join("link"));
        symlink(outside.path().join("name/deep"), &link).unwrap();
        let mut number = 0;
        while_swapped(&[(&deep, &link)], || {
            number += 1;
            let inside = format!("root/{number}");
            let name = host.path().join("name");
            let name = name.to_str().unwrap();
            let copied = run(["copy", "-q", name, &machine.word(&format!("/{inside}"))]);
            assert_eq!(copied.status, 0, "{copied:?}");
            assert!(!has(&machine.path(&inside), SECRET), "a secret was read");
            run(["copy", "-q", "-f", &machine.word(&format!("/{inside}/.")), name]);
            assert!(has(&outside.path().join("name"), SECRET), "something was written outside");
            assert_eq!(count(outside.path()), before, "something was made outside");
        });
    }
}
