//! `redd copy`: into machines, out of them, between them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod picture;
mod round_trip;

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown, lchown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use redd_tests::{NamedTree, Need, Run, finish, needs, redd, run};

/// Something that runs for as long as a test wants.
const SLEEP: [&str; 3] = ["/usr/bin/busybox", "sleep", "1000000"];
const FOREIGN: u32 = 0x7ffe_0000;
const RANGE: u32 = 0x8_0000;

/// A machine of every kind.
fn machines() -> Vec<(&'static str, NamedTree)> {
    vec![
        ("at rest", NamedTree::minimal()),
        ("at rest, of a range", NamedTree::owned_by(RANGE)),
        ("at rest, of the range for trees", NamedTree::owned_by(FOREIGN)),
        ("with a user namespace", NamedTree::minimal().running(&["--private-users=pick"], &SLEEP)),
        (
            "with a user namespace, of the range for trees",
            NamedTree::owned_by(FOREIGN).running(&["--private-users=pick"], &SLEEP),
        ),
        ("without a user namespace", NamedTree::minimal().running(&["--private-users=no"], &SLEEP)),
    ]
}

fn copy(words: &[&str]) -> Run {
    run(["copy"].iter().chain(words))
}

#[track_caller]
fn copies(words: &[&str]) {
    let run = copy(words);
    assert_eq!((run.status, run.errors.as_str()), (0, ""), "{words:?}");
}

#[track_caller]
fn refuses(words: &[&str], status: i32, text: &str) {
    let run = copy(words);
    assert_eq!(run.status, status, "{words:?}: {run:?}");
    assert!(run.errors.contains(text), "{words:?}: {run:?}");
}

/// Gives a file that a test has made to the machine's root.
fn own(machine: &NamedTree, path: &str) {
    let start = fs::metadata(machine.path("usr")).unwrap().uid();
    lchown(machine.path(path), Some(start), Some(start)).unwrap();
}

/// Whose a file of the tree is, as its payload sees it.
fn owner_inside(machine: &NamedTree, path: &str) -> (u32, u32) {
    let start = fs::metadata(machine.path("usr")).unwrap().uid();
    let status = fs::symlink_metadata(machine.path(path)).unwrap();
    (status.uid() - start, status.gid() - start)
}

#[test]
fn what_is_copied_in_belongs_to_root_inside_and_lends_no_rights() {
    needs!(Need::Root);
    let host = tempfile::tempdir().unwrap();
    let file = host.path().join("file");
    fs::write(&file, "text").unwrap();
    chown(&file, Some(1000), Some(1001)).unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o6750)).unwrap();
    for (kind, machine) in machines() {
        let run = copy(&[file.to_str().unwrap(), &machine.word("/root")]);
        assert_eq!(run.status, 0, "{kind}: {run:?}");
        assert!(run.errors.contains("set-id bits"), "{kind}: {run:?}");
        assert_eq!(owner_inside(&machine, "root/file"), (0, 0), "{kind}");
        let status = fs::metadata(machine.path("root/file")).unwrap();
        assert_eq!(status.mode() & 0o7777, 0o750, "{kind}");
        assert_eq!(status.mtime(), fs::metadata(&file).unwrap().mtime(), "{kind}");
        copies(&["-a", file.to_str().unwrap(), &machine.word("/root/kept")]);
        assert_eq!(owner_inside(&machine, "root/kept"), (1000, 1001), "{kind}");
        assert_eq!(fs::metadata(machine.path("root/kept")).unwrap().mode() & 0o7777, 0o6750, "{kind}");
        let run = copy(&["--owner=5:6", file.to_str().unwrap(), &machine.word("root/given")]);
        assert_eq!(run.status, 0, "{kind}: {run:?}");
        assert_eq!(owner_inside(&machine, "root/given"), (5, 6), "{kind}");
    }
}

#[test]
fn what_is_copied_out_belongs_to_the_caller() {
    needs!(Need::Root);
    let host = tempfile::tempdir().unwrap();
    for (index, (kind, machine)) in machines().into_iter().enumerate() {
        let start = fs::metadata(machine.path("usr")).unwrap().uid();
        let file = machine.path("etc/theirs");
        fs::write(&file, kind).unwrap();
        chown(&file, Some(start + 7), Some(start + 8)).unwrap();
        let out = host.path().join(index.to_string());
        copies(&[&machine.word("/etc/theirs"), out.to_str().unwrap()]);
        let status = fs::metadata(&out).unwrap();
        assert_eq!((status.uid(), status.gid()), (0, 0), "{kind}");
        assert_eq!(fs::read_to_string(&out).unwrap(), kind);
        copies(&["-a", "--force", &machine.word("/etc/theirs"), out.to_str().unwrap()]);
        let status = fs::metadata(&out).unwrap();
        assert_eq!((status.uid(), status.gid()), (7, 8), "{kind}");
    }
}

