//! A host: made, used, gone.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::options::{Manager, Options, Unit};
use crate::run::{Run, Streams, limited, time_limit};
use crate::world::World;

/// How long a host may take until it is ready, and any command on it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a host may take to power itself off; then it is killed.
const LAST_WORDS: Duration = Duration::from_secs(20);
const INTERVAL: Duration = Duration::from_millis(10);
/// Where redd says which process is a machine's first.
const RECORDS: &str = "/run/redd/machines";
/// How much of its journal a host shows when a test fails on it.
const JOURNAL_LINES: &str = "--lines=80";

/// Why there is no host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable(String);

impl fmt::Display for Unavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Unavailable {}

/// A host whose PID 1 is systemd. Dropping it powers it off; nothing of it is left.
#[derive(Debug)]
pub struct Host {
    world: World,
    manager: Manager,
    unit: Unit,
    leader: u32,
}

impl Host {
    /// Makes a host, and waits until it is ready: everything that starts with it has started, or failed.
    ///
    /// # Errors
    /// There is no tree, no right to make one, or it did not come up; with what it printed.
    pub fn boot(options: &Options) -> Result<Self, Unavailable> {
        if !options.tree.join("usr/lib/systemd/systemd").is_file() {
            return Err(Unavailable(format!("no tree at {}", options.tree.display())));
        }
        let world =
            World::make(options).map_err(|error| Unavailable(format!("cannot make a host: {error}")))?;
        let mut host = Self { world, manager: options.manager, unit: options.unit, leader: 0 };
        host.wait_until_ready()?;
        host.leader = host.find_leader()?;
        Ok(host)
    }

    /// PID 1 of the host, as the machine sees it.
    #[must_use]
    pub fn leader(&self) -> u32 {
        self.leader
    }

