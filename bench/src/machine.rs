//! Machines that run for a while: started, ready, measured, stopped.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Paths;
use crate::start::NO_USERS;

/// How long nothing may happen before a boot is given up.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Who boots a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    Redd,
    Nspawn,
}

/// What a machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// Namespaces without users, and a network without a link: what both managers can do with any tree.
    Same,
    /// What the manager does by itself; with redd that is users and a link as well.
    Default,
}

impl Manager {
    pub(crate) const BOTH: [Self; 2] = [Self::Redd, Self::Nspawn];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Redd => "redd",
            Self::Nspawn => "nspawn",
        }
    }

    /// The command that boots a tree, its console a pipe.
    pub(crate) fn boot(self, paths: &Paths, isolation: Isolation, name: &str, tree: &Path) -> Command {
        match self {
            Self::Redd => {
                let mut command = Command::new(&paths.redd);
                command.args(["boot", "-P", "-M", name]);
                if isolation == Isolation::Same {
                    command.args(NO_USERS);
                }
                command.arg(tree);
                command
            }
            Self::Nspawn => {
                let mut command = Command::new("systemd-nspawn");
                command.args(["-q", "--register=no", "--keep-unit", "--private-network"]);
                command.args(["--notify-ready=yes", "--console=pipe", "-b", "-M", name, "-D"]).arg(tree);
                command
            }
        }
    }
}

/// Machines that were started together.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) processes: Vec<Child>,
    start: Instant,
    listener: Option<UnixDatagram>,
}

impl Fleet {
    /// Starts them all at once.
    pub(crate) fn start(commands: impl IntoIterator<Item = Command>, paths: &Paths) -> Self {
        let socket = paths.scratch.join("notify");
        drop(fs::remove_file(&socket));
        let listener = UnixDatagram::bind(&socket).unwrap();
        listener.set_read_timeout(Some(TIMEOUT)).unwrap();
        let start = Instant::now();
        // What they complain about is for whoever looks why one did not come up.
        let errors = fs::File::create(paths.scratch.join("errors.log")).unwrap();
        let spawn = |mut command: Command| {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors.try_clone().unwrap());
            command.env("NOTIFY_SOCKET", &socket).spawn().unwrap()
        };
        Self { processes: commands.into_iter().map(spawn).collect(), start, listener: Some(listener) }
    }

    /// Waits until all are ready, or nothing happens for long: when the last one was, and how many are.
    pub(crate) fn wait_until_ready(&self) -> (Duration, usize) {
        let (mut last, mut ready) = (Duration::ZERO, 0);
        let mut buffer = [0; 4096];
        while ready < self.processes.len() {
            let Ok(length) = self.listener.as_ref().unwrap().recv(&mut buffer) else { break };
            ready += buffer[..length].split(|&byte| byte == b'\n').filter(|line| *line == b"READY=1").count();
            last = self.start.elapsed();
        }
        (last, ready)
    }

    /// Stops them all in an orderly way; how long that took.
    pub(crate) fn stop(&mut self) -> Duration {
        // nspawn waits where nobody reads what it has to say; a socket that is closed refuses it.
        self.listener = None;
        let start = Instant::now();
        for process in &self.processes {
            if let Err(gone) = kill_process(Pid::from_child(process), Signal::TERM) {
                eprintln!("one that never came up: {gone}");
            }
        }
        for process in &mut self.processes {
            process.wait().unwrap();
        }
        start.elapsed()
    }
}
