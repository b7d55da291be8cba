//! Trees that are made from a template.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use redd_tests::small::{MountNamespace, Place};
use redd_tests::{Leftovers, Need, Run, minimal_tree, needs, redd, run, unique_name};

/// A template and where trees are made from it, on a file system of their own or the disk.
struct Workshop {
    place: Place,
    /// Where the file system is mounted.
    namespace: Option<MountNamespace>,
}

impl Workshop {
    fn on_disk() -> Self {
        let workshop = Self { place: Place::new(), namespace: None };
        fs::create_dir(workshop.path("")).unwrap();
        workshop.fill();
        workshop
    }

    fn on(kind: &str, options: &[&str]) -> Self {
        let namespace = MountNamespace::new();
        let mut workshop = Self { place: Place::new(), namespace: None };
        let image = workshop.place.path("image");
        fs::File::create(&image).unwrap().set_len(400 << 20).unwrap();
        tool(Command::new(format!("mkfs.{kind}")).args(options).arg(&image));
        fs::create_dir(workshop.path("")).unwrap();
        let disk = workshop.text("");
        namespace.run("mount", &["-o", "loop", image.to_str().unwrap(), &disk]);
        workshop.namespace = Some(namespace);
        if kind == "btrfs" {
            tool(Command::new("btrfs").args(["subvolume", "create"]).arg(workshop.path("template")));
        }
        workshop.fill();
        workshop
    }

    /// As it is seen by the tests.
    fn path(&self, name: &str) -> PathBuf {
        let path = self.place.path("disk").join(name);
        self.namespace.as_ref().map_or(path.clone(), |namespace| namespace.from_outside(&path))
    }

    /// As redd sees it.
    fn text(&self, name: &str) -> String {
        self.place.path("disk").join(name).display().to_string()
    }

    /// A small tree with one of everything.
    fn fill(&self) {
        let template = self.path("template");
        fs::create_dir_all(&template).unwrap();
        let tree = minimal_tree();
        tool(Command::new("cp").arg("-a").arg(tree.path().join(".")).arg(&template));
        fs::set_permissions(&template, fs::Permissions::from_mode(0o751)).unwrap();
        // A start makes what every system has: then the template would have changed.
        fs::create_dir(template.join("var")).unwrap();
        let etc = template.join("etc");
        fs::write(etc.join("su"), "su").unwrap();
        chown(etc.join("su"), Some(7), Some(8)).unwrap();
        fs::set_permissions(etc.join("su"), fs::Permissions::from_mode(0o4711)).unwrap();
        fs::hard_link(etc.join("su"), etc.join("sudo")).unwrap();
        symlink("/no/where", etc.join("link")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, etc.join("fifo"), rustix::fs::Mode::from_raw_mode(0o622))
            .unwrap();
        fs::set_permissions(etc.join("fifo"), fs::Permissions::from_mode(0o622)).unwrap();
        let attribute = rustix::fs::XattrFlags::empty();
        rustix::fs::setxattr(etc.join("su"), "user.note", b"kept", attribute).unwrap();
    }

    fn run(&self, options: &[&str], script: &str) -> Run {
        let name = unique_name();
        let leftovers = Leftovers::before(&name);
        let words = ["run", "-P", "-M", &name, "--network-veth=no"];
        let command = ["--", "/usr/bin/busybox", "sh", "-c", script];
        let mut redd = self.namespace.as_ref().map_or_else(redd, MountNamespace::redd);
        let output = redd.args(words).args(options).args(command).output().unwrap();
        leftovers.assert_none();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        Run {
            status: output.status.code().unwrap_or(256),
            output: text(&output.stdout),
            errors: text(&output.stderr),
        }
    }

    /// A script that has to succeed, in a tree that may have to be made.
    fn seen(&self, tree: &str, options: &[&str], script: &str) -> String {
        let (directory, template) = (self.text(tree), format!("--template={}", self.text("template")));
        let run = self.run(&[&["-D", &directory, &template][..], options].concat(), script);
        assert_eq!(run.status, 0, "{script}: {run:?}");
        run.output
    }

    /// What is beside the template, sorted.
    fn beside(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("")).unwrap().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| name != "lost+found");
        names.sort();
        names
    }
}