    /// Its name, which no other host has: that of its cgroup, and of its directory in `/var/tmp`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.world.name
    }

    /// A path of the host's, as the machine sees it while the host runs.
    #[must_use]
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        Path::new("/proc")
            .join(self.leader.to_string())
            .join("root")
            .join(path.strip_prefix("/").unwrap_or(path))
    }

    /// A command as a service of the host's: in a cgroup of its own, which it may divide, with the environment of a service.
    /// To be started by the caller; it ends with the service's exit status.
    #[must_use]
    pub fn command<Word: AsRef<OsStr>>(&self, streams: Streams, words: &[Word]) -> Command {
        self.service(streams, &["--property=Delegate=yes"], words)
    }

    /// The same with options of systemd-run(1) only, which say what the service is.
    #[must_use]
    pub fn service<Word: AsRef<OsStr>>(&self, streams: Streams, options: &[&str], words: &[Word]) -> Command {
        let mut command = self.entering(&["systemd-run", "--quiet", "--collect", "--expand-environment=no"]);
        command.args(match (self.unit, streams) {
            // It has the environment of `entering` already.
            (Unit::Scope, _) => ["--scope"].as_slice(),
            (Unit::Service, Streams::Own) => {
                &["--wait", "--pipe", "--service-type=exec", "--setenv=HOME=/root"]
            }
            (Unit::Service, Streams::Terminal) => {
                &["--wait", "--pty", "--service-type=exec", "--setenv=HOME=/root"]
            }
        });
        command.args(options).arg("--").args(words);
        command
    }

    /// A command in the host's namespaces, which is no unit of the host's: its cgroup is not below the host's.
    #[must_use]
    pub fn entering<Word: AsRef<OsStr>>(&self, words: &[Word]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--all", "--target", &self.leader.to_string(), "--"]);
        // Nobody's environment but the host's.
        command.args([
            "env",
            "-i",
            "LC_ALL=C.UTF-8",
            "TERM=dumb",
            "SYSTEMD_PAGER=cat",
            "SYSTEMD_COLORS=0",
            "HOME=/root",
        ]);
        command.arg("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin").args(words);
        command
    }

    /// Runs a command as a service of the host's.
    pub fn run<Word: AsRef<OsStr>>(&self, words: &[Word]) -> Run {
        finish(&self.command(Streams::Own, words))
    }

    /// Runs a command as a service that options of systemd-run(1) describe.
    pub fn run_with<Word: AsRef<OsStr>>(&self, options: &[&str], words: &[Word]) -> Run {
        finish(&self.service(Streams::Own, options, words))
    }

    /// Runs a shell script as a service of the host's.
    pub fn shell(&self, script: &str) -> Run {
        self.run(&["bash", "-c", script])
    }

    /// Runs a command in the host's namespaces only: quicker, and no unit of the host's.
    pub fn enter<Word: AsRef<OsStr>>(&self, words: &[Word]) -> Run {
        finish(&self.entering(words))
    }

    /// Starts a command as a service of the host's, with pipes for its streams.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn spawn<Word: AsRef<OsStr>>(&self, streams: Streams, words: &[Word]) -> Child {
        let mut command = self.command(streams, words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("nsenter(1) is there")
    }

    /// Waits until a shell script on the host succeeds.
    ///
    /// # Panics
    /// It does not, for a long time.
    pub fn wait_for(&self, condition: &str) {
        let script = format!("until {condition}; do sleep 0.05; done");
        let run = self.enter(&["bash", "-c", &script]);
        assert_eq!(run.status, 0, "{condition}: not within {PATIENCE:?}: {} {}", run.stdout, run.stderr);
    }

    /// What its journal says, in short.
    #[must_use]
    pub fn journal(&self, options: &[&str]) -> String {
        self.enter(&[&["journalctl", "--no-pager", "--output=short-monotonic"], options].concat()).stdout
    }

    /// Powers it off and waits until it has ended.
    pub fn power_off(mut self) {
        self.end();
    }

    fn wait_until_ready(&mut self) -> Result<(), Unavailable> {
        let deadline = Instant::now() + time_limit(PATIENCE);
        let mut buffer = [0; 4096];
        let listener = self.world.listener.take();
        let listener = listener.ok_or_else(|| Unavailable("it was ready already".to_owned()))?;
        let waits = listener.set_read_timeout(Some(Duration::from_millis(500)));
        waits.map_err(|error| Unavailable(error.to_string()))?;
        loop {
            if let Ok(length) = listener.recv(&mut buffer)
                && String::from_utf8_lossy(&buffer[..length]).lines().any(|line| line == "READY=1")
            {
                return Ok(());
            }
            let ended = self.world.process.try_wait().ok().flatten();
            if ended.is_some() || Instant::now() > deadline {
                return Err(Unavailable(format!("the host did not come up:\n{}", self.world.log())));
            }
        }
    }

    fn find_leader(&self) -> Result<u32, Unavailable> {
        let found = match self.manager {
            Manager::Bare => fs::read_to_string(self.world.state.join("leader")).ok(),
            Manager::Redd => leader_in_record(&self.world.name),
        };
        let leader = found.and_then(|text| text.trim().parse().ok());
        leader.ok_or_else(|| Unavailable(format!("nobody knows its first process:\n{}", self.world.log())))
    }

    fn end(&mut self) {
        if self.world.process.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        if self.leader != 0 {
            drop(self.ask_to_power_off().stdout(Stdio::null()).stderr(Stdio::null()).status());
            self.wait(time_limit(LAST_WORDS));
        }
        // What is around a bare host ends it, and removes what is left, when nobody holds this any more.
        drop(self.world.process.stdin.take());
        self.wait(PATIENCE);
        drop(self.world.process.kill());
        drop(self.world.process.wait());
        drop(fs::remove_dir_all(&self.world.state));
    }

    /// By signals, which need no bus.
    fn ask_to_power_off(&self) -> Command {
        let mut command = Command::new("kill");
        match self.manager {
            // Power-off, for systemd(1).
            Manager::Bare => command.args(["-s", "RTMIN+4", &self.leader.to_string()]),
            Manager::Redd => command.arg(self.world.process.id().to_string()),
        };
        command
    }

    fn wait(&mut self, limit: Duration) {
        let deadline = Instant::now() + limit;
        while matches!(self.world.process.try_wait(), Ok(None)) && Instant::now() < deadline {
            sleep(INTERVAL);
        }
    }
}

/// A test that fails shows what the host has to say.
impl Drop for Host {
    #[expect(clippy::print_stderr, reason = "beside the words of the test that failed")]
    fn drop(&mut self) {
        if std::thread::panicking() && self.leader != 0 {
            eprintln!("the host's journal:\n{}", self.journal(&[JOURNAL_LINES]));
        }
        self.end();
    }
}

fn finish(command: &Command) -> Run {
    let output = limited(command, PATIENCE).output().expect("timeout(1) is there");
    output.into()
}

fn leader_in_record(name: &str) -> Option<String> {
    let record = fs::read_to_string(Path::new(RECORDS).join(name).join("state.json")).ok()?;
    let line = record.lines().find(|line| line.trim_start().starts_with("\"leader\""))?;
    Some(line.chars().filter(char::is_ascii_digit).collect())
}