#[test]
fn capabilities_and_access_lists_are_the_machines_own() {
    needs!(Need::Root, Need::Attributes);
    let shell = |script: &str| {
        let output = Command::new("sh").args(["-c", script]).output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let host = tempfile::tempdir().unwrap();
    let (file, out) = (host.path().join("file"), host.path().join("out"));
    let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
    shell(&format!("echo text > {file}; setcap cap_net_raw+ep {file}; setfacl -m u:1000:rw,g:1001:r {file}"));
    let of = |path: &str| shell(&format!("getcap -n {path}; getfacl -np {path}")).replace(path, "");
    for (kind, machine) in machines() {
        copies(&["-a", file, &machine.word("/root")]);
        let inside = machine.path("root/file").display().to_string();
        let start = fs::metadata(machine.path("usr")).unwrap().uid();
        let expected = match start {
            0 => of(file),
            _ => of(file)
                .replace("cap_net_raw=ep", &format!("cap_net_raw=ep [rootid={start}]"))
                .replace("user:1000", &format!("user:{}", start + 1000))
                .replace("group:1001", &format!("group:{}", start + 1001))
                .replace("owner: 0", &format!("owner: {start}"))
                .replace("group: 0", &format!("group: {start}")),
        };
        // Where a map shows them as root's, they are root's on disk.
        if kind != "with a user namespace" {
            assert_eq!(of(&inside), expected, "{kind}");
        }
        copies(&["-a", "-f", &machine.word("/root/file"), out]);
        assert_eq!(of(out), of(file), "{kind}");
        let run = copy(&["-f", &machine.word("/root/file"), out]);
        assert!(run.status == 0 && run.errors.contains("left out"), "{kind}: {run:?}");
        assert_eq!(shell(&format!("getcap {out}; getfacl -npc {out}")).lines().count(), 4, "{kind}");
        assert_eq!(fs::metadata(out).unwrap().mode() & 0o777, 0o644, "{kind}");
    }
}

#[test]
fn files_go_from_machine_to_machine() {
    needs!(Need::Root);
    let all = machines();
    for (from_kind, from) in &all {
        fs::write(from.path("etc/word"), from_kind).unwrap();
        for (to_kind, to) in &all {
            let target = to.word(&format!("/root/{}", from.name));
            copies(&[&from.word("/etc/word"), &target]);
            let copied = fs::read_to_string(to.path("root").join(&from.name)).unwrap();
            assert_eq!(copied, *from_kind, "{from_kind} to {to_kind}");
            assert_eq!(owner_inside(to, &format!("root/{}", from.name)), (0, 0), "{from_kind} to {to_kind}");
        }
    }
}

#[test]
fn standard_input_and_output_are_ends() {
    needs!(Need::Root);
    for (kind, machine) in machines() {
        let mut writing = redd();
        writing.args(["copy", "-", &machine.word("/root/in")]).stdin(Stdio::piped());
        let mut process = writing.spawn().unwrap();
        process.stdin.take().unwrap().write_all(&[7; 700_000]).unwrap();
        assert!(process.wait().unwrap().success(), "{kind}");
        assert_eq!(fs::read(machine.path("root/in")).unwrap(), [7; 700_000], "{kind}");
        let sparse = File::create(machine.path("root/sparse")).unwrap();
        sparse.set_len(300_000).unwrap();
        let mut reading = redd();
        let output = reading.args(["copy", &machine.word("/root/sparse"), "-"]).output().unwrap();
        assert_eq!((output.status.code(), output.stdout), (Some(0), vec![0; 300_000]), "{kind}");
        refuses(&[&machine.word("/root"), "-"], 1, "cannot go to standard output");
    }
}

#[test]
fn holes_stay_holes() {
    needs!(Need::Root);
    let host = tempfile::tempdir().unwrap();
    let (file, out) = (host.path().join("file"), host.path().join("out"));
    let sparse = File::create(&file).unwrap();
    sparse.set_len(1 << 40).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"middle", 1 << 39).unwrap();
    for (kind, machine) in machines() {
        copies(&[file.to_str().unwrap(), &machine.word("/root/file")]);
        copies(&["--force", &machine.word("/root/file"), out.to_str().unwrap()]);
        for copied in [&machine.path("root/file"), &out] {
            let status = fs::metadata(copied).unwrap();
            assert_eq!(status.len(), 1 << 40, "{kind}");
            assert!(status.blocks() < 100, "{kind}: {} blocks", status.blocks());
            let mut middle = [0; 6];
            let copied = File::open(copied).unwrap();
            std::os::unix::fs::FileExt::read_exact_at(&copied, &mut middle, 1 << 39).unwrap();
            assert_eq!(&middle, b"middle", "{kind}");
        }
    }
}

