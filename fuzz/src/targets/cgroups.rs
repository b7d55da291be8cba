//! `/proc/self/mountinfo` and `/proc/self/cgroup`.

use std::path::Component;

use redd_runtime::facts::cgroups::{HierarchyKind, hierarchies};

pub(crate) fn run(input: &[u8]) {
    let [mountinfo, memberships] = super::files(input).map(String::from_utf8_lossy);
    for hierarchy in hierarchies(&mountinfo, &memberships) {
        if let HierarchyKind::Legacy(controllers) = &hierarchy.kind {
            assert!(!controllers.is_empty());
        }
        // What is not below the hierarchy's place is somebody else's.
        if let Some(own) = hierarchy.own {
            let below = own.strip_prefix(&hierarchy.place).expect("an own cgroup is in its hierarchy");
            assert!(below.components().all(|part| matches!(part, Component::Normal(_))), "{below:?}");
        }
    }
}
