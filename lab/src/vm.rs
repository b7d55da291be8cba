//! A whole machine in software emulation: an unmodified kernel of the distribution, restored from a saved boot.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::job::{
    Job, Outcome, empty_disk, in_own_directory, read_results, run, send_start, unique_directory,
};
use crate::port;

/// How many times longer than on this machine everything takes there.
pub const TIMEOUT_SCALE: u32 = 15;
const MEMORY: &str = "2048";
const PROCESSORS: &str = "2";
/// How long a cold boot may take, and the saving of its memory.
const PATIENCE: Duration = Duration::from_secs(300);
/// What a systemd that has just booted still has to do.
const SETTLING: Duration = Duration::from_secs(5);
const INTERVAL: Duration = Duration::from_millis(200);
/// What a saved machine was told: another one needs another boot.
pub const KERNEL_COMMAND_LINE: &str = "console=ttyS0 quiet mitigations=off tsc=reliable no_timer_check nokaslr panic=-1 \
     random.trust_cpu=on audit=0 systemd.unit=lab.target systemd.show_status=no lab.port=/dev/virtio-ports/lab lab.disk=/dev/vd";

/// What a machine is made of: files `vmlinuz`, `initrd`, `root.ext4` and `trees.ext4` of a directory, which nobody writes to.
/// What was saved of a boot is put beside them.
#[derive(Debug)]
pub struct Vm {
    directory: PathBuf,
}

/// What a machine does first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    Boot,
    Restore,
}

impl Vm {
    /// Of the files in a directory. Where there is no saved boot, one is made; that takes half a minute.
    ///
    /// # Errors
    /// It does not boot, or cannot be saved.
    pub fn new(directory: &Path) -> io::Result<Self> {
        let vm = Self { directory: directory.to_owned() };
        if !vm.file("memory").is_file() {
            let work = unique_directory("boot")?;
            let saved = vm.save(&work);
            fs::remove_dir_all(&work)?;
            saved?;
        }
        Ok(vm)
    }

    /// Runs a job; what it prints is written to `output` as it comes, its results to a directory.
    ///
    /// # Errors
    /// The machine does not run, or the job does not come to its end in time. The file `console.log` beside the machine's files
    /// tells what its kernel had to say.
    pub fn run(&self, job: &Job, output: &mut dyn Write, results: Option<&Path>) -> io::Result<Outcome> {
        in_own_directory("vm", &self.file("console.log"), |own| self.run_in(own, job, output, results))
    }

    fn run_in(
        &self,
        work: &Path,
        job: &Job,
        output: &mut dyn Write,
        results: Option<&Path>,
    ) -> io::Result<Outcome> {
        overlay(&self.file("root.qcow2"), "qcow2", &work.join("root"))?;
        overlay(&self.file("trees.ext4"), "raw", &work.join("trees"))?;
        job.write_disk(&work.join("job"))?;
        empty_disk(&work.join("results"))?;
        let mut qemu = self.qemu(work, Beginning::Restore);
        qemu.args(["-chardev", "stdio,id=port,signal=off"]);
        let (machine, mut line) = port::connect(&qemu)?;
        send_start(&mut line, port::terminal_size())?;
        port::attend(machine, line, job, output)?;
        read_results(&work.join("results"), results)
    }

    /// Boots it until it waits for a job, and saves it.
    fn save(&self, work: &Path) -> io::Result<()> {
        overlay(&self.file("root.ext4"), "raw", &work.join("root"))?;
        overlay(&self.file("trees.ext4"), "raw", &work.join("trees"))?;
        for disk in ["job", "results"] {
            empty_disk(&work.join(disk))?;
        }
        let mut qemu = self.qemu(work, Beginning::Boot);
        qemu.args(["-chardev", "null,id=port", "-monitor", "stdio"]);
        qemu.stdin(Stdio::piped()).stdout(fs::File::create(work.join("monitor"))?);
        let mut machine = qemu.spawn()?;
        let saved = self.save_when_ready(work, &mut machine);
        drop(machine.kill());
        machine.wait()?;
        let console = fs::read_to_string(work.join("console")).unwrap_or_default();
        saved
            .map_err(|error| io::Error::other(format!("{error}; its console:\n{}", last_lines(&console))))?;
        // The memory last: where it is, the rest is.
        fs::copy(work.join("root"), self.file("root.qcow2"))?;
        fs::rename(self.file("memory.new"), self.file("memory"))
    }

