//! A manager's own commands, asked something: bounded in time and in what is read.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::AdapterError;
use crate::render::escape::printable;

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);
/// What is read of an answer: no more than a pipe holds.
const ANSWER_MAX: u64 = 64 * 1024;

/// What a command prints, once it has ended with success.
pub(super) fn ask(command: &mut Command) -> Result<String, AdapterError> {
    let program = printable(&command.get_program().to_string_lossy());
    let failed = |why: String| AdapterError::Failed(format!("{program}: {}", printable(&why)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let status = wait(&mut child).map_err(|error| failed(error.to_string()))?;
    let answer = child.stdout.take().map(read_what_is_there).unwrap_or_default();
    let complaint = child.stderr.take().map(read_what_is_there).unwrap_or_default();
    match status {
        Some(status) if status.success() => Ok(answer),
        Some(status) => Err(failed(format!("{status}: {}", complaint.trim()))),
        None => Err(failed(format!("no answer within {} seconds", PATIENCE.as_secs()))),
    }
}

/// Its end, or none: then it was killed.
fn wait(child: &mut Child) -> std::io::Result<Option<std::process::ExitStatus>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Does not wait for descendants that still hold the pipe.
fn read_what_is_there(pipe: impl std::io::Read + std::os::fd::AsFd) -> String {
    let nonblocking = rustix::fs::OFlags::NONBLOCK;
    if rustix::fs::fcntl_setfl(pipe.as_fd(), nonblocking).is_err() {
        return String::new();
    }
    let mut bytes = Vec::new();
    // It ends with an error where the pipe is empty and still open; what came before counts.
    drop(pipe.take(ANSWER_MAX).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The first line of `PROGRAM --version`, where it is installed.
pub(super) fn version_line(program: &str) -> Option<String> {
    let answer = ask(Command::new(program).arg("--version")).ok()?;
    answer.lines().next().map(printable)
}

/// The init of a container whose supervisor stays its ancestor: the nearest descendant that is number 1 of a PID
/// namespace.
pub(super) fn init_below(supervisor: u32) -> Option<u32> {
    let mut generation = children(supervisor);
    while !generation.is_empty() {
        if let Some(init) = generation.iter().copied().find(|pid| is_number_one(*pid)) {
            return Some(init);
        }
        generation = generation.into_iter().flat_map(children).collect();
    }
    None
}

fn children(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

fn is_number_one(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
    let own: Vec<&str> = numbers.split_whitespace().collect();
    own.len() > 1 && own.last() == Some(&"1")
}

/// Runs words in all namespaces of a process, for managers whose own verb needs a service manager on the host.
pub(super) fn enter(pid: u32, words: &[&str]) -> Command {
    let mut command = Command::new("nsenter");
    command.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    command.args(["--target", &pid.to_string(), "--all", "--"]).args(words);
    command
}

/// A process by what it was started with.
pub(super) fn process_with(program: &str, argument: &str) -> Option<u32> {
    let entries = std::fs::read_dir("/proc").ok()?.flatten();
    let mut pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        let first = words.next().and_then(|word| std::str::from_utf8(word).ok()).unwrap_or_default();
        Path::new(first).file_name() == Some(program.as_ref())
            && words.any(|word| word == argument.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_what_was_printed_and_a_failure_what_was_complained() {
        let shell = |script: &str| ask(Command::new("sh").args(["-c", script]));
        assert_eq!(shell("echo 12").unwrap(), "12\n");
        let error = shell("echo no such container >&2; exit 3").unwrap_err().to_string();
        assert_eq!(error, "sh: exit status: 3: no such container");
        assert!(ask(&mut Command::new("/no/such/program")).is_err());
    }

    #[test]
    fn a_descendant_that_keeps_the_pipe_is_not_waited_for() {
        assert_eq!(ask(Command::new("sh").args(["-c", "sleep 30 & echo $!"])).map(end), Ok(true));
    }

    /// The sleep of the test above has no other end.
    fn end(pid: String) -> bool {
        let pid = pid.trim().parse().ok().and_then(rustix::process::Pid::from_raw);
        pid.is_some_and(|pid| rustix::process::kill_process(pid, rustix::process::Signal::KILL).is_ok())
    }
}
