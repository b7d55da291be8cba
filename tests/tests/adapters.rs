//! The five verbs of each container manager that `redd check` knows, used on a real tree.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use redd_conform::adapter::{Adapter, Container, peers};
use redd_tests::{Need, needs, own_tree, unique_name};

const TIMEOUT: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_millis(50);

/// The child of a test: verbs that look around have to be in the view of cgroups that the manager is in.
const INNER: &str = "REDD_TEST_ADAPTER";

#[test]
fn systemd_nspawns_verbs_work_in_each_mode() {
    needs!(Need::Root, Need::Nspawn, Need::Debian13);
    verbs_work("systemd-nspawn", "systemd_nspawns_verbs_work_in_each_mode");
}

#[test]
fn lxcs_verbs_work_in_each_mode() {
    needs!(Need::Root, Need::Lxc, Need::Debian13);
    verbs_work("lxc", "lxcs_verbs_work_in_each_mode");
}

#[test]
fn podmans_verbs_work_in_each_mode() {
    needs!(Need::Root, Need::Podman, Need::Debian13);
    verbs_work("podman", "podmans_verbs_work_in_each_mode");
}

#[test]
fn crun_and_runcs_verbs_work() {
    needs!(Need::Root, Need::Runc, Need::Debian13);
    verbs_work("runc", "crun_and_runcs_verbs_work");
}

/// Version 2 of cgroups alone, in a cgroup that stands for a unit; ids for root. Nothing of it is seen outside.
const SURROUNDINGS: &str = "\
mount -t cgroup2 none /sys/fs/cgroup && mkdir /sys/fs/cgroup/$0 && echo $$ > /sys/fs/cgroup/$0/cgroup.procs &&
echo root:300000000:65536 > $1 && mount --bind $1 /etc/subuid && mount --bind $1 /etc/subgid && shift && exec \"$@\"";

/// Each mode once more as a child, in surroundings like those of a unit: a manager counts on a cgroup that nobody used.
fn verbs_work(manager: &str, test: &str) {
    let adapters = peers::named(manager);
    if let Some(index) = std::env::var(INNER).ok().and_then(|index| index.parse::<usize>().ok()) {
        verbs_of_one_work(&*adapters[index]);
        return;
    }
    for (index, adapter) in adapters.iter().enumerate() {
        let ids = tempfile::NamedTempFile::new().unwrap();
        let mut command = Command::new("unshare");
        let cgroup = unique_name();
        command.args(["--mount", "sh", "-c", SURROUNDINGS, &cgroup]).arg(ids.path());
        command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
        let status = command.env(INNER, index.to_string()).status().unwrap();
        remove_cgroups(&cgroup);
        assert!(status.success(), "{:?}", adapter.manager());
    }
}

/// The cgroup of [`SURROUNDINGS`], and what LXC and Podman leave at the top, where no process is any more.
fn remove_cgroups(own: &str) {
    for parent in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
        for name in [own, "lxc.pivot", "libpod_parent"] {
            let path = Path::new(parent).join(name);
            if path.is_dir() {
                let removal = ["-depth", "-type", "d", "-exec", "rmdir", "{}", "+"];
                drop(Command::new("find").arg(path).args(removal).output());
            }
        }
    }
}

fn verbs_of_one_work(adapter: &dyn Adapter) {
    let tree = own_tree();
    let directory = tempfile::tempdir().unwrap();
    let container = Container {
        name: unique_name(),
        tree: tree.path().to_owned(),
        directory: directory.path().to_owned(),
    };
    adapter.create(&container).unwrap();
    let used = use_verbs(adapter, &container);
    adapter.remove(&container).unwrap();
    used.unwrap_or_else(|why| panic!("{why}"));
}

fn use_verbs(adapter: &dyn Adapter, container: &Container) -> Result<(), String> {
    let log = container.directory.join("log");
    let mut supervisor = Supervisor::start(adapter, container, &log)?;
    let deadline = Instant::now() + TIMEOUT;
    let init = loop {
        if let Some(init) = adapter.pid(container, supervisor.0.id()).map_err(|error| error.to_string())? {
            break init;
        }
        if Instant::now() > deadline || supervisor.ended() {
            return Err(format!("no init: {}", std::fs::read_to_string(&log).unwrap_or_default()));
        }
        sleep(INTERVAL);
    };
    // Ready, whatever that is called in this manager: a stop comes through once systemd listens.
    while !is_up(adapter, container) {
        if Instant::now() > deadline || supervisor.ended() {
            return Err(format!("does not come up: {}", std::fs::read_to_string(&log).unwrap_or_default()));
        }
        sleep(INTERVAL);
    }
    let inside =
        run(adapter.exec(container, &["readlink", "/proc/1/ns/pid"]).map_err(|error| error.to_string())?);
    let outside = std::fs::read_link(format!("/proc/{init}/ns/pid")).map_err(|error| error.to_string())?;
    if Path::new(inside.trim()) != outside {
        return Err(format!("pid says {}, exec {inside}", outside.display()));
    }
    run(adapter.stop(container, supervisor.0.id()).map_err(|error| error.to_string())?);
    while !supervisor.ended() {
        if Instant::now() > deadline {
            return Err(format!("does not stop: {}", std::fs::read_to_string(&log).unwrap_or_default()));
        }
        sleep(INTERVAL);
    }
    Ok(())
}

fn is_up(adapter: &dyn Adapter, container: &Container) -> bool {
    let state = adapter.exec(container, &["systemctl", "is-system-running"]);
    state.is_ok_and(|command| ["running", "degraded"].contains(&run(command).trim()))
}

fn run(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A start that is ended with the test.
struct Supervisor(Child);

impl Supervisor {
    fn start(adapter: &dyn Adapter, container: &Container, log: &Path) -> Result<Self, String> {
        let mut command = adapter.start(container, &[]).map_err(|error| error.to_string())?;
        let output = File::create(log).unwrap();
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        command.spawn().map(Self).map_err(|error| error.to_string())
    }

    fn ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
