//! The host, as far as verdicts depend on it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::outside;
use crate::observation::{HostSight, mounts_of};
use crate::probe::{look, read};

/// Looks at it.
#[must_use]
pub fn look() -> HostSight {
    let mounts = mounts_of(&read::text("/proc/self/mountinfo"));
    let os_release = ["/etc/os-release", "/usr/lib/os-release"].iter().find_map(read::try_text);
    let unified = mounts.iter().rev().find(|mount| mount.kind == "cgroup2").map(|mount| mount.place.clone());
    let controllers = unified.map(|place| read::text(Path::new(&place).join("cgroup.controllers")));
    HostSight {
        os_release: os_release.unwrap_or_default(),
        boot_id: read::text("/proc/sys/kernel/random/boot_id").trim().to_owned(),
        host_name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        zone: zone(),
        has_selinux: Path::new("/sys/fs/selinux/enforce").exists(),
        root_device: root_device(),
        devices: mounts.iter().map(|mount| mount.device.clone()).collect(),
        open_files: look::process(Path::new("/proc/self")).open_files,
        controllers: controllers.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        has_systemd: Path::new("/run/systemd/system").is_dir(),
        has_journal: Path::new("/var/log/journal").is_dir(),
        namespaces: outside::namespaces(Path::new("/proc/self")),
    }
}

/// `Europe/Berlin`
fn zone() -> Option<String> {
    let link = std::fs::read_link("/etc/localtime").ok()?;
    link.to_string_lossy().split_once("zoneinfo/").map(|(_, zone)| zone.to_owned())
}

/// Only where root of the host may open it a refusal inside says anything.
fn root_device() -> Option<(u32, u32)> {
    let device = std::fs::metadata("/").ok()?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let name = std::fs::read_link(format!("/sys/dev/block/{major}:{minor}")).ok()?;
    let node = Path::new("/dev").join(name.file_name()?);
    std::fs::File::open(node).is_ok().then_some((major, minor))
}
