//! `redd run`, and what redd refuses.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Stdio;

use redd_tests::{Leftovers, Need, Run, at_a_terminal, covers, minimal_tree, needs, redd, run};

fn tree() -> String {
    Need::Debian13.tree().display().to_string()
}

/// Runs a shell script in a throw-away copy.
fn script(options: &[&str], text: &str) -> Run {
    let tree = tree();
    run([&["run", "--ephemeral"], options, &[&tree, "sh", "-c", text]].concat())
}

#[test]
fn the_commands_exit_status_is_redds() {
    needs!(Need::Root, Need::Debian13);
    assert_eq!(script(&[], "exit 7").status, 7);
    assert_eq!(script(&["--as-pid1"], "exit 7").status, 7);
    assert_eq!(script(&[], "kill -KILL $$").status, 137);
    let tree = tree();
    assert_eq!(run(["run", "-x", &tree, "no-such-command"]).status, 127);
    assert_eq!(run(["run", "-x", &tree, "/etc"]).status, 126);
}

#[test]
fn streams_stay_separate() {
    needs!(Need::Root, Need::Debian13);
    let tree = tree();
    let mut command = redd();
    command.args(["run", "-x", &tree, "sh", "-c", "cat; echo error >&2"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"input").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"input"[..], &b"error\n"[..]));
}

#[test]
fn the_stub_init_reaps_and_shows_nothing_of_the_caller() {
    needs!(Need::Root, Need::Debian13);
    covers!(FW1, EV1);
    let text = "tr '\\0' ' ' < /proc/1/environ; echo; cat /proc/1/comm; readlink /proc/1/exe; \
                (sleep 0.1 & ) ; sleep 0.3; ps -o stat= -A | grep -c Z";
    let run = script(&[], text);
    let lines: Vec<&str> = run.output.lines().collect();
    assert!(lines[0].starts_with("container=redd container_uuid="), "{}", lines[0]);
    assert_eq!(lines[0].split_whitespace().count(), 2);
    assert_eq!(lines[1], "redd-init");
    assert!(lines[2].starts_with("/memfd:redd-init"), "{}", lines[2]);
    assert_eq!(lines[3], "0");
}

#[test]
fn a_command_at_a_terminal_has_one_of_the_same_size() {
    needs!(Need::Root, Need::Debian13);
    let seen = at_a_terminal(
        &format!("REDD run -x {} sh -c 'stty size; tty; echo now; read word; echo got $word'", tree()),
        "now",
        b"typed\r",
    );
    assert!(
        seen.contains("/dev/pts/0")
            && seen.contains("33 77")
            && !seen.contains("0 0")
            && seen.contains("got typed"),
        "{seen}"
    );
    assert!(seen.contains("status 0"), "{seen}");
}

#[test]
fn the_escape_key_kills_and_the_terminal_is_as_before() {
    needs!(Need::Root, Need::Debian13);
    covers!(EE5);
    let seen = at_a_terminal(
        &format!("REDD boot -x -M escape{} {}", std::process::id(), tree()),
        "login:",
        b"\x1d\x1d\x1d",
    );
    assert!(seen.contains("login:"), "{seen}");
    assert!(seen.contains("status 137"), "{seen}");
    let modes = seen.rsplit("status 137").next().unwrap();
    assert!(modes.contains(" echo ") && modes.contains(" icanon "), "{modes}");
}

#[test]
fn a_user_is_looked_up_in_the_tree() {
    needs!(Need::Root, Need::Debian13);
    let run = script(
        &["-u", "daemon", "--chdir=/srv"],
        "id -un; id -u; pwd; grep CapEff /proc/self/status | cut -f2",
    );
    assert_eq!(run.output, "daemon\n1\n/srv\n0000000000000000");
    for user in ["no-such-user", "4294967296", "+1", "4294967295"] {
        assert_eq!(script(&["-u", user], "true").status, 125, "{user}");
    }
}

