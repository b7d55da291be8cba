//! What this machine offers.

use std::path::Path;

use redd_plan::facts::{HostFacts, HostTimezone, InitLimits, InotifyFacts, KernelVersion, OsRelease};
use redd_spec::capability::CapabilitySet;
use redd_spec::lifecycle::SignalNumber;
use redd_sys::Errno;

use super::{FILE_MAX, cgroups, os_release, read, read_text, user_namespace};
use crate::Error;
use crate::state::MACHINES;

/// Gathers the facts. `terminal` is the caller's `$TERM`, where stdout is a terminal.
///
/// # Errors
/// Something is there, and cannot be read.
pub fn host_facts(terminal: Option<String>) -> Result<HostFacts, Error> {
    let status = read_text("/proc/self/status")?.unwrap_or_default();
    Ok(HostFacts {
        kernel: kernel_version(),
        machine_id: read_text("/etc/machine-id")?.and_then(|id| id.trim().parse().ok()),
        os_release: host_os_release()?,
        cgroups: cgroups::cgroup_facts()?,
        user_namespace: user_namespace::own()?,
        capabilities: own_capabilities(&status)?,
        ignored_signals: ignored_signals(&status)?,
        memory: memory(),
        timezone: timezone(),
        selinux: Path::new("/sys/fs/selinux/enforce").exists().into(),
        terminal,
        init_limits: None,
        inotify: None,
        service_manager: None,
    })
}

/// The host's memory in bytes.
#[must_use]
pub fn memory() -> u64 {
    let system = rustix::system::sysinfo();
    system.totalram * u64::from(system.mem_unit)
}

/// Counted only where a systemd is to be booted.
pub(crate) fn inotify_facts() -> Result<Option<InotifyFacts>, Error> {
    let limit = read_text("/proc/sys/fs/inotify/max_user_instances")?;
    let machines = std::fs::read_dir(MACHINES).map_or(0, |entries| entries.flatten().count() as u64);
    Ok(limit.and_then(|limit| limit.trim().parse().ok()).map(|limit| InotifyFacts { limit, machines }))
}

/// Read only where the payload's limits are to be like them.
pub(crate) fn init_limits() -> Result<Option<InitLimits>, Error> {
    Ok(read_text("/proc/1/limits")?.as_deref().and_then(parse_limits))
}

/// Of proc_pid_limits(5).
fn parse_limits(text: &str) -> Option<InitLimits> {
    let value = |word: &str| if word == "unlimited" { Some(None) } else { word.parse().ok().map(Some) };
    let limit = |name: &str| {
        let mut words = text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace();
        Some((value(words.next()?)?, value(words.next()?)?))
    };
    Some(InitLimits { processes: limit("Max processes")?, signals: limit("Max pending signals")? })
}

fn kernel_version() -> KernelVersion {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy().into_owned();
    let mut numbers =
        release.split(|character: char| !character.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    KernelVersion { major: numbers.next().unwrap_or(0), minor: numbers.next().unwrap_or(0) }
}

fn host_os_release() -> Result<OsRelease, Error> {
    let contents = match read("/etc/os-release")? {
        None => read("/usr/lib/os-release")?,
        found => found,
    };
    Ok(os_release::parse(contents.unwrap_or_default()))
}

/// What redd may do, and give: the permitted and bounding sets together.
fn own_capabilities(status: &str) -> Result<CapabilitySet, Error> {
    let (permitted, bounding) = (bits(status, "CapPrm:")?, bits(status, "CapBnd:")?);
    Ok(CapabilitySet::from_bits(permitted & bounding))
}

fn ignored_signals(status: &str) -> Result<Vec<SignalNumber>, Error> {
    let ignored = bits(status, "SigIgn:")?;
    let numbers = (0..u64::BITS).filter(|bit| ignored >> bit & 1 == 1).map(|bit| bit + 1);
    Ok(numbers.filter_map(|number| i32::try_from(number).ok().and_then(SignalNumber::new)).collect())
}

/// A set in proc_pid_status(5).
fn bits(status: &str, name: &str) -> Result<u64, Error> {
    let value = status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    value.and_then(|bits| u64::from_str_radix(bits, 16).ok()).ok_or_else(|| {
        Error::host(format!("looking for {name} in redd's own /proc/self/status"))(Errno::NODATA)
    })
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

/// Where systemd-resolved says how to ask it.
pub(crate) const STUB_RESOLV_CONF: &str = "/run/systemd/resolve/stub-resolv.conf";
/// 127.0.0.53, port 53, as /proc/net/udp has it.
const STUB_ADDRESS: &str = "3500007F:0035";

/// Whether systemd-resolved is there and can be asked by address: with the host's network a payload can, too.
pub(crate) fn has_resolver_stub() -> Result<bool, Error> {
    if !Path::new(STUB_RESOLV_CONF).exists() {
        return Ok(false);
    }
    Ok(read_text("/proc/net/udp")?.is_some_and(|sockets| listens_at_stub(&sockets)))
}

fn listens_at_stub(sockets: &str) -> bool {
    sockets.lines().any(|line| line.split_whitespace().nth(1) == Some(STUB_ADDRESS))
}

/// A file of the host that is small enough to be handed on.
pub(crate) fn read_host_file(path: &Path) -> Option<Vec<u8>> {
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > FILE_MAX as u64 {
        return None;
    }
    std::fs::read(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_the_kernel_prints_them() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max processes             7823                 unlimited            processes \n\
                    Max pending signals       7823                 7824                 signals   \n";
        let expected = InitLimits { processes: (Some(7823), None), signals: (Some(7823), Some(7824)) };
        assert_eq!(parse_limits(text), Some(expected));
        assert_eq!(parse_limits("Max processes 1"), None);
        assert_eq!(parse_limits(""), None);
    }
}
