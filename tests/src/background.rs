//! A machine that nobody sits at: started, asked, told, and gone in the end.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use redd_control::client::Client;
use redd_control::event::{Event, Occurrence, Phase};
use redd_control::machine::{Description, method};
use redd_control::record::Record;
use redd_spec::name::MachineName;
use serde_json::json;

use redd_lab::time_limit;

use crate::machine::TIMEOUT;
use crate::model::Verb;
use crate::{Leftovers, Run, finish, redd, unique_name};

/// A machine in the background.
#[derive(Debug)]
pub struct Background {
    /// Its name.
    pub name: String,
    leftovers: Leftovers,
}

impl Background {
    /// Starts a tree, and waits until it is ready.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start(tree: &Path, options: &[&str]) -> Self {
        Self::start_with(tree, options, &[])
    }

    /// The same with arguments for the init.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start_with(tree: &Path, options: &[&str], arguments: &[&str]) -> Self {
        let machine = Self::named(&unique_name());
        let mut command = machine.starting(tree, options);
        if !arguments.is_empty() {
            command.arg("--").args(arguments);
        }
        let started = finish(command);
        assert_eq!(started.status, 0, "{started:?}");
        machine
    }

    /// The same by this redd.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start_by(mut redd: Command, tree: &Path, options: &[&str]) -> Self {
        let machine = Self::named(&unique_name());
        redd.args(["start", "-M", &machine.name]).args(options).arg("-D").arg(tree);
        let started = finish(redd);
        assert_eq!(started.status, 0, "{started:?}");
        machine
    }

    /// One of this name that does not run.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), leftovers: Leftovers::before(name) }
    }

    /// What would start it.
    #[must_use]
    pub fn starting(&self, tree: &Path, options: &[&str]) -> Command {
        let mut command = redd();
        command.args(["start", "-M", &self.name]).args(options).arg("-D").arg(tree);
        command
    }

    /// A verb, and what comes before the name and after it.
    #[must_use]
    pub fn command(&self, verb: &[&str], words: &[&str]) -> Command {
        let mut command = redd();
        command.args(verb).arg(&self.name).args(words);
        command
    }

    /// Runs a verb on it.
    #[must_use]
    pub fn verb(&self, verb: &[&str], words: &[&str]) -> Run {
        finish(self.command(verb, words))
    }

    /// Runs a verb on it that has to succeed; what it printed.
    ///
    /// # Panics
    /// It does not succeed.
    pub fn does(&self, verb: &[&str], words: &[&str]) -> String {
        let run = self.verb(verb, words);
        assert_eq!(run.status, 0, "{verb:?} {} {words:?}: {run:?}", self.name);
        run.output
    }

    /// A verb of the model as somebody would write it; `None` where it is none. It starts from this tree.
    #[must_use]
    pub fn carried_out(&self, verb: Verb, tree: &Path) -> Option<Command> {
        let plain = |words: &[&str]| {
            let mut command = redd();
            command.args(words);
            command
        };
        Some(match verb {
            Verb::Start => self.starting(tree, &["--read-only"]),
            Verb::Stop => self.command(&["stop"], &[]),
            Verb::StopNow => self.command(&["stop", "--now"], &[]),
            Verb::Terminate => self.command(&["terminate"], &[]),
            Verb::Restart => self.command(&["restart"], &[]),
            Verb::Kill => self.command(&["kill", "--signal=KILL"], &[]),
            Verb::Crash => self.command(&["kill", "--signal=USR1"], &[]),
            Verb::Pause => self.command(&["pause"], &[]),
            Verb::Resume => self.command(&["resume"], &[]),
            Verb::Exec => self.command(&["exec"], &["--", "/usr/bin/true"]),
            Verb::Set(processes) => self.command(&["set"], &[&format!("pids={processes}")]),
            Verb::List => plain(&["list", "--json"]),
            Verb::CollectGarbage => plain(&["gc"]),
            Verb::KillSupervisor => return None,
        })
    }

    /// A connection to its supervisor.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::connect(&self.machine_name()).unwrap()
    }

    /// What its supervisor says of it.
    ///
    /// # Panics
    /// It says nothing.
    #[must_use]
    pub fn description(&self) -> Description {
        self.client().call(method::DESCRIBE, &json!({})).unwrap()
    }

    /// What is written of it; none where it does not run.
    ///
    /// # Panics
    /// It cannot be read.
    #[must_use]
    pub fn record(&self) -> Option<Record> {
        Record::read(&self.machine_name()).unwrap()
    }

    /// Waits, by its events, until something happens while `cause` is done; what that was.
    ///
    /// # Panics
    /// It does not happen.
    pub fn wait_for(&self, cause: impl FnOnce(), is_it: impl Fn(&Event) -> bool) -> Event {
        let mut client = self.client();
        client.subscribe(method::SUBSCRIBE, &json!({})).unwrap();
        // The first one says that the supervisor has heard.
        let mut next =
            || client.next_reply::<Occurrence>(Some(Instant::now() + time_limit(TIMEOUT))).unwrap().event;
        let first = next();
        cause();
        if is_it(&first) {
            return first;
        }
        loop {
            let event = next();
            if is_it(&event) {
                return event;
            }
        }
    }

    /// Waits until it is in a phase.
    ///
    /// # Panics
    /// It never is.
    pub fn wait_for_phase(&self, wanted: Phase) {
        self.wait_for(|| {}, |event| matches!(event, Event::Phase { phase } if *phase == wanted));
    }

    /// Nothing of it is there any more.
    pub fn assert_gone(&self) {
        self.leftovers.assert_none();
    }

    /// Stops it; nothing is left.
    pub fn stop(self) {
        self.does(&["stop"], &[]);
        self.assert_gone();
    }

    /// Kills its supervisor, which can do nothing about it.
    pub fn kill_supervisor(&self) {
        if let Some(record) = self.record() {
            let pid = record.supervisor.to_string();
            // It may have ended meanwhile.
            drop(Command::new("kill").args(["-KILL", &pid]).stderr(Stdio::null()).status());
        }
    }

    fn machine_name(&self) -> MachineName {
        self.name.parse().unwrap()
    }
}

/// A test that fails leaves no machine behind.
impl Drop for Background {
    fn drop(&mut self) {
        if self.record().is_some() {
            self.kill_supervisor();
        }
        // What `set` keeps of it.
        drop(std::fs::remove_dir_all(format!("/etc/systemd/nspawn/{}.nspawn.d", self.name)));
    }
}

/// Runs a command to its end, which has to come within a time.
///
/// # Panics
/// It does not end.
#[must_use]
pub fn finish_within(command: Command, time: Duration) -> Run {
    let mut bounded = Command::new("timeout");
    bounded.args(["-s", "KILL", &time_limit(time).as_secs().to_string()]);
    bounded.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    bounded.env_remove("NOTIFY_SOCKET").env_remove("CREDENTIALS_DIRECTORY");
    let shown = format!("{command:?}");
    let begin = Instant::now();
    let run = finish(bounded);
    // A command that somebody else kills has the same status.
    let is_over_time = run.status == 137 && begin.elapsed() >= time_limit(time);
    assert!(!is_over_time, "{shown} does not end within {time:?}: {run:?}");
    run
}
