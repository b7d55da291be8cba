//! `redd exec`: a command in a machine that runs, confined as that is, with the caller's streams and its own end.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(clippy::disallowed_methods, reason = "somebody has to write while somebody reads")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::{
    CgroupView, Machine, NamedTree, Need, at_a_terminal, in_view, needs, nspawn, redd, time_limit,
};

const USERS: [&str; 2] = ["--private-users=pick", "--private-users=no"];

fn exec(machine: &str, options: &[&str], words: &[&str]) -> Command {
    let mut command = redd();
    command.arg("exec").args(options).arg(machine).args(words);
    command
}

fn output(machine: &str, options: &[&str], words: &[&str]) -> Output {
    exec(machine, options, words).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

/// What a command prints that has to succeed.
fn seen(machine: &str, options: &[&str], words: &[&str]) -> String {
    let output = output(machine, options, words);
    assert_eq!(output.status.code(), Some(0), "{words:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn wait_until(what: &str, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + time_limit(Duration::from_secs(60));
    while !look() {
        assert!(Instant::now() < deadline, "not: {what}");
        sleep(Duration::from_millis(5));
    }
}

/// A command that says when it is there.
fn spawn_ready(machine: &str, words: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = exec(machine, &[], words).stdout(Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    (child, reader)
}

fn send(child: &Child, signal: &str) {
    let status = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(status.unwrap().success());
}

/// Machines of every kind that there is a way to start.
fn machines(users: &str) -> Vec<Machine> {
    let tree = Need::Debian13.tree();
    let boot = |view| Machine::boot_in(view, &tree, &["--ephemeral", users, "--network-veth=no"]);
    let by_nspawn = Machine::start_by(nspawn_boot(), &tree, &["--ephemeral", users, "--register=no"]);
    by_nspawn.wait_for_message("READY=1");
    vec![boot(CgroupView::Native), boot(CgroupView::PureV2), by_nspawn]
}

/// What the harness says, `boot … TREE`, in nspawn's words.
fn nspawn_boot() -> Command {
    const SCRIPT: &str = "program=$1; shift 2; tree=${@: -1}; set -- \"${@:1:$#-1}\"; \
                          exec -a systemd-nspawn \"$program\" --boot -D \"$tree\" \"$@\"";
    let mut command = Command::new("bash");
    let program = nspawn().get_program().to_owned();
    command.args(["-c", SCRIPT, "bash"]);
    command.arg(program).stdin(Stdio::null()).env_remove("CREDENTIALS_DIRECTORY");
    command
}

#[test]
fn a_command_ends_with_its_own_status_however_the_machine_was_started() {
    needs!(Need::Root, Need::Debian13);
    for users in USERS {
        for machine in machines(users) {
            let status = |words: &[&str]| output(&machine.name, &[], words).status.code().unwrap();
            assert_eq!(status(&["true"]), 0, "{users}");
            assert_eq!(status(&["--", "sh", "-c", "exit 42"]), 42);
            assert_eq!(status(&["sh", "-c", "kill -s KILL $$"]), 137);
            assert_eq!(status(&["sh", "-c", "kill -s TERM $$"]), 143);
            assert_eq!(status(&["no-such-command"]), 127);
            assert_eq!(status(&["/etc/passwd"]), 126);
            assert_eq!(status(&["/etc"]), 126);
            assert_eq!(machine.stop(), 0);
        }
    }
}

#[test]
fn a_command_is_confined_as_pid_1_is() {
    needs!(Need::Root, Need::Debian13);
    let script = |process: &str| {
        format!(
            "grep -E '^(Cap|Seccomp|NoNewPrivs|Groups)' /proc/{process}/status; cat /proc/{process}/cgroup; \
             for kind in cgroup ipc mnt net pid time user uts; do readlink /proc/{process}/ns/$kind; done; \
             cat /proc/{process}/oom_score_adj; grep -v 'open files' /proc/{process}/limits"
        )
    };
    for users in USERS {
        for machine in machines(users) {
            let [own, pid1] = ["self", "1"].map(|process| {
                let text = script(process).replace("/proc/self/", "/proc/$$/");
                seen(&machine.name, &[], &["sh", "-c", &text])
            });
            assert_eq!(own, pid1, "{users}");
            assert!(own.contains("Seccomp:\t2"), "{own}");
            assert_eq!(seen(&machine.name, &[], &["cat", "/proc/1/comm"]), "systemd");
        }
    }
}

/// Mounts that others cover are no way to its cgroup.
#[test]
fn a_command_gets_in_where_version_2_is_all_there_is() {
    needs!(Need::Root);
    let tree = redd_tests::minimal_tree();
    let mut command = redd();
    let name = redd_tests::unique_name();
    command.args(["run", "-M", &name]).arg(tree.path()).args(["/usr/bin/busybox", "sleep", "1000"]);
    let mut machine = in_view(CgroupView::PureV2, command).spawn().unwrap();
    let record = format!("/run/redd/machines/{name}/state.json");
    wait_until("it runs", || std::path::Path::new(&record).exists());
    let own = in_view(CgroupView::PureV2, exec(&name, &[], &["busybox", "cat", "/proc/self/cgroup"]));
    let own = { own }.output().unwrap();
    assert_eq!(own.status.code(), Some(0), "{}", text(&own.stderr));
    assert_eq!(text(&own.stdout), seen(&name, &[], &["busybox", "cat", "/proc/1/cgroup"]));
    assert!(redd().args(["terminate", &name]).status().unwrap().success());
    machine.wait().unwrap();
}

#[test]
fn less_than_usual_inside_is_less_for_a_command_too() {
    needs!(Need::Root, Need::Debian13);
    let options =
        ["--ephemeral", "--drop-capability=CAP_CHOWN", "--no-new-privileges=yes", "--private-users=no"];
    let machine = Machine::boot_in(CgroupView::Native, &Need::Debian13.tree(), &options);
    let status = seen(&machine.name, &[], &["cat", "/proc/self/status"]);
    let field =
        |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    assert_eq!(field("NoNewPrivs:"), "1");
    for set in ["CapBnd:", "CapPrm:", "CapEff:"] {
        assert_eq!(u64::from_str_radix(&field(set), 16).unwrap() & 1, 0, "{set}");
    }
    // Whoever is not root has none.
    let status = seen(&machine.name, &["-u", "nobody"], &["cat", "/proc/self/status"]);
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert!(status.contains(&format!("{set}\t0000000000000000\n")), "{status}");
    }
}

#[test]
fn streams_are_the_callers_own_and_apart() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    let both = output(&machine.name, &[], &["sh", "-c", "echo out; echo err >&2"]);
    assert_eq!((text(&both.stdout).as_str(), text(&both.stderr).as_str()), ("out", "err"));
    let sent: Vec<u8> = (0..=u8::MAX).cycle().take(3_000_000).collect();
    let mut command = exec(&machine.name, &["-i"], &["cat"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = {
        let sent = sent.clone();
        std::thread::spawn(move || input.write_all(&sent))
    };
    let received = child.wait_with_output().unwrap().stdout;
    writer.join().unwrap().unwrap();
    assert!(received == sent, "{} bytes of {}", received.len(), sent.len());
    // Nothing else is open: 3 is the directory that is listed.
    let open = "cd /proc/self/fd; exec ls";
    assert_eq!(seen(&machine.name, &[], &["sh", "-c", open]), "0\n1\n2\n3");
}

#[test]
fn signals_go_to_the_command() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    for signal in ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "CONT"] {
        let script = format!("trap 'echo got; exit 9' {signal}; echo ready; while :; do sleep 0.05; done");
        let (mut child, mut reader) = spawn_ready(&machine.name, &["bash", "-c", &script]);
        send(&child, signal);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert_eq!((line.as_str(), child.wait().unwrap().code()), ("got\n", Some(9)), "{signal}");
    }
    // The caller's nohup is not the command's.
    let ignoring = format!(
        "trap '' HUP; exec {} exec {} sh -c 'kill -s HUP $$'",
        redd().get_program().display(),
        machine.name
    );
    let status = Command::new("bash").args(["-c", &ignoring]).stdin(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(129));
}

#[test]
fn a_command_ends_with_a_caller_that_is_killed() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    let (mut child, mut reader) = spawn_ready(&machine.name, &["sh", "-c", "echo ready; exec sleep 1000"]);
    child.kill().unwrap();
    child.wait().unwrap();
    // Its output has nobody left who could write to it.
    let mut line = String::new();
    assert_eq!(reader.read_line(&mut line).unwrap(), 0);
    assert_eq!(output(&machine.name, &[], &["pgrep", "-f", "sleep 1000"]).status.code(), Some(1));
}

