//! The files that virtual machines are made of, made once and kept below the target directory: nothing of them is in the checkout.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::archive::Archive;
use crate::trees::{self, Suite};
use crate::{Failure, shell, target};

/// Changes when the way these files are made changes.
const RECIPE: u32 = 1;
const AGENT: &str = include_str!("../../../lab/guest/agent");
const INIT: &str = include_str!("../../../lab/guest/init");
const UNITS: [(&str, &str); 2] = [
    ("lab.service", include_str!("../../../lab/guest/lab.service")),
    ("lab.target", include_str!("../../../lab/guest/lab.target")),
];
/// What jobs find in `/trees`.
const PAYLOADS: [Suite; 3] = [Suite::Debian12, Suite::Debian13, Suite::Debian13Users];

/// Which kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    /// The distribution's for virtual machines.
    Cloud,
    /// Linux as a process, of the development suite.
    UserMode,
}

impl Kernel {
    const fn name(self) -> &'static str {
        match self {
            Self::Cloud => "vm",
            Self::UserMode => "uml",
        }
    }
}

/// Makes what is not there yet; the directory it is in.
pub(super) fn ensure(kernel: Kernel) -> Result<PathBuf, Failure> {
    let directory = target().join("lab").join(kernel.name());
    let recipe = recipe(kernel)?;
    if fs::read_to_string(directory.join("recipe")).is_ok_and(|made| made == recipe) {
        return Ok(directory);
    }
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    println!("making the lab {}; this takes half a minute", kernel.name());
    let modules = match kernel {
        Kernel::Cloud => fetch_cloud_kernel(&directory)?,
        Kernel::UserMode => fetch_user_mode_kernel(&directory)?,
    };
    make_root(&modules, &directory)?;
    make_trees(&directory)?;
    fs::write(directory.join("recipe"), recipe)?;
    Ok(directory)
}

/// Changes when anything does that these files are made of.
fn recipe(kernel: Kernel) -> Result<String, Failure> {
    let mut hasher = DefaultHasher::new();
    (RECIPE, AGENT, INIT, UNITS, redd_lab::vm::KERNEL_COMMAND_LINE).hash(&mut hasher);
    for suite in PAYLOADS.into_iter().chain([Suite::SystemdHost]) {
        let tree = trees::ensure(suite)?;
        // A tree that was made anew is another one.
        (suite.to_string(), fs::metadata(tree.join("etc/machine-id"))?.modified()?).hash(&mut hasher);
    }
    Ok(format!("{} {:016x}\n", kernel.name(), hasher.finish()))
}

fn fetch_cloud_kernel(directory: &Path) -> Result<PathBuf, Failure> {
    let archive = Archive::open("trixie", &directory.join("archive"))?;
    let unpacked = directory.join("kernel");
    archive.unpack(&archive.dependency("linux-image-cloud-amd64", "linux-image-")?, &unpacked)?;
    let image = only(&unpacked.join("boot"), "vmlinuz-")?;
    fs::rename(image, directory.join("vmlinuz"))?;
    let modules = unpacked.join("usr/lib/modules");
    make_initrd(&modules, directory)?;
    Ok(modules)
}

fn fetch_user_mode_kernel(directory: &Path) -> Result<PathBuf, Failure> {
    let archive = Archive::open("sid", &directory.join("archive"))?;
    let unpacked = directory.join("kernel");
    archive.unpack("user-mode-linux", &unpacked)?;
    fs::rename(unpacked.join("usr/bin/linux.uml"), directory.join("linux"))?;
    Ok(unpacked.join("usr/lib/uml/modules"))
}

/// The one file of a directory whose name starts like this.
fn only(directory: &Path, start: &str) -> Result<PathBuf, Failure> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(start) {
            return Ok(entry.path());
        }
    }
    Err(format!("no {start}* in {}", directory.display()).into())
}

/// The kernel finds its disk with one module that is in no image of its own.
fn make_initrd(modules: &Path, directory: &Path) -> Result<(), Failure> {
    let stage = directory.join("initrd.stage");
    for name in ["bin", "dev", "root"] {
        fs::create_dir_all(stage.join(name))?;
    }
    fs::copy("/bin/busybox", stage.join("bin/busybox"))?;
    let drivers = only(modules, "")?.join("kernel/drivers/block");
    let module = only(&drivers, "virtio_blk.ko")?;
    let plain = fs::File::create(stage.join("virtio_blk.ko"))?;
    let mut unpack = match module.extension().and_then(|extension| extension.to_str()) {
        Some("xz") => Command::new("xz"),
        _ => return Err(format!("{}: packed in an unknown way", module.display()).into()),
    };
    shell::run(unpack.arg("--decompress").arg("--stdout").arg(module).stdout(plain))?;
    write_program(&stage.join("init"), INIT)?;
    let pack = "find . | busybox cpio -o -H newc 2> /dev/null > ../initrd";
    shell::run(Command::new("sh").args(["-ec", pack]).current_dir(&stage))?;
    Ok(fs::remove_dir_all(stage)?)
}

/// The host's tree with the kernel's modules, and what runs jobs.
fn make_root(modules: &Path, directory: &Path) -> Result<(), Failure> {
    let stage = directory.join("stage");
    fs::create_dir(&stage)?;
    let tree = trees::ensure(Suite::SystemdHost)?;
    shell::run(Command::new("cp").arg("--archive").arg(tree.join(".")).arg(&stage))?;
    for entry in fs::read_dir(modules)? {
        let (path, release) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        fs::create_dir_all(stage.join("usr/lib/modules"))?;
        shell::run(Command::new("cp").arg("--archive").arg(path).arg(stage.join("usr/lib/modules")))?;
        shell::run(Command::new("chroot").arg(&stage).arg("depmod").arg(release))?;
    }
    fs::create_dir_all(stage.join("usr/local/lib/lab"))?;
    write_program(&stage.join("usr/local/lib/lab/agent"), AGENT)?;
    for (name, text) in UNITS {
        fs::write(stage.join("etc/systemd/system").join(name), text)?;
    }
    // Where a job puts redd, it is called by name.
    symlink("/lab/redd", stage.join("usr/local/bin/redd"))?;
    // A host has a name of its own from its first boot on.
    fs::write(stage.join("etc/machine-id"), "0123456789abcdef0123456789abcdef\n")?;
    make_disk(&stage, &directory.join("root.ext4"))?;
    fs::remove_dir_all(stage)?;
    Ok(fs::remove_dir_all(directory.join("kernel"))?)
}

fn make_trees(directory: &Path) -> Result<(), Failure> {
    let stage = directory.join("stage");
    fs::create_dir(&stage)?;
    for suite in PAYLOADS {
        shell::run(Command::new("cp").arg("--archive").arg(trees::ensure(suite)?).arg(&stage))?;
    }
    make_disk(&stage, &directory.join("trees.ext4"))?;
    Ok(fs::remove_dir_all(stage)?)
}

/// Nobody writes to it: each run has a layer of its own over it.
fn make_disk(stage: &Path, disk: &Path) -> Result<(), Failure> {
    let mut command = Command::new("mke2fs");
    command.args(["-q", "-F", "-t", "ext4", "-O", "^has_journal", "-d"]).arg(stage).arg(disk).arg("4G");
    shell::run(command.stdin(Stdio::null()))
}

fn write_program(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text)?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o755))?)
}
