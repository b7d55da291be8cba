//! What this machine offers.

use std::path::Path;

use redd_plan::facts::{HostFacts, HostTimezone, KernelVersion, OsRelease};
use redd_spec::capability::CapabilitySet;
use redd_spec::uuid::Uuid;

use super::{cgroups, os_release};

/// What a host's own files may have at most.
const FILE_MAX: u64 = 1024 * 1024;

/// Gathers the facts. What cannot be read is absent.
///
/// `terminal` is the caller's `$TERM`, where stdout is a terminal.
#[must_use]
pub fn host_facts(terminal: Option<String>) -> HostFacts {
    HostFacts {
        kernel: kernel_version(),
        machine_id: read_uuid(Path::new("/etc/machine-id")),
        os_release: host_os_release(),
        cgroups: cgroups::cgroup_facts(),
        capabilities: own_capabilities(),
        memory: rustix::system::sysinfo().totalram * u64::from(rustix::system::sysinfo().mem_unit),
        timezone: timezone(),
        selinux: Path::new("/sys/fs/selinux/enforce").exists().into(),
        terminal,
    }
}

fn kernel_version() -> KernelVersion {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy().into_owned();
    let mut numbers =
        release.split(|character: char| !character.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    KernelVersion { major: numbers.next().unwrap_or(0), minor: numbers.next().unwrap_or(0) }
}

fn read_uuid(path: &Path) -> Option<Uuid> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn host_os_release() -> OsRelease {
    let read = |path| std::fs::read(path).ok();
    let contents = read("/etc/os-release").or_else(|| read("/usr/lib/os-release")).unwrap_or_default();
    os_release::parse(contents)
}

/// What redd may do, and give: the permitted and bounding sets together.
fn own_capabilities() -> CapabilitySet {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let set = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        CapabilitySet::from_bits(value.and_then(|bits| u64::from_str_radix(bits, 16).ok()).unwrap_or(0))
    };
    set("CapPrm:").intersection(set("CapBnd:"))
}

fn timezone() -> HostTimezone {
    let Ok(target) = std::fs::read_link("/etc/localtime") else {
        let is_file = std::fs::metadata("/etc/localtime").is_ok_and(|metadata| metadata.is_file());
        return if is_file { HostTimezone::File } else { HostTimezone::Unset };
    };
    let target = target.to_string_lossy().into_owned();
    match target.split_once("zoneinfo/") {
        Some((_directory, zone)) if is_zone_name(zone) => HostTimezone::Zone(zone.to_owned()),
        _ => HostTimezone::File,
    }
}

fn is_zone_name(zone: &str) -> bool {
    let fits =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '/' | '_' | '-' | '+');
    !zone.is_empty() && zone.chars().all(fits) && !zone.starts_with('/')
}

/// A file of the host that is small enough to be handed on.
pub(crate) fn read_host_file(path: &Path) -> Option<Vec<u8>> {
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > FILE_MAX {
        return None;
    }
    std::fs::read(path).ok()
}