#[test]
fn a_machine_that_ends_ends_its_commands() {
    needs!(Need::Root, Need::Debian13);
    for users in USERS {
        let machine = Machine::boot(&Need::Debian13.tree(), &[users]);
        let (mut child, _reader) = spawn_ready(&machine.name, &["sh", "-c", "echo ready; exec sleep 1000"]);
        assert!(redd().args(["terminate", &machine.name]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(137), "{users}");
        let run = output(&machine.name, &[], &["true"]);
        assert_eq!(run.status.code(), Some(125));
        assert!(text(&run.stderr).contains("does not run"), "{}", text(&run.stderr));
    }
}

#[test]
fn user_directory_and_environment_are_as_the_caller_says() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    let who = ["sh", "-c", "id -u; id -g; pwd; echo $HOME $USER $SHELL $TERM $container"];
    assert_eq!(seen(&machine.name, &[], &who), "0\n0\n/root\n/root root /bin/bash dumb redd");
    assert_eq!(
        seen(&machine.name, &["-u", "daemon"], &who),
        "1\n1\n/usr/sbin\n/usr/sbin daemon /usr/sbin/nologin dumb redd"
    );
    assert_eq!(seen(&machine.name, &["-u", "daemon:games"], &["id", "-G"]), "60");
    assert_eq!(seen(&machine.name, &["--user=1234:5678"], &["id", "-u"]), "1234");
    let options = ["-w", "/usr/share", "-e", "ONE=1 2", "--env=HOME=/nowhere"];
    assert_eq!(
        seen(&machine.name, &options, &["sh", "-c", "pwd; echo \"$ONE $HOME\""]),
        "/usr/share\n1 2 /nowhere"
    );
    for (options, word) in [
        (&["-u", "nobody-here"][..], "no user nobody-here"),
        (&["-u", "1234"], "no user 1234"),
        (&["-u", "daemon:nogroup-here"], "no group nogroup-here"),
        (&["-w", "/not/there"], "/not/there"),
        (&["-w", "not/absolute"], "not/absolute"),
        (&["-u", ""], "USER"),
    ] {
        let run = output(&machine.name, options, &["true"]);
        assert_eq!(run.status.code(), Some(125), "{options:?}");
        assert!(text(&run.stderr).contains(word), "{}", text(&run.stderr));
    }
}

