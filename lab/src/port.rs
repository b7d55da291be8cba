//! The line between a virtual machine and whoever runs it.

use std::io::{self, ErrorKind, Read as _, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::job::Job;
use crate::run::Streams;

const INTERVAL: Duration = Duration::from_millis(200);

/// What is said to a machine at its start: rows and columns of the terminal.
pub(crate) fn terminal_size() -> (u16, u16) {
    tcgetwinsize(io::stdin()).map_or((24, 80), |size| (size.ws_row, size.ws_col))
}

/// Starts a machine, whose standard input and output are the line. It is killed when this process is.
pub(crate) fn connect(words: &Command) -> io::Result<(Child, UnixStream)> {
    let (here, there) = UnixStream::pair()?;
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(words.get_program()).args(words.get_args());
    command.stdin(Stdio::from(OwnedFd::from(there.try_clone()?))).stdout(Stdio::from(OwnedFd::from(there)));
    Ok((command.spawn()?, here))
}

/// Carries over what a job prints, and to it what is typed where it has a terminal, until its machine has ended or its time is over.
pub(crate) fn attend(
    mut machine: Child,
    mut port: UnixStream,
    job: &Job,
    output: &mut dyn Write,
) -> io::Result<()> {
    let _raw = match job.streams {
        Streams::Own => None,
        Streams::Terminal => Some(forward_typing(&port)?),
    };
    let deadline = Instant::now() + job.limit;
    port.set_read_timeout(Some(INTERVAL))?;
    let mut buffer = [0; 4096];
    let result = loop {
        match port.read(&mut buffer) {
            Ok(0) => break Ok(()),
            Ok(length) => {
                output.write_all(&buffer[..length])?;
                output.flush()?;
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break Ok(()),
            Err(error) => break Err(error),
        }
        if Instant::now() > deadline {
            let message = format!("the job did not end within {} s", job.limit.as_secs());
            break Err(io::Error::new(ErrorKind::TimedOut, message));
        }
    };
    if result.is_err() {
        drop(machine.kill());
    }
    drop(port.shutdown(Shutdown::Both));
    machine.wait()?;
    result
}

/// The terminal passes on every key while this is there.
struct Raw(Termios);

impl Drop for Raw {
    fn drop(&mut self) {
        // Then there is no terminal any more.
        tcsetattr(io::stdin(), OptionalActions::Drain, &self.0).unwrap_or_default();
    }
}

#[expect(clippy::disallowed_methods, reason = "this is not redd: it makes no namespaces")]
fn forward_typing(port: &UnixStream) -> io::Result<Raw> {
    let mut port = port.try_clone()?;
    let before = tcgetattr(io::stdin())?;
    let mut raw = before.clone();
    raw.make_raw();
    tcsetattr(io::stdin(), OptionalActions::Drain, &raw)?;
    // It ends with the process, or when somebody types after the machine's end.
    std::thread::spawn(move || io::copy(&mut io::stdin(), &mut port));
    Ok(Raw(before))
}
