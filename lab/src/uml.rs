//! Linux as a process of this machine: another kernel with another version, and cgroups of its own.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::job::{Job, Outcome, empty_disk, in_own_directory, read_results};
use crate::port;

/// How many times longer than on this machine everything takes there.
pub const TIMEOUT_SCALE: u32 = 4;
const MEMORY: &str = "2G";
/// Runs in namespaces of its own, and ends with this process: the kernel has processes for what runs in it. It needs the C library
/// of the tree.
const START: &str = "set -e; mount --make-rprivate /; root=$1; work=$2; files=$3; shift 3
     mount --bind \"$root\" \"$root\"; mount -t proc proc \"$root/proc\"; mount --rbind /dev \"$root/dev\"
     mount -t tmpfs -o size=80% tmpfs \"$root/tmp\"; mkdir \"$root\"/tmp/files \"$root\"/tmp/own \"$root\"/tmp/memory
     mount --bind \"$files\" \"$root/tmp/files\"; mount --bind \"$work\" \"$root/tmp/own\"
     exec chroot \"$root\" env -i PATH=/usr/bin:/bin HOME=/tmp/own TMPDIR=/tmp/memory /tmp/files/linux \"$@\" 2> \"$work/console\"";

/// What a machine is made of: files `linux`, `root.ext4` and `trees.ext4` of a directory, and the tree whose libraries it runs
/// with. Nobody writes to them.
#[derive(Debug)]
pub struct Uml {
    directory: PathBuf,
    tree: PathBuf,
}

impl Uml {
    /// Of the files in a directory.
    #[must_use]
    pub fn new(directory: &Path, tree: &Path) -> Self {
        Self { directory: directory.to_owned(), tree: tree.to_owned() }
    }

    /// Boots, runs a job, and powers off; what it prints is written to `output` as it comes, its results to a directory.
    ///
    /// # Errors
    /// The machine does not run, or the job does not come to its end in time. The file `console.log` beside the machine's files
    /// tells what its kernel had to say.
    pub fn run(&self, job: &Job, output: &mut dyn Write, results: Option<&Path>) -> io::Result<Outcome> {
        in_own_directory("uml", &self.directory.join("console.log"), |own| {
            self.run_in(own, job, output, results)
        })
    }

    fn run_in(
        &self,
        work: &Path,
        job: &Job,
        output: &mut dyn Write,
        results: Option<&Path>,
    ) -> io::Result<Outcome> {
        job.write_disk(&work.join("job"))?;
        empty_disk(&work.join("results"))?;
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", START, "sh"]);
        command.arg(&self.tree).arg(work).arg(&self.directory).args(arguments());
        let (machine, line) = port::connect(&command)?;
        port::attend(machine, line, job, output)?;
        read_results(&work.join("results"), results)
    }
}

/// The copies that the machine writes to are beside what it prints. Its own words go to the file that is its error output.
fn arguments() -> Vec<String> {
    let (rows, columns) = port::terminal_size();
    let mut words: Vec<String> = [
        "umid=lab uml_dir=/tmp/own/ ubd0=/tmp/own/root,/tmp/files/root.ext4 ubd1=/tmp/own/trees,/tmp/files/trees.ext4",
        "ubd2=/tmp/own/job ubd3=/tmp/own/results root=/dev/ubda rw con0=null,fd:2 con=null ssl0=fd:0,fd:1 ssl=null quiet",
        "seccomp=on apparmor=1 security=apparmor systemd.unit=lab.target systemd.mask=systemd-udev-trigger.service",
        "lab.port=/dev/ttyS0 lab.disk=/dev/ubd",
    ]
    .iter()
    .flat_map(|words| words.split(' ').map(str::to_owned))
    .collect();
    words.push(format!("mem={MEMORY}"));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    words.push(format!("lab.start={},{rows},{columns}", now.as_secs()));
    words
}