#[test]
fn the_environment_is_the_payloads_own() {
    needs!(Need::Root, Need::Debian13);
    let tree = tree();
    let output = redd()
        .args(["run", "-x", "-E", "GIVEN=1", "-E", "PASSED", &tree, "env"])
        .env("PASSED", "2")
        .env("SECRET", "3")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("GIVEN=1\n") && text.contains("PASSED=2\n") && !text.contains("SECRET"), "{text}");
}

#[test]
fn mounts_appear_as_asked_for() {
    needs!(Need::Root, Need::Debian13);
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("file"), "contents").unwrap();
    let source = outside.path().display();
    let name = format!("mounts{}", std::process::id());
    let leftovers = Leftovers::before(&name);
    let run = script(
        &[
            "-M",
            &name,
            &format!("--bind={source}:/one:idmap"),
            &format!("--bind-ro={source}:/two"),
            &format!("--bind={source}:/three:rootidmap"),
            &format!("--bind-ro={source}/file:/etc/file"),
            "--bind=:/scratch",
            "--bind=+/etc:/four",
            "--tmpfs=/five:size=1M,mode=0700",
            "--inaccessible=/usr/games",
        ],
        "cat /one/file /etc/file; touch /one/new && ! touch /two/new && ! mount -o remount,bind,rw /two; ! touch /two/new; \
         stat -c %u /one/file /two/file /three/file; touch /scratch/x; test -e /four/passwd && stat -c %a /five /usr/games",
    );
    assert_eq!(run.output, "contentscontents0\n65534\n0\n700\n0", "{}", run.errors);
    assert!(outside.path().join("new").exists());
    leftovers.assert_none();
}

#[test]
fn a_read_only_tree_stays_so() {
    needs!(Need::Root, Need::Debian13);
    let tree = tree();
    let text =
        "touch /x; mount -o remount,rw /; touch /x; mount -o remount,bind,rw /; touch /x; test ! -e /x";
    let run = run(["run", "--read-only", "--timezone=off", &tree, "sh", "-c", text]);
    assert_eq!(run.status, 0, "{}", run.errors);
}

#[test]
fn system_calls_are_filtered_and_the_filter_can_be_changed() {
    needs!(Need::Root, Need::Debian13);
    assert_eq!(script(&[], "unshare --mount true").status, 0);
    assert_ne!(script(&["--system-call-filter=~unshare"], "unshare --mount true").status, 0);
    assert_eq!(script(&["--system-call-filter=~@no-such-group"], "true").status, 125);
}

#[test]
fn limits_are_set_or_refused() {
    needs!(Need::Root, Need::Debian13);
    let run = script(
        &["--rlimit=NOFILE=100:200", "--oom-score-adjust=500"],
        "ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj",
    );
    assert_eq!(run.output, "100\n200\n500");
    let bomb = "i=0; while [ $i -lt 200 ]; do sleep 5 & i=$((i+1)); done; wait";
    let run = script(&["--pids-max=50"], bomb);
    assert!(run.errors.contains("fork"), "a fork bomb stays inside: {run:?}");
}

