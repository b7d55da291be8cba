//! What a container changes in the host's cgroup trees.
//!
//! Others may make cgroups meanwhile: only those count that have the container's name or its processes in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::observation::mounts_of;
use crate::probe::read;

const TOP: &str = "/sys/fs/cgroup";
const DEPTH_MAX: u32 = 16;

/// Cgroups, and the controllers that each enables.
#[derive(Debug, Clone, Default)]
pub(super) struct Footprint(BTreeMap<PathBuf, String>);

impl Footprint {
    /// Everything that is there.
    pub(super) fn look() -> Self {
        let mut found = BTreeMap::new();
        collect(Path::new(TOP), 0, &mut found);
        Self(found)
    }

    /// What is there now and was not before: cgroups of the container outside the manager's own, and controllers
    /// enabled in cgroups above it.
    pub(super) fn changes_since(&self, before: &Self, name: &str, own: &[PathBuf], init: u32) -> Vec<String> {
        let processes = family(init);
        let is_ours = |path: &Path| {
            path.to_string_lossy().contains(name)
                || read::text(path.join("cgroup.procs")).lines().any(|pid| processes.contains(pid))
        };
        let is_of_a_unit = |path: &Path| {
            path.components().any(|part| {
                let part = part.as_os_str().to_string_lossy();
                part.ends_with(".service") || part.ends_with(".scope")
            })
        };
        let is_below_own = |path: &Path| own.iter().any(|own| path.starts_with(own));
        let is_above_own = |path: &Path| own.iter().any(|own| own.starts_with(path));
        let mut changes = Vec::new();
        for (path, controllers) in &self.0 {
            if is_below_own(path) {
                continue;
            }
            match before.0.get(path) {
                None if is_ours(path) && !is_of_a_unit(path) => changes.push(path.display().to_string()),
                Some(earlier) if earlier != controllers && is_above_own(path) => {
                    changes.push(format!(
                        "{}: {} instead of {}",
                        path.display(),
                        controllers.trim(),
                        earlier.trim()
                    ));
                }
                _ => {}
            }
        }
        changes
    }

    /// The container's cgroups, wherever they are.
    pub(super) fn of(&self, name: &str, before: &Self) -> BTreeSet<PathBuf> {
        let new = self.0.keys().filter(|path| !before.0.contains_key(*path));
        new.filter(|path| path.to_string_lossy().contains(name)).cloned().collect()
    }
}

/// The checker's own cgroups of version 1: a manager is started there in these.
pub(super) fn own_legacy_cgroups() -> Vec<PathBuf> {
    let mounts = mounts_of(&read::text("/proc/self/mountinfo"));
    let own = read::text("/proc/self/cgroup");
    let place = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (names, path) = (parts.next()?, parts.next()?);
        let name = names.split(',').next().filter(|name| !name.is_empty())?;
        let mount = mounts.iter().rev().find(|mount| mount.kind == "cgroup" && mount.has(name))?;
        Some(Path::new(&mount.place).join(path.trim_start_matches('/')))
    };
    own.lines().filter_map(place).collect()
}

fn collect(directory: &Path, depth: u32, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if depth < DEPTH_MAX && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&entry.path(), depth + 1, found);
        }
    }
    if directory.join("cgroup.procs").exists() {
        found.insert(directory.to_owned(), read::text(directory.join("cgroup.subtree_control")));
    }
}

/// The init and what stems from it, as the host numbers them.
fn family(init: u32) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut waiting = vec![init.to_string()];
    while let Some(pid) = waiting.pop() {
        let children = read::text(format!("/proc/{pid}/task/{pid}/children"));
        if all.insert(pid) {
            waiting.extend(children.split_whitespace().map(str::to_owned));
        }
    }
    all
}
