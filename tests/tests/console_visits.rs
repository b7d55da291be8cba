//! `redd console`: one types, any number look on, and nobody is waited for.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_tests::{CgroupView, Machine, Need, at_a_terminal, needs, redd, unique_name};

const LEAVE: &[u8] = b"\x1d\x1dd";

/// A shell at a console that nobody sits at.
struct Shell {
    name: String,
    redd: Child,
}

impl Shell {
    fn start() -> Self {
        Self::start_with("--console=kept")
    }

    fn start_with(console: &str) -> Self {
        let name = unique_name();
        let mut command = redd();
        command.args(["run", "--ephemeral", console, "-M", &name]).arg(Need::Debian13.tree());
        command.args(["env", "PS1=> ", "sh", "-i"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let redd = command.spawn().unwrap();
        let state = Path::new("/run/redd/machines").join(&name).join("state.json");
        wait_until("the machine runs", || state.exists());
        Self { name, redd }
    }

    fn console(&self, options: &[&str]) -> Command {
        let mut command = redd();
        command.arg("console").args(options).arg(&self.name);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Somebody who stays.
    fn visitor(&self, options: &[&str]) -> Child {
        self.console(options).spawn().unwrap()
    }

    /// Types something, and leaves.
    fn type_in(&self, text: &str) -> Output {
        let mut visitor = self.visitor(&[]);
        visitor.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        visitor.wait_with_output().unwrap()
    }

    /// Ends the shell; redd's exit status.
    fn end(mut self) -> Option<i32> {
        assert_eq!(self.type_in("exit 7\n").status.code(), Some(0));
        self.redd.wait().unwrap().code()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        drop((self.redd.kill(), self.redd.wait()));
        drop(fs::remove_dir_all(Path::new("/var/lib/redd/logs").join(&self.name)));
    }
}

fn wait_until(what: &str, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !look() {
        assert!(Instant::now() < deadline, "not: {what}");
        sleep(Duration::from_millis(5));
    }
}

/// Reads until there is this word; what was read.
fn read_until(stream: &mut impl std::io::Read, word: &str) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    while !text.contains(word) {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "no {word:?} in {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    text
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn one_types_and_leaves_and_who_looks_on_sees_what_was_before_and_what_comes_until_the_end() {
    needs!(Need::Root, Need::Debian13);
    let shell = Shell::start();
    let typed = shell.type_in("echo before-$((6 * 7))\n");
    assert_eq!((typed.status.code(), text(&typed.stderr).as_str()), (Some(0), ""));
    let watchers = [(); 2].map(|()| {
        let mut watcher = shell.visitor(&["--watch"]);
        read_until(watcher.stdout.as_mut().unwrap(), "before-42\r\n");
        watcher
    });
    assert_eq!(shell.type_in("echo after-$((6 * 7))\n").status.code(), Some(0));
    assert_eq!(shell.end(), Some(7));
    for watcher in watchers {
        let output = watcher.wait_with_output().unwrap();
        assert!(text(&output.stdout).contains("after-42\r\n"), "{output:?}");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn a_second_one_who_would_type_is_refused_or_takes_over_and_the_first_one_looks_on() {
    needs!(Need::Root, Need::Debian13);
    let shell = Shell::start();
    let mut first = shell.visitor(&[]);
    read_until(first.stdout.as_mut().unwrap(), "> ");
    let refused = shell.type_in("");
    assert_eq!(refused.status.code(), Some(6));
    let said = text(&refused.stderr);
    assert!(said.contains("somebody else drives") && said.contains("--force takes over"), "{said}");
    let mut second = shell.visitor(&["--force"]);
    read_until(first.stderr.as_mut().unwrap(), "somebody else drives this console from now on");
    first.stdin.as_mut().unwrap().write_all(b"echo first-$((6 * 7))\n").unwrap();
    second.stdin.as_mut().unwrap().write_all(b"echo second-$((6 * 7))\n").unwrap();
    read_until(second.stdout.as_mut().unwrap(), "second-42\r\n");
    let seen = read_until(first.stdout.as_mut().unwrap(), "second-42\r\n");
    assert!(!seen.contains("first-"), "{seen}");
    drop(second.stdin.take());
    assert_eq!(second.wait().unwrap().code(), Some(0));
    assert_eq!(shell.end(), Some(7));
    assert_eq!(first.wait().unwrap().code(), Some(0));
}

#[test]
fn at_a_terminal_keys_leave_and_the_window_has_its_size_and_the_terminal_is_as_it_was() {
    needs!(Need::Root, Need::Debian13);
    let shell = Shell::start();
    shell.type_in("while sleep 0.05; do stty size; done\n");
    let seen = at_a_terminal(&format!("REDD console {}", shell.name), "\n33 77\r", LEAVE);
    for word in ["^]^]d leaves it", "redd: left ", "status 0", " icanon", " echo "] {
        assert!(seen.contains(word), "{word}: {seen}");
    }
    let seen = at_a_terminal(&format!("REDD console --watch {}", shell.name), "\n33 77\r", b"\x03");
    for word in ["^C leaves it", "redd: left ", "status 0", " icanon"] {
        assert!(seen.contains(word), "{word}: {seen}");
    }
    let kill =
        "(while ! kill -TERM $(pgrep -x -f \"$0 console $1\") 2>&-; do sleep 0.1; done) & $0 console $1";
    let command = format!("sh -c '{kill}' REDD {}", shell.name);
    let seen = at_a_terminal(&command, "never", b"");
    assert!(seen.contains("status 0") && seen.contains(" icanon"), "{seen}");
}

#[test]
fn who_does_not_read_holds_up_nobody_and_is_told_what_is_missing() {
    needs!(Need::Root, Need::Debian13);
    let shell = Shell::start();
    let mut idle = shell.visitor(&["--watch"]);
    read_until(idle.stdout.as_mut().unwrap(), "> ");
    let stop = |name: &str| {
        assert!(Command::new("kill").args(["-s", name, &idle.id().to_string()]).status().unwrap().success());
    };
    stop("STOP");
    let mut driver = shell.visitor(&[]);
    driver.stdin.as_mut().unwrap().write_all(b"seq 300000; echo done-$((6 * 7))\n").unwrap();
    read_until(driver.stdout.as_mut().unwrap(), "done-42\r\n");
    stop("CONT");
    driver.stdin.as_mut().unwrap().write_all(b"exit 7\n").unwrap();
    let mut rest = String::new();
    idle.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
    let said = read_until(idle.stderr.as_mut().unwrap(), "missing here");
    assert!(said.contains("came too fast"), "{said}");
    drop(driver.stdin.take());
    assert_eq!(driver.wait().unwrap().code(), Some(0));
    assert!(rest.contains("\r\n100\r\n") && !rest.contains("\r\n150000\r\n"));
    driver.wait().unwrap();
    assert_eq!(idle.wait().unwrap().code(), Some(0));
}

#[test]
fn where_somebody_sits_others_look_on() {
    needs!(Need::Root, Need::Debian13);
    let mut shell = Shell::start_with("--console=interactive");
    for options in [&[][..], &["--force"]] {
        let refused = shell.visitor(options).wait_with_output().unwrap();
        assert_eq!(refused.status.code(), Some(6));
        assert!(text(&refused.stderr).contains("the terminal where it was started"), "{refused:?}");
    }
    let mut watcher = shell.visitor(&["--watch"]);
    read_until(watcher.stdout.as_mut().unwrap(), "> ");
    let mut keyboard = shell.redd.stdin.take().unwrap();
    keyboard.write_all(b"echo here-$((6 * 7)); exit 7\n").unwrap();
    read_until(watcher.stdout.as_mut().unwrap(), "here-42\r\n");
    assert_eq!(watcher.wait().unwrap().code(), Some(0));
    assert_eq!(shell.redd.wait().unwrap().code(), Some(7));
}

#[test]
fn a_machine_without_a_console_and_one_that_does_not_run_are_told_apart() {
    needs!(Need::Root, Need::Debian13);
    let shell = Shell::start_with("--console=pipe");
    let refused = shell.console(&[]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("has no console"), "{refused:?}");
    let nobody = redd().args(["console", "nobody"]).output().unwrap();
    assert_eq!(nobody.status.code(), Some(3));
}

#[test]
fn who_looks_on_stays_over_a_reboot() {
    needs!(Need::Root, Need::Debian13);
    let machine =
        Machine::boot_in(CgroupView::Native, &Need::Debian13.tree(), &["--ephemeral", "--console=kept"]);
    let mut watcher = redd();
    watcher.args(["console", "--watch", &machine.name]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut watcher = watcher.spawn().unwrap();
    let output = watcher.stdout.as_mut().unwrap();
    read_until(output, "Welcome to");
    assert!(machine.inside(&["systemctl", "reboot"]).status.success());
    read_until(output, "System Reboot");
    read_until(output, "Welcome to");
    machine.wait_for_message("READY=1");
    let logs = Path::new("/var/lib/redd/logs").join(&machine.name);
    assert_eq!(machine.stop(), 0);
    assert_eq!(watcher.wait().unwrap().code(), Some(0));
    drop(fs::remove_dir_all(logs));
}