    fn save_when_ready(&self, work: &Path, machine: &mut Child) -> io::Result<()> {
        await_line(machine, &work.join("console"), "lab: ready")?;
        sleep(SETTLING);
        let mut monitor = machine.stdin.take().ok_or_else(|| io::Error::other("no monitor"))?;
        // It is not stopped before: what was saved while it stood still would stand still when it is restored.
        writeln!(monitor, "migrate_set_parameter max-bandwidth 4G")?;
        writeln!(monitor, "migrate_set_parameter downtime-limit 20000")?;
        writeln!(monitor, "migrate \"exec:cat > {}\"", self.file("memory.new").display())?;
        let deadline = Instant::now() + PATIENCE;
        while !fs::read_to_string(work.join("monitor"))?.contains("Migration status: completed") {
            if Instant::now() > deadline {
                return Err(io::Error::other("its memory cannot be saved"));
            }
            sleep(INTERVAL);
            writeln!(monitor, "info migrate")?;
        }
        // Ends it, and so closes its disks.
        writeln!(monitor, "quit")?;
        machine.wait().map(drop)
    }

    /// The same devices in the same order, whatever it does first: else it cannot be restored.
    fn qemu(&self, work: &Path, beginning: Beginning) -> Command {
        let mut qemu = Command::new("qemu-system-x86_64");
        qemu.args(["-accel", "tcg,thread=multi,tb-size=512", "-machine", "q35", "-cpu", "max"]);
        qemu.args([
            "-smp",
            PROCESSORS,
            "-m",
            MEMORY,
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-no-reboot",
        ]);
        qemu.arg("-serial").arg(format!("file:{}", work.join("console").display()));
        qemu.arg("-kernel").arg(self.file("vmlinuz")).arg("-initrd").arg(self.file("initrd"));
        qemu.args(["-append", KERNEL_COMMAND_LINE, "-device", "virtio-rng-pci"]);
        for (name, format) in [("root", "qcow2"), ("trees", "qcow2"), ("job", "raw"), ("results", "raw")] {
            let file = work.join(name);
            qemu.arg("-drive")
                .arg(format!("if=none,id={name},file={},format={format},cache=unsafe", file.display()));
            qemu.arg("-device").arg(format!("virtio-blk-pci,drive={name}"));
        }
        qemu.args(["-device", "virtio-serial-pci", "-device", "virtserialport,chardev=port,name=lab"]);
        if beginning == Beginning::Restore {
            qemu.arg("-incoming").arg(format!("exec:cat {}", self.file("memory").display()));
        }
        qemu
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// A disk that starts as another one is, and leaves that as it is.
fn overlay(base: &Path, format: &str, path: &Path) -> io::Result<()> {
    let base = fs::canonicalize(base)?;
    let mut command = Command::new("qemu-img");
    command.args(["create", "-q", "-f", "qcow2", "-F", format, "-b"]).arg(base).arg(path);
    run(&mut command)
}

fn await_line(machine: &mut Child, log: &Path, line: &str) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if fs::read(log).is_ok_and(|text| String::from_utf8_lossy(&text).contains(line)) {
            return Ok(());
        }
        if let Some(status) = machine.try_wait()? {
            return Err(io::Error::other(format!("the machine ended: {status}")));
        }
        if Instant::now() > deadline {
            return Err(io::Error::other("the machine is not ready"));
        }
        sleep(INTERVAL);
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
