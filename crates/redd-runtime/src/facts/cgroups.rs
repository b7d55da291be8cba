//! Which cgroup hierarchies are mounted, and where redd is in them.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use redd_plan::cgroup::{CgroupPath, Controller};
use redd_plan::facts::{CgroupFacts, LegacyHierarchy, Population, UnifiedHierarchy};

use redd_sys::Errno;
use rustix::fs::{CWD, Mode, OFlags, openat, readlinkat, stat};
use rustix::io::{read, retry_on_intr};

use super::read_text;
use crate::Error;

/// A mounted hierarchy, and where this process is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    /// Where it is mounted.
    pub place: PathBuf,
    /// Which one it is.
    pub kind: HierarchyKind,
    /// The directory of this process's own cgroup, where the mounted part shows it.
    pub own: Option<PathBuf>,
}

/// Which hierarchy is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HierarchyKind {
    /// The one of version 2.
    Unified,
    /// One of version 1, with at least one controller that redd knows.
    Legacy(BTreeSet<Controller>),
}

/// Reads this process's own.
///
/// # Errors
/// Something is there, and cannot be read.
pub fn cgroup_facts() -> Result<CgroupFacts, Error> {
    let read = |path: &str| read_text(path).map(Option::unwrap_or_default);
    let memberships = read("/proc/self/cgroup")?;
    let hierarchies = hierarchies(&read("/proc/self/mountinfo")?, &memberships);
    Ok(CgroupFacts { named: named_cgroup("systemd", &memberships), ..facts_of(hierarchies, is_visible)? })
}

/// Whether a mount is what is seen at its place: another one may cover it.
///
/// # Errors
/// It cannot be looked at.
pub fn is_visible(hierarchy: &Hierarchy) -> Result<bool, Error> {
    const CGROUP_SUPER_MAGIC: u64 = 0x0027_e0eb;
    const CGROUP2_SUPER_MAGIC: u64 = 0x6367_7270;
    let expected = match hierarchy.kind {
        HierarchyKind::Unified => CGROUP2_SUPER_MAGIC,
        HierarchyKind::Legacy(_) => CGROUP_SUPER_MAGIC,
    };
    match retry_on_intr(|| rustix::fs::statfs(&hierarchy.place)) {
        Ok(status) => Ok(status.f_type.cast_unsigned() == expected),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => Ok(false),
        Err(errno) => Err(Error::host(format!("looking at {}", hierarchy.place.display()))(errno)),
    }
}

/// The directory of a cgroup of version 2, by its line of a `/proc/PID/cgroup`, where the whole hierarchy is mounted where
/// hosts have it: many mounts take the kernel long to list. Nothing where it is not; then those have to be listed.
pub(crate) fn unified_directory(membership: &str) -> Option<PathBuf> {
    const PLACES: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
    /// The number of the root of each hierarchy of version 2.
    const ROOT: u64 = 1;
    /// `PROC_CGROUP_INIT_INO`, the cgroup namespace whose root is that.
    const INITIAL: &[u8] = b"cgroup:[4026531835]";
    let path = Path::new(membership.strip_prefix("0::")?);
    if readlinkat(CWD, "/proc/self/ns/cgroup", Vec::new()).ok()?.as_bytes() != INITIAL {
        return None;
    }
    let is_whole = |place: &str| {
        let hierarchy = Hierarchy { place: place.into(), kind: HierarchyKind::Unified, own: None };
        is_visible(&hierarchy).unwrap_or(false) && stat(place).is_ok_and(|status| status.st_ino == ROOT)
    };
    let place = PLACES.into_iter().find(|place| is_whole(place))?;
    below(Path::new(place), Path::new("/"), path)
}

