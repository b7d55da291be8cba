//! A payload that takes all there is, and a caller who gives redd too little.

use std::io::Read as _;
use std::process::{Command, Stdio};

use redd_tests::{Leftovers, Need, Run, minimal_tree, needs, redd, run, skip, unique_name};

use crate::registry::Held::{Always, WithUsers};
use crate::registry::{Attack, Users, run_as, test};

pub(crate) const ATTACKS: &[Attack] = &[
    test("A23 fork 3000 times", Always, a_fork_bomb_stays_inside),
    test("A46 400 MB in a group of 150 MB", Always, memory_beyond_the_limit_costs_the_payload_alone),
    test(
        "A46 400 MB in a group of 150 MB that redd is in",
        Always,
        memory_beyond_the_limit_costs_the_payload_alone,
    ),
    test("A46 400 MB of files in memory", Always, memory_beyond_the_limit_costs_the_payload_alone),
    test("A47 open files up to the limit", Always, a_payload_without_descriptors_leaves_others_theirs),
    test("A47 start redd with 12 descriptors, more, or fewer", Always, a_redd_without_descriptors_says_so),
    test("A50 take all inotify instances", WithUsers, what_one_machine_takes_another_has),
];

fn perl(users: Users, options: &[&str], script: &str) -> Run {
    let tree = Need::Debian13.tree().display().to_string();
    let command = [&tree, "--", "/usr/bin/perl", "-e", script];
    run_as(users, &[&["run", "-P", "-x", "--network-veth=no"], options, &command].concat())
}

/// Whether a start would set a limit.
fn is_limited(attribute: &str) -> bool {
    let plan = run(["plan", "run", Need::Debian13.tree().to_str().unwrap(), "true"]);
    plan.output.contains(&format!("set {attribute}"))
}

#[test]
fn a_fork_bomb_stays_inside() {
    needs!(Need::Root, Need::Debian13);
    if !is_limited("pids.max=16384") {
        return skip("needs a controller of processes");
    }
    let script = "for (1..3000) { $pid = fork; defined $pid or last; $pid or do { sleep 1000; exit }; $made++ } print $made";
    for users in Users::BOTH {
        let forks =
            |limit: &str| -> u32 { perl(users, &["--as-pid1", limit], script).output.parse().unwrap() };
        assert!(forks("--pids-max=300") < 300);
        assert_eq!(forks("--pids-max=infinity"), 3000, "nothing else is in its way");
    }
}

#[test]
fn memory_beyond_the_limit_costs_the_payload_alone() {
    needs!(Need::Root, Need::Debian13);
    if !is_limited("memory.") {
        return skip("needs a controller of memory");
    }
    let allocate = "$x = \"x\" x (400 << 20); print length $x";
    let write = "open F, \">\", \"/dev/shm/file\"; $x = \"x\" x (1 << 20); for (1..400) { syswrite F, $x or last } print 400";
    for users in Users::BOTH {
        for script in [allocate, write] {
            let run = perl(users, &["--as-pid1", "--memory=150M"], script);
            assert_eq!((run.status, run.output.as_str()), (137, ""), "{users:?}: {run:?}");
        }
        assert_eq!(perl(users, &["--as-pid1"], allocate).output, (400 << 20).to_string());
        let name = unique_name();
        let leftovers = Leftovers::before(&name);
        if let Some(status) = run_in_small_group(users, &name, allocate) {
            assert_eq!(status, 137, "{users:?}: redd lives to tell");
        }
        leftovers.assert_none();
    }
}

/// Runs redd itself in a group of 150 MB, where there is a hierarchy of version 1 to make one in.
fn run_in_small_group(users: Users, name: &str, script: &str) -> Option<i32> {
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap();
    let path = own.lines().find_map(|line| line.split_once(":memory:"))?.1;
    let group = format!("/sys/fs/cgroup/memory{path}/attack-{name}");
    std::fs::create_dir(&group).ok()?;
    std::fs::write(format!("{group}/memory.limit_in_bytes"), "150M").unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "echo $$ > \"$0/cgroup.procs\"; exec \"$@\"", &group]).arg(redd().get_program());
    command.args(["run", "-M", name, "-P", "-x", "--as-pid1", "--network-veth=no", users.option()]);
    command.arg(Need::Debian13.tree()).args(["--", "/usr/bin/perl", "-e", script]);
    let status = command.output().unwrap().status.code();
    std::fs::remove_dir(group).unwrap();
    Some(status.unwrap_or(256))
}

#[test]
fn a_payload_without_descriptors_leaves_others_theirs() {
    needs!(Need::Root, Need::Debian13);
    let script =
        "$| = 1; while (open my $file, \"<\", \"/dev/null\") { push @files, $file } print \"full\"; <STDIN>";
    for users in Users::BOTH {
        let mut child = redd()
            .args([
                "run",
                "-P",
                "-x",
                "--as-pid1",
                "--network-veth=no",
                "--rlimit=NOFILE=20000:20000",
                users.option(),
            ])
            .arg(Need::Debian13.tree())
            .args(["--", "/usr/bin/perl", "-e", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 4]).unwrap();
        assert_eq!(perl(users, &[], "print 1").output, "1");
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_redd_without_descriptors_says_so() {
    needs!(Need::Root);
    let tree = minimal_tree();
    let name = unique_name();
    let leftovers = Leftovers::before(&name);
    for users in Users::BOTH {
        let mut statuses = Vec::new();
        for descriptors in [4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 64] {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("ulimit -n {descriptors}; exec \"$@\""), "sh"]);
            command
                .arg(redd().get_program())
                .args(["run", "-P", "-M", &name, users.option()])
                .arg(tree.path());
            let output = command.args(["/usr/bin/busybox", "true"]).stdin(Stdio::null()).output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            let status = output.status.code().unwrap();
            assert!(!errors.contains("panicked"), "{descriptors}: {errors}");
            assert!(
                status == 0 || matches!(status, 125 | 126) && errors.contains("os error 24"),
                "{descriptors}: {errors}"
            );
            statuses.push(status);
        }
        assert_eq!((statuses[0], statuses.last()), (125, Some(&0)), "{statuses:?}");
    }
    // What could not be undone for want of descriptors waits in the journal.
    assert_eq!(run(["gc"]).status, 0);
    leftovers.assert_none();
}

/// Not tried without a user namespace: there the host's root would be without any for a moment.
#[test]
fn what_one_machine_takes_another_has() {
    needs!(Need::Root, Need::Debian13);
    let take = "$| = 1; while (syscall(294, 0) >= 0) { $taken++ } print \"$taken instances.\"; <STDIN>";
    let mut child = redd()
        .args(["run", "-P", "-x", "--as-pid1", "--network-veth=no", "--rlimit=NOFILE=20000:20000"])
        .arg(Need::Debian13.tree())
        .args(["--", "/usr/bin/perl", "-e", take])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut seen, mut byte) = (String::new(), [0]);
    while !seen.ends_with('.') {
        child.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
        seen.push(char::from(byte[0]));
    }
    let one = "print syscall(294, 0) >= 0 ? \"one\" : \"none\"";
    let other = perl(Users::Own, &[], one);
    let host = Command::new("perl").args(["-e", one]).output().unwrap();
    drop(child.stdin.take());
    child.wait().unwrap();
    let taken: u32 = seen.split(' ').next().unwrap().parse().unwrap();
    assert!(taken < 19_000, "the limit was met: {seen}");
    assert_eq!((other.output.as_str(), host.stdout.as_slice()), ("one", &b"one"[..]));
}
