//! A booted machine.

use std::fs::{self, File};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_lab::time_limit;

use crate::redd::{redd, unique_name};

/// How long a boot, or a stop, may take on a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(90);
const INTERVAL: Duration = Duration::from_millis(20);

/// Which cgroup hierarchies redd sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CgroupView {
    /// What this machine has.
    Native,
    /// Version 2 alone.
    PureV2,
}

/// A machine that was booted to readiness.
#[derive(Debug)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// redd.
    process: Child,
    listener: UnixDatagram,
    directory: tempfile::TempDir,
}

impl Machine {
    /// Boots a throw-away copy of a tree and waits until it is ready.
    #[must_use]
    pub fn boot(tree: &Path, options: &[&str]) -> Self {
        Self::boot_in(CgroupView::Native, tree, &[&["--ephemeral"], options].concat())
    }

    /// Boots a tree as it is, or as the options say.
    #[must_use]
    pub fn boot_in(view: CgroupView, tree: &Path, options: &[&str]) -> Self {
        let machine = Self::start_in(view, tree, options);
        machine.wait_for_message("READY=1");
        machine
    }

    /// Starts a tree without waiting for anything.
    #[must_use]
    pub fn start_in(view: CgroupView, tree: &Path, options: &[&str]) -> Self {
        Self::start_by(in_view(view, redd()), tree, options)
    }

    /// Starts a tree by this redd without waiting for anything.
    #[must_use]
    pub fn start_by(mut command: Command, tree: &Path, options: &[&str]) -> Self {
        let name = unique_name();
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("notify");
        let listener = UnixDatagram::bind(&socket).unwrap();
        listener.set_read_timeout(Some(time_limit(TIMEOUT))).unwrap();
        let log = File::create(directory.path().join("log")).unwrap();
        command.args(["boot", "-M", &name]).args(options).arg(tree).env("NOTIFY_SOCKET", &socket);
        let process = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        Self { name, process, listener, directory }
    }

    /// Waits for a message of redd's that starts like this.
    pub fn wait_for_message(&self, start: &str) -> String {
        let mut buffer = [0; 4096];
        loop {
            let Ok(length) = self.listener.recv(&mut buffer) else {
                panic!("no {start} from {}:\n{}", self.name, self.log());
            };
            let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if message.starts_with(start) {
                return message;
            }
        }
    }

    /// What redd and the console printed.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.directory.path().join("log")).unwrap()).into_owned()
    }

    /// The machine's state as redd wrote it down.
    #[must_use]
    pub fn state(&self) -> serde_json::Value {
        let path = format!("/run/redd/machines/{}/state.json", self.name);
        let text = fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}:\n{}", self.log()));
        serde_json::from_slice(&text).unwrap()
    }

    /// PID 1 as the host sees it.
    #[must_use]
    pub fn leader(&self) -> String {
        self.state()["leader"].to_string()
    }

    /// redd as the host sees it.
    #[must_use]
    pub fn supervisor(&self) -> String {
        self.state()["supervisor"].to_string()
    }

    /// Runs a program in all namespaces of the machine.
    #[must_use]
    pub fn inside(&self, words: &[&str]) -> Output {
        let mut command = Command::new("nsenter");
        command.args(["--all", "--target", &self.leader()]).args(words);
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Runs a shell script inside; what it printed. It has to succeed.
    #[must_use]
    pub fn shell(&self, script: &str) -> String {
        let output = self.inside(&["sh", "-c", script]);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        assert!(output.status.success(), "{script}: {}\n{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// Whether a shell script inside succeeds.
    #[must_use]
    pub fn succeeds(&self, script: &str) -> bool {
        self.inside(&["sh", "-c", script]).status.success()
    }

    /// `running`, and no unit failed.
    pub fn assert_runs_clean(&self) {
        let state = self.inside(&["systemctl", "is-system-running", "--wait"]);
        let failed = self.shell("systemctl --failed --no-legend --plain --no-pager");
        assert_eq!(
            (String::from_utf8_lossy(&state.stdout).trim(), failed.as_str()),
            ("running", ""),
            "{}",
            self.log()
        );
    }

    /// Asks redd to stop the machine; its exit status.
    #[must_use]
    pub fn stop(self) -> i32 {
        self.signal("TERM");
        self.wait()
    }

    /// Sends redd a signal.
    pub fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args(["-s", name, &self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for redd's end; its exit status.
    #[must_use]
    pub fn wait(self) -> i32 {
        self.wait_with_log().0
    }

    /// Waits for redd's end; its exit status, and everything that was printed.
    #[must_use]
    pub fn wait_with_log(mut self) -> (i32, String) {
        let deadline = Instant::now() + time_limit(TIMEOUT);
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().unwrap() {
                return (status.code().unwrap_or(256), self.log());
            }
            sleep(INTERVAL);
        }
        panic!("{} does not end:\n{}", self.name, self.log());
    }
}

/// A test that fails leaves no machine behind.
impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The command in a mount namespace in which version 2 is all there is; nothing of it is seen outside. Arguments are
/// added to what this returns.
#[must_use]
pub fn in_view(view: CgroupView, command: Command) -> Command {
    match view {
        CgroupView::Native => command,
        CgroupView::PureV2 => {
            let script = "mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\"";
            let mut wrapped = Command::new("unshare");
            wrapped
                .args(["--mount", "sh", "-c", script, "sh"])
                .arg(command.get_program())
                .args(command.get_args())
                .stdin(Stdio::null());
            wrapped.env_remove("CREDENTIALS_DIRECTORY");
            wrapped
        }
    }
}
