//! One container under a manager, with everything that has to go again at the end.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::adapter::{Adapter, AdapterError, Container, Wish};
use crate::observation::{Ended, mounts_of};
use crate::probe::persona::{self, FirstSight};
use crate::probe::{PROBE_NAME, agent, read};

const INTERVAL: Duration = Duration::from_millis(10);
/// How long a first process may take to come, and a manager to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);
/// The most that is read of a manager's output.
const LOG_MAX: usize = 64 * 1024;
/// A zone that hardly a host is in.
const ZONE: &str = "../usr/share/zoneinfo/Pacific/Chatham";
/// Where payloads may have their init: what managers try first.
const INITS: [&str; 4] = ["usr/lib/systemd/systemd", "lib/systemd/systemd", "sbin/init", "bin/init"];

/// Why a manager could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The adapter.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// The host.
    #[error("{what}: {cause}")]
    Host {
        /// What was tried.
        what: String,
        /// Why it failed.
        cause: io::Error,
    },
    /// The manager ended or hung before the payload's first process.
    #[error("the payload's first process never came: {0}")]
    NoFirstProcess(String),
    /// There is nothing to boot.
    #[error("{0} has no init that is known")]
    NoInit(PathBuf),
}

pub(super) fn host(what: impl Into<String>) -> impl FnOnce(io::Error) -> StageError {
    let what = what.into();
    move |cause| StageError::Host { what, cause }
}

/// A directory, a tree, cgroups; all removed at the end.
pub(super) struct Stage<'a> {
    pub(super) adapter: &'a dyn Adapter,
    pub(super) container: Container,
    directory: PathBuf,
    cgroups: Vec<PathBuf>,
    starts: u32,
}

impl<'a> Stage<'a> {
    /// Copies the tree, puts the shim in front of its init, and makes the container known.
    pub(super) fn set(
        adapter: &'a dyn Adapter,
        image: &Path,
        name: &str,
        attempts: &[String],
    ) -> Result<Self, StageError> {
        let directory = PathBuf::from(format!("/var/tmp/redd-check-{name}"));
        let container = Container {
            name: name.to_owned(),
            tree: directory.join("tree"),
            directory: directory.join("adapter"),
        };
        let stage = Self { adapter, container, directory, cgroups: Vec::new(), starts: 0 };
        fs::create_dir(&stage.directory).map_err(host(stage.directory.display().to_string()))?;
        fs::create_dir(&stage.container.directory).map_err(host("making a directory"))?;
        stage.copy_tree(image)?;
        stage.prepare_tree(attempts).map_err(host("preparing the tree"))?;
        let tree = &stage.container.tree;
        if !tree.join("redd-check/init").exists() {
            return Err(StageError::NoInit(image.to_owned()));
        }
        adapter.create(&stage.container)?;
        Ok(stage)
    }