fn facts_of(
    hierarchies: Vec<Hierarchy>,
    is_visible: impl Fn(&Hierarchy) -> Result<bool, Error>,
) -> Result<CgroupFacts, Error> {
    let mut facts = CgroupFacts::default();
    for hierarchy in hierarchies {
        if !is_visible(&hierarchy)? {
            continue;
        }
        match (hierarchy.kind, hierarchy.own) {
            (HierarchyKind::Unified, Some(own)) if facts.unified.is_none() => {
                facts.unified = Some(unified_hierarchy(hierarchy.place, own)?);
            }
            // One that is mounted twice is still one.
            (HierarchyKind::Legacy(controllers), Some(own))
                if facts.legacy.iter().all(|known| known.controllers != controllers) =>
            {
                facts.legacy.push(LegacyHierarchy { controllers, own: CgroupPath(own) });
            }
            (HierarchyKind::Unified | HierarchyKind::Legacy(_), _) => {}
        }
    }
    Ok(facts)
}

/// The hierarchies in the text of `/proc/self/mountinfo`, with the memberships in that of `/proc/self/cgroup`.
#[must_use]
pub fn hierarchies(mountinfo: &str, memberships: &str) -> Vec<Hierarchy> {
    let memberships: Vec<Membership<'_>> = memberships.lines().filter_map(membership).collect();
    mountinfo.lines().filter_map(|line| hierarchy(line, &memberships)).collect()
}

fn hierarchy(line: &str, memberships: &[Membership<'_>]) -> Option<Hierarchy> {
    let (mount, file_system) = line.split_once(" - ")?;
    let mut fields = mount.split(' ').skip(3);
    let (root, place) = (unescape(fields.next()?), PathBuf::from(unescape(fields.next()?)));
    let mut file_system = file_system.split(' ');
    let kind = match file_system.next()? {
        "cgroup2" => HierarchyKind::Unified,
        "cgroup" => HierarchyKind::Legacy(controllers(file_system.nth(1)?)),
        _ => return None,
    };
    if kind == HierarchyKind::Legacy(BTreeSet::new()) {
        return None;
    }
    let own = memberships.iter().find(|membership| membership.kind == kind);
    let own = own.and_then(|own| below(&place, Path::new(&root), own.path));
    Some(Hierarchy { place, kind, own })
}

fn controllers(names: &str) -> BTreeSet<Controller> {
    names.split(',').filter_map(Controller::named).collect()
}

/// A line of `/proc/self/cgroup`.
struct Membership<'text> {
    kind: HierarchyKind,
    path: &'text Path,
}

/// The path in the hierarchy of version 1 that has this name and no controller, by the text of `/proc/self/cgroup`.
pub(crate) fn named_cgroup(name: &str, memberships: &str) -> Option<PathBuf> {
    let path_of = |line: &str| {
        let (_number, rest) = line.split_once(":name=")?;
        rest.strip_prefix(name)?.strip_prefix(':').map(PathBuf::from)
    };
    memberships.lines().find_map(path_of)
}

fn membership(line: &str) -> Option<Membership<'_>> {
    let mut fields = line.splitn(3, ':').skip(1);
    let kind = match fields.next()? {
        "" => HierarchyKind::Unified,
        names => HierarchyKind::Legacy(controllers(names)),
    };
    Some(Membership { kind, path: Path::new(fields.next()?) })
}

/// The directory of a membership, where the mounted part of the hierarchy shows it. A cgroup outside this process's
/// cgroup namespace is told as `/../NAME`: it is shown nowhere.
fn below(place: &Path, root: &Path, own: &Path) -> Option<PathBuf> {
    let relative = own.strip_prefix(root).ok()?;
    let is_below = relative.components().all(|part| matches!(part, Component::Normal(_)));
    is_below.then(|| if relative == Path::new("") { place.to_owned() } else { place.join(relative) })
}

/// Spaces and the like stand as `\040` in `/proc/self/mountinfo`.
fn unescape(field: &str) -> String {
    let mut parts = field.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_at_checked(3).map(|(digits, rest)| (u8::from_str_radix(digits, 8), rest)) {
            Some((Ok(byte), rest)) if byte.is_ascii() => {
                text.push(char::from(byte));
                text.push_str(rest);
            }
            _ => text.extend(["\\", part]),
        }
    }
    text
}

