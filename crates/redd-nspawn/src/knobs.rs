//! Variables of the caller's environment that are settings, see `docs/environment.md`.

use redd_spec::parse;
use redd_spec::variables;

use crate::assignment::{Assignment, Origin};
use crate::caller::Caller;
use crate::option;
use crate::persona::Persona;

/// A variable, and the options that it sets.
const SETTINGS: [(&str, &[&str]); 11] = [
    (variables::API_VFS_WRITABLE, &["api-access"]),
    (variables::CONTAINER_SERVICE, &["manager-name"]),
    (variables::USE_CGNS, &["cgroup-namespace"]),
    (variables::TMPFS_TMP, &["memory-tmp"]),
    (variables::CHECK_OS_RELEASE, &["check-os-release"]),
    (variables::NETWORK_MAC, &["link-address"]),
    (variables::SHARE_SYSTEM, &["share-ipc", "share-pid", "share-uts"]),
    (variables::SHARE_NS_IPC, &["share-ipc"]),
    (variables::SHARE_NS_PID, &["share-pid"]),
    (variables::SHARE_NS_UTS, &["share-uts"]),
    (variables::SUPPRESS_SYNC, &["suppress-sync"]),
];

/// What would take a protection away, and why it does not.
const NOT_OBEYED: [(&str, &str); 2] = [
    (variables::SECCOMP, "there is always a filter of system calls"),
    (variables::LOCK, "a tree is locked while a machine runs on it"),
];

/// What the environment sets: before files and the command line, which may say otherwise.
pub(crate) fn assignments(persona: Persona, caller: &Caller) -> Vec<Assignment> {
    if persona != Persona::Nspawn {
        return Vec::new();
    }
    let of_variable = |(variable, options): (&'static str, &'static [&'static str])| {
        let value = caller.variable(variable).filter(|value| !value.is_empty())?;
        Some(options.iter().filter_map(move |name| {
            Some(Assignment {
                definition: option::named(name)?,
                value: Some(value.into()),
                origin: Origin::Environment { variable },
                shown: None,
            })
        }))
    };
    SETTINGS.into_iter().filter_map(of_variable).flatten().collect()
}

/// A word about each variable that has no effect.
pub(crate) fn warnings(persona: Persona, caller: &Caller) -> Vec<String> {
    if persona != Persona::Nspawn {
        return Vec::new();
    }
    let is_off = |variable: &str| {
        let value = caller.variable(variable).and_then(|value| value.to_str());
        value.is_some_and(|value| parse::boolean(value) == Ok(false))
    };
    let refused = NOT_OBEYED.iter().filter(|(variable, _)| is_off(variable));
    refused.map(|(variable, reason)| format!("{variable}=0 has no effect: {reason}")).collect()
}