#[test]
fn a_terminal_is_the_payloads_own_and_follows_the_callers() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &[]);
    let script = "tty; stty size; trap \"stty size; exit 5\" WINCH; echo begin; while :; do sleep 0.05; done";
    let line = format!(
        "T=$(tty); (for i in $(seq 200); do sleep 0.1; stty -F $T rows $((100 + i)) cols 99; done) & \
         REDD exec -t {} bash -c '{script}'; S=$?; kill %1; (exit $S)",
        machine.name
    );
    let shown = at_a_terminal(&line, "no prompt", b"");
    assert!(shown.contains("/dev/pts/") && shown.contains("33 77"), "{shown}");
    assert!(shown.contains(" 99\r\n") && shown.contains("status 5"), "{shown}");
    // The caller's terminal is as it was.
    assert!(shown.contains(" icanon") && shown.contains(" echo "), "{shown}");
    // What is typed arrives, ^C too.
    let line = format!(
        "REDD exec -t -u nobody {} bash -c 'trap \"echo caught; exit 6\" INT; echo typ\"\"e; read line'",
        machine.name
    );
    let shown = at_a_terminal(&line, "type", b"\x03");
    assert!(shown.contains("caught") && shown.contains("status 6"), "{shown}");
}

#[test]
fn the_callers_terminal_is_not_given_away() {
    needs!(Need::Root, Need::Debian13);
    let machine = Machine::boot(&Need::Debian13.tree(), &["--private-users=no"]);
    let script =
        "for n in 0 1 2; do test -t $n && echo is-a-terminal; done; echo ask; read line; echo \"<$line>\"";
    let line = format!("REDD exec {} bash -c '{script}'", machine.name);
    let shown = at_a_terminal(&line, "ask", b"hello\n");
    assert!(shown.contains("<hello>") && shown.contains("status 0"), "{shown}");
    assert!(!shown.contains("is-a-terminal\r"), "{shown}");
}

#[test]
fn a_tree_needs_no_shell_no_users_and_no_terminals() {
    needs!(Need::Root);
    for users in USERS {
        let machine = NamedTree::minimal().running(&[users], &["/usr/bin/busybox", "sleep", "1000"]);
        let busybox = |words: &[&str]| seen(&machine.name, &[], &[&["busybox"], words].concat());
        assert_eq!(busybox(&["id", "-u"]), "0");
        assert_eq!(busybox(&["pwd"]), "/root");
        let missing = output(&machine.name, &[], &["sh"]);
        assert_eq!(missing.status.code(), Some(127));
    }
}

#[test]
fn a_frozen_machine_is_refused_and_what_helps_is_named() {
    needs!(Need::Root);
    let machine = NamedTree::minimal().running(&[], &["/usr/bin/busybox", "sleep", "1000"]);
    assert!(redd().args(["pause", &machine.name]).status().unwrap().success());
    let run = output(&machine.name, &[], &["busybox", "true"]);
    let errors = text(&run.stderr);
    assert_eq!(run.status.code(), Some(125), "{errors}");
    assert!(errors.contains("frozen") && errors.contains("redd resume"), "{errors}");
    assert!(redd().args(["resume", &machine.name]).status().unwrap().success());
    assert_eq!(output(&machine.name, &[], &["busybox", "true"]).status.code(), Some(0));
}

#[test]
fn a_machine_full_of_processes_is_named_as_such() {
    needs!(Need::Root);
    // A shell that cannot fork ends: the one that keeps the machine alive has to be none.
    let busy = "(while :; do busybox sleep 1000 & done) & exec busybox sleep 1000";
    let machine = NamedTree::minimal().running(&["--pids-max=8"], &["/usr/bin/busybox", "sh", "-c", busy]);
    wait_until("there is no room left", || {
        let run = output(&machine.name, &[], &["busybox", "true"]);
        run.status.code() == Some(125) && text(&run.stderr).contains("pids.max")
    });
}

#[test]
fn words_that_cannot_be_used_end_with_125() {
    for words in
        [&["exec"][..], &["exec", "name"], &["exec", "../x", "true"], &["exec", "--no-such", "x", "true"]]
    {
        assert_eq!(redd().args(words).output().unwrap().status.code(), Some(125), "{words:?}");
    }
}
