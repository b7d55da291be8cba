//! Which cgroup hierarchies are mounted, and where redd is in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use redd_plan::cgroup::{CgroupPath, Controller};
use redd_plan::facts::{CgroupFacts, LegacyHierarchy, Population, UnifiedHierarchy};

use redd_sys::Errno;

use super::read_text;
use crate::Error;

/// A cgroup mount of `/proc/self/mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CgroupMount {
    /// Which part of the hierarchy is mounted.
    root: PathBuf,
    place: PathBuf,
    /// Controllers of version 1; nothing for the unified hierarchy.
    version: MountVersion,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum MountVersion {
    Unified,
    Legacy(BTreeSet<Controller>),
}

/// A line of `/proc/self/cgroup`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Membership {
    /// The names before the path; none for the unified hierarchy.
    controllers: BTreeSet<Controller>,
    unified: bool,
    path: PathBuf,
}

/// Reads this process's own.
///
/// # Errors
/// Something is there, and cannot be read.
pub fn cgroup_facts() -> Result<CgroupFacts, Error> {
    let read = |path: &str| read_text(path).map(Option::unwrap_or_default);
    from_text(&read("/proc/self/mountinfo")?, &read("/proc/self/cgroup")?, is_visible)
}

/// Whether a mount is what is seen at its place: another one may cover it.
fn is_visible(mount: &CgroupMount) -> Result<bool, Error> {
    const CGROUP_SUPER_MAGIC: u64 = 0x0027_e0eb;
    const CGROUP2_SUPER_MAGIC: u64 = 0x6367_7270;
    let expected = match mount.version {
        MountVersion::Unified => CGROUP2_SUPER_MAGIC,
        MountVersion::Legacy(_) => CGROUP_SUPER_MAGIC,
    };
    match rustix::io::retry_on_intr(|| rustix::fs::statfs(&mount.place)) {
        Ok(status) => Ok(status.f_type.cast_unsigned() == expected),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => Ok(false),
        Err(errno) => Err(Error::host(format!("looking at {}", mount.place.display()))(errno)),
    }
}

fn from_text(
    mountinfo: &str,
    memberships: &str,
    is_visible: impl Fn(&CgroupMount) -> Result<bool, Error>,
) -> Result<CgroupFacts, Error> {
    let memberships: Vec<Membership> = memberships.lines().filter_map(parse_membership).collect();
    let mut facts = CgroupFacts::default();
    for mount in mountinfo.lines().filter_map(parse_mount) {
        if !is_visible(&mount)? {
            continue;
        }
        match &mount.version {
            MountVersion::Unified if facts.unified.is_none() => {
                let own = memberships
                    .iter()
                    .find(|membership| membership.unified)
                    .and_then(|own| below(&mount, own));
                facts.unified = own.map(unified_hierarchy).transpose()?;
            }
            MountVersion::Unified => {}
            // A hierarchy that is mounted twice is one hierarchy.
            MountVersion::Legacy(controllers)
                if facts.legacy.iter().any(|known| known.controllers == *controllers) => {}
            MountVersion::Legacy(controllers) if !controllers.is_empty() => {
                let own = memberships.iter().find(|membership| membership.controllers == *controllers);
                let own = own.and_then(|own| below(&mount, own));
                let hierarchy =
                    |own| LegacyHierarchy { controllers: controllers.clone(), own: CgroupPath(own) };
                facts.legacy.extend(own.map(hierarchy));
            }
            MountVersion::Legacy(_) => {}
        }
    }
    Ok(facts)
}

fn parse_mount(line: &str) -> Option<CgroupMount> {
    let (mount, file_system) = line.split_once(" - ")?;
    let mut fields = mount.split(' ').skip(3);
    let (root, place) = (fields.next()?, fields.next()?);
    let mut file_system = file_system.split(' ');
    let version = match file_system.next()? {
        "cgroup2" => MountVersion::Unified,
        "cgroup" => {
            let options = file_system.nth(1)?;
            MountVersion::Legacy(options.split(',').filter_map(Controller::named).collect())
        }
        _ => return None,
    };
    Some(CgroupMount { root: PathBuf::from(root), place: PathBuf::from(place), version })
}

