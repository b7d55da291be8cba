//! Files about machines: which are read, what they may do, and what `redd config` says of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use redd_tests::{Need, needs, run, unique_name};

/// A file that is gone with the test.
struct Written(PathBuf);

impl Written {
    fn new(path: impl Into<PathBuf>, text: &str) -> Self {
        let path = path.into();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        Self(path)
    }

    /// Where the administrator's own files are, until the next boot of this host.
    fn trusted(name: &str, text: &str) -> Self {
        Self::new(format!("/run/systemd/nspawn/{name}.nspawn"), text)
    }

    fn beside_the_tree(name: &str, text: &str) -> Self {
        Self::new(Need::Debian13.tree().with_file_name(format!("{name}.nspawn")), text)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
        let parent = self.0.parent().unwrap_or(Path::new("/"));
        if parent.extension().is_some_and(|extension| extension == "d") {
            drop(fs::remove_dir(parent));
        }
    }
}

/// What a shell prints in a throw-away copy.
fn shell(name: &str, options: &[&str], text: &str) -> redd_tests::Run {
    let tree = Need::Debian13.tree().display().to_string();
    run([&["run", "-x", "-M", name], options, &[&tree, "sh", "-c", text]].concat())
}

#[test]
fn an_administrators_file_is_used_and_added_to() {
    needs!(Need::Root, Need::Debian13);
    let name = unique_name();
    let _file = Written::trusted(
        &name,
        "[Exec]\nHostname=from-file\nEnvironment=A=1 B=2\n[Files]\nTemporaryFileSystem=/mnt\n",
    );
    let _addition = Written::new(
        format!("/run/systemd/nspawn/{name}.nspawn.d/10.conf"),
        "[Exec]\nEnvironment=B=3\n[X-Redd]\nStopTimeout=5\n",
    );
    let seen = shell(
        &name,
        &[],
        "hostname 2>/dev/null || cat /proc/sys/kernel/hostname; echo $A$B; stat -fc %T /mnt",
    );
    assert_eq!((seen.status, seen.output.as_str()), (0, "from-file\n13\ntmpfs"), "{seen:?}");
    // What the words say wins, group by group.
    let seen = shell(&name, &["-E", "C=4"], "echo $A$B$C; stat -fc %T /mnt");
    assert_eq!(seen.output, "4\ntmpfs");
    let seen = shell(&name, &["--settings=no"], "echo $A.; stat -fc %T /mnt");
    assert!(!seen.output.contains("tmpfs") && seen.output.starts_with('.'), "{seen:?}");
    let seen = shell(&name, &["--settings=override", "-E", "C=4"], "echo $A$B$C");
    assert_eq!(seen.output, "13");
}

#[test]
fn a_file_beside_a_tree_is_heard_but_grants_nothing() {
    needs!(Need::Root, Need::Debian13);
    let name = unique_name();
    let text = "[Exec]\nPrivateUsers=no\nHostname=beside\n[Files]\nBind=/usr:/mnt/host\n";
    let _file = Written::beside_the_tree(&name, text);
    let look = "cat /proc/sys/kernel/hostname; read inside outside count </proc/self/uid_map; echo $outside; test -e /mnt/host || echo whole";
    let seen = shell(&name, &[], look);
    let lines: Vec<&str> = seen.output.lines().collect();
    assert_eq!((lines[0], lines[2]), ("beside", "whole"), "{seen:?}");
    assert_ne!(lines[1], "0");
    assert!(seen.errors.contains("PrivateUsers=") && seen.errors.contains("Bind="), "{seen:?}");
    let trusting =
        shell(&name, &["--settings=trusted"], "read inside outside count </proc/self/uid_map; echo $outside");
    assert_eq!(trusting.output, "0");
}

#[test]
fn a_file_that_cannot_be_used_is_no_start() {
    needs!(Need::Root, Need::Debian13);
    let name = unique_name();
    let _file = Written::trusted(&name, "[Exec]\nPrivateUsers=perhaps\n");
    let refused = shell(&name, &[], "echo it runs");
    assert_eq!((refused.status, refused.output.as_str()), (125, ""));
    assert!(refused.errors.contains(&format!("{name}.nspawn:2: Exec.PrivateUsers")), "{refused:?}");
}

#[test]
fn what_lies_beside_a_tree_may_be_anything() {
    needs!(Need::Root, Need::Debian13);
    let name = unique_name();
    let path = Need::Debian13.tree().with_file_name(format!("{name}.nspawn"));
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let refused = shell(&name, &[], "echo it runs");
    fs::remove_file(&path).unwrap();
    assert!(refused.status == 125 && refused.errors.contains("no regular file"), "{refused:?}");
    let _large = Written::new(&path, &"#".repeat(2 << 20));
    let refused = shell(&name, &[], "echo it runs");
    assert!(refused.status == 125 && refused.errors.contains("mebibyte"), "{refused:?}");
}

#[test]
fn what_holds_is_shown_with_who_said_so() {
    needs!(Need::Root, Need::Debian13);
    let name = unique_name();
    let file = Written::trusted(&name, "[Files]\nReadOnly=yes\nColour=red\n");
    let tree = Need::Debian13.tree().display().to_string();
    let shown = run(["config", "show", "--origin", "-M", &name, "--set-credential=key:secret", &tree]);
    assert_eq!(shown.status, 0, "{shown:?}");
    let line = |option: &str| {
        let found = shown.output.lines().find(|line| line.split_whitespace().next() == Some(option));
        found.unwrap_or_default().split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("read-only"), format!("yes {}:2", file.0.display()));
    assert_eq!(line("machine"), format!("{name} command line"));
    assert_eq!(line("private-users"), "pick default");
    assert!(!shown.output.contains("secret") && line("set-credential").starts_with("key:"));
    assert!(shown.errors.contains("Colour"), "{shown:?}");
    let checked = run(["config", "check", file.0.to_str().unwrap()]);
    assert_eq!(checked.status, 1);
    assert!(checked.output.contains("trusted") && checked.output.contains(":3: ignored"), "{checked:?}");
    assert_eq!(run(["config", "check", "/nowhere/x.nspawn"]).status, 1);
}
