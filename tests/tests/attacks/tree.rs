//! The author of a tree is hostile: links, files that are none, device nodes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use redd_tests::{Leftovers, Need, Run, minimal_tree, needs, unique_name};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::registry::Held::Always;
use crate::registry::{Attack, Users, run_as, test};

pub(crate) const ATTACKS: &[Attack] = &[
    test("A1 a directory of the tree is a link to the host", Always, links_lead_nowhere),
    test("A2 a file that redd writes or reads is a link to the host", Always, links_lead_nowhere),
    test("A3 machine-id or journal is a link to the host", Always, links_lead_nowhere),
    test("A4 what a mount goes over is a link to the host", Always, links_lead_nowhere),
    test("A7 /dev/null is a link when a path is masked", Always, masks_do_not_come_from_the_tree),
    test("A8 a tree that brings its own /proc", Always, a_procfs_of_the_trees_is_never_read),
    test(
        "A9 FIFO, device, directory, self-link or 1 TiB where redd reads",
        Always,
        files_that_are_none_are_refused,
    ),
    test("A19 open a device that the tree brings", Always, devices_of_a_tree_cannot_be_opened),
];

/// Where a link of the tree may be, and whether it is to lead to a directory.
const DIRECTORIES: [&str; 12] = [
    "dev",
    "run",
    "var",
    "proc",
    "sys",
    "tmp",
    "etc",
    "root",
    "run/host",
    "run/systemd",
    "proc/sys",
    "sys/fs/cgroup",
];
const FILES: [&str; 9] = [
    "etc/resolv.conf",
    "etc/localtime",
    "etc/passwd",
    "etc/os-release",
    "etc/machine-id",
    "var/log/journal",
    "dev/console",
    "dev/ptmx",
    "dev/null",
];

/// A directory of the host that nobody is to touch.
struct Decoy {
    directory: tempfile::TempDir,
    before: BTreeMap<PathBuf, String>,
}

impl Decoy {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("empty")).unwrap();
        fs::write(directory.path().join("file"), "root:x:0:0::/root:/bin/sh\n").unwrap();
        let before = contents(directory.path());
        Self { directory, before }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn assert_untouched(&self, by: &str) {
        assert_eq!(contents(self.path()), self.before, "{by}");
    }
}

/// Everything of a directory and below that can be told apart.
fn contents(directory: &Path) -> BTreeMap<PathBuf, String> {
    let mut all = BTreeMap::new();
    let status = fs::symlink_metadata(directory).unwrap();
    let times = (status.mtime_nsec(), status.ctime_nsec());
    let text = if status.is_file() { fs::read_to_string(directory).unwrap() } else { String::new() };
    all.insert(directory.to_owned(), format!("{:o} {} {times:?} {text}", status.mode(), status.uid()));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        all.extend(contents(&entry.path()));
    }
    all
}

/// Puts a link in place of what is there.
fn plant(tree: &Path, place: &str, target: &Path) {
    let link = tree.join(place);
    drop(fs::remove_file(&link).or_else(|_| fs::remove_dir_all(&link)));
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(target, link).unwrap();
}

/// As many `..` as it takes, and then the target.
fn relative(target: &Path) -> PathBuf {
    Path::new("../../../../../../../../../..").join(target.strip_prefix("/").unwrap())
}

/// A start with every option that makes redd write into a tree.
fn start(users: Users, tree: &Path, script: &str) -> Run {
    let (name, tree) = (unique_name(), tree.display().to_string());
    let options =
        ["run", "-P", "-M", &name, "--network-veth=no", "--resolv-conf=replace-host", "--timezone=copy"];
    let mounts = ["--tmpfs=/var/lib/new", "--bind=:/root/new", "--set-credential=name:value"];
    let command = [&tree, "/usr/bin/busybox", "sh", "-c", script];
    let leftovers = Leftovers::before(&name);
    let run = run_as(users, &[&options[..], &mounts, &command].concat());
    leftovers.assert_none();
    run
}

#[test]
fn links_lead_nowhere() {
    needs!(Need::Root);
    let decoy = Decoy::new();
    let directories = DIRECTORIES.map(|place| (place, decoy.path().to_owned()));
    let files = FILES.map(|place| (place, decoy.path().join("file")));
    for (place, target) in directories.into_iter().chain(files) {
        for target in [target.clone(), relative(&target)] {
            let tree = minimal_tree();
            plant(tree.path(), place, &target);
            // Who follows it without care is at the decoy.
            assert!(tree.path().join(place).canonicalize().unwrap().starts_with(decoy.path()));
            for users in Users::BOTH {
                let run = start(users, tree.path(), "true");
                assert!(matches!(run.status, 0 | 125), "{place}: {run:?}");
                assert!(!run.errors.contains("panicked"), "{place}: {run:?}");
                decoy.assert_untouched(place);
            }
        }
    }
}

#[test]
fn masks_do_not_come_from_the_tree() {
    needs!(Need::Root);
    let decoy = Decoy::new();
    for users in Users::BOTH {
        let tree = minimal_tree();
        plant(tree.path(), "dev/null", &decoy.path().join("file"));
        fs::write(tree.path().join("etc/shadow"), "secret").unwrap();
        let tree = tree.path().to_str().unwrap();
        let script = "busybox cat /etc/shadow; test -c /dev/null && test ! -L /dev/null && echo over";
        let options = ["run", "-P", "--inaccessible=/etc/shadow", "--network-veth=no"];
        let run = run_as(users, &[&options[..], &[tree, "/usr/bin/busybox", "sh", "-c", script]].concat());
        assert_eq!((run.status, run.output.as_str()), (0, "over"), "{}", run.errors);
        decoy.assert_untouched("dev/null");
    }
}