fn parse_membership(line: &str) -> Option<Membership> {
    let mut fields = line.splitn(3, ':');
    let (_number, names, path) = (fields.next()?, fields.next()?, fields.next()?);
    let controllers = names.split(',').filter_map(Controller::named).collect();
    Some(Membership { controllers, unified: names.is_empty(), path: PathBuf::from(path) })
}

/// The directory of a membership, where the mounted part of the hierarchy shows it.
fn below(mount: &CgroupMount, own: &Membership) -> Option<PathBuf> {
    let relative = own.path.strip_prefix(&mount.root).ok()?;
    Some(if relative == Path::new("") { mount.place.clone() } else { mount.place.join(relative) })
}

fn unified_hierarchy(own: PathBuf) -> Result<UnifiedHierarchy, Error> {
    let read = |name: &str| read_text(own.join(name)).map(Option::unwrap_or_default);
    let set = |text: &str| text.split_whitespace().filter_map(Controller::named).collect();
    let delegate = read_text("/sys/kernel/cgroup/delegate")?.unwrap_or_default();
    let mut delegate: Vec<String> = delegate.lines().map(str::to_owned).collect();
    if delegate.is_empty() {
        delegate = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"].map(str::to_owned).into();
    }
    // The root of a hierarchy is the one cgroup without a type.
    let population = if read_text(own.join("cgroup.type"))?.is_none() {
        Population::Root
    } else if read("cgroup.procs")?.lines().all(|pid| pid == std::process::id().to_string()) {
        Population::OnlyRedd
    } else {
        Population::Shared
    };
    let controllers = set(&read("cgroup.controllers")?);
    let enabled = set(&read("cgroup.subtree_control")?);
    Ok(UnifiedHierarchy { own: CgroupPath(own), controllers, enabled, population, delegate })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
";

    #[test]
    fn own_cgroups_of_version_1_are_found_below_their_mounts() {
        let memberships = "4:memory:/a/b\n3:cpu,cpuacct:/\n2:name=systemd:/\n0::/\n";
        let facts = from_text(MOUNTS, memberships, |_| Ok(true)).unwrap();
        let own: Vec<String> = facts.legacy.iter().map(|hierarchy| hierarchy.own.to_string()).collect();
        assert_eq!(own, ["/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/memory/a/b"]);
        assert_eq!(facts.unified, None);
    }

    #[test]
    fn a_hierarchy_that_is_mounted_twice_is_used_once() {
        let again = "45 30 0:32 / /elsewhere/memory rw,relatime - cgroup cgroup rw,memory\n";
        let facts = from_text(&format!("{MOUNTS}{again}"), "4:memory:/a/b\n", |_| Ok(true)).unwrap();
        let own: Vec<String> = facts.legacy.iter().map(|hierarchy| hierarchy.own.to_string()).collect();
        assert_eq!(own, ["/sys/fs/cgroup/memory/a/b"]);
    }

    #[test]
    fn a_mount_that_another_one_covers_is_not_used() {
        let memberships = "4:memory:/a/b\n0::/\n";
        assert_eq!(from_text(MOUNTS, memberships, |_| Ok(false)).unwrap(), CgroupFacts::default());
    }

    #[test]
    fn a_membership_outside_the_mounted_part_is_not_used() {
        let mounts = "35 31 0:32 /machine /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        assert!(from_text(mounts, "4:memory:/elsewhere\n", |_| Ok(true)).unwrap().legacy.is_empty());
        assert_eq!(from_text(mounts, "4:memory:/machine/x\n", |_| Ok(true)).unwrap().legacy.len(), 1);
    }
}
