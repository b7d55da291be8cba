//! Counts of system calls, of one run below strace(1).

use std::fs;
use std::process::{Command, Stdio};

use crate::Paths;

/// System calls of a command and of all it started.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Calls {
    pub(crate) all: usize,
    /// Each moves a process, and may wait for a grace period of the kernel.
    cgroup_moves: usize,
    unmounts: usize,
    /// Executions of the manager's own program, the first one included.
    own_executions: usize,
    filters: usize,
}

pub(crate) fn count(paths: &Paths, command: &Command) -> Calls {
    let log = paths.scratch.join("strace.log");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-qq", "-e", "signal=none", "-o"]).arg(&log);
    strace.arg(command.get_program()).args(command.get_args());
    let status = strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{strace:?}: {status}");
    let program = command.get_program().to_str().unwrap().rsplit('/').next().unwrap();
    let mut calls = Calls::default();
    for line in fs::read_to_string(&log).unwrap().lines() {
        calls.add(line, program);
    }
    calls
}

impl Calls {
    fn add(&mut self, line: &str, program: &str) {
        let call = line.split_once(' ').map_or("", |(_process, call)| call.trim_start());
        // The end of a call whose start was counted.
        let Some((name, arguments)) = call.split_once('(').filter(|_| !call.starts_with('<')) else { return };
        self.all += 1;
        if call.contains(" = -1 ") {
            return;
        }
        match name {
            "write" if arguments.split(',').next().is_some_and(|file| file.ends_with("/cgroup.procs>")) => {
                self.cgroup_moves += 1;
            }
            "umount2" => self.unmounts += 1,
            "execve" | "execveat" if is_own(arguments, program) => self.own_executions += 1,
            "seccomp" if arguments.starts_with("SECCOMP_SET_MODE_FILTER") => self.filters += 1,
            "prctl" if arguments.starts_with("PR_SET_SECCOMP") => self.filters += 1,
            _ => {}
        }
    }
}

/// Whether what is executed is the manager's program, by its name, through a link, or as a copy of its own name.
fn is_own(arguments: &str, program: &str) -> bool {
    let mut strings = arguments.split('"').skip(1).step_by(2);
    let path = strings.next().unwrap_or_default();
    let name = |path: &str| path.rsplit('/').next() == Some(program);
    name(path) || path.starts_with("/proc/self/") || strings.next().is_some_and(name)
}

/// The counts that cost most, one case a line.
pub(crate) fn print(names: &[&str], calls: &[Calls]) {
    println!(
        "| | writes to `cgroup.procs` | umount2(2) | executions of the own program | system call filters |\n\
         |---|---|---|---|---|"
    );
    for (name, calls) in names.iter().zip(calls) {
        let Calls { cgroup_moves, unmounts, own_executions, filters, .. } = calls;
        println!("| {name} | {cgroup_moves} | {unmounts} | {own_executions} | {filters} |");
    }
    println!();
}
