//! Start, readiness, stop, reboot.

use std::fs;
use std::io::Read as _;
use std::os::fd::AsRawFd as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redd_tests::{CgroupView, Leftovers, Machine, Need, covers, needs, redd, unique_name};

fn boot(options: &[&str]) -> Machine {
    Machine::boot(&Need::Debian13.tree(), options)
}

#[test]
fn a_stop_is_orderly_and_leaves_nothing() {
    needs!(Need::Root, Need::Debian13);
    covers!(AI3, AI6);
    let machine = boot(&[]);
    let leftovers = Leftovers::before(&machine.name);
    machine.assert_runs_clean();
    machine.signal("TERM");
    machine.wait_for_message("STOPPING=1");
    // What PID 1 says of itself on the way down is passed on.
    machine.wait_for_message("STATUS=");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !machine.log().contains("Reached target") || !machine.log().contains("halt.target") {
        assert!(Instant::now() < deadline, "{}", machine.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(machine.wait(), 0);
    leftovers.assert_none();
}

/// AI3: a stop that comes before PID 1 listens is not lost.
#[test]
fn a_stop_during_the_first_moments_waits_for_the_init() {
    needs!(Need::Root, Need::Debian13);
    covers!(AI3);
    let machine = Machine::start_in(CgroupView::Native, &Need::Debian13.tree(), &["--ephemeral"]);
    let state = format!("/run/redd/machines/{}/state.json", machine.name);
    while fs::metadata(&state).is_err() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(machine.stop(), 0);
}

#[test]
fn ends_inside_have_their_meaning_outside() {
    needs!(Need::Root, Need::Debian13);
    covers!(UN4);
    for (verb, status) in [("poweroff", 0), ("exit 7", 7), ("halt", 0)] {
        let machine = boot(&[]);
        machine.assert_runs_clean();
        drop(machine.inside(&["sh", "-c", &format!("systemctl {verb}")]));
        assert_eq!(machine.wait(), status, "{verb}");
    }
}

#[test]
fn a_reboot_under_keep_unit_is_left_to_the_unit() {
    needs!(Need::Root, Need::Debian13);
    covers!(UN4);
    let machine = boot(&["--keep-unit"]);
    machine.assert_runs_clean();
    drop(machine.inside(&["systemctl", "reboot"]));
    assert_eq!(machine.wait(), 133);
}

#[test]
fn a_reboot_boots_again_with_the_same_identity() {
    needs!(Need::Root, Need::Debian13);
    covers!(UN4, UN2, EV2, NET3);
    let machine = boot(&[]);
    machine.assert_runs_clean();
    let identity = || {
        let mac = machine.shell("cat /sys/class/net/host0/address");
        (machine.state()["uuid"].clone(), machine.supervisor(), mac, machine.shell("cat /etc/machine-id"))
    };
    let boot_id = || machine.shell("cat /proc/sys/kernel/random/boot_id");
    let (before, first_boot, leader) = (identity(), boot_id(), machine.leader());
    assert!(machine.succeeds("touch /kept"));
    drop(machine.inside(&["systemctl", "reboot"]));
    let deadline = Instant::now() + Duration::from_secs(60);
    while machine.leader() == leader {
        assert!(Instant::now() < deadline, "{}", machine.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    while !machine.succeeds("systemctl is-system-running --wait") {
        assert!(Instant::now() < deadline, "{}", machine.log());
    }
    assert_eq!(identity(), before);
    assert_ne!(boot_id(), first_boot);
    assert!(machine.succeeds("test -e /kept"), "an ephemeral copy outlives a reboot");
    assert_eq!(machine.stop(), 0);
}

#[test]
fn a_second_signal_kills_now() {
    needs!(Need::Root, Need::Debian13);
    let machine = boot(&[]);
    let leftovers = Leftovers::before(&machine.name);
    // A unit that takes for ever to stop.
    let slow =
        "systemd-run --quiet -p KillMode=process -p TimeoutStopSec=600 -p ExecStop='sleep 600' sleep 900";
    assert!(machine.succeeds(slow));
    machine.signal("TERM");
    machine.wait_for_message("STOPPING=1");
    machine.signal("TERM");
    assert_eq!(machine.wait(), 137);
    leftovers.assert_none();
}

#[test]
fn a_stop_that_takes_too_long_ends_in_a_kill() {
    needs!(Need::Root, Need::Debian13);
    let machine = boot(&["--stop-timeout=2s"]);
    // Nor does it hear SIGTERM, which comes before.
    let slow = r#"systemd-run --quiet -p KillMode=process -p TimeoutStopSec=600 -p "ExecStop=sh -c 'trap \"\" TERM; sleep 600'" sleep 900"#;
    assert!(machine.succeeds(slow));
    assert_eq!(machine.stop(), 137);
}

#[test]
fn a_killed_redd_leaves_no_payload_and_the_name_free() {
    needs!(Need::Root, Need::Debian13);
    let machine = boot(&[]);
    let (leader, name) = (machine.leader(), machine.name.clone());
    let leftovers = Leftovers::before(&name);
    machine.signal("KILL");
    assert_eq!(machine.wait(), 256);
    let deadline = Instant::now() + Duration::from_secs(5);
    while fs::metadata(format!("/proc/{leader}/exe")).is_ok() {
        assert!(Instant::now() < deadline, "the payload lives on");
        std::thread::sleep(Duration::from_millis(10));
    }
    let run =
        redd_tests::run(["run", "--ephemeral", "-M", &name, Need::Debian13.tree().to_str().unwrap(), "true"]);
    assert_eq!((run.status, run.errors.as_str()), (0, ""));
    leftovers.assert_none();
}

/// AI6: a command that says something and ends at once is heard, however late redd comes to listen.
#[test]
fn the_last_words_of_a_payload_reach_the_supervisor() {
    needs!(Need::Root, Need::Debian13);
    covers!(AI6);
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("notify");
    let listener = std::os::unix::net::UnixDatagram::bind(&socket).unwrap();
    listener.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    let script = "$| = 1; print \"up\"; <STDIN>; socket(my $s, 1, 2, 0); \
                  connect($s, pack('S Z*', 1, '/run/host/notify')); send($s, \"STATUS=word $_\", 0) for 1 .. 5";
    let name = unique_name();
    let mut command = redd();
    command.args(["run", "-x", "--as-pid1", "--network-veth=no", "-M", &name]).arg(Need::Debian13.tree());
    command.args(["/usr/bin/perl", "-e", script]).env("NOTIFY_SOCKET", &socket);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    process.stdout.as_mut().unwrap().read_exact(&mut [0; 2]).unwrap();
    let state = loop {
        // Written when the payload runs already.
        if let Ok(state) = fs::read(format!("/run/redd/machines/{name}/state.json")) {
            break state;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let leader = serde_json::from_slice::<serde_json::Value>(&state).unwrap()["leader"].to_string();
    kill("STOP", &process);
    drop(process.stdin.take());
    while !fs::read_to_string(format!("/proc/{leader}/stat")).unwrap().contains(") Z ") {
        std::thread::sleep(Duration::from_millis(1));
    }
    kill("CONT", &process);
    let (mut heard, mut buffer) = (String::new(), [0; 4096]);
    while process.try_wait().unwrap().is_none() {
        if let Ok(length) = listener.recv(&mut buffer) {
            heard.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
    }
    while let Ok(length) = listener.recv(&mut buffer) {
        heard.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    assert!(heard.contains("word 5"), "{heard}");
}

fn kill(signal: &str, process: &Child) {
    let status = Command::new("kill").args(["-s", signal, &process.id().to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()));
}

/// AI4: a socket that redd was given is PID 1's; another process's variables say nothing.
#[test]
fn sockets_of_whoever_starts_redd_are_passed_to_pid_1() {
    needs!(Need::Root, Need::Debian13);
    covers!(AI4);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let inode = fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).unwrap();
    let look =
        "echo $LISTEN_FDS $LISTEN_PID $LISTEN_FDNAMES; readlink /proc/self/fd/3; ls /proc/self/fd | wc -w";
    let run = |process: &str| {
        let start = format!("exec 3<&{}; LISTEN_PID={process} exec \"$@\"", listener.as_raw_fd());
        let mut command = Command::new("sh");
        command.args(["-c", &start, "sh"]).arg(redd().get_program());
        command.args(["run", "-x", "--as-pid1", "--network-veth=no"]).arg(Need::Debian13.tree());
        command.args(["sh", "-c", look]).env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "http");
        rustix::io::fcntl_setfd(&listener, rustix::io::FdFlags::empty()).unwrap();
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let lines = run("$$");
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[..2], ["1 1 http", inode.to_str().unwrap()]);
    assert!(!run("1").contains("socket:"), "variables of another process");
    let mut nothing = Command::new("sh");
    nothing
        .args(["-c", "exec 3<&- ; LISTEN_PID=$$ LISTEN_FDS=3 exec \"$@\"", "sh"])
        .arg(redd().get_program());
    nothing.args(["run", "-x"]).arg(Need::Debian13.tree()).arg("true");
    let refused = nothing.output().unwrap();
    assert_eq!(refused.status.code(), Some(125));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("socket 3 of LISTEN_FDS"));
}
