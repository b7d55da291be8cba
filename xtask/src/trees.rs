//! Debian trees, made once and kept below the target directory.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Failure, host_tree, shell, target};

/// A release of Debian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suite {
    Debian12,
    Debian13,
    /// With the part of systemd's that shows users of other places to programs.
    Debian13Users,
    /// With other container managers in it.
    Debian13Nesting,
    DebianSid,
    /// With the init of System V, and the scripts it came with.
    Sysvinit,
    /// With OpenRC, which either init of it starts, and inits of other kinds.
    OpenRc,
    /// With runit.
    Runit,
    /// Debian 13's systemd-nspawn with its libraries, and nothing else.
    Nspawn257,
    /// The same of the development suite, whatever version that is.
    NspawnSid,
    /// A host that systemd runs, with everything of systemd's that redd talks to.
    SystemdHost,
    /// The same of the development suite.
    SystemdHostSid,
}

/// What is in a tree beside the essential packages.
const PACKAGES: &str =
    "systemd,systemd-sysv,dbus,libpam-systemd,login,passwd,util-linux,iproute2,procps,tzdata,udev";
/// What is in a tree beside those, where users of the host are known inside.
const NAME_SERVICE: &str = "libnss-systemd";
/// What makes a tree boot in another way than by systemd.
const SYSVINIT: &str = "sysvinit-core,sysv-rc,procps";
const OPENRC: &str = "sysvinit-core,openrc,s6,busybox-static,procps";
const RUNIT: &str = "runit-init,procps";
/// What is in a tree beside those, where containers run inside.
const MANAGERS: &str = "systemd-container,crun,podman,fuse-overlayfs,nftables,uidmap,busybox-static";
/// What is in a host that containers run on.
const HOST: &str = "systemd,systemd-sysv,systemd-container,systemd-resolved,dbus,dbus-user-session,polkitd,udev,libpam-systemd,\
    libnss-mymachines,libnss-resolve,libnss-systemd,login,util-linux,procps,kmod,uidmap,iproute2,iputils-ping,nftables,strace,socat,\
    openssh-client,busybox-static,e2fsprogs,btrfs-progs,cryptsetup-bin,apparmor,acl,attr,libcap2-bin";
/// Changes when what is in a tree changes, so that old trees are not used any more.
const RECIPE: u32 = 2;

impl Suite {
    pub(crate) const ALL: [Self; 12] = [
        Self::Debian12,
        Self::Debian13,
        Self::Debian13Users,
        Self::Debian13Nesting,
        Self::DebianSid,
        Self::Sysvinit,
        Self::OpenRc,
        Self::Runit,
        Self::Nspawn257,
        Self::NspawnSid,
        Self::SystemdHost,
        Self::SystemdHostSid,
    ];

    const fn code_name(self) -> &'static str {
        match self {
            Self::Debian12 => "bookworm",
            Self::Debian13
            | Self::Debian13Users
            | Self::Debian13Nesting
            | Self::Sysvinit
            | Self::OpenRc
            | Self::Runit
            | Self::Nspawn257
            | Self::SystemdHost => "trixie",
            Self::DebianSid | Self::NspawnSid | Self::SystemdHostSid => "sid",
        }
    }

    /// The development suite may be out of reach for a day.
    pub(crate) const fn may_be_missing(self) -> bool {
        matches!(self, Self::DebianSid | Self::NspawnSid | Self::SystemdHostSid)
    }

    /// A program that runs with its own libraries needs no tree that was set up.
    const fn variant(self) -> &'static str {
        match self {
            Self::Nspawn257 | Self::NspawnSid => "extract",
            _ => "minbase",
        }
    }

    fn packages(self) -> String {
        match self {
            Self::Debian12 | Self::Debian13 | Self::DebianSid => PACKAGES.to_owned(),
            Self::Debian13Users => format!("{PACKAGES},{NAME_SERVICE}"),
            Self::Sysvinit => SYSVINIT.to_owned(),
            Self::OpenRc => OPENRC.to_owned(),
            Self::Runit => RUNIT.to_owned(),
            Self::Debian13Nesting => format!("{PACKAGES},{MANAGERS}"),
            Self::Nspawn257 | Self::NspawnSid => "systemd-container".to_owned(),
            Self::SystemdHost | Self::SystemdHostSid => HOST.to_owned(),
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Debian12 => "debian-12",
            Self::Debian13 => "debian-13",
            Self::Debian13Users => "debian-13-users",
            Self::Debian13Nesting => "debian-13-nesting",
            Self::DebianSid => "debian-sid",
            Self::Sysvinit => "debian-13-sysvinit",
            Self::OpenRc => "debian-13-openrc",
            Self::Runit => "debian-13-runit",
            Self::Nspawn257 => "nspawn-257",
            Self::NspawnSid => "nspawn-sid",
            Self::SystemdHost => "systemd-host",
            Self::SystemdHostSid => "systemd-host-sid",
        })
    }
}

/// Where all trees are.
pub(crate) fn directory() -> PathBuf {
    target().join("trees")
}

/// Makes a tree if it is not there yet; its path.
pub(crate) fn ensure(suite: Suite) -> Result<PathBuf, Failure> {
    let path = directory().join(suite.to_string());
    let stamp = directory().join(format!("{suite}.recipe"));
    if path.join("usr").is_dir()
        && fs::read_to_string(&stamp).is_ok_and(|recipe| recipe == RECIPE.to_string())
    {
        return Ok(path);
    }
    make(suite, &path)?;
    fs::write(stamp, RECIPE.to_string())?;
    Ok(path)
}

/// Makes a tree of a release that was never booted.
pub(crate) fn make(suite: Suite, path: &Path) -> Result<(), Failure> {
    // Of its own: two of these may make the same one.
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
    println!("making the tree {suite}; this takes half a minute");
    let mirror =
        redd_conform::image::mirror().ok_or("no mirror of Debian among the apt sources of this system")?;
    let mut command = Command::new("mmdebstrap");
    command.args([
        "--quiet",
        &format!("--variant={}", suite.variant()),
        &format!("--include={}", suite.packages()),
    ]);
    // The development suite's list may be older than it allows; its signature is checked all the same.
    command.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
    command.arg(suite.code_name()).arg(&temporary).arg(mirror);
    shell::run(&mut command)?;
    fs::write(temporary.join("etc/machine-id"), "")?;
    for name in ["etc/hostname", "etc/resolv.conf"] {
        drop(fs::remove_file(temporary.join(name)));
    }
    if matches!(suite, Suite::SystemdHost | Suite::SystemdHostSid) {
        host_tree::prepare(&temporary)?;
    }
    if path.exists() {
        fs::remove_dir_all(path)?;
    }
    Ok(fs::rename(temporary, path)?)
}