    fn copy_tree(&self, image: &Path) -> Result<(), StageError> {
        let mut command = Command::new("cp");
        command
            .args(["--archive", "--reflink=auto", "--one-file-system"])
            .arg(image)
            .arg(&self.container.tree);
        let output = command.output().map_err(host("cp"))?;
        if output.status.success() {
            return Ok(());
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        let line = complaint.lines().last().unwrap_or_default().to_owned();
        Err(host(format!("copying {}", image.display()))(io::Error::other(line)))
    }

    fn prepare_tree(&self, attempts: &[String]) -> io::Result<()> {
        let tree = &self.container.tree;
        let told = tree.join(persona::DIRECTORY.trim_start_matches('/'));
        fs::create_dir(&told)?;
        // Root of a user namespace may be nobody here.
        fs::set_permissions(&told, fs::Permissions::from_mode(0o777))?;
        fs::write(told.join(persona::ATTEMPTS), attempts.join("\n"))?;
        if let Some(init) = INITS.iter().find(|path| is_there(&tree.join(path))) {
            stand_in(tree, init, &told.join(persona::REAL_INIT))?;
        }
        let shutdown = format!("usr/lib/systemd/{}", persona::SHUTDOWN_NAME);
        if is_there(&tree.join(&shutdown)) {
            stand_in(tree, &shutdown, &told.join(persona::REAL_SHUTDOWN))?;
        }
        if tree.join("etc/machine-id").exists() {
            fs::write(tree.join("etc/machine-id"), "")?;
        }
        for name in ["etc/hostname", "etc/localtime"] {
            // Not every tree has them.
            drop(fs::remove_file(tree.join(name)));
        }
        symlink(ZONE, tree.join("etc/localtime"))
    }

    /// Where the payload tells and is told.
    pub(super) fn told(&self, name: &str) -> PathBuf {
        self.container.tree.join(persona::DIRECTORY.trim_start_matches('/')).join(name)
    }

    /// The shim's record of a first process, by its number.
    pub(super) fn record(&self, number: u32) -> Option<FirstSight> {
        let file = File::open(self.told(&format!("{number}.json"))).ok()?;
        serde_json::from_reader(io::BufReader::new(io::Read::take(file, 8 << 20))).ok()
    }

    /// How many first processes there were.
    pub(super) fn records(&self) -> u32 {
        (1..).take_while(|number| self.told(&format!("{number}.json")).exists()).last().unwrap_or(0)
    }

    /// Starts the container in a cgroup that nobody used before, as a service manager would.
    pub(super) fn start(&mut self, wishes: &[Wish], way: Way) -> Result<Running, StageError> {
        self.starts += 1;
        let command = self.adapter.start(&self.container, wishes)?;
        let cgroup = self.make_cgroup()?;
        let place = |what: &str| self.directory.join(format!("{what}-{}", self.starts));
        let socket = UnixListener::bind(place("socket")).map_err(host("binding a socket"))?;
        let socket = OwnedFd::from(socket);
        let inode = File::from(socket.try_clone().map_err(host("copying a descriptor"))?);
        let inode = inode.metadata().map_err(host("looking at a socket"))?.ino();
        let notify = UnixDatagram::bind(place("notify")).map_err(host("binding a socket"))?;
        notify.set_nonblocking(true).map_err(host("a socket"))?;
        let path = place("log");
        let log = File::create(&path).map_err(host("making a log"))?;
        let mut launched = launcher(&command, &cgroup, way)?;
        launched.env("NOTIFY_SOCKET", place("notify")).stdin(socket);
        launched.stdout(log.try_clone().map_err(host("a log"))?).stderr(log);
        let program = command.get_program().to_string_lossy().into_owned();
        let process = launched.spawn().map_err(host(program))?;
        Ok(Running { process, way, notify, log: path, socket: inode, messages: Vec::new(), cgroup })
    }

    fn make_cgroup(&mut self) -> Result<PathBuf, StageError> {
        let mounts = mounts_of(&read::text("/proc/self/mountinfo"));
        let Some(unified) = mounts.iter().rev().find(|mount| mount.kind == "cgroup2") else {
            return Ok(PathBuf::new());
        };
        let own = read::text("/proc/self/cgroup");
        let own = own.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
        let name = format!("redd-check-{}-{}", self.container.name, self.starts);
        let path = Path::new(&unified.place).join(own).join(name);
        fs::create_dir(&path).map_err(host(path.display().to_string()))?;
        self.cgroups.push(path.clone());
        Ok(path)
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        // Each of these may be gone already, or never have been there.
        drop(self.adapter.remove(&self.container));
        for cgroup in &self.cgroups {
            remove_cgroup(cgroup);
        }
        drop(fs::remove_dir_all(&self.directory));
    }
}

/// A cgroup and those that a manager left in it.
fn remove_cgroup(path: &Path) {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_cgroup(&entry.path());
        }
    }
    // The last process may be on its way out.
    for _ in 0..50 {
        match fs::remove_dir(path) {
            Err(error) if error.raw_os_error() == Some(16) => sleep(INTERVAL),
            _ => return,
        }
    }
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Puts redd's own program at a path of the tree; the name of what was there is written down.
fn stand_in(tree: &Path, path: &str, told: &Path) -> io::Result<()> {
    // A link in the tree must not lead out of it.
    let aside = format!("{path}.redd-check");
    fs::rename(tree.join(path), tree.join(&aside))?;
    fs::copy("/proc/self/exe", tree.join(path))?;
    fs::set_permissions(tree.join(path), fs::Permissions::from_mode(0o755))?;
    fs::write(told, format!("/{aside}"))
}

/// Where a manager is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Here.
    Plain,
    /// In namespaces of its own, as inside a container whose cgroup is delegated.
    InsideContainer,
}

/// In a container: its own top of the cgroup tree, its own processes. Its init stays for a moment: a manager may have
/// left its last work to somebody else.
const INSIDE: &str = "umount --recursive /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup && \"$@\"; status=$?; sleep 1; exit $status";

fn launcher(command: &Command, cgroup: &Path, way: Way) -> Result<Command, StageError> {
    let program = find(command.get_program().as_ref())?;
    let mut launched = Command::new("/proc/self/exe");
    launched.arg0(PROBE_NAME).arg("launch").arg(cgroup);
    if way == Way::InsideContainer {
        launched.arg(find(Path::new("unshare"))?);
        launched.args(["--mount", "--pid", "--fork", "--ipc", "--uts", "--net", "--cgroup", "--mount-proc"]);
        launched.args(["--kill-child", "sh", "-c", INSIDE, "sh"]);
    }
    launched.arg(program).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => launched.env(name, value),
            None => launched.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        launched.current_dir(directory);
    }
    for name in ["CREDENTIALS_DIRECTORY", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] {
        launched.env_remove(name);
    }
    Ok(launched)
}

