//! Packages of any suite, unpacked without being installed: the system's own apt is asked for its mirror, and is not changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Failure, shell};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const ARCHITECTURE: &str = "amd64";
const DIRECTORIES: [&str; 7] = [
    "etc/apt/apt.conf.d",
    "etc/apt/preferences.d",
    "etc/apt/sources.list.d",
    "etc/apt/trusted.gpg.d",
    "var/lib/apt/lists/partial",
    "var/cache/apt/archives/partial",
    "packages",
];

/// One suite's packages.
#[derive(Debug)]
pub(super) struct Archive {
    root: PathBuf,
}

impl Archive {
    /// Opens it, with a directory for lists and packages that is gone at its end.
    pub(super) fn open(suite: &str, root: &Path) -> Result<Self, Failure> {
        if root.exists() {
            fs::remove_dir_all(root)?;
        }
        for directory in DIRECTORIES {
            fs::create_dir_all(root.join(directory))?;
        }
        fs::write(root.join("status"), "")?;
        let mirror = redd_conform::image::mirror()
            .ok_or("no mirror of Debian among the apt sources of this system")?;
        let source = format!("deb [signed-by={KEYRING} arch={ARCHITECTURE}] {mirror} {suite} main\n");
        fs::write(root.join("etc/apt/sources.list"), source)?;
        let archive = Self { root: root.to_owned() };
        shell::run(archive.apt("apt-get").args(["-q", "-q", "update"]))?;
        Ok(archive)
    }

    /// What a package depends on first: of one that has nothing in it but that.
    pub(super) fn dependency(&self, package: &str, start: &str) -> Result<String, Failure> {
        let told = shell::output(self.apt("apt-cache").args(["depends", package]))?;
        let found = told.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
        let mut found = found.filter(|name| name.starts_with(start));
        let found = found.next().ok_or_else(|| format!("{package} depends on no {start}*"))?;
        Ok(found.to_owned())
    }

    /// Unpacks a package below a directory.
    pub(super) fn unpack(&self, package: &str, destination: &Path) -> Result<(), Failure> {
        let packages = self.root.join("packages");
        shell::run(self.apt("apt-get").args(["-q", "-q", "download", package]).current_dir(&packages))?;
        for entry in fs::read_dir(&packages)? {
            let path = entry?.path();
            shell::run(Command::new("dpkg-deb").arg("--extract").arg(&path).arg(destination))?;
            fs::remove_file(path)?;
        }
        Ok(())
    }

    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let root = self.root.display();
        command.arg("-o").arg(format!("Dir={root}"));
        command.arg("-o").arg(format!("Dir::State::status={root}/status"));
        command.args(["-o", &format!("APT::Architecture={ARCHITECTURE}"), "-o", "APT::Sandbox::User=root"]);
        // The development suite's list may be older than it allows; its signature is checked all the same.
        command.args(["-o", "Acquire::Check-Valid-Until=false"]);
        command
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.root));
    }
}
