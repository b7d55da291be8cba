//! Virtual machines of the lab, and what is run in them.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use redd_lab::uml::{self, Uml};
use redd_lab::vm::{self, Vm};
use redd_lab::{Job, Outcome, Streams};

use super::image::{self, Kernel};
use crate::trees::{self, Suite};
use crate::{Failure, binary, shell};

/// How long somebody may look around.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a command may take that nobody watches.
const AN_HOUR: Duration = Duration::from_secs(60 * 60);

/// A virtual machine that is ready to run jobs.
#[derive(Debug)]
pub(super) enum Machine {
    Vm(Vm),
    Uml(Uml),
}

impl Machine {
    pub(super) fn vm() -> Result<Self, Failure> {
        Ok(Self::Vm(Vm::new(&image::ensure(Kernel::Cloud)?)?))
    }

    pub(super) fn uml() -> Result<Self, Failure> {
        let tree = trees::ensure(Suite::SystemdHost)?;
        Ok(Self::Uml(Uml::new(&image::ensure(Kernel::UserMode)?, &tree)))
    }

    /// How many times longer everything takes.
    pub(super) fn scale(&self) -> u32 {
        match self {
            Self::Vm(_) => vm::TIMEOUT_SCALE,
            Self::Uml(_) => uml::TIMEOUT_SCALE,
        }
    }

    /// A job with redd, the payload trees, and what tells tests where they are.
    pub(super) fn job(&self, words: &[&str], limit: Duration) -> Result<Job, Failure> {
        let redd = match std::env::var_os("REDD_BINARY") {
            Some(built) => PathBuf::from(built),
            None => binary::build()?,
        };
        let job =
            Job::new(words, limit)?.variable("REDD_BINARY", "/lab/redd").variable("REDD_TREES", "/trees");
        let job = job.variable("LAB_TIMEOUT_SCALE", &self.scale().to_string());
        add_stripped(job, &redd, "redd")
    }

    pub(super) fn run(&self, job: &Job) -> Result<Outcome, Failure> {
        let mut output = io::stdout().lock();
        Ok(match self {
            Self::Vm(machine) => machine.run(job, &mut output, None)?,
            Self::Uml(machine) => machine.run(job, &mut output, None)?,
        })
    }
}

/// Adds a program without what only debuggers read.
pub(super) fn add_stripped(job: Job, program: &Path, name: &str) -> Result<Job, Failure> {
    let mut strip = Command::new("strip");
    shell::run(strip.arg("-o").arg(job.place(name)).arg(program))?;
    Ok(job)
}

/// Runs a command, or a shell where there is none, with the terminal where this has one.
pub(super) fn command(machine: &Machine, words: &[&str]) -> Result<(), Failure> {
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let (words, streams, limit) = match (words, is_terminal) {
        ([], false) => return Err("a shell needs a terminal; say a command after --".into()),
        ([], true) => (&["bash", "-l"][..], Streams::Terminal, A_DAY),
        (words, true) => (words, Streams::Terminal, A_DAY),
        (words, false) => (words, Streams::Own, AN_HOUR),
    };
    let outcome = machine.run(&machine.job(words, limit)?.streams(streams))?;
    if outcome.status == 0 {
        Ok(())
    } else {
        Err(format!("{}: status {}", words.join(" "), outcome.status).into())
    }
}