/// A program by its path, or by its name among the usual places.
fn find(program: &Path) -> Result<PathBuf, StageError> {
    if program.components().count() > 1 {
        return Ok(program.to_owned());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let standard = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let places = std::env::split_paths(&path).chain(std::env::split_paths(standard));
    let mut candidates = places.map(|place| place.join(program));
    let missing = || AdapterError::Failed(format!("{} is not installed", program.display()));
    Ok(candidates.find(|path| path.is_file()).ok_or_else(missing)?)
}

/// A manager's running start command. It does not outlive this.
pub(super) struct Running {
    process: Child,
    way: Way,
    notify: UnixDatagram,
    log: PathBuf,
    /// The inode of the socket it was given.
    pub(super) socket: u64,
    /// What came on its notify socket.
    pub(super) messages: Vec<String>,
    /// Where it was started.
    pub(super) cgroup: PathBuf,
}

impl Running {
    pub(super) fn supervisor(&self) -> u32 {
        self.process.id()
    }

    /// The manager itself: in a container of its own there is somebody in front of it.
    fn manager(&self) -> u32 {
        let child = |pid: u32| {
            let children = read::text(format!("/proc/{pid}/task/{pid}/children"));
            children.split_whitespace().find_map(|pid| pid.parse().ok())
        };
        let own = self.process.id();
        match self.way {
            Way::Plain => own,
            Way::InsideContainer => child(own).and_then(child).unwrap_or(own),
        }
    }

    /// What it printed last, the payload's console among that.
    pub(super) fn output(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let start = bytes.len().saturating_sub(LOG_MAX);
        String::from_utf8_lossy(&bytes[start..]).into_owned()
    }

    /// Notes what came on the notify socket.
    pub(super) fn listen(&mut self) {
        let mut buffer = [0; 4096];
        while self.messages.len() < 100
            && let Ok(length) = self.notify.recv(&mut buffer)
        {
            self.messages.push(String::from_utf8_lossy(&buffer[..length]).trim_end().to_owned());
        }
    }

    pub(super) fn is_ready(&mut self) -> bool {
        self.listen();
        self.messages.iter().any(|message| message.lines().any(|line| line == "READY=1"))
    }

    /// Waits for something; false where the manager ended before, or the time was up.
    pub(super) fn wait_until(
        &mut self,
        patience: Duration,
        mut is_there: impl FnMut(&mut Self) -> bool,
    ) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            // Some wait for what they sent to be read.
            self.listen();
            if is_there(self) {
                return true;
            }
            if Instant::now() > deadline || self.ended() != Ended::Running {
                // It may have come right before the end.
                return is_there(self);
            }
            sleep(INTERVAL);
        }
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> Ended {
        self.process.try_wait().ok().flatten().map_or(Ended::Running, how)
    }

    /// Waits for its end.
    pub(super) fn wait_for_end(&mut self, patience: Duration) -> Ended {
        self.wait_until(patience, |running| running.ended() != Ended::Running);
        self.ended()
    }
}

fn how(status: ExitStatus) -> Ended {
    status.code().map_or_else(|| Ended::Killed(status.signal().unwrap_or(0)), Ended::Exited)
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended() != Ended::Running {
            return;
        }
        let pid = i32::try_from(self.manager()).ok().and_then(rustix::process::Pid::from_raw);
        let signalled = pid.map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::TERM));
        if signalled == Some(Ok(())) {
            self.wait_for_end(Duration::from_secs(15));
        }
        // One that ended meanwhile cannot be killed, and need not be.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A command of the adapter's that does something to a running container, and ends.
pub(super) fn perform(
    running: &mut Running,
    command: Result<Command, AdapterError>,
) -> Result<(), AdapterError> {
    let mut command = command?;
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |error: io::Error| AdapterError::Failed(format!("{program}: {error}"));
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(failed)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        running.listen();
        match child.try_wait() {
            // Whoever stops its own surroundings is often cut off: what counts is what happens.
            Ok(Some(_)) => return Ok(()),
            Ok(None) if Instant::now() < deadline => sleep(INTERVAL),
            _ => {
                drop(child.kill());
                drop(child.wait());
                return Err(AdapterError::Failed(format!("{program} does not end")));
            }
        }
    }
}

/// What the shim is to try.
pub(super) fn attempts(root_device: Option<(u32, u32)>) -> Vec<String> {
    agent::own_attempts(root_device)
}
