//! Where a machine's limits are: the cgroup above its payload's, in every hierarchy that has one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use redd_control::record::Record;
use redd_plan::cgroup::Controller;
use redd_runtime::facts::cgroups::{Hierarchy, HierarchyKind, hierarchies, is_visible};

use crate::MachineError;
use crate::turn::host;

/// The cgroups of one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cgroups {
    unified: Option<Unified>,
    legacy: Vec<Legacy>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Unified {
    path: PathBuf,
    controllers: BTreeSet<Controller>,
}

/// A hierarchy of version 1. A start makes no cgroup where nothing is limited.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Legacy {
    controllers: BTreeSet<Controller>,
    path: PathBuf,
    is_there: bool,
}

/// Where a limit is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    Unified(&'a Path),
    Legacy(&'a Path),
    /// The payload has to be put there first.
    LegacyToMake(&'a Path),
}

impl Cgroups {
    pub(super) fn of(record: &Record) -> Result<Self, MachineError> {
        let read = |path: String| {
            fs::read_to_string(&path).map_err(|error| host(&format!("reading {path}"), &error))
        };
        let mounts = read("/proc/self/mountinfo".to_owned())?;
        let leader = hierarchies(&mounts, &read(format!("/proc/{}/cgroup", record.leader))?);
        let supervisor = hierarchies(&mounts, &read(format!("/proc/{}/cgroup", record.supervisor))?);
        let pairs = leader.into_iter().zip(supervisor);
        let visible: Vec<_> = pairs.filter(|(hierarchy, _)| is_visible(hierarchy).unwrap_or(false)).collect();
        let mut cgroups = found(record, visible);
        if let Some(unified) = &mut cgroups.unified {
            let text = read(unified.path.join("cgroup.controllers").display().to_string())?;
            unified.controllers = text.split_whitespace().filter_map(Controller::named).collect();
        }
        Ok(cgroups)
    }

    /// Who keeps a controller's limits.
    pub(super) fn place(&self, controller: Controller) -> Option<Place<'_>> {
        let unified = self.unified.as_ref().filter(|unified| unified.controllers.contains(&controller));
        let legacy = || self.legacy.iter().find(|legacy| legacy.controllers.contains(&controller));
        match (unified, legacy) {
            (Some(unified), _) => Some(Place::Unified(&unified.path)),
            (None, legacy) => legacy().map(|legacy| match legacy.is_there {
                true => Place::Legacy(&legacy.path),
                false => Place::LegacyToMake(&legacy.path),
            }),
        }
    }

    /// Cgroups that have every process of the payload.
    pub(super) fn populated(&self) -> impl Iterator<Item = &Path> {
        let legacy = self.legacy.iter().filter(|legacy| legacy.is_there).map(|legacy| &*legacy.path);
        self.unified.iter().map(|unified| &*unified.path).chain(legacy)
    }
}

/// Of each hierarchy where PID 1 is, and where its supervisor is. What a payload has made below has no say: a name in a
/// path that it made is not the machine's.
fn found(record: &Record, pairs: Vec<(Hierarchy, Hierarchy)>) -> Cgroups {
    let own = format!("redd-{}", record.name);
    let unified = record.cgroup.as_deref().and_then(|payload| Path::new(payload).parent());
    let unified = unified.map(|path| Unified { path: path.to_owned(), controllers: BTreeSet::new() });
    let mut legacy: Vec<Legacy> = Vec::new();
    for (leader, supervisor) in pairs {
        let HierarchyKind::Legacy(controllers) = leader.kind else { continue };
        if legacy.iter().any(|known| known.controllers == controllers) {
            continue;
        }
        let expected = supervisor.own.map(|path| path.join(&own));
        let actual = leader.own.as_deref().and_then(|path| {
            let mut above: Vec<&Path> = path.ancestors().filter(|path| path.ends_with(&own)).collect();
            let beside = above.iter().position(|path| Some(*path) == expected.as_deref());
            beside.map(|index| above.swap_remove(index)).or(above.pop())
        });
        match (actual, expected) {
            (Some(path), _) => legacy.push(Legacy { controllers, path: path.to_owned(), is_there: true }),
            (None, Some(path)) => legacy.push(Legacy { controllers, path, is_there: false }),
            (None, None) => {}
        }
    }
    Cgroups { unified, legacy }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
32 31 0:29 / /c/cpu rw - cgroup cgroup rw,cpu
35 31 0:32 / /c/memory rw - cgroup cgroup rw,memory
36 31 0:33 / /c/pids rw - cgroup cgroup rw,pids
";

    fn cgroups(leader: &str, supervisor: &str) -> Cgroups {
        let record = Record {
            cgroup: Some("/c/unified/redd-a/payload".to_owned()),
            ..serde_json::from_str(
                r#"{"name": "a", "leader": 1, "supervisor": 1, "uuid": "", "tree": "/", "cgroup": null, "ids": null}"#,
            )
            .unwrap()
        };
        found(&record, hierarchies(MOUNTS, leader).into_iter().zip(hierarchies(MOUNTS, supervisor)).collect())
    }

    #[test]
    fn limits_are_above_the_payload_whatever_it_makes_below() {
        let leader = "1:cpu:/\n2:memory:/x/redd-a/redd-a\n3:pids:/redd-a/init.scope\n";
        let cgroups = cgroups(leader, "1:cpu:/\n2:memory:/x\n3:pids:/\n");
        assert_eq!(cgroups.place(Controller::Memory), Some(Place::Legacy(Path::new("/c/memory/x/redd-a"))));
        assert_eq!(cgroups.place(Controller::Pids), Some(Place::Legacy(Path::new("/c/pids/redd-a"))));
        assert_eq!(cgroups.place(Controller::Cpu), Some(Place::LegacyToMake(Path::new("/c/cpu/redd-a"))));
        assert_eq!(cgroups.place(Controller::Io), None);
        let populated: Vec<&Path> = cgroups.populated().collect();
        let expected = ["/c/unified/redd-a", "/c/memory/x/redd-a", "/c/pids/redd-a"];
        assert_eq!(populated, expected.map(Path::new));
    }

    #[test]
    fn a_supervisor_that_was_moved_meanwhile_does_not_matter() {
        let cgroups = cgroups("2:memory:/x/redd-a\n", "2:memory:/elsewhere\n");
        assert_eq!(cgroups.place(Controller::Memory), Some(Place::Legacy(Path::new("/c/memory/x/redd-a"))));
    }
}