#[test]
fn a_destination_means_what_it_means_to_cp() {
    needs!(Need::Root);
    let host = tempfile::tempdir().unwrap();
    let path = |below: &str| host.path().join(below).to_str().unwrap().to_owned();
    fs::create_dir_all(path("tree/below")).unwrap();
    fs::write(path("tree/below/file"), "text").unwrap();
    symlink("tree", path("link")).unwrap();
    for (kind, machine) in machines() {
        let is_there = |below: &str| machine.path("root").join(below).exists();
        copies(&[&path("tree"), &machine.word("/root/new")]);
        assert!(is_there("new/below/file"), "{kind}: nothing was there");
        copies(&[&path("tree"), &machine.word("/root/new")]);
        assert!(is_there("new/tree/below/file"), "{kind}: a directory is copied into");
        copies(&[&path("tree/."), &machine.word("/root")]);
        assert!(is_there("below/file"), "{kind}: only what is in it");
        copies(&[&path("link"), &machine.word("/root")]);
        assert!(is_there("link/below/file"), "{kind}: a link that is named is followed");
        copies(&[&path("tree/below/file"), &machine.word("/root/file2")]);
        refuses(&[&path("tree"), &machine.word("/root/file2")], 6, "is no directory");
        refuses(&[&path("tree/below/file"), &machine.word("/root/no/")], 1, "is no directory");
        refuses(&[&path("tree/below/file"), &machine.word("/root/no/no")], 1, "there is no directory for");
        refuses(&[&path("tree/below/file/"), &machine.word("/root")], 1, "opening");
    }
}

#[test]
fn what_is_there_is_replaced_only_by_force_and_a_directory_never() {
    needs!(Need::Root);
    let host = tempfile::tempdir().unwrap();
    let (file, tree) = (host.path().join("name"), host.path().join("tree"));
    fs::write(&file, "new").unwrap();
    fs::create_dir(&tree).unwrap();
    symlink("elsewhere", tree.join("name")).unwrap();
    for (kind, machine) in machines() {
        let there = machine.path("root/name");
        fs::write(&there, "old").unwrap();
        own(&machine, "root/name");
        refuses(&[file.to_str().unwrap(), &machine.word("/root")], 6, "/root/name is there already");
        assert_eq!(fs::read_to_string(&there).unwrap(), "old", "{kind}");
        copies(&["--force", file.to_str().unwrap(), &machine.word("/root")]);
        assert_eq!(fs::read_to_string(&there).unwrap(), "new", "{kind}");
        let contents = format!("{}/.", tree.display());
        refuses(&[&contents, &machine.word("/root")], 6, "/root/name is there already");
        copies(&["--force", &contents, &machine.word("/root")]);
        assert_eq!(fs::read_link(&there).unwrap(), Path::new("elsewhere"), "{kind}");
        fs::remove_file(&there).unwrap();
        fs::create_dir(&there).unwrap();
        own(&machine, "root/name");
        for words in [&contents, file.to_str().unwrap()] {
            refuses(&["--force", words, &machine.word("/root")], 6, "/root/name is there already");
        }
        assert!(there.is_dir(), "{kind}");
        assert_eq!(fs::read_dir(machine.path("root")).unwrap().count(), 1, "{kind}: nothing else is left");
    }
}

