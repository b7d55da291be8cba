//! `redd logs`

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use redd_control::place;
use redd_machine::console_log::{self, Follower, INTERVAL, plain};
use redd_machine::look::{self, Sight, State};
use redd_machine::{MachineError, registry};
use redd_spec::name::MachineName;

use super::look::failure;
use crate::command_line::machines::look::Logs;
use crate::exit_status::{self, ExitStatus};
use crate::report;

/// How long a machine may take to be there, or gone.
const SETTLING_MAX: Duration = Duration::from_secs(5);
/// The longest line that is read of a journal, in bytes; what is longer comes in pieces.
const LINE_MAX: u64 = 64 * 1024;

pub(super) fn logs(request: &Logs) -> ExitStatus {
    let has_console_log = place::logs(&request.name).join(place::CONSOLE_LOG).exists();
    if request.journal || (!request.console && !has_console_log) {
        return journal(request);
    }
    match console(request, has_console_log) {
        Ok(status) => status,
        Err(error) => {
            report::failure(&format!("cannot read the console log of {}", request.name), &error, None);
            exit_status::VERB_FAILED
        }
    }
}

fn console(request: &Logs, is_there: bool) -> io::Result<ExitStatus> {
    if !is_there && registry::registered_as(request.name.clone()).is_none() {
        let error = MachineError::NotRunning { name: request.name.clone() };
        return Ok(failure(&format!("{} has no console log", request.name), &error));
    }
    // Whoever follows misses nothing between the two, and hears nothing twice.
    let mut follower = if request.follow { Some(Follower::begin(&request.name)?) } else { None };
    let mut boots = console_log::boots(&request.name)?;
    let lines: Vec<String> = match request.boot {
        None => boots.into_iter().flatten().collect(),
        Some(boot) => match position(boots.len(), boot) {
            Some(index) => boots.swap_remove(index),
            None => {
                report::notice(&format!("{} boots of {} are kept", boots.len(), request.name));
                return Ok(exit_status::VERB_FAILED);
            }
        },
    };
    let count = request.lines.unwrap_or(if request.follow { 10 } else { usize::MAX });
    print(&lines[lines.len().saturating_sub(count)..])?;
    while let Some(follower) = &mut follower {
        std::thread::sleep(INTERVAL);
        if print(&follower.new_lines()?).is_err() {
            break;
        }
    }
    Ok(exit_status::SUCCESS)
}

/// 0 is the last boot, -1 the one before, 1 the first one that is kept.
fn position(count: usize, boot: i64) -> Option<usize> {
    let count = i64::try_from(count).ok()?;
    let index = if boot > 0 { boot - 1 } else { count - 1 + boot };
    usize::try_from(index).ok().filter(|_| index < count)
}

fn print(lines: &[String]) -> io::Result<()> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush())
}

/// The payload's own journalctl reads its journal: inside where the machine runs, in a container made for it where not. No
/// program of the host's has to trust the files of a tree.
fn journal(request: &Logs) -> ExitStatus {
    let command = match journal_command(request) {
        Ok(command) => command,
        Err(error) => return failure(&format!("cannot read the journal of {}", request.name), &error),
    };
    match filter(command) {
        Ok(status) => status,
        Err(error) => {
            report::failure(&format!("cannot read the journal of {}", request.name), &error, None);
            exit_status::VERB_FAILED
        }
    }
}

fn journal_command(request: &Logs) -> Result<Command, MachineError> {
    let not_running = || MachineError::NotRunning { name: request.name.clone() };
    let machine = settled(&request.name)?.ok_or_else(not_running)?;
    let mut command = Command::new("/proc/self/exe");
    match machine.state {
        State::Stopped | State::Leftover => {
            let tree = machine.tree.ok_or_else(not_running)?;
            command.args(["run", "--quiet", "--read-only", "--settings=no", "--private-network"]);
            command.args(["--network-veth=no", "--link-journal=no", "-P", "-M"]);
            command.arg(request.name.as_str()).arg("-D").arg(tree).arg("--");
        }
        State::Paused => {
            let what = format!("{} is frozen", request.name);
            let hint = Some(format!("redd logs --console {}", request.name));
            return Err(MachineError::Refused { what, hint });
        }
        _ => drop(command.args(["exec", request.name.as_str(), "--"])),
    }
    command.args(["/usr/bin/journalctl", "--no-pager", "--quiet"]);
    command.args(request.follow.then_some("--follow"));
    command.args(request.lines.map(|lines| format!("--lines={lines}")));
    command.args(request.boot.map(|boot| format!("--boot={boot}")));
    Ok(command)
}

/// A machine that has just come, or has just ended and is being undone, is one that runs, or does not, in a moment.
fn settled(name: &MachineName) -> Result<Option<Sight>, MachineError> {
    let deadline = Instant::now() + SETTLING_MAX;
    loop {
        let machine = look::look_at(name)?;
        let is_passing = |machine: &Sight| {
            matches!(machine.state, State::Starting | State::Stopping) && machine.description.is_none()
        };
        if !machine.as_ref().is_some_and(is_passing) || Instant::now() > deadline {
            return Ok(machine);
        }
        std::thread::sleep(INTERVAL / 10);
    }
}

/// Passes on what a command prints, without what a terminal would obey (R27).
fn filter(mut command: Command) -> io::Result<ExitStatus> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut is_read = true;
    if let Some(output) = child.stdout.take() {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while is_read && io::Read::take(&mut output, LINE_MAX).read_until(b'\n', &mut line)? > 0 {
            let text = plain(line.strip_suffix(b"\n").unwrap_or(&line));
            is_read = print(&[text]).is_ok();
            line.clear();
        }
    }
    if !is_read {
        child.kill()?;
    }
    let status = child.wait()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(if is_read {
        status.map_or(exit_status::VERB_FAILED, ExitStatus::of_payload)
    } else {
        exit_status::SUCCESS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boots_are_counted_as_journalctl_counts_them() {
        let found = [0, -1, 1, 2, 3, -2].map(|boot| position(2, boot));
        assert_eq!(found, [Some(1), Some(0), Some(0), Some(1), None, None]);
    }
}
