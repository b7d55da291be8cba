//! The same for one process that redd makes: the child of a start, from its birth to its payload, or the supervisor of a
//! machine in the background, to its end.
//!
//! strace(1) counts the calls of each process for itself, and has the n-th one go wrong in all of them: redd would never
//! get as far as that process. So there are two: the first one stops it at its birth, and is killed; the second
//! one has nobody else, and lets it go when it executes a program.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::NamedTempFile;

use super::{Point, Scope, points_of, traced};

/// Where a process is stopped: at the first thing that it does.
type Birth = [&'static str; 4];

/// A child closes redd's end of their channel.
const CHILD: Birth = ["-e", "trace=close", "-e", "inject=close:signal=SIGSTOP:when=1"];

/// A supervisor makes the directory of its log.
const SUPERVISOR: Birth = ["-e", "trace=mkdir", "-e", "inject=mkdir:signal=SIGSTOP:when=1"];

/// The points of the child, in order.
#[must_use]
pub fn child_points(command: &Command) -> Vec<Point> {
    all_points(command, CHILD, || ())
}

/// Those of the supervisor of a start in the background, to its end; `during` ends the machine.
#[must_use]
pub fn supervisor_points(command: &Command, during: impl FnOnce()) -> Vec<Point> {
    all_points(command, SUPERVISOR, during)
}

fn all_points(command: &Command, birth: Birth, during: impl FnOnce()) -> Vec<Point> {
    let log = NamedTempFile::new().unwrap();
    let output = Newborn::of(command, birth).live(&[], log.path(), during);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let points = points_of(std::fs::read_to_string(log.path()).unwrap().lines().map(|line| ("", line)));
    assert!(points.len() > 100, "it has more than {} system calls", points.len());
    points
}

/// What a command prints while one call of its child fails.
#[must_use]
pub fn output_with_fault_in_child(command: &Command, point: &Point, error: &str) -> Output {
    let Point { system_call, occurrence } = point;
    let inject = format!("inject={system_call}:error={error}:when={occurrence}");
    Newborn::of(command, CHILD).live(&["-e", &inject], Path::new("/dev/null"), || ())
}

/// Kills the supervisor of a start in the background at a point; `during` ends the machine, where it got so far. Whether
/// the point was met.
pub fn kill_supervisor(command: &Command, point: &Point, during: impl FnOnce()) -> bool {
    let Point { system_call, occurrence } = point;
    let trace = format!("trace={system_call}");
    let inject = format!("inject={system_call}:signal=SIGKILL:when={occurrence}");
    let log = NamedTempFile::new().unwrap();
    drop(Newborn::of(command, SUPERVISOR).live(&["-e", &trace, "-e", &inject], log.path(), during));
    std::fs::read_to_string(log.path()).unwrap().contains("killed by SIGKILL")
}

/// A stopped process, and the redd that waits for it.
struct Newborn {
    redd: Child,
    pid: Pid,
}

impl Newborn {
    fn of(command: &Command, birth: Birth) -> Self {
        let log = NamedTempFile::new().unwrap();
        let mut command = traced(command, Scope::EveryProcess, &birth, log.path());
        let mut redd = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let own = Pid::from_child(&redd);
        let mut is_redd_released = false;
        let pid = loop {
            let stopped = stopped(&std::fs::read_to_string(log.path()).unwrap());
            if let Some(&pid) = stopped.iter().find(|&&pid| pid != own) {
                break pid;
            }
            if !is_redd_released && stopped.contains(&own) {
                is_redd_released = true;
                go_on(own);
            }
            assert_lives(&mut redd);
            pause();
        };
        kill_process(tracer(pid).expect("the tracer waits"), Signal::KILL).unwrap();
        while tracer(pid).is_some() {
            pause();
        }
        // The guard may have been stopped as well; nobody is any more from now on.
        children(own).into_iter().filter(|&other| other != pid).for_each(go_on);
        Self { redd, pid }
    }

    /// Goes on, under a tracer, to the end. `during` is for when redd has ended.
    fn live(mut self, options: &[&str], log: &Path, during: impl FnOnce()) -> Output {
        let mut tracer = Command::new("strace");
        tracer.args(["-q", "-b", "execve", "-o"]).arg(log).args(options);
        tracer.arg("-p").arg(self.pid.as_raw_nonzero().to_string());
        let mut tracer =
            tracer.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while self::tracer(self.pid).is_none() {
            assert!(tracer.try_wait().unwrap().is_none(), "strace is there");
            assert_lives(&mut self.redd);
            pause();
        }
        go_on(self.pid);
        let output = self.redd.wait_with_output().unwrap();
        during();
        tracer.wait().unwrap();
        output
    }
}

/// Who traces a process that is held, if anybody does.
fn tracer(process: Pid) -> Option<Pid> {
    let path = format!("/proc/{}/status", process.as_raw_nonzero());
    let status = std::fs::read_to_string(path).unwrap();
    status.lines().find_map(|line| line.strip_prefix("TracerPid:")).and_then(|number| pid(number.trim()))
}

/// Who was stopped, by the log of strace(1).
fn stopped(log: &str) -> Vec<Pid> {
    let lines = log.lines().filter(|line| line.contains("stopped by SIGSTOP"));
    lines.filter_map(|line| pid(line.split_whitespace().next()?)).collect()
}

fn children(process: Pid) -> Vec<Pid> {
    let number = process.as_raw_nonzero();
    let text = std::fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap();
    text.split_whitespace().filter_map(pid).collect()
}

fn go_on(process: Pid) {
    kill_process(process, Signal::CONT).unwrap();
}

fn pid(number: &str) -> Option<Pid> {
    Pid::from_raw(number.parse().unwrap())
}

fn assert_lives(redd: &mut Child) {
    if let Some(status) = redd.try_wait().unwrap() {
        let mut complaint = String::new();
        redd.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        panic!("redd ended without a child, {status}: {complaint}");
    }
}

fn pause() {
    sleep(Duration::from_millis(1));
}