fn tool(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

const LOOK: &str = "cd /etc; busybox=/usr/bin/busybox; $busybox stat -c '%n %u:%g %a %h' / su link fifo os-release; \
                    $busybox cat sudo; $busybox readlink link";
const SEEN: &str =
    "/ 0:0 751 19\nsu 7:8 4711 2\nlink 0:0 777 1\nfifo 0:0 622 1\nos-release 0:0 644 1\nsu/no/where";

/// The links of the root directory are counted differently by each file system.
fn without_root_links(text: &str) -> String {
    text.split_once('\n').map_or_else(String::new, |(_root, rest)| rest.to_owned())
}

fn assert_made(workshop: &Workshop) {
    let output = workshop.seen("web", &[], LOOK);
    assert!(output.starts_with("/ 0:0 751 "), "{output}");
    assert_eq!(without_root_links(&output), without_root_links(SEEN));
    workshop.seen("web", &[], "echo changed > /etc/su; echo new > /etc/new");
    assert_eq!(workshop.seen("web", &[], "/usr/bin/busybox cat /etc/sudo /etc/new"), "changed\nnew");
    assert_eq!(workshop.seen("other", &[], "/usr/bin/busybox cat /etc/su"), "su");
    assert!(!workshop.path("template/etc/new").exists());
    assert_eq!(workshop.beside(), ["other", "template", "web"], "nothing else is left");
}

#[test]
fn a_tree_is_a_layer_over_its_template_where_blocks_cannot_be_shared() {
    needs!(Need::Root);
    let workshop = Workshop::on_disk();
    let output = workshop.seen("web", &[], LOOK);
    assert!(output.starts_with("/ 0:0 751 "), "{output}");
    assert_eq!(without_root_links(&output), without_root_links(SEEN));
    assert!(!workshop.path("web/usr").exists(), "nothing is copied");
    let write = "cd /etc; echo new > new; /usr/bin/busybox rm su; /usr/bin/busybox chown 5:6 os-release";
    workshop.seen("web", &["--private-users=1638400"], write);
    // Without naming the template again, with other ids, and as a copy.
    let directory = workshop.text("web");
    let look =
        "cd /etc; /usr/bin/busybox stat -c '%n %u:%g' new os-release sudo; test ! -e su; echo x > more";
    for options in [&[][..], &["--private-users=no"], &["-x"], &["--volatile=overlay"]] {
        let run = workshop.run(&[&["-D", &directory][..], options].concat(), look);
        assert_eq!(run.output, "new 0:0\nos-release 5:6\nsudo 7:8", "{options:?}: {run:?}");
        let is_kept = options.is_empty() || options == ["--private-users=no"];
        assert_eq!(fs::remove_file(workshop.path("web/etc/more")).is_ok(), is_kept, "{options:?}");
    }
    let read_only = ["-D", &directory, "--read-only", "--timezone=off"];
    let run = workshop.run(&read_only, "cd /etc; echo x > more || /usr/bin/busybox cat new");
    assert_eq!(run.output, "new", "{run:?}");
    let owner = fs::metadata(workshop.path("web/etc/new")).unwrap().uid();
    assert_eq!(owner, 0, "whatever ids it runs with, they are not on disk");
    assert_eq!(fs::read_to_string(workshop.path("template/etc/su")).unwrap(), "su");
    assert_eq!(workshop.beside(), ["template", "web"], "nothing that was worked in is left");
}

#[test]
fn blocks_are_shared_where_the_file_system_can() {
    needs!(Need::Root, Need::FileSystems);
    let workshop = Workshop::on("xfs", &["-q", "-m", "reflink=1"]);
    assert_made(&workshop);
    let made = fs::metadata(workshop.path("web/etc/su")).unwrap();
    assert_eq!(made.nlink(), 2);
    assert!(fs::symlink_metadata(workshop.path("web/etc/fifo")).unwrap().file_type().is_fifo());
    let mut note = [0; 8];
    let length = rustix::fs::getxattr(workshop.path("other/etc/su"), "user.note", &mut note).unwrap();
    assert_eq!(&note[..length], b"kept");
    let modified = |name: &str| fs::metadata(workshop.path(name)).unwrap().modified().unwrap();
    assert_eq!(modified("other/usr/bin/busybox"), modified("template/usr/bin/busybox"));
}

#[test]
fn a_subvolume_makes_a_snapshot() {
    needs!(Need::Root, Need::FileSystems);
    let workshop = Workshop::on("btrfs", &["-q"]);
    assert_made(&workshop);
    assert_eq!(fs::metadata(workshop.path("web")).unwrap().ino(), 256, "it is a subvolume itself");
}

#[test]
fn a_tree_over_a_template_that_has_changed_or_is_gone_is_refused() {
    needs!(Need::Root);
    let workshop = Workshop::on_disk();
    let look = "/usr/bin/busybox cat /etc/new";
    workshop.seen("web", &[], "echo kept > /etc/new");
    let again = || workshop.run(&["-D", &workshop.text("web")], look);
    assert_eq!(again().output, "kept");

    fs::write(workshop.path("template/etc/installed"), "").unwrap();
    let refused = again();
    assert!(refused.errors.contains("which has changed since"), "{refused:?}");
    let hint = refused.errors.lines().find_map(|line| line.split_once("with: rm ")).unwrap().1.to_owned();
    fs::remove_file(hint).unwrap();
    assert_eq!(again().output, "kept", "it is taken as it is now");
    fs::remove_file(workshop.path("template/etc/installed")).unwrap();
    assert!(again().errors.contains("which has changed since"), "and that is what later changes are told by");

    fs::rename(workshop.path("template"), workshop.path("moved")).unwrap();
    let refused = again();
    assert!(refused.errors.contains("which cannot be opened"), "{refused:?}");

    // What a mark stands for is not in the tree.
    let name = "trusted.redd.layer";
    let mark = b"00000000-0000-4000-8000-000000000001";
    rustix::fs::setxattr(workshop.path("web"), name, mark, rustix::fs::XattrFlags::empty()).unwrap();
    let refused = again();
    assert!(refused.errors.contains("does not say from which"), "{refused:?}");
}

#[test]
fn a_template_is_not_changed_while_a_tree_over_it_runs() {
    needs!(Need::Root);
    let workshop = Workshop::on_disk();
    workshop.seen("web", &[], "true");
    let name = unique_name();
    let mut first = redd();
    first
        .args(["run", "-M", &name, "--network-veth=no", "--timezone=off", "--resolv-conf=off"])
        .arg(workshop.path("template"));
    first.args(["/usr/bin/busybox", "cat"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut first = first.spawn().unwrap();
    let state = format!("/run/redd/machines/{name}/state.json");
    while !Path::new(&state).exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    for tree in ["web", "other"] {
        let options = ["-D", &workshop.text(tree), &format!("--template={}", workshop.text("template"))];
        let refused = workshop.run(&options, "true");
        assert!(refused.errors.contains("template is in use"), "{tree}: {refused:?}");
    }
    assert_eq!(workshop.beside(), ["template", "web"]);
    drop(first.stdin.take());
    assert!(first.wait().unwrap().success());
}

#[test]
fn what_is_no_template_is_refused_before_anything_is_made() {
    needs!(Need::Root);
    let workshop = Workshop::on_disk();
    fs::create_dir(workshop.path("empty")).unwrap();
    workshop.seen("web", &[], "true");
    let before = workshop.beside();
    let directory = workshop.text("made");
    for (template, extra, reason) in [
        (workshop.text("empty"), "-q", "no /usr"),
        (workshop.text("none"), "-q", "does not exist"),
        (workshop.text("template/etc/su"), "-q", "is no directory"),
        (workshop.text("web"), "-q", "lies over a template itself"),
        (workshop.text("template"), "-x", "exclude each other"),
    ] {
        let option = format!("--template={template}");
        let refused = workshop.run(&["-D", &directory, &option, extra], "true");
        assert!(refused.status != 0 && refused.errors.contains(reason), "{template}: {refused:?}");
        assert_eq!(workshop.beside(), before, "{template}");
    }
    let nowhere = workshop.text("none/made");
    let option = format!("--template={}", workshop.text("template"));
    let refused = workshop.run(&["-D", &nowhere, &option], "true");
    assert!(refused.errors.contains("the directory it is to be in"), "{refused:?}");
    // A plan makes nothing either.
    let plan = run(["plan", "run", "-M", "planned", "-D", &directory, &option, "true"]);
    assert_eq!((plan.status, workshop.beside()), (0, before), "{plan:?}");
    assert!(!Path::new(&directory).exists());
}
