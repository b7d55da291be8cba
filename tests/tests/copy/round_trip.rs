//! What goes into a machine and comes out again is what it was.

use std::ffi::OsString;
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use redd_tests::{Need, needs};
use rustix::fs::{Mode, OFlags, XattrFlags, mkdirat, openat, setxattr};

use crate::{copies, machines, picture};

/// A file to be made.
#[derive(Debug, Clone)]
enum Node {
    Directory(Vec<(OsString, Node)>, Dress),
    File(Vec<(u64, Vec<u8>)>, Dress),
    Link(OsString),
    /// Another name for whatever file was made so many files ago.
    Again(usize),
}

#[derive(Debug, Clone)]
struct Dress {
    mode: u32,
    owner: (u32, u32),
    modified: u32,
    note: Option<Vec<u8>>,
}

fn name() -> impl Strategy<Value = OsString> {
    let plain = "[a-z]{1,3}".prop_map(OsString::from);
    let hostile = prop::collection::vec(any::<u8>(), 1..40);
    let long = Just(vec![b'n'; 255]);
    let special = prop::sample::select(vec!["\n", "\x1b]0;x\x07", " ", "-a", "*", "\\", ".#redd", "m:x"]);
    prop_oneof![
        4 => plain,
        1 => prop_oneof![hostile, long].prop_map(picture::name),
        1 => special.prop_map(OsString::from),
    ]
    .prop_filter("no name", |name| {
        use std::os::unix::ffi::OsStrExt as _;
        name != "." && name != ".." && !name.as_bytes().iter().any(|byte| matches!(byte, 0 | b'/'))
    })
}

prop_compose! {
    fn dress()(
        mode in 0_u32..0o10000,
        owner in (0_u32..65534, 0_u32..65534),
        modified: u32,
        note in prop::option::of(prop::collection::vec(any::<u8>(), 0..30)),
    ) -> Dress {
        Dress { mode, owner, modified, note }
    }
}

fn node() -> impl Strategy<Value = Node> {
    let part = (0_u64..1_000_000, prop::collection::vec(any::<u8>(), 0..5000));
    let file =
        (prop::collection::vec(part, 0..4), dress()).prop_map(|(parts, dress)| Node::File(parts, dress));
    let link = "[a-z/.]{1,30}".prop_map(|target| Node::Link(target.into()));
    let again = (0_usize..4).prop_map(Node::Again);
    let leaf = prop_oneof![4 => file, 1 => link, 1 => again];
    leaf.prop_recursive(4, 24, 6, |inner| {
        let entries = prop::collection::btree_map(name(), inner, 0..6);
        (entries, dress()).prop_map(|(entries, dress)| Node::Directory(entries.into_iter().collect(), dress))
    })
}

fn make(node: &Node, path: &Path, files: &mut Vec<PathBuf>) {
    match node {
        Node::Directory(entries, dress) => {
            fs::create_dir(path).unwrap();
            entries.iter().for_each(|(name, node)| make(node, &path.join(name), files));
            clothe(path, dress);
        }
        Node::File(parts, dress) => {
            let file = File::create(path).unwrap();
            parts.iter().for_each(|(offset, bytes)| file.write_all_at(bytes, *offset).unwrap());
            clothe(path, dress);
            files.push(path.to_owned());
        }
        Node::Link(target) => {
            symlink(target, path).unwrap();
            lchown(path, Some(12), Some(13)).unwrap();
        }
        Node::Again(ago) => {
            if let Some(file) = files.len().checked_sub(ago + 1).map(|index| &files[index]) {
                fs::hard_link(file, path).unwrap();
            }
        }
    }
}

fn clothe(path: &Path, dress: &Dress) {
    chown(path, Some(dress.owner.0), Some(dress.owner.1)).unwrap();
    fs::set_permissions(path, PermissionsExt::from_mode(dress.mode)).unwrap();
    if let Some(note) = &dress.note {
        setxattr(path, c"user.note", note, XattrFlags::empty()).unwrap();
    }
    let time = SystemTime::UNIX_EPOCH + Duration::new(u64::from(dress.modified), 123_456_789);
    File::open(path).unwrap().set_times(FileTimes::new().set_modified(time)).unwrap();
}

#[test]
fn a_tree_comes_out_as_it_went_in() {
    needs!(Need::Root);
    let machines = machines();
    let mut runner = TestRunner::new(Config { cases: 16, ..Config::default() });
    let tree = prop::collection::btree_map(name(), node(), 0..6);
    let whole =
        (tree, dress()).prop_map(|(entries, dress)| Node::Directory(entries.into_iter().collect(), dress));
    runner
        .run(&whole, |whole| {
            let host = tempfile::tempdir().unwrap();
            let (source, back) = (host.path().join("source"), host.path().join("back"));
            make(&whole, &source, &mut Vec::new());
            let expected = picture::of(&source, 0);
            for (kind, machine) in &machines {
                let target = machine.word("/root/tree");
                copies(&["-a", source.to_str().unwrap(), &target]);
                copies(&["-a", &target, back.to_str().unwrap()]);
                let start = fs::metadata(machine.path("usr")).unwrap().uid();
                prop_assert_eq!(&picture::of(&machine.path("root/tree"), start), &expected, "{}", kind);
                prop_assert_eq!(&picture::of(&back, 0), &expected, "{}", kind);
                fs::remove_dir_all(machine.path("root/tree")).unwrap();
                fs::remove_dir_all(&back).unwrap();
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_tree_may_be_deeper_than_a_path_is_long() {
    needs!(Need::Root);
    const DEPTH: usize = 300;
    let name = "d".repeat(255);
    let open = |path: &Path| File::open(path).unwrap();
    let descend = |top: File| {
        (0..DEPTH).fold(top, |above, _| {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            File::from(openat(&above, &name, flags, Mode::empty()).unwrap())
        })
    };
    let host = tempfile::tempdir().unwrap();
    fs::create_dir(host.path().join("tree")).unwrap();
    let mut above = open(&host.path().join("tree"));
    for _ in 0..DEPTH {
        mkdirat(&above, &name, Mode::RWXU).unwrap();
        above = File::from(openat(&above, &name, OFlags::RDONLY, Mode::empty()).unwrap());
    }
    let flags = OFlags::WRONLY | OFlags::CREATE;
    openat(&above, "end", flags, Mode::RUSR).unwrap();
    rustix::fs::linkat(&above, "end", &above, "other", rustix::fs::AtFlags::empty()).unwrap();
    for (index, (kind, machine)) in machines().into_iter().enumerate() {
        let back = host.path().join(index.to_string());
        copies(&[host.path().join("tree").to_str().unwrap(), &machine.word("/root")]);
        copies(&[&machine.word("/root/tree"), back.to_str().unwrap()]);
        let end = openat(descend(open(&back)), "end", OFlags::RDONLY, Mode::empty()).unwrap();
        assert_eq!(rustix::fs::fstat(end).unwrap().st_nlink, 2, "{kind}");
    }
}