/// UP2: two machines at once never share ids.
#[test]
fn ranges_of_ids_are_never_shared() {
    needs!(Need::Root, Need::Debian13);
    covers!(UP2);
    let tree = tree();
    let start = |name: &str| {
        let mut command = redd();
        command.args(["run", "-x", "-M", name, &tree, "sh", "-c", "cat /proc/self/uid_map; read wait"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
    };
    let names = [1, 2, 3].map(|number| format!("ids{}-{number}", std::process::id()));
    let children: Vec<_> = names.iter().map(|name| start(name)).collect();
    let mut ranges: Vec<String> = children
        .into_iter()
        .map(|mut child| {
            drop(child.stdin.take());
            String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
        })
        .collect();
    for range in &ranges {
        let words: Vec<u32> = range.split_whitespace().map(|word| word.parse().unwrap()).collect();
        assert_eq!((words[0], words[1] % 65536, words[2]), (0, 0, 65536), "{range}");
    }
    ranges.sort();
    ranges.dedup();
    assert_eq!(ranges.len(), 3);
}

#[test]
fn a_range_that_systemds_own_manager_has_is_left_alone() {
    needs!(Need::Root, Need::Debian13);
    covers!(UP2);
    let tree = tree();
    let name = format!("taken{}", std::process::id());
    let map = || run(["run", "-x", "-M", &name, &tree, "cat", "/proc/self/uid_map"]).output;
    let first = map();
    let start = first.split_whitespace().nth(1).unwrap();
    fs::create_dir_all("/run/systemd/nspawn-uid").unwrap();
    let path = format!("/run/systemd/nspawn-uid/{start}");
    // As that manager does: what nobody has locked yet may be cleaned away by others.
    let file = loop {
        let file = fs::File::create(&path).unwrap();
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).unwrap();
        if file.metadata().unwrap().nlink() == 1 {
            break file;
        }
    };
    assert_ne!(map().split_whitespace().nth(1), Some(start));
    fs::remove_file(path).unwrap();
    drop(file);
    assert_eq!(map().split_whitespace().nth(1), Some(start), "a free range is taken again");
}

/// NET1 to NET3: a machine that changes managers keeps its addresses.
#[test]
fn links_are_named_and_addressed_as_systemds_own_manager_does() {
    needs!(Need::Root, Need::Debian13, Need::Nspawn);
    covers!(NET1, NET2, NET3);
    let tree = tree();
    let name = format!("mac{}", std::process::id());
    let script = "cat /sys/class/net/host0/address; ip -o link show lo | grep -c UP; read wait";
    let mut child = redd()
        .args(["run", "-x", "-M", &name, &tree, "sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let link = format!("/sys/class/net/ve-{name}/address");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let outside = loop {
        if let Ok(address) = fs::read_to_string(&link) {
            break address.trim().to_owned();
        }
        assert!(std::time::Instant::now() < deadline, "no link");
    };
    drop(child.stdin.take());
    let inside = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let inside: Vec<&str> = inside.lines().collect();
    assert_eq!(inside[1], "1", "lo is up");
    // redd leaves the link to its guard.
    while Path::new(&link).exists() {
        assert!(std::time::Instant::now() < deadline, "the link stays");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let reference = std::process::Command::new("systemd-nspawn")
        .args([
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--network-veth",
            "--read-only",
            "-M",
            &name,
            "-D",
            &tree,
        ])
        .args(["sh", "-c", "cat /sys/class/net/host0/address"])
        .output()
        .unwrap();
    assert!(reference.status.success(), "{}", String::from_utf8_lossy(&reference.stderr));
    assert_eq!(String::from_utf8_lossy(&reference.stdout).trim(), inside[0]);
    assert_ne!(outside, inside[0]);
}

#[test]
fn trees_that_are_none_are_refused_before_anything_is_touched() {
    needs!(Need::Root);
    let leftovers = Leftovers::before("refused");
    let tree = minimal_tree();
    let path = |name: &str| tree.path().join(name).display().to_string();
    fs::write(path("file"), "").unwrap();
    fs::create_dir(path("empty")).unwrap();
    for (words, expected) in [
        (vec!["boot", "/no/such/tree"], "does not exist"),
        (vec!["boot", &path("file")], "is no directory"),
        (vec!["boot", &path("empty")], "no /usr"),
        (vec!["boot", tree.path().to_str().unwrap()], "no init"),
        (vec!["run", "--bind=/no/such/file:/x", tree.path().to_str().unwrap(), "true"], "/no/such/file"),
        (vec!["run", "--load-credential=a:/no/such", tree.path().to_str().unwrap(), "true"], "/no/such"),
    ] {
        let run = run([&["plan"], &words[..]].concat());
        assert_eq!(run.status, 125, "{words:?}");
        let run = redd_tests::run([&words[..1], &["-M", "refused"], &words[1..]].concat());
        assert_eq!(run.status, 125, "{words:?}");
        assert!(run.errors.contains(expected), "{words:?}: {}", run.errors);
    }
    leftovers.assert_none();
}

/// What a start finds in its way is somebody else's: it fails, says where, and leaves that alone.
#[test]
fn a_cgroup_that_is_somebody_elses_is_left_alone() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let name = format!("foreign{}", std::process::id());
    let plan = run(["plan", "--json", "run", "-M", &name, tree.path().to_str().unwrap(), "true"]);
    let plan: serde_json::Value = serde_json::from_str(&plan.output).unwrap();
    let cgroup = plan["steps"].as_array().unwrap().iter().find_map(|step| {
        (step["action"] == "create-cgroup").then(|| step["path"].as_str().unwrap().to_owned())
    });
    let cgroup = cgroup.unwrap();
    fs::create_dir(&cgroup).unwrap();
    let run = run(["run", "-M", &name, tree.path().to_str().unwrap(), "/usr/bin/busybox", "true"]);
    let is_there = Path::new(&cgroup).exists();
    fs::remove_dir(&cgroup).unwrap();
    assert_eq!(run.status, 125);
    assert!(run.errors.contains(&cgroup) && is_there, "{}", run.errors);
}

/// A file system that cannot map owners is named, with the way out; nothing is ever chowned.
#[test]
fn a_file_system_without_id_maps_is_refused_with_the_way_out() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let place = tempfile::tempdir().unwrap();
    let binary = redd().get_program().to_owned();
    let script = "mount -t ramfs none \"$1\" && cp -a \"$2/.\" \"$1\" && exec \"$0\" run -M unmapped \"$1\" /usr/bin/busybox true";
    let output = std::process::Command::new("unshare")
        .args(["--mount", "sh", "-c", script])
        .arg(binary)
        .args([place.path(), tree.path()])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{errors}");
    assert!(errors.contains("stage root") && errors.contains("--private-users-ownership=off"), "{errors}");
    assert!(!Path::new("/run/redd/machines/unmapped").exists());
}

#[test]
fn a_tree_is_used_by_one_machine_at_a_time() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let path = tree.path().to_str().unwrap();
    let mut first = redd();
    first.args(["run", "-M", "first", path, "/usr/bin/busybox", "cat"]);
    let mut child = first.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let state = Path::new("/run/redd/machines/first/state.json");
    while !state.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let second = run(["run", "-M", "second", path, "/usr/bin/busybox", "true"]);
    assert!(second.errors.contains("in use"), "{}", second.errors);
    let other = minimal_tree();
    let same_name = run(["run", "-M", "first", other.path().to_str().unwrap(), "/usr/bin/busybox", "true"]);
    assert!(same_name.errors.contains("is running"), "{}", same_name.errors);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_plan_is_shown_without_touching_anything() {
    needs!(Need::Root, Need::Debian13);
    let tree = tree();
    let leftovers = Leftovers::before("planned");
    let text = run(["plan", "boot", "-M", "planned", &tree]);
    assert!(
        text.output.contains("pivot into the root") && text.output.contains("undone at the end"),
        "{}",
        text.errors
    );
    let json = run(["plan", "--json", "run", "-M", "planned", &tree, "true"]);
    let plan: serde_json::Value = serde_json::from_str(&json.output).unwrap();
    assert!(plan["steps"].as_array().unwrap().len() > 30);
    leftovers.assert_none();
}

#[test]
fn the_doctor_names_each_thing_and_its_effect() {
    let run = run(["doctor", "--json"]);
    let findings: serde_json::Value = serde_json::from_str(&run.output).unwrap();
    let names: Vec<&str> =
        findings.as_array().unwrap().iter().filter_map(|finding| finding["name"].as_str()).collect();
    for name in [
        "kernel",
        "cgroup layout",
        "user namespaces",
        "id ranges",
        "device filter",
        "seccomp",
        "systemd-machined",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    assert!(
        findings
            .as_array()
            .unwrap()
            .iter()
            .all(|finding| finding["effect"].as_str().is_some_and(|text| !text.is_empty()))
    );
}
