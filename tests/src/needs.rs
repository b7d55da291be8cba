//! What a test needs of the machine it runs on.

use std::path::PathBuf;

/// Something a machine may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The right to make namespaces and mounts.
    Root,
    /// A tree of Debian 12.
    Debian12,
    /// A tree of Debian 13.
    Debian13,
    /// A tree of Debian 13 with nss-systemd.
    Debian13Users,
    /// A tree of Debian 13 with container managers in it.
    Debian13Nesting,
    /// A tree of Debian's development suite.
    DebianSid,
    /// A tree with the init of System V.
    Sysvinit,
    /// A tree with OpenRC, s6 and BusyBox.
    OpenRc,
    /// A tree with runit.
    Runit,
    /// systemd's container manager, to compare with.
    Nspawn,
    /// The one of Debian 13, to compare with.
    Nspawn257,
    /// The one of Debian's development suite, to compare with.
    NspawnSid,
    /// A host of the lab: systemd as PID 1 of namespaces of its own.
    SystemdHost,
    /// The same of Debian's development suite.
    SystemdHostSid,
    /// LXC, to judge it.
    Lxc,
    /// Podman, to judge it, and the right to raise limits, which it always does.
    Podman,
    /// crun and runc, to judge them.
    Runc,
    /// A browser, to look at pages.
    Chromium,
    /// strace(1), to make system calls fail.
    Strace,
    /// valgrind(1), to count instructions.
    Valgrind,
    /// Tools for access lists, capabilities and other attributes of files.
    Attributes,
    /// File systems that share blocks, made in files.
    FileSystems,
    /// The device behind file systems in user space.
    Fuse,
    /// bindfs(1), a file system that a process serves.
    Bindfs,
    /// The shell fish, for its completions.
    Fish,
    /// The shell zsh, for its completions.
    Zsh,
    /// A compiler for C, for the few lines of a hostile program.
    Compiler,
    /// A host that systemd runs, with version 2 of the controllers: no machine with version 1 has it, virtual machines of the lab do.
    Controllers,
    /// A kernel that tells how much is waited for, and binds groups to processors.
    Pressure,
}

impl Need {
    /// Its name in `REDD_REQUIRE`, and of its tree.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Debian12 => "debian-12",
            Self::Debian13 => "debian-13",
            Self::Debian13Users => "debian-13-users",
            Self::Debian13Nesting => "debian-13-nesting",
            Self::DebianSid => "debian-sid",
            Self::Sysvinit => "debian-13-sysvinit",
            Self::OpenRc => "debian-13-openrc",
            Self::Runit => "debian-13-runit",
            Self::Nspawn => "nspawn",
            Self::Nspawn257 => "nspawn-257",
            Self::NspawnSid => "nspawn-sid",
            Self::SystemdHost => "systemd-host",
            Self::SystemdHostSid => "systemd-host-sid",
            Self::Lxc => "lxc",
            Self::Podman => "podman",
            Self::Runc => "runc",
            Self::Chromium => "chromium",
            Self::Strace => "strace",
            Self::Valgrind => "valgrind",
            Self::Attributes => "attributes",
            Self::FileSystems => "file-systems",
            Self::Fuse => "fuse",
            Self::Bindfs => "bindfs",
            Self::Fish => "fish",
            Self::Zsh => "zsh",
            Self::Compiler => "compiler",
            Self::Controllers => "controllers",
            Self::Pressure => "pressure",
        }
    }

    /// Whether the machine has it.
    ///
    /// # Errors
    /// What is missing.
    ///
    /// # Panics
    /// `REDD_REQUIRE` lists it, and it is missing: a test that CI can run is not passed over there.
    pub fn check(self) -> Result<(), String> {
        if self.is_there() {
            return Ok(());
        }
        let required = std::env::var("REDD_REQUIRE").unwrap_or_default();
        assert!(
            !required.split(',').any(|name| name == self.name()),
            "{} is required and missing",
            self.name()
        );
        Err(format!("needs {}", self.name()))
    }

    fn is_there(self) -> bool {
        match self {
            Self::Root => rustix::process::geteuid().is_root(),
            Self::Nspawn => PathBuf::from("/usr/bin/systemd-nspawn").exists(),
            Self::Lxc => PathBuf::from("/usr/bin/lxc-start").exists(),
            Self::Podman => PathBuf::from("/usr/bin/podman").exists() && may_raise_limits(),
            Self::Runc => PathBuf::from("/usr/sbin/runc").exists(),
            Self::Chromium => PathBuf::from("/usr/bin/chromium").exists(),
            Self::Strace => PathBuf::from("/usr/bin/strace").exists(),
            Self::Valgrind => PathBuf::from("/usr/bin/valgrind").exists(),
            Self::Attributes => ["/usr/bin/setfacl", "/usr/sbin/setcap", "/usr/bin/getfattr"]
                .iter()
                .all(|path| PathBuf::from(path).exists()),
            Self::FileSystems => {
                let paths = ["/usr/sbin/mkfs.btrfs", "/usr/sbin/mkfs.xfs", "/dev/loop-control"];
                paths.iter().all(|path| PathBuf::from(path).exists())
            }
            Self::Fuse => PathBuf::from("/dev/fuse").exists(),
            Self::Bindfs => PathBuf::from("/usr/bin/bindfs").exists(),
            Self::Fish => PathBuf::from("/usr/bin/fish").exists(),
            Self::Zsh => PathBuf::from("/usr/bin/zsh").exists(),
            Self::Compiler => PathBuf::from("/usr/bin/cc").exists(),
            Self::Controllers => PathBuf::from("/run/systemd/system").is_dir() && has_controllers(),
            Self::Pressure => PathBuf::from("/proc/pressure/memory").exists(),
            Self::Debian12
            | Self::Debian13
            | Self::Debian13Users
            | Self::Debian13Nesting
            | Self::DebianSid
            | Self::Sysvinit
            | Self::OpenRc
            | Self::Runit
            | Self::Nspawn257
            | Self::NspawnSid
            | Self::SystemdHost
            | Self::SystemdHostSid => self.tree().join("usr").is_dir(),
        }
    }

    /// Where its tree is, for a tree.
    #[must_use]
    pub fn tree(self) -> PathBuf {
        let trees = std::env::var_os("REDD_TREES").map(PathBuf::from);
        trees
            .unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/trees")))
            .join(self.name())
    }
}

fn has_controllers() -> bool {
    let controllers = std::fs::read_to_string("/sys/fs/cgroup/cgroup.controllers").unwrap_or_default();
    ["cpu", "io", "memory", "pids"]
        .iter()
        .all(|name| controllers.split_whitespace().any(|there| there == *name))
}

fn may_raise_limits() -> bool {
    let own = rustix::thread::capabilities(None);
    own.is_ok_and(|own| own.effective.contains(rustix::thread::CapabilitySet::SYS_RESOURCE))
}
