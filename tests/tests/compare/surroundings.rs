//! A host for one start: nothing of another one is in it, and nothing of it is seen outside.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use redd_tests::unique_name;

use crate::sight::{self, Sight};

/// A start takes a fraction of a second.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Mounts, network, cgroup and tree of its own. `$1` is the tree, `$2` the cgroup, `$3` a script that makes the host as a
/// case wants it, `$4` one that looks at it afterwards.
const SCRIPT: &str = r#"
tree=$1 cgroup=/sys/fs/cgroup/$2 prepare=$3 after=$4; shift 4
set -e
mount -t sysfs none /sys && mount -t cgroup2 none /sys/fs/cgroup
mkdir "$cgroup" && echo 0 > "$cgroup/cgroup.procs"
mount -t tmpfs none /run && mkdir -p /run/lock /run/outside && mount -t tmpfs none /mnt
mkdir -p /run/systemd/inaccessible && : > /run/systemd/inaccessible/reg && mkdir /run/systemd/inaccessible/dir
mkfifo /run/systemd/inaccessible/fifo && mknod /run/systemd/inaccessible/chr c 0 0 && mknod /run/systemd/inaccessible/blk b 0 0
chmod 0 /run/systemd/inaccessible/*
mount -t tmpfs none /var/log && mkdir /var/log/journal
mkdir -p /var/lib/redd && mount -t tmpfs none /var/lib/redd
ip link set lo up
cp -a "$tree" /mnt/tree
for name in mnt uts ipc pid net user cgroup time; do readlink "/proc/self/ns/$name"; done > /mnt/tree/outside-namespaces
cat /proc/sys/kernel/random/boot_id > /mnt/tree/outside-boot-id
echo 'nameserver 192.0.2.1' > /run/outside/resolv.conf && mount --bind /run/outside/resolv.conf /etc/resolv.conf
cd /run/outside
eval "$prepare"
set +e
test "$after" || exec "$@"
"$@"
status=$?
eval "$after"
exit $status
"#;

/// What is started, on what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) tree: &'a Path,
    pub(crate) prepare: &'a str,
    pub(crate) after: &'a str,
    /// Sent to the program when the payload has printed that it is ready.
    pub(crate) signal: Option<Signal>,
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// 256 and more for a signal.
    pub(crate) status: i32,
    pub(crate) sight: Sight,
    /// What was printed beside it.
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// Starts a program and waits for its end.
pub(crate) fn start(program: &Command, scene: Scene<'_>) -> Outcome {
    let cgroup = unique_name();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--net", "--propagation", "private", "sh", "-c", SCRIPT, "sh"]);
    command.arg(scene.tree).arg(&cgroup).args([scene.prepare, scene.after]);
    command.arg(program.get_program()).args(program.get_args());
    command.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    command.env("TERM", "vt220").envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let outcome = watch(child, scene.signal, &cgroup);
    remove_cgroup(&cgroup);
    outcome
}

fn watch(mut child: Child, signal: Option<Signal>, cgroup: &str) -> Outcome {
    let pid = Pid::from_child(&child);
    let (output, mut errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let began = Instant::now();
    let (output, errors, status) = thread::scope(|scope| {
        let output = scope.spawn(move || read_output(output, signal, pid));
        let errors = scope.spawn(move || {
            let mut bytes = Vec::new();
            errors.read_to_end(&mut bytes).unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status.code().unwrap_or(256);
            }
            if began.elapsed() > TIMEOUT {
                kill_cgroup(cgroup);
                break 257;
            }
            thread::sleep(Duration::from_millis(5));
        };
        // Whatever still holds the pipes.
        kill_cgroup(cgroup);
        (output.join().unwrap(), errors.join().unwrap(), status)
    });
    let (sight, output) = sight::read(&output.replace(cgroup, "CGROUP"));
    Outcome { status, sight, output, errors }
}

fn read_output(output: impl std::io::Read, signal: Option<Signal>, pid: Pid) -> String {
    let mut text = String::new();
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line.unwrap()).into_owned();
        if line.starts_with("@@@ ready")
            && let Some(signal) = signal
        {
            kill_process(pid, signal).unwrap();
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Where version 2 of cgroups is mounted here.
fn cgroup_directory(name: &str) -> PathBuf {
    let places = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map(|place| Path::new(place).join(name));
    let found = places.iter().find(|path| path.is_dir());
    found.unwrap_or(&places[1]).clone()
}

fn kill_cgroup(name: &str) {
    // It is gone where nothing was started.
    drop(std::fs::write(cgroup_directory(name).join("cgroup.kill"), "1"));
}

/// With all that was made in it. The kernel takes a moment for the last process.
fn remove_cgroup(name: &str) {
    let directory = cgroup_directory(name);
    for _attempt in 0..200 {
        let mut find = Command::new("find");
        find.arg(&directory).args(["-depth", "-type", "d", "-exec", "rmdir", "{}", "+"]);
        drop(find.output());
        if !directory.exists() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{} is still there", directory.display());
}