fn unified_hierarchy(mount: PathBuf, own: PathBuf) -> Result<UnifiedHierarchy, Error> {
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
    } else if is_alone(&own)? {
        Population::OnlyRedd
    } else {
        Population::Shared
    };
    let controllers = set(&read("cgroup.controllers")?);
    let enabled = set(&read("cgroup.subtree_control")?);
    Ok(UnifiedHierarchy { mount, own: CgroupPath(own), controllers, enabled, population, delegate })
}

/// Whether redd is all that lives in a cgroup. A host may have thousands of processes in it, which need not be listed.
fn is_alone(own: &Path) -> Result<bool, Error> {
    let path = own.join("cgroup.procs");
    let failed = || Error::host(format!("reading {}", path.display()));
    let file = openat(CWD, &path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(failed())?;
    let mut start = [0; 32];
    let length = retry_on_intr(|| read(&file, &mut start)).map_err(failed())?;
    Ok(start[..length] == *format!("{}\n", std::process::id()).as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        let facts = facts_of(hierarchies(MOUNTS, memberships), |_| Ok(true)).unwrap();
        let own: Vec<String> = facts.legacy.iter().map(|hierarchy| hierarchy.own.to_string()).collect();
        assert_eq!(own, ["/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/memory/a/b"]);
        assert_eq!(facts.unified, None);
    }

    #[test]
    fn a_hierarchy_that_is_mounted_twice_is_used_once() {
        let again = "45 30 0:32 / /elsewhere/memory rw,relatime - cgroup cgroup rw,memory\n";
        let facts =
            facts_of(hierarchies(&format!("{MOUNTS}{again}"), "4:memory:/a/b\n"), |_| Ok(true)).unwrap();
        let own: Vec<String> = facts.legacy.iter().map(|hierarchy| hierarchy.own.to_string()).collect();
        assert_eq!(own, ["/sys/fs/cgroup/memory/a/b"]);
    }

    #[test]
    fn a_mount_that_another_one_covers_is_not_used() {
        let memberships = "4:memory:/a/b\n0::/\n";
        assert_eq!(
            facts_of(hierarchies(MOUNTS, memberships), |_| Ok(false)).unwrap(),
            CgroupFacts::default()
        );
    }

    #[test]
    fn a_membership_outside_the_mounted_part_is_not_used() {
        let mounts = "35 31 0:32 /machine /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        let own = |memberships| hierarchies(mounts, memberships).remove(0).own;
        assert_eq!(own("4:memory:/elsewhere\n"), None);
        assert_eq!(own("4:memory:/machine/x\n"), Some("/sys/fs/cgroup/memory/x".into()));
    }

    #[test]
    fn a_membership_outside_the_cgroup_namespace_is_not_used() {
        let mounts = "35 31 0:32 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        assert_eq!(hierarchies(mounts, "0::/../x\n")[0].own, None);
    }

    #[test]
    fn a_hierarchy_is_found_at_a_place_with_spaces() {
        let mounts = r"35 31 0:32 / /a\040b\134c rw - cgroup2 cgroup2 rw";
        assert_eq!(hierarchies(mounts, "0::/x\n")[0].own, Some(r"/a b\c/x".into()));
    }

    proptest! {
        #[test]
        fn an_own_cgroup_is_never_beside_its_hierarchy(
            root in "[/.a]{0,8}",
            own in "[/.a ]{0,12}",
            kind in "cgroup2|cgroup",
        ) {
            let mounts = format!("1 2 3:4 {root} /mount rw - {kind} x rw,memory\n");
            for hierarchy in hierarchies(&mounts, &format!("0::{own}\n3:memory:{own}\n")) {
                if let Some(own) = hierarchy.own {
                    prop_assert!(own.starts_with("/mount"));
                    prop_assert!(!own.components().any(|part| part == Component::ParentDir));
                }
            }
        }

        #[test]
        fn any_text_is_taken(mounts in any::<String>(), memberships in any::<String>()) {
            drop(hierarchies(&mounts, &memberships));
        }
    }
}