#[test]
fn what_is_no_file_is_left_out_with_a_word() {
    needs!(Need::Root);
    let (host, machine) = (tempfile::tempdir().unwrap(), NamedTree::minimal());
    let tree = machine.path("root");
    rustix::fs::mkfifoat(rustix::fs::CWD, tree.join("fi\x1bfo"), rustix::fs::Mode::RWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(tree.join("socket")).unwrap();
    let run = copy(&[&machine.word("/root"), host.path().to_str().unwrap()]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.errors.contains("fi\\x1bfo: it is a FIFO"), "{run:?}");
    assert!(run.errors.contains("/root/socket: it is a socket"), "{run:?}");
    assert_eq!(fs::read_dir(host.path().join("root")).unwrap().count(), 0);
    refuses(&[&machine.word("/root/socket"), host.path().to_str().unwrap()], 1, "is a socket");
}

#[test]
fn a_directory_is_not_copied_into_itself() {
    needs!(Need::Root);
    for (kind, machine) in machines() {
        fs::create_dir_all(machine.path("root/a/b")).unwrap();
        ["root/a", "root/a/b"].iter().for_each(|path| own(&machine, path));
        for target in ["/root/a/b", "/root/a/new", "/root/a", "/root/a/."] {
            refuses(&[&machine.word("/root/a"), &machine.word(target)], 1, "into itself");
        }
        refuses(&[&machine.word("/root/a/."), &machine.word("/root/a")], 1, "into itself");
        assert!(!machine.path("root/a/b/a/b").exists(), "{kind}");
    }
}

#[test]
fn a_tree_in_use_is_refused_by_name_and_one_at_rest_is_locked() {
    needs!(Need::Root);
    let machine = NamedTree::minimal();
    let lock = File::open(machine.path("")).unwrap();
    assert_eq!(
        redd_sys::lock::lock_whole_file(&lock, redd_sys::lock::Sharing::Exclusive),
        Ok(redd_sys::lock::LockOutcome::Taken)
    );
    redd_sys::lock::mark_owner(&lock).unwrap();
    refuses(&["/etc/hostname", &machine.word("/root")], 1, "is in use by another machine");
    refuses(&[&machine.word("/etc/os-release"), "/tmp"], 1, "is in use by another machine");
    drop(lock);
    let mut writing = redd();
    let mut copying =
        writing.args(["copy", "-", &machine.word("/root/in")]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = copying.stdin.take().unwrap();
    // More than fits on the way: by then it writes.
    input.write_all(&vec![0; 4 << 20]).unwrap();
    let mut start = redd();
    start.args(["run", "-P"]).arg(machine.path("")).args(["/usr/bin/busybox", "true"]);
    let start = finish(start);
    assert!(start.status == 125 && start.errors.contains("in use"), "{start:?}");
    drop(input);
    assert!(copying.wait().unwrap().success());
}

#[test]
fn a_copy_that_is_killed_leaves_nothing_half() {
    needs!(Need::Root);
    for (kind, machine) in machines() {
        let mut writing = redd();
        writing.args(["copy", "--force", "-", &machine.word("/root/in")]).stdin(Stdio::piped());
        let mut copying = writing.spawn().unwrap();
        // It stays open: its end would be that of the file.
        let mut input = copying.stdin.take().unwrap();
        input.write_all(&vec![1; 4 << 20]).unwrap();
        copying.kill().unwrap();
        copying.wait().unwrap();
        drop(input);
        assert!(!machine.path("root/in").exists(), "{kind}");
        // What a file system without nameless files would leave.
        fs::write(machine.path("root/.#redd-copy.0123456789abcdef"), "half").unwrap();
        symlink("/", machine.path("root/.#redd-copy.1123456789abcdef")).unwrap();
        own(&machine, "root/.#redd-copy.0123456789abcdef");
        own(&machine, "root/.#redd-copy.1123456789abcdef");
        copies(&["/etc/passwd", &machine.word("/root/in")]);
        let left: Vec<_> =
            fs::read_dir(machine.path("root")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["in"], "{kind}");
    }
}

#[test]
fn words_that_machinectl_takes_are_taken() {
    needs!(Need::Root);
    let (host, machine) = (tempfile::tempdir().unwrap(), NamedTree::minimal());
    let file = host.path().join("file");
    fs::write(&file, "text").unwrap();
    fs::create_dir_all(machine.path("tmp/deep")).unwrap();
    let words = ["copy-to", &machine.name, file.to_str().unwrap(), "/tmp/deep"];
    assert_eq!(run(words).status, 0);
    assert_eq!(fs::read_to_string(machine.path("tmp/deep/file")).unwrap(), "text");
    let back = host.path().join("back");
    assert_eq!(run(["copy-from", &machine.name, "/tmp/deep/file", back.to_str().unwrap()]).status, 0);
    assert_eq!(fs::read_to_string(back).unwrap(), "text");
    assert_eq!(run(["cp", &machine.word("/tmp/deep/file"), "/dev/null/x"]).status, 1);
}

#[test]
fn what_is_not_there_is_said_by_its_name() {
    needs!(Need::Root);
    let machine = NamedTree::minimal();
    refuses(&["no-such-machine:/x", "/tmp"], 3, "there is no machine no-such-machine");
    refuses(&[&machine.word("/no/such"), "/tmp"], 1, &machine.word("/no/such"));
    refuses(&["/no/such", &machine.word("/")], 1, "/no/such");
    refuses(&["one", "other"], 2, "neither side is a machine");
    refuses(&["a b:x", "other"], 2, "./a b:x is a path");
    assert_eq!(copy(&["one"]).status, 2);
}
