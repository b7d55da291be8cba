//! `redd run -u`: whom a command is run as, and what that user is given.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

use redd_tests::{Need, Run, at_a_terminal, minimal_tree, needs, run};

const USERS: &str = "ann:x:1500:1501::/srv/homes/ann:/bin/sh\nlost:x:1502:100::/nonexistent:/bin/sh\n\
                     bin2:x:1503:1503::/etc/passwd:/bin/sh\n";
const GROUPS: &str = "staff2:x:1600:ann,other\nmore:x:1601:ann\nnone:x:1602:annx\n";

/// A tree with a shell and a few users.
fn tree_with_users() -> tempfile::TempDir {
    let tree = minimal_tree();
    let place = |path: &str| tree.path().join(path);
    for directory in ["srv", "bin", "var/lib", "var/tmp"] {
        fs::create_dir_all(place(directory)).expect("the tree is the test's own");
    }
    for program in ["sh", "id", "stat", "touch", "rm", "true"] {
        symlink("busybox", place("usr/bin").join(program)).expect("the tree is the test's own");
    }
    symlink("/usr/bin/busybox", place("bin/sh")).expect("the tree is the test's own");
    fs::write(place("etc/passwd"), USERS).expect("the tree is the test's own");
    fs::write(place("etc/group"), GROUPS).expect("the tree is the test's own");
    tree
}

fn script(tree: &Path, options: &[&str], text: &str) -> Run {
    let tree = tree.display().to_string();
    run([&["run", "--timezone=off"], options, &[&tree, "sh", "-c", text]].concat())
}

#[test]
fn a_missing_home_is_made_for_the_user_and_stays_in_the_tree() {
    needs!(Need::Root);
    let tree = tree_with_users();
    let home = tree.path().join("srv/homes/ann");
    for users in ["--private-users=pick", "--private-users=no"] {
        let run =
            script(tree.path(), &["-u", "ann", users], "id; pwd; stat -c '%u %g %a' . ..; touch x; rm x");
        let ids = "uid=1500(ann) gid=1501 groups=1600(staff2),1601(more)";
        assert_eq!(run.output, format!("{ids}\n/srv/homes/ann\n1500 1501 755\n0 0 755"), "{}", run.errors);
        let made = fs::metadata(&home).unwrap();
        assert_eq!((made.uid(), made.gid()), (1500, 1501));
        fs::remove_dir(&home).unwrap();
    }
}

#[test]
fn a_number_stands_for_the_user_that_has_it() {
    needs!(Need::Root);
    let tree = tree_with_users();
    assert_eq!(
        script(tree.path(), &["-x", "-u", "1500"], "id -un; id -Gn 2>/dev/null").output,
        "ann\n1501 staff2 more"
    );
    assert!(!tree.path().join("srv/homes").exists(), "a copy has it");
}

#[test]
fn without_a_home_a_command_starts_in_the_root() {
    needs!(Need::Root);
    let tree = tree_with_users();
    let cases: [(&str, &[&str]); 4] =
        [("lost", &["-x"]), ("bin2", &["-x"]), ("ann", &["--read-only"]), ("ann", &["--volatile=state"])];
    for (user, options) in cases {
        let run = script(tree.path(), &[options, &["-u", user]].concat(), "pwd; id -un");
        assert_eq!(run.output, format!("/\n{user}"), "{}", run.errors);
    }
    symlink("/nowhere", tree.path().join("srv/homes")).unwrap();
    assert_eq!(script(tree.path(), &["-x", "-u", "ann"], "pwd").output, "/", "a link leads nowhere");
    fs::remove_file(tree.path().join("srv/homes")).unwrap();
    assert!(!tree.path().join("nonexistent").exists() && !tree.path().join("srv/homes").exists());
    assert_eq!(script(tree.path(), &["-x", "-u", "ann", "--chdir=/none"], "true").status, 125);
}

#[test]
fn a_home_in_memory_is_made_there() {
    needs!(Need::Root);
    let tree = tree_with_users();
    let path = tree.path().join("etc/passwd");
    let users = fs::read_to_string(&path).unwrap().replace("/srv/homes/ann", "/var/lib/ann");
    fs::write(&path, users).unwrap();
    let run = script(tree.path(), &["--volatile=state", "-u", "ann"], "pwd; stat -c %u .");
    assert_eq!(run.output, "/var/lib/ann\n1500", "{}", run.errors);
    assert!(!tree.path().join("var/lib/ann").exists());
}

#[test]
fn a_home_behind_a_link_stays_in_the_tree() {
    needs!(Need::Root);
    let tree = tree_with_users();
    let outside = tempfile::tempdir_in("/var/tmp").unwrap();
    let inside = tree.path().join(outside.path().strip_prefix("/").unwrap());
    fs::create_dir(&inside).unwrap();
    symlink(outside.path(), tree.path().join("srv/homes")).unwrap();
    let run = script(tree.path(), &["-u", "ann"], "stat -c %u ~");
    assert_eq!(run.output, "1500", "{}", run.errors);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert_eq!(fs::metadata(inside.join("ann")).unwrap().uid(), 1500);
}

#[test]
fn users_that_nobody_knows_and_groups_are_refused() {
    needs!(Need::Root);
    let tree = tree_with_users();
    for user in ["no-such-user", "1999", "4294967295", "-1", "/", "ann\n"] {
        let run = script(tree.path(), &["-x", &format!("--uid={user}")], "true");
        assert!(run.status != 0 && run.errors.contains("no user"), "{user}: {}", run.errors);
    }
    let run = script(tree.path(), &["-x", "-u", "ann:staff2"], "true");
    assert!(run.status != 0 && run.errors.contains("a group cannot be chosen"), "{}", run.errors);
    let run = script(tree.path(), &["-x", "-u", ""], "true");
    assert!(run.status != 0 && run.errors.contains("name or number"), "{}", run.errors);
}

#[test]
fn root_needs_no_entry() {
    needs!(Need::Root);
    let tree = minimal_tree();
    for user in ["root", "0"] {
        let tree = tree.path().display().to_string();
        let options = ["run", "-x", "--timezone=off", "-u", user, &tree, "/usr/bin/busybox"];
        let run = run([&options[..], &["id", "-u"]].concat());
        assert_eq!((run.output.as_str(), run.status), ("0", 0), "{}", run.errors);
    }
}

#[test]
fn a_user_can_open_its_terminal_by_name() {
    needs!(Need::Root, Need::Debian13);
    let tree = Need::Debian13.tree();
    let text = "id -un; echo opened > /dev/stderr; stat -c %U /dev/console; : < /dev/console && echo read";
    let seen = at_a_terminal(
        &format!("REDD run -x -u daemon {} sh -c '{text}; sleep 1'", tree.display()),
        "read",
        b"",
    );
    for part in ["daemon", "opened", "read"] {
        assert!(seen.contains(part), "{seen}");
    }
    assert_eq!(seen.matches("daemon\r\n").count(), 2, "{seen}");
}
