//! The console of a machine that nobody sits at is written down, and nothing waits for that.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::{CgroupView, Machine, Need, needs, redd, unique_name};

/// What a machine's logs are in, gone when the test is over.
struct Logs(PathBuf);

impl Logs {
    fn of(name: &str) -> Self {
        Self(Path::new("/var/lib/redd/logs").join(name))
    }

    fn read(&self, file: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.0.join(file)).unwrap_or_default()).into_owned()
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A command in a tree, its console kept.
fn kept(name: &str, script: &str) -> Command {
    let mut command = redd();
    command.args(["run", "--ephemeral", "--console=kept", "-M", name]).arg(Need::Debian13.tree());
    command.args(["sh", "-c", script]);
    command
}

#[test]
fn what_is_written_is_in_the_log_behind_a_line_for_each_boot_and_nowhere_else() {
    needs!(Need::Root, Need::Debian13);
    let name = unique_name();
    let logs = Logs::of(&name);
    for word in ["first", "second"] {
        let output = kept(&name, &format!("echo the {word}; test ! -t 5 && stty size")).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]));
    }
    let text = logs.read("console.log");
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    assert_eq!(lines.len(), 6, "{text}");
    for (boot, word) in [(0, "first"), (3, "second")] {
        assert!(lines[boot].starts_with("-- redd: boot 1 at 2") && lines[boot].ends_with("Z --"), "{text}");
        assert_eq!((lines[boot + 1], lines[boot + 2]), (&*format!("the {word}"), "24 80"));
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(&logs.0), mode(&logs.0.join("console.log"))), (0o700, 0o600));
}

#[test]
fn a_reboot_has_a_line_of_its_own() {
    needs!(Need::Root, Need::Debian13);
    let machine =
        Machine::boot_in(CgroupView::Native, &Need::Debian13.tree(), &["--ephemeral", "--console=kept"]);
    let logs = Logs::of(&machine.name);
    assert!(machine.inside(&["systemctl", "reboot"]).status.success());
    machine.wait_for_message("READY=1");
    assert_eq!(machine.stop(), 0);
    let text = logs.read("console.log");
    let boots: Vec<&str> = text.split("-- redd: boot ").skip(1).collect();
    assert!(boots.len() == 2 && boots[0].starts_with("1 at") && boots[1].starts_with("2 at"), "{text}");
    assert!(boots.iter().all(|boot| boot.contains("System Shutdown")), "{text}");
}

/// The process that writes a machine's console down.
fn scribe(redd: &Child) -> Option<String> {
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", redd.id())).unwrap_or_default();
    let is_scribe = |pid: &&str| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "redd-console\n")
    };
    children.split_whitespace().find(is_scribe).map(str::to_owned)
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} does not come");
        sleep(Duration::from_millis(5));
    }
}

fn signal(pid: &str, name: &str) {
    assert!(Command::new("kill").args(["-s", name, pid]).status().unwrap().success());
}

/// A stopped process is a disk that does not answer.
#[test]
fn a_disk_that_does_not_answer_holds_up_neither_the_payload_nor_its_end() {
    needs!(Need::Root, Need::Debian13);
    let (name, directory) = (unique_name(), tempfile::tempdir().unwrap());
    let (logs, go) = (Logs::of(&name), directory.path().join("go"));
    let script = "while ! test -e /mnt/go; do sleep 0.05; done; seq 1000000; touch /mnt/done; \
                  while ! test -e /mnt/end; do sleep 0.05; done; echo the end";
    let mut command = kept(&name, script);
    let bind = format!("--bind={}:/mnt:rootidmap", directory.path().display());
    let words: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    command = redd();
    command.arg(&words[0]).arg(bind).args(&words[1..]);
    let mut redd = command.stdout(Stdio::null()).spawn().unwrap();
    let scribe = wait_for("the scribe", || scribe(&redd));
    signal(&scribe, "STOP");
    fs::write(&go, "").unwrap();
    wait_for("the end of the output", || directory.path().join("done").exists().then_some(()));
    signal(&scribe, "CONT");
    wait_for("the log", || logs.read("console.log").contains("\r\n100\r\n").then_some(()));
    fs::write(directory.path().join("end"), "").unwrap();
    assert!(redd.wait().unwrap().success());
    let text = logs.read("console.log.1") + &logs.read("console.log");
    assert!(text.ends_with(" bytes lost --\r\nthe end\r\n"), "{}", &text[text.len().saturating_sub(200)..]);
}

#[test]
fn a_scribe_that_was_killed_is_missed_by_nobody() {
    needs!(Need::Root, Need::Debian13);
    let (name, script) = (unique_name(), "sleep 2; seq 100000; exit 7");
    let _logs = Logs::of(&name);
    let mut redd = kept(&name, script).spawn().unwrap();
    signal(&wait_for("the scribe", || scribe(&redd)), "KILL");
    assert_eq!(redd.wait().unwrap().code(), Some(7));
}