/// A link of the tree leads a bind mount over what redd's last look at itself reads; it must not get there.
#[test]
fn a_procfs_of_the_trees_is_never_read() {
    needs!(Need::Root);
    for users in Users::BOTH {
        let tree = minimal_tree();
        let proc = tree.path().join("proc");
        for directory in ["self", "1", "sys/kernel"] {
            fs::create_dir_all(proc.join(directory)).unwrap();
            fs::write(proc.join(directory).join("status"), "Seccomp:\t2\n").unwrap();
        }
        let run = start(users, tree.path(), "busybox grep -c ^Cap /proc/self/status");
        assert_eq!((run.status, run.output.as_str()), (0, "5"), "{}", run.errors);
        let fake = tree.path().join("fake");
        fs::write(&fake, "Seccomp:\t2\n").unwrap();
        for (target, place, refused) in
            [("/proc", "self/status", "/srv/self"), ("/proc/1", "status", "/proc/1/status")]
        {
            plant(tree.path(), "srv", Path::new(target));
            let bind = format!("--bind-ro={}:/srv/{place}", fake.display());
            let path = tree.path().to_str().unwrap();
            let run =
                run_as(users, &["run", "-P", &bind, "--network-veth=no", path, "/usr/bin/busybox", "true"]);
            assert_eq!(run.status, 125, "{}", run.errors);
            assert!(run.errors.contains(refused), "{}", run.errors);
        }
    }
}

/// What redd reads in a tree is small and regular, and looked at without waiting.
#[test]
fn files_that_are_none_are_refused() {
    needs!(Need::Root);
    let read = ["etc/os-release", "usr/lib/os-release", "etc/machine-id", "etc/passwd", "etc/group"];
    let replaced =
        ["etc/localtime", "etc/resolv.conf", "etc/hostname", "sbin/init", "usr/lib/systemd/systemd"];
    for place in read.into_iter().chain(replaced) {
        for (kind, make) in NO_FILES {
            let tree = minimal_tree();
            if place == "usr/lib/os-release" {
                fs::remove_file(tree.path().join("etc/os-release")).unwrap();
            }
            let path = tree.path().join(place);
            drop(fs::remove_file(&path));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            make(&path);
            let tree = tree.path().to_str().unwrap();
            let options = ["-P", "--resolv-conf=replace-host", "--timezone=copy", "--network-veth=no"];
            for users in Users::BOTH {
                let words = [&["run"], &options[..], &[tree, "/usr/bin/busybox", "true"]].concat();
                let run = run_as(users, &words);
                assert!(matches!(run.status, 0 | 125), "{place}, {kind}: {run:?}");
                assert!(run.status == 125 || !read.contains(&place), "{place}, {kind}: {run:?}");
                assert!(!run.errors.contains("panicked"), "{place}, {kind}: {run:?}");
            }
            let boot = redd_tests::run(["plan", "boot", tree]);
            assert!(!boot.errors.contains("panicked"), "{place}, {kind}: {boot:?}");
        }
    }
}

/// Makes something at a path.
type Maker = fn(&Path);

/// What is not the file that it is in the place of.
const NO_FILES: [(&str, Maker); 6] = [
    ("FIFO", |path| node(path, FileType::Fifo, 0)),
    ("/dev/zero", |path| node(path, FileType::CharacterDevice, makedev(1, 5))),
    ("terminal", |path| node(path, FileType::CharacterDevice, makedev(5, 0))),
    ("1 TiB", |path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap()),
    ("link to itself", |path| symlink(path.file_name().unwrap(), path).unwrap()),
    ("directory", |path| fs::create_dir(path).unwrap()),
];

fn node(path: &Path, kind: FileType, device: u64) {
    mknodat(CWD, path, kind, Mode::from_raw_mode(0o755), device).unwrap();
}

/// The host's disk and terminal, made by the host's root: no file system's flag is in the way of these.
#[test]
fn devices_of_a_tree_cannot_be_opened() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let devices = [
        ("disk", FileType::BlockDevice, host_disk()),
        ("mem", FileType::CharacterDevice, makedev(1, 1)),
        ("kmsg", FileType::CharacterDevice, makedev(1, 11)),
        ("tty0", FileType::CharacterDevice, makedev(4, 0)),
        ("fuse", FileType::CharacterDevice, makedev(10, 229)),
    ];
    for (name, kind, device) in devices {
        node(&tree.path().join(name), kind, device);
    }
    for users in Users::BOTH {
        let script = "for name in disk mem kmsg tty0 fuse; do busybox dd if=/$name of=/dev/null bs=1 count=0 && \
                      echo opened $name; done; echo end";
        let run = start(users, tree.path(), script);
        assert_eq!((run.status, run.output.as_str()), (0, "end"), "{}", run.errors);
    }
    // The nodes are real ones.
    assert!(fs::File::open(tree.path().join("disk")).is_ok());
    assert!(fs::File::open(tree.path().join("kmsg")).is_ok());
}

fn host_disk() -> u64 {
    let output = Command::new("lsblk").args(["-dno", "MAJ:MIN"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (major, minor) = text.lines().next().unwrap().trim().split_once(':').unwrap();
    makedev(major.parse().unwrap(), minor.parse().unwrap())
}
